"""Crews keep their quarter: who knows a container, and whose circuit it is in the plan of a day."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from routing.warm_up import warm_up
from services.city.registry import Registry
from services.contracts.planning import PlanMade
from services.planning.plan_day import plan_day
from services.planning.quarters import Emptied, known_by
from tests.support.choice_town import EAST, MONDAY, WEST, emptied, mirrored
from tests.support.orders import day_order

FOUR_OCLOCK = datetime(2026, 3, 2, 4, tzinfo=UTC)
EAST_IS_T1 = {name: {"T1": 4} for name in EAST} | {name: {"T2": 4} for name in WEST}
EAST_IS_T2 = {name: {"T2": 4} for name in EAST} | {name: {"T1": 4} for name in WEST}


def two_trucks(**second: object) -> Registry:
    """Each takes the four containers of one side, 400 kg each, and not five; the second may differ."""
    registry = mirrored()
    small = registry.truck_classes[0].model_copy(update={"capacity_kg": 1700, "max_trips": 1})
    first = registry.trucks[0]
    trucks = (first, first.model_copy(update={"id": "T2", **second}))
    return registry.model_copy(update={"truck_classes": (small,), "trucks": trucks})


def test_crew_knows_what_it_emptied_often() -> None:
    """E1: T1 seven and T2 three of ten. With 3 of the zone's mix, 7 to 3: 9.1 and 3.9 of 13; a third is 4.3."""
    known = known_by(two_trucks(), {"E1": {"T1": 7, "T2": 3}})
    assert known["E1"] == frozenset({"T1"})
    # T2 with four of ten: 4 + 3 x 0.4 = 5.2 of 13. Both know it.
    assert known_by(two_trucks(), {"E1": {"T1": 6, "T2": 4}})["E1"] == frozenset({"T1", "T2"})


def test_container_nobody_emptied_is_the_zones_crews() -> None:
    known = known_by(two_trucks(), {"E1": {"T1": 2}, "E2": {"T1": 1}})
    assert known == dict.fromkeys(EAST, frozenset({"T1"})), "and nothing is known of the west"


def test_crew_that_came_by_once_has_no_claim() -> None:
    """E4: once by T2. Of the zone's ten T2 did one: 1 + 0.3 of 4 is less than a third, 1.33; T1 has 3 x 0.9 = 2.7."""
    emptied_often = {"E1": {"T1": 3}, "E2": {"T1": 3}, "E3": {"T1": 3}, "E4": {"T2": 1}}
    assert known_by(two_trucks(), emptied_often)["E4"] == frozenset({"T1"})


def test_truck_in_the_workshop_knows_nothing_today() -> None:
    """Its stops are everybody's: nobody can be sent to whom they would not be strange."""
    assert known_by(two_trucks(in_service=False), EAST_IS_T2) == dict.fromkeys(WEST, frozenset({"T1"}))


@pytest.fixture(scope="module")
def searching() -> None:
    """The first search of a process loads the engine, in its own second."""
    warm_up()


def planned(registry: Registry, emptied_by: Emptied, compact: float = 0.0) -> PlanMade:
    order = day_order("porto", MONDAY, FOUR_OCLOCK).model_copy(update={"compact": compact})
    beliefs = {container.id: emptied(8) for container in registry.containers}
    return plan_day(order, registry, beliefs, now=lambda: FOUR_OCLOCK, emptied=emptied_by)


def sides(plan: PlanMade) -> Mapping[str, set[str]]:
    """By truck, the sides of the town that it drives to."""
    return {circuit.truck: {(stop.place or "")[0] for stop in circuit.stops} for circuit in plan.circuits}


@pytest.mark.slow
@pytest.mark.usefixtures("searching")
@pytest.mark.parametrize(("emptied_by", "wanted"), [(EAST_IS_T1, "EW"), (EAST_IS_T2, "WE")])
def test_alike_trucks_keep_their_quarter_for_nothing(emptied_by: Emptied, wanted: str) -> None:
    """Without any slider, at the same cost: the circuits are the same, each is given to the crew that knows it."""
    registry = two_trucks()
    plan, nobodys = planned(registry, emptied_by), planned(registry, {})
    assert sides(plan) == {"T1": {wanted[0]}, "T2": {wanted[1]}}
    assert (plan.cost, plan.totals) == (nobodys.cost, nobodys.totals)
    assert plan.sliders is None


@pytest.mark.slow
@pytest.mark.usefixtures("searching")
@pytest.mark.parametrize(("emptied_by", "wanted", "own_without"), [(EAST_IS_T1, "EW", 0), (EAST_IS_T2, "WE", 8)])
def test_compact_sends_crews_to_their_quarter_where_trucks_differ(
    emptied_by: Emptied, wanted: str, own_without: int
) -> None:
    """The west is a kilometre farther and T2 drinks more, so it is cheapest sent to the east, whoever knows it."""
    registry = two_trucks(truck_class="thirsty")
    (small,) = registry.truck_classes
    thirsty = small.model_copy(update={"id": "thirsty", "drive_l_per_km": 0.6})
    moved = (c.model_copy(update={"lon": c.lon - 0.01}) if c.id in WEST else c for c in registry.containers)
    registry = registry.model_copy(update={"truck_classes": (small, thirsty), "containers": tuple(moved)})
    plan = planned(registry, emptied_by, compact=1.0)
    assert sides(plan) == {"T1": {wanted[0]}, "T2": {wanted[1]}}
    told = plan.sliders
    assert told is not None
    assert told.strange_price > 0
    assert (told.own_stops, told.known_stops, told.own_stops_without, told.known_stops_without) == (
        8,
        8,
        own_without,
        8,
    )
    assert (plan.totals.fuel_l > told.without.fuel_l) == (own_without == 0), "what it brought has its price"
