"""Fleets of which no two trucks are alike, as contractors have them: as good as with a few kinds."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from routing import MaxIterations, Problem, Vehicle, solve
from tests.unit.routing.line_town import TRUCK, bin_at, make_town

STOPS, TRUCKS = 60, 40


def town(vehicles: list[Vehicle]) -> Problem:
    dice = Random(5)
    km = [0, 2, *(round(dice.uniform(-9, 9), 1) for _ in range(STOPS))]
    stops = [bin_at(2 + n, demand_kg=dice.randrange(50, 400)) for n in range(STOPS)]
    return make_town(km, stops, vehicles)


def truck(number: int, step: int) -> Vehicle:
    """Truck `number` of a range of capacities and prices, in steps of so many trucks."""
    size = number // step * step
    return replace(
        TRUCK, id=f"T{number}", capacity_kg=1000 + 7 * size, shift=(5 * size, 20_000), fixed_cost=40.0 + size
    )


def test_no_two_trucks_alike() -> None:
    """Protects contractors' fleets: forty kinds cost at most 2 % more than the four they lie between."""
    some = MaxIterations(6000)
    alike = solve(town([truck(number, 10) for number in range(TRUCKS)]), some)
    unlike = solve(town([truck(number, 1) for number in range(TRUCKS)]), some)
    assert alike.violations == unlike.violations == ()
    assert unlike.cost <= 1.02 * alike.cost


def test_cheapest_of_many_drives() -> None:
    """Protects the last exchange: ten bins, two hundred trucks that differ in their price alone, the cheapest goes."""
    fleet = [replace(TRUCK, id=f"T{number}", fixed_cost=200.0 - (number * 37 % 200)) for number in range(200)]
    cheapest = min(fleet, key=lambda vehicle: vehicle.fixed_cost)
    plan = solve(
        make_town([0, 2, *range(1, 11)], [bin_at(n, demand_kg=50) for n in range(2, 12)], fleet), MaxIterations(2000)
    )
    assert [route.vehicle for route in plan.routes] == [cheapest.id]
