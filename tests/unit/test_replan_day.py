"""A day planned again while it runs: from now, from where the trucks are, and nobody forgotten."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta

import pytest

from services.city.registry import Registry
from services.contracts.changes import ByHand, ClosedSite
from services.contracts.planning import Circuit, PlanMade
from services.fill.belief import Belief, learn, start
from services.fill.evidence import Evidence
from services.planning.plan_day import plan_day
from services.planning.replan_day import replan_day
from services.planning.under_way import Confirmed, UnderWay
from tests.support.example_town import example_town
from tests.support.orders import day_order

pytestmark = pytest.mark.slow  # each plans a day, for a second

DAY = date(2026, 3, 3)  # a Tuesday; the town's clock is one hour ahead of UTC
PLANNED_AT = datetime(2026, 3, 3, 3, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return example_town()


@pytest.fixture(scope="module")
def plan(registry: Registry) -> PlanMade:
    """All twelve containers are due after so long without news; the compactor leaves at 05:00, the tipper at 06:00."""
    return plan_day(day_order(registry.city.id, DAY, PLANNED_AT), registry, {}, now=lambda: PLANNED_AT)


def words(circuit: Circuit, stops: int, *, late: timedelta = timedelta(0), **said: str) -> list[Confirmed]:
    """The crew's words about its first stops, each when planned or later; `said` by place gives a reason to skip it."""
    made, left = list[Confirmed](), stops
    for visit in circuit.visits:
        if left and visit.kind in {"stop", "disposal"}:
            left -= visit.kind == "stop"
            place = visit.place or ""
            reason = said.get(place)
            outcome = "skipped" if reason else "done"
            made.append(Confirmed(circuit.truck, visit.kind, place, outcome, reason, visit.leave_at + late))
    return made


@pytest.fixture
def replanned(registry: Registry, plan: PlanMade) -> Callable[..., PlanMade]:
    def made(confirmed: Iterable[Confirmed], now: datetime, seen_out: Iterable[str] = (), **order: object) -> PlanMade:
        under_way = UnderWay(plan, sorted(confirmed, key=lambda said: said.happened_at), frozenset(seen_out))
        again = day_order(registry.city.id, DAY, now).model_copy(update=order)
        return replan_day(again, registry, {}, under_way, now=lambda: now)

    return made


def served(plan: PlanMade) -> list[str]:
    return sorted(visit.place or "" for circuit in plan.circuits for visit in circuit.stops)


def by_truck(plan: PlanMade) -> dict[str, Circuit]:
    return {circuit.truck: circuit for circuit in plan.circuits}


def longest(plan: PlanMade) -> Circuit:
    return max(plan.circuits, key=lambda circuit: len(circuit.stops))


def test_day_without_news_goes_on_as_planned(plan: PlanMade, replanned: Callable[..., PlanMade]) -> None:
    """Nothing has changed: the same trucks empty the same containers under their numbers, and it costs no more."""
    first = longest(plan)
    now = first.stops[2].leave_at + timedelta(seconds=30)
    confirmed = [said for circuit in plan.circuits for said in words(circuit, _past(circuit, now))]
    again = replanned(confirmed, now, seen_out=[c.truck for c in plan.circuits])
    assert served(again) == served(plan)
    assert {c.truck: c.number for c in again.circuits} == {c.truck: c.number for c in plan.circuits}
    assert again.replaces == plan.plan_id
    assert again.called_off == ()
    assert again.totals.fuel_l <= plan.totals.fuel_l + 0.01


def _past(circuit: Circuit, now: datetime) -> int:
    return sum(stop.leave_at <= now for stop in circuit.stops)


def test_what_was_done_stands_when_it_was_done(plan: PlanMade, replanned: Callable[..., PlanMade]) -> None:
    """Twenty minutes late, the crew has emptied three: these keep their instants, and nothing ahead is in the past."""
    circuit = longest(plan)
    late = timedelta(minutes=20)
    now = circuit.stops[2].leave_at + late + timedelta(minutes=1)
    said = words(circuit, 3, late=late)
    again = by_truck(replanned(said, now))[circuit.truck]
    done = [visit for visit in again.visits if visit.place in {word.place for word in said} and visit.leave_at <= now]
    assert [(visit.place, visit.leave_at) for visit in done] == [(word.place, word.happened_at) for word in said]
    ahead = [visit for visit in again.visits[1:] if visit not in done]
    assert ahead
    assert all(visit.leave_at > now for visit in ahead)


def test_nobody_is_sent_twice_to_a_container_that_could_not_be_emptied(
    plan: PlanMade, replanned: Callable[..., PlanMade]
) -> None:
    """A fire is not gone by noon: the container is left out and told so. A full truck comes back."""
    circuit = longest(plan)
    burns, full = circuit.stops[0].place or "", circuit.stops[1].place or ""
    now = circuit.stops[1].leave_at + timedelta(minutes=1)
    again = replanned(words(circuit, 2, **{burns: "burning", full: "truck_full"}), now)
    assert burns not in served(again)
    assert {row.container: row.reason for row in again.unserved}[burns] == "given_up"
    assert full in served(again)


def test_broken_down_trucks_stops_go_to_the_others(plan: PlanMade, replanned: Callable[..., PlanMade]) -> None:
    """What the broken truck had still to do is taken by another that may; its own part ends where it stands."""
    circuit = longest(plan)
    now = circuit.stops[1].leave_at + timedelta(minutes=1)
    confirmed = words(circuit, 2)
    again = replanned(confirmed, now, broken_down=(circuit.truck,))
    stops_of_broken = [stop.place for stop in by_truck(again)[circuit.truck].stops]
    assert stops_of_broken == [word.place for word in confirmed if word.kind == "stop"]
    assert circuit.truck in again.called_off
    others = [stop.place for c in again.circuits if c.truck != circuit.truck for stop in c.stops]
    left_out = {row.container for row in again.unserved if row.due}
    taken_over = {stop.place for stop in circuit.stops[2:]}
    assert taken_over <= set(others) | left_out
    assert taken_over & set(others)


def test_truck_that_is_not_to_be_had_is_in_no_plan(registry: Registry) -> None:
    """Broken down in the yard before anybody left, or a landfill on strike: planned without."""
    order = day_order(registry.city.id, DAY, PLANNED_AT)
    truck, other = (truck.id for truck in registry.trucks)
    without = plan_day(order.model_copy(update={"broken_down": (truck,)}), registry, {}, now=lambda: PLANNED_AT)
    assert [circuit.truck for circuit in without.circuits] == [other]
    none = plan_day(
        order.model_copy(update={"closed_sites": tuple(site.id for site in registry.disposal_sites)}),
        registry, {}, now=lambda: PLANNED_AT,
    )  # fmt: skip
    assert (none.status, none.circuits) == ("disposal_closed", ())


def test_broken_truck_that_had_no_circuit_gets_none(registry: Registry, plan: PlanMade) -> None:
    """It stays in the yard, however much a truck more would help."""
    circuit = longest(plan)
    (spare,) = (truck.id for truck in registry.trucks if truck.id != circuit.truck)
    alone = plan.model_copy(update={"circuits": (circuit,)})
    now = circuit.stops[1].leave_at + timedelta(minutes=1)
    under_way = UnderWay(alone, words(circuit, 2), frozenset({circuit.truck}))
    order = day_order(registry.city.id, DAY, now)
    helped = replan_day(order, registry, {}, under_way, now=lambda: now)
    assert spare in by_truck(helped)
    broken = order.model_copy(update={"broken_down": (spare,)})
    again = replan_day(broken, registry, {}, under_way, now=lambda: now)
    assert spare not in by_truck(again)


def test_truck_with_a_load_unloads_before_it_goes_home(plan: PlanMade, replanned: Callable[..., PlanMade]) -> None:
    """Even where all that is left could be given to others: no truck that is out vanishes, with its load aboard."""
    circuit = longest(plan)
    now = circuit.stops[0].leave_at + timedelta(minutes=1)
    again = by_truck(replanned(words(circuit, 1), now))[circuit.truck]
    assert [visit.kind for visit in again.visits[-2:]] == ["disposal", "depot"]
    assert again.visits[-2].load_kg == 0


def test_crew_that_nobody_saw_leave_leaves_now(plan: PlanMade, replanned: Callable[..., PlanMade]) -> None:
    """Planned for five, still in the yard at seven: its circuit begins after seven. GPS on the road says otherwise."""
    circuit = min(plan.circuits, key=lambda c: c.visits[0].leave_at)
    now = circuit.visits[0].leave_at + timedelta(hours=2)
    in_the_yard = by_truck(replanned([], now))
    if circuit.truck in in_the_yard:
        assert in_the_yard[circuit.truck].visits[0].leave_at >= now
    on_the_road = by_truck(replanned([], now, seen_out=[circuit.truck]))[circuit.truck]
    assert on_the_road.visits[0].leave_at == circuit.visits[0].leave_at


def test_day_planned_at_seven_does_not_begin_at_six(registry: Registry) -> None:
    """Nothing was sent before: crews that wait since five leave once the plan is there."""
    at = datetime(2026, 3, 3, 6, 3, tzinfo=UTC)  # 07:03 in the town
    made = plan_day(day_order(registry.city.id, DAY, at), registry, {}, now=lambda: at)
    assert made.circuits
    assert all(circuit.visits[0].leave_at >= at for circuit in made.circuits)


def test_what_operators_settled_holds_for_the_rest_of_the_day(registry: Registry, plan: PlanMade) -> None:
    """A truck breaks down: what was called for is emptied though nothing is due there, what was left out is not."""
    circuit = longest(plan)
    now = circuit.stops[1].leave_at + timedelta(minutes=1)
    called, left = circuit.stops[2].place or "", circuit.stops[3].place or ""
    other = next(one.truck for one in plan.circuits if one is not circuit)
    by_hand = ByHand(
        added=(called,), left_out=(left,), pins={called: circuit.truck},
        closed_sites=(ClosedSite(site="centre-tri", until=None, reason="grue en panne"),),
    )  # fmt: skip
    settled = plan.model_copy(update={"by_hand": by_hand})
    under_way = UnderWay(settled, words(circuit, 2), frozenset({circuit.truck}))
    order = day_order(registry.city.id, DAY, now).model_copy(update={"broken_down": (circuit.truck,)})
    again = replan_day(order, registry, {called: nearly_empty()}, under_way, now=lambda: now)
    assert called in [stop.place for stop in by_truck(again)[other].stops]
    assert left not in served(again)
    assert {row.container: row.reason for row in again.unserved}[left] == "left_by_hand"
    assert again.by_hand.added == (called,)
    assert again.by_hand.pins == {}  # of a truck that goes on no further
    assert again.by_hand.closed_sites == by_hand.closed_sites
    assert not [v for c in again.circuits for v in c.visits if v.place == "centre-tri" and v.arrive_at > now]


def nearly_empty() -> Belief:
    """Of a container emptied the day before, which its sensor has said ever since: nothing asks for it today."""
    emptied = datetime(2026, 3, 2, 7, tzinfo=UTC)
    belief = learn(start(), Evidence("emptied", emptied, emptied, 0.5))
    for hours in range(1, 21):
        at = emptied + timedelta(hours=hours)
        belief = learn(belief, Evidence("reading", at, at, 0.03))
    return belief


def test_site_closed_until_noon_takes_nothing_before(registry: Registry, plan: PlanMade) -> None:
    """Who is full by then waits, or goes there last; in the morning that is over it was open."""
    circuit = longest(plan)
    now = circuit.stops[1].leave_at + timedelta(minutes=1)
    noon = datetime(2026, 3, 3, 11, tzinfo=UTC)
    closed = ClosedSite(site="decharge-communale", until=noon, reason=None)
    settled = plan.model_copy(update={"by_hand": ByHand(closed_sites=(closed,))})
    under_way = UnderWay(settled, words(circuit, 2), frozenset({circuit.truck}))
    again = replan_day(day_order(registry.city.id, DAY, now), registry, {}, under_way, now=lambda: now)
    tips = [v for c in again.circuits for v in c.visits if v.place == "decharge-communale" and v.arrive_at > now]
    assert tips
    assert all(visit.start_at >= noon for visit in tips)
