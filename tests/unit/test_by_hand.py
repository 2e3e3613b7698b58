"""Changes of a plan by hand: the same changes give the same plan, the rest stays to the letter, what breaks is said."""

from datetime import timedelta

import pytest

import routing
from services.contracts.changes import ClosedSite
from services.contracts.planning import PlanMade
from services.errors import ChangeRefused
from services.planning.by_hand import changed_plan, plan_id_of, restored_plan, trucks_changed
from services.planning.differences import compare_plans
from services.planning.offers import truck_offers
from services.planning.plan_ground import Ground, ground_of, route_of
from tests.support.hand_town import DAY, EVENING, FIRST, SECOND, TIPPER, change_of, hand_plan, hand_town, order_of

TOWN = hand_town()
NAMES = ("HOU-002", "HOU-003", "HOU-004")


@pytest.fixture(scope="module")
def plan() -> PlanMade:
    return hand_plan(TOWN, {FIRST: NAMES, SECOND: ("HOU-005", "HOU-006")})


@pytest.fixture(scope="module")
def ground(plan: PlanMade) -> Ground:
    return ground_of(plan, (), TOWN)


def test_container_goes_before_the_one_that_is_named_and_stays_on_its_truck(plan: PlanMade, ground: Ground) -> None:
    """The rest of both circuits keeps its order, and the planner is told to leave it there."""
    first, second = order_of(plan, FIRST), order_of(plan, SECOND)
    moved = changed_plan(plan, change_of(plan, "place", container=first[1], truck=SECOND, before=second[1]), ground)
    assert order_of(moved, FIRST) == [first[0], *first[2:]]
    assert order_of(moved, SECOND) == [second[0], first[1], second[1]]
    assert moved.by_hand.pins == {first[1]: SECOND}
    assert moved.change is not None
    assert (moved.change.changed_by, moved.change.parent) == ("awa", plan.plan_id)


def test_figures_of_a_changed_plan_are_those_of_the_judge(plan: PlanMade, ground: Ground) -> None:
    """Money, litres, kilometres and hours, as `routing.check` reckons the same circuits."""
    moved = changed_plan(plan, change_of(plan, "place", container=order_of(plan, FIRST)[1], truck=SECOND), ground)
    routes = tuple(route_of(circuit, ground) for circuit in moved.circuits)
    left = tuple(routing.Unserved(row.container, routing.Reason.NOT_FOUND) for row in moved.unserved)
    verdict = routing.check(ground.problem, routing.Solution("x", routes, left))
    assert moved.cost == pytest.approx(verdict.cost, abs=0.01)
    assert moved.totals.fuel_l == pytest.approx(verdict.fuel_l, abs=0.02)
    assert (moved.totals.distance_m, moved.totals.duty_s) == (verdict.distance_m, verdict.duty_s)
    assert [text for text in verdict.violations if "required" not in text] == []
    assert moved.broken == ()


def test_circuits_that_nobody_changed_stay_to_the_letter(plan: PlanMade, ground: Ground) -> None:
    first = order_of(plan, FIRST)
    moved = changed_plan(plan, change_of(plan, "place", container=first[2], truck=FIRST, before=first[0]), ground)
    assert order_of(moved, FIRST) == [first[2], first[0], first[1]]
    kept = next(circuit for circuit in moved.circuits if circuit.truck == SECOND)
    assert kept is next(circuit for circuit in plan.circuits if circuit.truck == SECOND)
    assert trucks_changed(plan, moved) == {FIRST}


def test_same_changes_of_the_same_plan_are_the_same_plan(plan: PlanMade) -> None:
    """Replayed from the planner's plan and the changes alone, on a ground built anew: equal to the byte."""
    first = order_of(plan, FIRST)
    wanted = [
        ("place", {"container": first[0], "truck": SECOND}),
        ("lock", {"truck": FIRST}),
        ("leave_out", {"container": "HOU-005"}),
    ]

    def replayed() -> PlanMade:
        now = plan
        for kind, what in wanted:
            now = changed_plan(now, change_of(now, kind, **what), ground_of(plan, (), hand_town()))
        return now

    assert replayed().to_bytes() == replayed().to_bytes()
    assert PlanMade.model_validate_json(replayed().to_bytes()) == replayed()


def test_container_left_out_says_that_somebody_left_it(plan: PlanMade, ground: Ground) -> None:
    container = order_of(plan, FIRST)[0]
    without = changed_plan(plan, change_of(plan, "leave_out", container=container), ground)
    assert container not in order_of(without, FIRST)
    assert [row.reason for row in without.unserved if row.container == container] == ["left_by_hand"]
    assert without.by_hand.left_out == (container,)
    back = changed_plan(without, change_of(without, "place", container=container, truck=FIRST), ground)
    assert back.by_hand.left_out == ()
    assert container in order_of(back, FIRST)


def test_container_that_is_not_due_becomes_a_one_off_stop(plan: PlanMade) -> None:
    """A market asks for it: emptied today, and what the planner solves anew has it too."""
    forecasts = tuple(f.model_copy(update={"due": None}) if f.container == "HOU-007" else f for f in plan.forecasts)
    root = plan.model_copy(update={"forecasts": forecasts})
    with pytest.raises(ChangeRefused, match="no_stop"):
        changed_plan(root, change_of(root, "place", container="HOU-007", truck=FIRST), ground_of(root, (), TOWN))
    ground = ground_of(root, ["HOU-007"], TOWN)
    added = changed_plan(root, change_of(root, "place", container="HOU-007", truck=FIRST), ground)
    assert "HOU-007" in order_of(added, FIRST)
    assert added.by_hand.added == ("HOU-007",)
    gone = changed_plan(added, change_of(added, "leave_out", container="HOU-007"), ground)
    assert gone.by_hand.added == ()
    assert gone.by_hand.left_out == ()
    assert gone.circuits == root.circuits


def test_locked_and_begun_circuits_are_not_changed_by_hand(plan: PlanMade, ground: Ground) -> None:
    first, second = order_of(plan, FIRST), order_of(plan, SECOND)
    locked = changed_plan(plan, change_of(plan, "lock", truck=FIRST), ground)
    for what in (
        {"container": first[0], "truck": SECOND},
        {"container": second[0], "truck": FIRST},
        {"container": first[0], "truck": FIRST, "last": True},
    ):
        with pytest.raises(ChangeRefused, match=f"circuit_locked .truck {FIRST}"):
            changed_plan(locked, change_of(locked, "place", **what), ground)
        with pytest.raises(ChangeRefused, match=f"circuit_begun .truck {FIRST}"):
            changed_plan(plan, change_of(plan, "place", **what), ground, begun={FIRST})
    free = changed_plan(locked, change_of(locked, "unlock", truck=FIRST), ground)
    assert free.by_hand.locked == ()


def test_swapped_truck_takes_circuit_number_pins_and_lock(plan: PlanMade, ground: Ground) -> None:
    """The compactor is in the workshop: the tipper, at home until now, drives its circuit under the same number."""
    pinned = changed_plan(plan, change_of(plan, "pin", container=NAMES[0]), ground)
    assert pinned.by_hand.pins == {NAMES[0]: FIRST}
    swapped = changed_plan(pinned, change_of(pinned, "swap", truck=FIRST, for_truck=TIPPER), ground)
    assert order_of(swapped, TIPPER) == order_of(plan, FIRST)
    assert order_of(swapped, FIRST) == []
    assert [c.number for c in swapped.circuits if c.truck == TIPPER] == [1]
    assert swapped.by_hand.pins == {NAMES[0]: TIPPER}
    assert swapped.by_hand.parked == (FIRST,)
    with pytest.raises(ChangeRefused, match="truck_away"):
        changed_plan(swapped, change_of(swapped, "place", container=NAMES[0], truck=FIRST), ground)
    back = changed_plan(swapped, change_of(swapped, "swap", truck=TIPPER, for_truck=FIRST), ground)
    assert order_of(back, FIRST) == order_of(plan, FIRST)


def test_two_trucks_exchange_their_circuits(plan: PlanMade, ground: Ground) -> None:
    swapped = changed_plan(plan, change_of(plan, "swap", truck=FIRST, for_truck=SECOND), ground)
    assert order_of(swapped, SECOND) == order_of(plan, FIRST)
    assert order_of(swapped, FIRST) == order_of(plan, SECOND)
    assert {c.truck: c.number for c in swapped.circuits} == {FIRST: 2, SECOND: 1}
    assert swapped.by_hand.parked == ()


def test_site_that_is_closed_all_day_breaks_what_has_no_other(plan: PlanMade, ground: Ground) -> None:
    """Residual waste has one landfill: the circuits stay, and say what is wrong with them."""
    change = change_of(plan, "close_site", site="decharge-communale", reason="grève")
    closed = changed_plan(plan, change, ground)
    assert closed.by_hand.closed_sites == (ClosedSite(site="decharge-communale", until=None, reason="grève"),)
    assert {(row.truck, row.rule) for row in closed.broken} == {(FIRST, "site_closed"), (SECOND, "site_closed")}
    assert order_of(closed, FIRST) == order_of(plan, FIRST)
    open_again = changed_plan(closed, change_of(closed, "reopen_site", site="decharge-communale"), ground)
    assert (open_again.broken, open_again.cost) == ((), plan.cost)
    late = change_of(plan, "close_site", site="decharge-communale", until=EVENING + timedelta(hours=15, minutes=30))
    waits = changed_plan(plan, late, ground)  # until 10:30 on the day, in Porto-Novo
    unloads = [v.start_at for c in waits.circuits for v in c.visits if v.kind == "disposal"]
    assert min(unloads) >= EVENING + timedelta(hours=15, minutes=30)


def test_price_before_the_drop_is_the_difference_after_it(plan: PlanMade, ground: Ground) -> None:
    """Each truck's offer, held against the plan that comes of taking it."""
    container = order_of(plan, FIRST)[1]
    offers = truck_offers(plan, container, ground, (), EVENING)
    assert {offer.truck for offer in offers} == {FIRST, SECOND, TIPPER}
    for offer in offers:
        taken = changed_plan(plan, change_of(plan, "place", container=container, truck=offer.truck), ground)
        told = compare_plans(plan, taken)
        assert told.cost == pytest.approx(offer.extra.cost, abs=0.02), offer.truck
        assert told.after.fuel_l - told.before.fuel_l == pytest.approx(offer.extra.fuel_l, abs=0.02)
        assert told.after.duty_s - told.before.duty_s == offer.extra.duty_s
        assert {row.rule for row in taken.broken} == {row.rule for row in offer.place.broken}


def test_plan_taken_back_is_the_plan_as_it_was_under_a_new_id(plan: PlanMade, ground: Ground) -> None:
    moved = changed_plan(plan, change_of(plan, "place", container=order_of(plan, FIRST)[1], truck=SECOND), ground)
    assert moved.change is not None
    undo = change_of(moved, "undo", of=moved.change.change_id)
    back = restored_plan(plan, moved, undo)
    assert back.circuits == plan.circuits
    assert back.unserved == plan.unserved
    assert (back.plan_id, back.by_hand.root) == (plan_id_of(undo), plan.plan_id)


def test_two_plans_side_by_side_say_what_moved(plan: PlanMade, ground: Ground) -> None:
    first = order_of(plan, FIRST)
    moved = changed_plan(plan, change_of(plan, "place", container=first[1], truck=SECOND), ground)
    told = compare_plans(plan, moved)
    assert [(m.container, m.before, m.after) for m in told.moved] == [(first[1], FIRST, SECOND)]
    turned = changed_plan(plan, change_of(plan, "place", container=first[2], truck=FIRST, before=first[0]), ground)
    (only,) = compare_plans(plan, turned).moved
    assert (only.container, only.is_reordered) == (first[2], True)
    assert [row.is_changed for row in compare_plans(plan, turned).circuits] == [True, False]
    without = changed_plan(plan, change_of(plan, "leave_out", container=first[0]), ground)
    assert [(m.container, m.before, m.after) for m in compare_plans(plan, without).moved] == [(first[0], FIRST, None)]


def test_change_of_what_is_not_there_is_refused(plan: PlanMade, ground: Ground) -> None:
    for kind, what, code in (
        ("place", {"container": "HOU-999", "truck": FIRST}, "no_stop"),
        ("place", {"container": "HOU-002", "truck": "RB-9"}, "unknown_truck"),
        ("place", {"container": "HOU-002", "truck": SECOND, "before": "HOU-003"}, "no_place"),
        ("leave_out", {"container": "HOU-007"}, "not_in_plan"),
        ("lock", {"truck": TIPPER}, "no_circuit"),
        ("swap", {"truck": TIPPER, "for_truck": FIRST}, "nothing_to_swap"),
        ("close_site", {"site": "nulle-part"}, "unknown_site"),
    ):
        with pytest.raises(ChangeRefused) as refused:
            changed_plan(plan, change_of(plan, kind, **what), ground)
        assert refused.value.code == code, (kind, what)


def test_day_of_the_plan_is_the_city_s(ground: Ground) -> None:
    assert ground.day == DAY
