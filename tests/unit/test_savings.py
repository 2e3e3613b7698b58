"""The ledger's line for a day, with its arithmetic worked out."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from services.city.registry import Registry
from services.contracts.ledger import SavingsComputed
from services.contracts.planning import PlanMade
from services.ledger.driven import Confirmed, Fix
from services.ledger.savings import DayEvents, savings_of_day
from services.planning.plan_day import plan_day
from tests.support.example_town import example_town
from tests.support.orders import day_order

DAY = date(2026, 3, 3)
NOW = datetime(2026, 3, 3, 18, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def registry() -> Registry:
    """The example town of the documentation."""
    return example_town()


@pytest.fixture(scope="module")
def plan(registry: Registry) -> PlanMade:
    """Its plan on a day when nothing was known."""
    order = day_order(registry.city.id, DAY, NOW)
    return plan_day(order, registry, {}, now=lambda: NOW)


def all_done(plan: PlanMade) -> list[Confirmed]:
    return [
        Confirmed(circuit.truck, visit.kind, visit.place or "", "done", visit.leave_at)
        for circuit in plan.circuits
        for visit in circuit.visits
        if visit.kind in {"stop", "disposal"}
    ]


def track(plan: PlanMade, stretch: float) -> dict[str, list[Fix]]:
    """A track of each circuit as long as its estimate times `stretch`: due east, 10 s a fix, as long as the duty."""
    tracks = {}
    for circuit in plan.circuits:
        start, count = circuit.visits[0].leave_at, int(circuit.duty_s // 10)
        step_deg = circuit.distance_m * stretch / count / 111_195
        tracks[circuit.truck] = [
            Fix(start + timedelta(seconds=10 * n), 2 + n * step_deg, 0.0) for n in range(count + 1)
        ]
    return tracks


@pytest.fixture
def line(registry: Registry, plan: PlanMade) -> Callable[..., SavingsComputed]:
    """The ledger's line of a day with these events."""

    def computed(**events: object) -> SavingsComputed:
        base: dict[str, object] = {"plan": plan, "confirmed": [], "tracks": {}, "emptyings": {}}
        return savings_of_day(registry, DAY, DayEvents(**(base | events)), now=NOW)  # type: ignore[arg-type]

    return computed


def test_circuits_driven_as_planned_burn_the_plans_litres(line: Callable[..., SavingsComputed], plan: PlanMade) -> None:
    """All confirmed, no GPS: kilometres, litres and stops are the plan's own."""
    told = line(confirmed=all_done(plan))
    assert told.driven.fuel_l == pytest.approx(plan.totals.fuel_l, abs=0.05)
    assert told.driven.stops == plan.totals.stops
    assert (told.driven_from, told.road_factor) == ("plan", 1.0)


def test_longer_real_road_counts_on_both_sides(line: Callable[..., SavingsComputed], plan: PlanMade) -> None:
    """GPS measures 20 % more than estimated: the driven kilometres grow by it, and the baseline's with them."""
    estimated, measured = line(confirmed=all_done(plan)), line(confirmed=all_done(plan), tracks=track(plan, 1.2))
    assert measured.driven_from == "gps"
    assert measured.road_factor == pytest.approx(1.2, abs=0.01)
    for side in ("driven", "baseline"):
        before, after = getattr(estimated, side).distance_m, getattr(measured, side).distance_m
        assert after == pytest.approx(1.2 * before, rel=0.01)


def test_silence_is_no_saving(line: Callable[..., SavingsComputed], plan: PlanMade) -> None:
    """Phones left at home: no stop counts as emptied, and the litres count as if all had been driven."""
    told = line()
    assert told.driven.stops == 0
    assert told.driven.fuel_l == pytest.approx(plan.totals.fuel_l, abs=0.05)


def test_later_word_on_a_visit_counts(line: Callable[..., SavingsComputed], plan: PlanMade) -> None:
    """A driver who comes back to a skipped container has emptied it."""
    words = all_done(plan)
    first = words[0]
    earlier = Confirmed(first.truck, first.kind, first.place, "skipped", first.happened_at - timedelta(minutes=9))
    assert line(confirmed=[*words, earlier]).driven.stops == plan.totals.stops
    later = Confirmed(first.truck, first.kind, first.place, "skipped", first.happened_at + timedelta(minutes=9))
    assert line(confirmed=[*words, later]).driven.stops == plan.totals.stops - 1


def test_people_count_by_the_share_of_their_zones_containers(
    line: Callable[..., SavingsComputed], registry: Registry
) -> None:
    """One of a zone's containers emptied twice: that share of its people; a zone without any is not served."""
    zone = registry.zones[0]
    containers = [c.id for c in registry.containers if c.zone == zone.id]
    told = line(emptyings={containers[0]: 2, containers[-1]: 1 if len(containers) > 1 else 2})
    (served,) = [z for z in told.zones if z.zone == zone.id]
    assert served.served_people == pytest.approx(zone.population / len(containers), abs=0.1)
    assert told.served_people == pytest.approx(served.served_people, abs=1)


def test_city_without_fixed_circuits_has_no_savings(registry: Registry, plan: PlanMade) -> None:
    """Nothing to compare with is not a saving of nothing: the figures are absent."""
    alone = registry.model_copy(update={"baseline": ()})
    told = savings_of_day(alone, DAY, DayEvents(plan, all_done(plan), {}, {}), now=NOW)
    assert (told.baseline, told.fuel_saved_l, told.money_saved, told.co2e_saved_kg) == (None, None, None, None)


def test_money_and_co2e_follow_the_litres(registry: Registry, plan: PlanMade) -> None:
    """Saved litres times the city's price, and times 2.66155 kg."""
    told = savings_of_day(registry, DAY, DayEvents(plan, all_done(plan), {}, {}), now=NOW)
    assert told.fuel_saved_l is not None
    assert told.baseline is not None
    assert told.fuel_saved_l == pytest.approx(told.baseline.fuel_l - told.driven.fuel_l, abs=0.01)
    assert told.money_saved == round(told.fuel_saved_l * registry.city.prices.fuel_per_l)
    assert told.co2e_saved_kg == pytest.approx(told.fuel_saved_l * 2.66155, abs=0.06)
