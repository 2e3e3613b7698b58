"""Solving anew around what an operator has settled: locks and pins hold, the rest gets better."""

from uuid import UUID

import pytest

from routing.warm_up import warm_up
from services.contracts.changes import ClosedSite
from services.contracts.planning import PlanMade, Sliders
from services.planning.by_hand import changed_plan
from services.planning.plan_ground import ground_of
from services.planning.solve_around import solve_around
from tests.support.hand_town import DAY, EVENING, FIRST, SECOND, TIPPER, change_of, hand_plan, hand_town, order_of
from tests.support.orders import day_order

pytestmark = pytest.mark.slow  # each searches for a second

TOWN = hand_town()
DEAREST = {
    FIRST: ("HOU-001", "HOU-002", "HOU-007", "HOU-003", "HOU-008", "HOU-006"),
    SECOND: ("HOU-005", "HOU-010", "HOU-004", "HOU-011", "HOU-009"),
    TIPPER: ("HOU-012",),
}
"""Every container due, by two trucks that each drive to both ends of the town and back."""


@pytest.fixture(scope="module")
def plan() -> PlanMade:
    warm_up()  # the first search of a process loads the engine, in its own second
    return hand_plan(TOWN, DEAREST)


def solved(plan: PlanMade, begun: tuple[str, ...] = (), number: int = 9, absent: tuple[str, ...] = ()) -> PlanMade:
    order = day_order(TOWN.city.id, DAY, EVENING).model_copy(
        update={"request_id": UUID(int=number), "around": plan.plan_id, "ordered_by": "awa"}
    )
    ground = ground_of(plan if plan.by_hand.root is None else hand_plan(TOWN, DEAREST), plan.by_hand.added, TOWN)
    return solve_around(order, plan, ground, begun, EVENING, absent=absent)


def test_rest_gets_better_and_says_whose_wish_it_was(plan: PlanMade) -> None:
    better = solved(plan)
    assert better.cost < plan.cost
    assert better.broken == ()
    assert better.change is not None
    assert (better.change.kind, better.change.changed_by, better.change.parent) == ("solve", "awa", plan.plan_id)
    assert better.by_hand.root == plan.plan_id


def test_crews_get_their_quarter_again_where_that_was_asked(plan: PlanMade) -> None:
    """Each compactor drives the other's containers: at a price that outweighs all they give them back."""
    asked = Sliders(
        compact=1, without=plan.totals, apart_ratio=0.5, apart_ratio_without=0.5, longest_s=1, longest_s_without=1,
        strange_price=1e6, known_stops=11,
    )  # fmt: skip
    emptied = {stop: {SECOND: 40} for stop in DEAREST[FIRST]} | {stop: {FIRST: 40} for stop in DEAREST[SECOND]}
    order = day_order(TOWN.city.id, DAY, EVENING).model_copy(update={"around": plan.plan_id})
    parent = plan.model_copy(update={"sliders": asked})
    again = solve_around(order, parent, ground_of(plan, (), TOWN), (), EVENING, emptied=emptied)
    served = {stop.place: circuit.truck for circuit in again.circuits for stop in circuit.stops}
    assert {served[stop] for stop in DEAREST[FIRST]} == {SECOND}
    assert {served[stop] for stop in DEAREST[SECOND]} == {FIRST}


def test_time_spent_before_the_search_is_not_searched(plan: PlanMade) -> None:
    """Of eight seconds 6.9 went by while the ground was read: 1.1 are left for the search, all but none for telling."""
    order = day_order(TOWN.city.id, DAY, EVENING, time_limit_s=8).model_copy(update={"around": plan.plan_id})
    around = solve_around(order, plan, ground_of(plan, (), TOWN), (), EVENING, spent_s=6.9)
    assert around.time_limit_s == pytest.approx(1.1, abs=0.05)
    assert around.solve_s < 2


def test_locked_circuit_stays_to_the_letter(plan: PlanMade) -> None:
    ground = ground_of(plan, (), TOWN)
    locked = changed_plan(plan, change_of(plan, "lock", truck=FIRST), ground)
    around = solved(locked)
    assert [c for c in around.circuits if c.truck == FIRST] == [c for c in plan.circuits if c.truck == FIRST]
    assert order_of(around, SECOND) != order_of(plan, SECOND)


def test_circuit_on_the_road_stays_to_the_letter(plan: PlanMade) -> None:
    around = solved(plan, begun=(SECOND,))
    assert [c for c in around.circuits if c.truck == SECOND] == [c for c in plan.circuits if c.truck == SECOND]


def test_pinned_stop_stays_on_its_truck(plan: PlanMade) -> None:
    """Sè's crossing is far from all that FIRST has else: without the pin the search would part it otherwise."""
    ground = ground_of(plan, (), TOWN)
    pinned = changed_plan(plan, change_of(plan, "place", container="HOU-010", truck=TIPPER), ground)
    assert "HOU-010" in order_of(solved(pinned), TIPPER)


def test_absent_truck_gives_all_away_also_what_was_pinned_on_it(plan: PlanMade) -> None:
    """The roll was called after the plan was made: others take what they can, and it is told as parked."""
    ground = ground_of(plan, (), TOWN)
    pinned = changed_plan(plan, change_of(plan, "pin", container=DEAREST[SECOND][0]), ground)
    around = solved(pinned, absent=(SECOND,))
    assert SECOND not in {circuit.truck for circuit in around.circuits}
    assert order_of(around, FIRST)
    assert SECOND in around.by_hand.parked


def test_absent_truck_that_has_begun_keeps_its_circuit(plan: PlanMade) -> None:
    around = solved(plan, begun=(SECOND,), absent=(SECOND,))
    assert [c for c in around.circuits if c.truck == SECOND] == [c for c in plan.circuits if c.truck == SECOND]


def test_container_left_out_by_hand_stays_out(plan: PlanMade) -> None:
    """Whatever its prize says, and also where it has to be emptied by the rules."""
    ground = ground_of(plan, (), TOWN)
    without = changed_plan(plan, change_of(plan, "leave_out", container="HOU-003"), ground)
    around = solved(without)
    assert all("HOU-003" not in order_of(around, truck) for truck in (FIRST, SECOND, TIPPER))
    assert [row.reason for row in around.unserved if row.container == "HOU-003"] == ["left_by_hand"]


def test_truck_that_gave_its_circuit_away_stays_at_home(plan: PlanMade) -> None:
    ground = ground_of(plan, (), TOWN)
    swapped = changed_plan(plan, change_of(plan, "swap", truck=FIRST, for_truck=TIPPER), ground)
    assert order_of(solved(swapped), FIRST) == []


def test_plan_that_nothing_betters_stays_with_what_it_breaks(plan: PlanMade) -> None:
    """The only landfill is closed: the circuits stay, and the page says what no longer holds."""
    ground = ground_of(plan, (), TOWN)
    closed = changed_plan(plan, change_of(plan, "close_site", site="decharge-communale"), ground)
    around = solved(closed)
    assert around.by_hand.closed_sites == (ClosedSite(site="decharge-communale", until=None, reason=None),)
    assert around.broken == closed.broken
    assert {row.rule for row in around.broken} == {"site_closed"}
