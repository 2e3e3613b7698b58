"""What one more truck or hour would save: both sides are searched alike, and the change is what it says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from routing import MaxIterations, PlanError, solve
from routing.explain import LongerShift, OneMoreTruck, changes_to_try, what_if
from tests.unit.routing.line_town import TRUCK, bin_at, make_town
from tests.unit.routing.test_routing_explain import line_plan

CENT = 0.01


def test_one_more_truck_saves_what_a_second_trip_would_not() -> None:
    """Protects the comparison: a second truck serves the bin the first has no shift left for, both sides searched."""
    stops = [bin_at(2, demand_kg=900.0), bin_at(3, demand_kg=900.0, required=False, prize=100.0)]
    town = make_town([0, 0, 2, 2], stops, [replace(TRUCK, shift=(0, 1200))])
    told = what_if(town, solve(town, MaxIterations(50)), OneMoreTruck("T1"), MaxIterations(50))
    # 100 of prize spared for a circuit of 4 km, 400 s driving, 60 s service, 600 s unloading: 4.00 + 10.60.
    assert told.saved == pytest.approx(100 - 14.6, abs=CENT)
    assert (told.change, told.effort) == ("one more vehicle like T1", "MaxIterations(iterations=50)")
    assert (told.newly_served, told.spread) == (0, 0.0)


def test_one_more_hour_lets_a_required_stop_be_served() -> None:
    """Protects the hour: with 3,600 s more the truck makes the second trip, and the missing stop is counted."""
    stops = [bin_at(2, demand_kg=900.0), bin_at(3, demand_kg=900.0)]
    town = make_town([0, 0, 2, 2], stops, [replace(TRUCK, shift=(0, 1200))])
    told = what_if(town, solve(town, MaxIterations(50)), LongerShift(), MaxIterations(50))
    assert (told.missing_before, told.missing_after, told.newly_served) == (1, 0, 1)
    assert told.saved == pytest.approx(-14.6, abs=CENT)


def test_copy_of_a_truck_may_go_where_the_truck_may() -> None:
    """Protects stops reserved for a vehicle, and its id: the copy is on their list under a name nobody has."""
    fleet = [TRUCK, replace(TRUCK, id="T1 (2)"), replace(TRUCK, id="C", capacity_kg=300.0)]
    town = make_town([0, 0, 2], [bin_at(2, vehicles=frozenset({"T1"}))], fleet)
    changed = OneMoreTruck("T1").apply(town)
    assert [vehicle.id for vehicle in changed.vehicles] == ["T1", "T1 (2)", "C", "T1 (3)"]
    assert changed.stops[0].vehicles == frozenset({"T1", "T1 (3)"})


def test_kind_with_one_parked_is_not_asked_for() -> None:
    """Protects against noise sold as savings: of two alike one is parked, of the other kind the only one drives."""
    fleet = [TRUCK, replace(TRUCK, id="T2"), replace(TRUCK, id="C", capacity_kg=500.0)]
    town = make_town([0, 0, 2], [bin_at(2)], fleet)
    assert list(changes_to_try(town, line_plan(town, "B2", "L", vehicle=2))) == [LongerShift(), OneMoreTruck("C")]
    assert list(changes_to_try(town, line_plan(town, "B2", "L"))) == [LongerShift()]


@pytest.mark.parametrize("change", [OneMoreTruck("T9"), LongerShift("T9")])
def test_change_to_a_vehicle_that_is_not_there_is_refused(change: OneMoreTruck | LongerShift) -> None:
    """Protects against a typing error that would compare a problem with itself."""
    with pytest.raises(PlanError, match="no vehicle T9 in problem line"):
        change.apply(make_town([0, 0, 2], [bin_at(2)]))
