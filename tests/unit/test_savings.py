"""The ledger's line for a day, with its arithmetic worked out."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from services.city.registry import Registry
from services.contracts.fields import ONLY_FLEET
from services.contracts.ledger import SavingsComputed
from services.contracts.planning import Circuit, PlanMade
from services.ledger.counterfactual import Counterfactual
from services.ledger.day_events import DayEvents
from services.ledger.driven import USUAL_M, Confirmed, SentPlan
from services.ledger.fuel import FuelBook
from services.ledger.known import NotKnown
from services.ledger.savings import savings_of_day
from services.planning.plan_day import plan_day
from services.roads.tracks import TrackFix
from tests.support.driven_tracks import track_of
from tests.support.example_town import example_town
from tests.support.orders import day_order

DAY = date(2026, 3, 3)
NOW = datetime(2026, 3, 3, 18, 0, tzinfo=UTC)
SENT_AT = datetime(2026, 3, 3, 4, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def registry() -> Registry:
    """The example town of the documentation."""
    return example_town()


@pytest.fixture(scope="module")
def plan(registry: Registry) -> PlanMade:
    """Its plan on a day when nothing was known: two circuits."""
    order = day_order(registry.city.id, DAY, SENT_AT)
    made = plan_day(order, registry, {}, now=lambda: SENT_AT)
    assert len(made.circuits) == 2
    return made


def words(plan: PlanMade, circuit: Circuit, count: int | None = None) -> list[Confirmed]:
    """The crew has done its first `count` stops and unloadings; all, unless said."""
    work = [visit for visit in circuit.visits if visit.kind in {"stop", "disposal"}]
    return [
        Confirmed(circuit.truck, visit.kind, visit.place or "", "done", visit.leave_at, plan.plan_id)
        for visit in work[:count]
    ]


def all_done(plan: PlanMade) -> list[Confirmed]:
    return [word for circuit in plan.circuits for word in words(plan, circuit)]


def tracks_of(plan: PlanMade, stretch: float = 1.0) -> dict[str, list[TrackFix]]:
    """A track of each circuit along its places, as long as its estimate times `stretch`."""
    return {circuit.truck: track_of(circuit, stretch) for circuit in plan.circuits}


def again(plan: PlanMade, circuits: Sequence[Circuit], number: int = 1) -> PlanMade:
    """A plan that was made for the same day later: these circuits, and fills of a town that is nearly emptied."""
    return plan.model_copy(
        update={
            "plan_id": UUID(int=number),
            "circuits": tuple(circuits),
            "forecasts": tuple(f.model_copy(update={"demand_kg": 1.0, "demand_l": 4.0}) for f in plan.forecasts),
        }
    )


def at_ten(plan: PlanMade, circuits: Sequence[Circuit]) -> list[SentPlan]:
    """The morning's plan, and at 10:11 another one."""
    return [SentPlan(plan, SENT_AT), SentPlan(again(plan, circuits), SENT_AT.replace(hour=9, minute=11))]


@pytest.fixture
def line(registry: Registry, plan: PlanMade) -> Callable[..., SavingsComputed]:
    """The ledger's line of a day with these events."""

    def computed(**events: object) -> SavingsComputed:
        base: dict[str, object] = {
            "sent": [SentPlan(plan, SENT_AT)], "confirmed": [], "tracks": {}, "emptyings": {}
        }  # fmt: skip
        return savings_of_day([registry], DAY, DayEvents(**(base | events)), now=NOW)  # type: ignore[arg-type]

    return computed


def test_circuits_driven_as_planned_burn_the_plans_litres(line: Callable[..., SavingsComputed], plan: PlanMade) -> None:
    """All confirmed, no GPS: kilometres, litres and stops are the plan's own."""
    told = line(confirmed=all_done(plan))
    assert told.driven.fuel_l == pytest.approx(plan.totals.fuel_l, abs=0.05)
    assert told.driven.stops == plan.totals.stops
    assert (told.driven_from, told.road_factor) == ("plan", 1.0)


def test_longer_real_road_counts_on_both_sides(line: Callable[..., SavingsComputed], plan: PlanMade) -> None:
    """GPS measures 20 % more than estimated: the driven kilometres grow by it, and the baseline's with them."""
    estimated, measured = line(confirmed=all_done(plan)), line(confirmed=all_done(plan), tracks=tracks_of(plan, 1.2))
    assert measured.driven_from == "gps"
    assert measured.road_factor == pytest.approx(1.2, abs=0.01)
    for side in ("driven", "baseline"):
        before, after = getattr(estimated, side).distance_m, getattr(measured, side).distance_m
        assert after == pytest.approx(1.2 * before, rel=0.01)


def test_little_that_was_measured_is_drawn_towards_the_usual_road(
    line: Callable[..., SavingsComputed], plan: PlanMade
) -> None:
    """No GPS: the fleet's usual factor on both sides. With GPS: between its own and the usual, nearer to its own."""
    book = FuelBook(1, {}, {(ONLY_FLEET, "estimated"): 1.4, (ONLY_FLEET, "osm"): 9.0})
    estimated, usual = line(confirmed=all_done(plan)), line(confirmed=all_done(plan), book=book)
    assert (usual.road_factor, usual.roads) == (1.4, "estimated")
    for side in ("driven", "baseline"):
        before, after = getattr(estimated, side).distance_m, getattr(usual, side).distance_m
        assert after == pytest.approx(1.4 * before, rel=0.001)
    measured = line(confirmed=all_done(plan), tracks=tracks_of(plan, 1.2), book=book)
    driven_m = plan.totals.distance_m
    expected = (1.2 * driven_m + 1.4 * USUAL_M) / (driven_m + USUAL_M)
    assert measured.road_factor == pytest.approx(expected, abs=0.01)


def test_silence_is_no_saving(line: Callable[..., SavingsComputed], plan: PlanMade) -> None:
    """Phones left at home: no stop counts as emptied, and the litres count as if all had been driven."""
    told = line()
    assert told.driven.stops == 0
    assert told.driven.fuel_l == pytest.approx(plan.totals.fuel_l, abs=0.05)


def test_later_word_on_a_visit_counts(line: Callable[..., SavingsComputed], plan: PlanMade) -> None:
    """A driver who comes back to a skipped container has emptied it."""
    words = all_done(plan)
    first = words[0]
    earlier = replace(first, outcome="skipped", happened_at=first.happened_at - timedelta(minutes=9))
    assert line(confirmed=[*words, earlier]).driven.stops == plan.totals.stops
    later = replace(first, outcome="skipped", happened_at=first.happened_at + timedelta(minutes=9))
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
    events = DayEvents([SentPlan(plan, SENT_AT)], all_done(plan), {}, {})
    told = savings_of_day([alone], DAY, events, now=NOW)
    assert (told.baseline, told.fuel_saved_l, told.money_saved, told.co2e_saved_kg) == (None, None, None, None)


def test_money_and_co2e_follow_the_litres(
    line: Callable[..., SavingsComputed], registry: Registry, plan: PlanMade
) -> None:
    """Saved litres times the city's price, and times 2.66155 kg."""
    told = line(confirmed=all_done(plan))
    assert told.fuel_saved_l is not None
    assert told.baseline is not None
    assert told.fuel_saved_l == pytest.approx(told.baseline.fuel_l - told.driven.fuel_l, abs=0.01)
    assert told.money_saved == round(told.fuel_saved_l * registry.city.prices.fuel_per_l)
    assert told.co2e_saved_kg == pytest.approx(told.fuel_saved_l * 2.66155, abs=0.06)


def test_a_saving_of_nothing_is_nought(
    line: Callable[..., SavingsComputed], plan: PlanMade, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day that cost as much as the fixed circuits is compared, and its saving is 0 %, not unknown."""
    driven = line(confirmed=all_done(plan)).driven
    monkeypatch.setattr("services.ledger.savings.counterfactual_of_day", lambda *_, **__: Counterfactual(driven))
    told = line(confirmed=all_done(plan))
    saved = (told.fuel_saved_l, told.fuel_saved_ratio, told.money_saved, told.co2e_saved_kg)
    assert saved == (0.0, 0.0, 0.0, 0.0)


def test_litres_are_told_for_each_container_and_tonne(line: Callable[..., SavingsComputed], plan: PlanMade) -> None:
    """A day that collects less is not a saving: what was collected stands beside the litres, on both sides."""
    told = line(confirmed=all_done(plan))
    demand_kg = {forecast.container: forecast.demand_kg for forecast in plan.forecasts}
    emptied = [visit.place for circuit in plan.circuits for visit in circuit.stops]
    assert told.driven.collected_kg == pytest.approx(sum(demand_kg[place or ""] for place in emptied), abs=0.1)
    assert told.driven.fuel_l_per_stop == pytest.approx(told.driven.fuel_l / len(emptied))
    assert told.driven.fuel_l_per_t == pytest.approx(told.driven.fuel_l / (told.driven.collected_kg / 1000))
    assert told.baseline is not None
    assert told.baseline.collected_kg is not None
    # Tuesday's fixed circuits empty everything on their lists.
    assert 0 < told.baseline.collected_kg <= sum(demand_kg.values()) + 0.1
    nothing = line()
    assert (nothing.driven.collected_kg, nothing.driven.fuel_l_per_stop, nothing.driven.fuel_l_per_t) == (0, None, None)


def test_a_plan_sent_again_never_changes_what_was_done(line: Callable[..., SavingsComputed], plan: PlanMade) -> None:
    """At 10:11 another plan with one circuit and low fills: the stops, litres and savings of the morning stay."""
    first, second = plan.circuits
    done = [*words(plan, first, 5), *words(plan, second, 3)]
    before = line(confirmed=done)
    assert before.driven.stops == sum(word.kind == "stop" for word in done) > 0
    for circuits in ((first,), (), (first, second)):
        after = line(confirmed=done, sent=at_ten(plan, circuits))
        assert after.driven == before.driven
        assert after.baseline == before.baseline
        assert after.fuel_saved_l == before.fuel_saved_l
        assert after.plan_id == UUID(int=1)
        assert [counted.plan_id for counted in after.plans] == [plan.plan_id, UUID(int=1)]


def test_a_plan_sent_when_all_is_done_adds_no_kilometre(line: Callable[..., SavingsComputed], plan: PlanMade) -> None:
    """A tired thumb at 18:00: nobody drives it."""
    before = line(confirmed=all_done(plan), tracks=tracks_of(plan))
    late = [SentPlan(plan, SENT_AT), SentPlan(again(plan, plan.circuits), NOW)]
    assert line(confirmed=all_done(plan), tracks=tracks_of(plan), sent=late).driven == before.driven
    assert before.driven_from == "gps"


def test_what_a_crew_does_under_two_plans_adds_up(line: Callable[..., SavingsComputed], plan: PlanMade) -> None:
    """Half of a circuit under the morning's plan, the other half under that of 10:11: all stops, and each road once."""
    first, second = plan.circuits
    work = words(plan, first)
    half = len(work) // 2
    rest = first.model_copy(
        update={
            "visits": (first.visits[0], *first.visits[1 + half :]),
            "distance_m": first.distance_m / 2,
            "duty_s": first.duty_s / 2,
        }
    )
    later = [replace(word, plan_id=UUID(int=1)) for word in work[half:]]
    told = line(confirmed=[*work[:half], *later, *words(plan, second)], sent=at_ten(plan, (rest, second)))
    whole = line(confirmed=all_done(plan))
    assert told.driven.stops == whole.driven.stops
    assert told.driven.trips == whole.driven.trips
    assert told.driven.service_s == whole.driven.service_s
    # half / len(work) of the first circuit's road, then the half that the second plan says
    expected_m = first.distance_m * (half / len(work) + 0.5) + second.distance_m
    assert told.driven.distance_m == pytest.approx(expected_m, abs=0.1)
    assert told.driven.collected_kg == pytest.approx(
        sum(plan_kg(plan, w) for w in [*work[:half], *words(plan, second)])
        + sum(1.0 for w in later if w.kind == "stop"),  # the later plan's forecasts say 1 kg each
        abs=0.1,
    )


def plan_kg(plan: PlanMade, word: Confirmed) -> float:
    demand_kg = {forecast.container: forecast.demand_kg for forecast in plan.forecasts}
    return demand_kg[word.place] if word.kind == "stop" else 0.0


def test_a_silent_truck_drove_until_it_was_called_off(line: Callable[..., SavingsComputed], plan: PlanMade) -> None:
    """Its phone lay at home. Called off before it left, it burnt nothing; an hour later, what it did by then."""
    first, second = plan.circuits
    leaves_at = second.visits[0].leave_at
    words_of_first = words(plan, first)

    def litres(called_off_at: datetime) -> float:
        sent = [SentPlan(plan, SENT_AT), SentPlan(again(plan, (first,)), called_off_at)]
        return line(confirmed=words_of_first, sent=sent).driven.fuel_l

    only_first = SentPlan(plan.model_copy(update={"circuits": (first,)}), SENT_AT)
    alone = line(confirmed=words_of_first, sent=[only_first]).driven.fuel_l
    both = line(confirmed=words_of_first).driven.fuel_l
    assert litres(leaves_at - timedelta(minutes=1)) == alone
    assert alone < litres(second.visits[2].leave_at) < both
    assert litres(second.visits[-1].arrive_at) == both


def test_each_unloading_is_a_trip(line: Callable[..., SavingsComputed], plan: PlanMade) -> None:
    """A site is visited several times a day: two words are two trips, a refused one is none."""
    first = plan.circuits[0]
    site = next(word for word in words(plan, first) if word.kind == "disposal")
    more = [
        replace(site, happened_at=site.happened_at + timedelta(hours=1)),
        replace(site, happened_at=site.happened_at + timedelta(hours=2), outcome="skipped"),
    ]
    trips = line(confirmed=words(plan, first)).driven.trips
    assert line(confirmed=[*words(plan, first), *more]).driven.trips == trips + 1


def test_a_wrong_first_position_changes_no_figure(line: Callable[..., SavingsComputed], plan: PlanMade) -> None:
    """0,0 first, then a good track: not 0 m, not a road factor of 0, not a baseline of 0."""
    right = line(confirmed=all_done(plan), tracks=tracks_of(plan, 1.2))
    assert right.driven_from == "gps"
    for lon, lat in ((0.0, 0.0), (1.9, 6.3), (6.5, 1.8)):
        wrong = {
            truck: [replace(track[0], lon=lon, lat=lat), *track[1:]] for truck, track in tracks_of(plan, 1.2).items()
        }
        told = line(confirmed=all_done(plan), tracks=wrong)
        assert told.driven_from == "gps"
        assert told.road_factor == pytest.approx(right.road_factor, abs=0.005)
        assert told.baseline is not None
        assert told.baseline.distance_m == pytest.approx(right.baseline.distance_m if right.baseline else 0, rel=0.005)


def test_what_contradicts_itself_is_not_measured(line: Callable[..., SavingsComputed], plan: PlanMade) -> None:
    """Trackers at 0,0 all day: the plan's kilometres, said to be the plan's."""
    nowhere = {truck: [replace(fix, lon=0.0, lat=0.0) for fix in track] for truck, track in tracks_of(plan).items()}
    told = line(confirmed=all_done(plan), tracks=nowhere)
    assert (told.driven_from, told.road_factor) == ("plan", 1.0)
    assert told.driven == line(confirmed=all_done(plan)).driven


def test_trucks_and_places_that_are_gone_are_priced_by_the_registry_of_their_plan(
    registry: Registry, plan: PlanMade
) -> None:
    """A truck sold and a container taken away at ten o'clock: what they did before counts; else nobody may guess."""
    _, second = plan.circuits
    gone = second.stops[0].place
    newer = registry.model_copy(
        update={
            "trucks": tuple(truck for truck in registry.trucks if truck.id != second.truck),
            "containers": tuple(container for container in registry.containers if container.id != gone),
            "baseline": tuple(s for s in registry.baseline if s.container != gone and s.truck != second.truck),
        }
    )
    events = DayEvents([SentPlan(plan, SENT_AT)], all_done(plan), {}, {})
    counted = savings_of_day([newer, registry], DAY, events, now=NOW, registry_version=2)
    assert counted.driven == savings_of_day([registry], DAY, events, now=NOW).driven
    assert counted.registry_version == 2
    with pytest.raises(NotKnown, match=f"truck {second.truck}"):
        savings_of_day([newer], DAY, events, now=NOW)


def test_words_of_what_the_city_never_had_count_nothing(line: Callable[..., SavingsComputed], plan: PlanMade) -> None:
    """A phone of a truck that is in no list, a container that is in none: the day is counted without them."""
    word = all_done(plan)[0]
    strange = [replace(word, truck="T77"), replace(word, place="NO-SUCH-BIN")]
    assert line(confirmed=[*all_done(plan), *strange]).driven == line(confirmed=all_done(plan)).driven


def test_a_day_is_finished_when_its_midnight_is_past(registry: Registry, plan: PlanMade) -> None:
    """Midnight of Porto-Novo, an hour before UTC's."""
    events = DayEvents([SentPlan(plan, SENT_AT)], all_done(plan), {}, {})
    for hour, minute, finished in ((22, 59, False), (23, 0, True)):
        at = NOW.replace(hour=hour, minute=minute)
        assert savings_of_day([registry], DAY, events, now=at).finished is finished
