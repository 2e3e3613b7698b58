"""Circuits searched anew: what they serve, and what a set of containers burns on them."""

from datetime import date

import pytest

from services.city.registry import Registry
from services.contracts.planning import ContainerForecast
from services.ledger.driving import Scale
from services.ledger.fuel import FuelBook
from services.ledger.rerouted import rerouted_l, served_by_plan
from services.planning.problem import fuel_models
from services.roads.roads import EstimatedRoads
from tests.support.choice_town import MONDAY, bin_, town


def litres(registry: Registry, containers: int, day: date = MONDAY, road_factor: float = 1.0) -> float:
    loads = [
        ContainerForecast(
            container=c.id, fill_ratio=0.5, fill_per_day=0, evidence="prior", due="full", required=True, demand_l=500,
            demand_kg=125,
        )
        for c in registry.containers[:containers]
    ]  # fmt: skip
    book = FuelBook()
    fuel = {truck: book.of(truck, model) for truck, model in fuel_models(registry).items()}
    roads = EstimatedRoads(registry.city.roads)
    return rerouted_l(registry, loads, day, fuel=fuel, scale=Scale(road_factor), roads=roads)


def row(count: int, shift_to: int = 14) -> Registry:
    return town(*(bin_(f"C{n:02d}", east=n / 10) for n in range(count)), shift_to=shift_to)


def test_nothing_to_empty_burns_nothing() -> None:
    assert litres(row(3), 0) == 0


def test_the_same_set_burns_the_same_and_a_larger_one_more() -> None:
    assert litres(row(6), 3) == litres(row(6), 3) < litres(row(6), 6)


def test_kilometres_are_as_they_were_measured() -> None:
    """Twice the road, and the same lifts and stands: more, and less than twice as much."""
    once, twice = litres(row(3), 3), litres(row(3), 3, road_factor=2.0)
    assert once < twice < 2 * once


def test_what_no_shift_has_room_for_is_driven_all_the_same() -> None:
    """Thirty containers are half an hour of lifting, and the way there and back is as long: an hour is too short."""
    assert litres(row(30, shift_to=7), 30) == pytest.approx(litres(row(30), 30), rel=0.1)


def served(registry: Registry, **asked: tuple[bool, float]) -> frozenset[str]:
    """By container: whether it is required, and its prize."""
    due = [
        ContainerForecast(
            container=name, fill_ratio=0.5, fill_per_day=0, evidence="prior", due="full", required=required,
            prize=prize, demand_l=500, demand_kg=125,
        )
        for name, (required, prize) in asked.items()
    ]  # fmt: skip
    return served_by_plan(registry, due, MONDAY, EstimatedRoads(registry.city.roads))


def test_optional_containers_are_served_where_they_are_worth_their_way() -> None:
    """A quarter that is far and worth little waits as a whole; what is required goes, and what lies beside it."""
    registry = town(bin_("near", east=0.1), bin_("beside", east=0.1), bin_("far1", east=20), bin_("far2", east=20))
    asked = {"near": (True, 0.0), "beside": (False, 5_000.0), "far1": (False, 50.0), "far2": (False, 50.0)}
    assert served(registry, **asked) == {"near", "beside"}
    assert served(registry, **asked | {"far1": (True, 0.0), "far2": (False, 5_000.0)}) == set(asked)


def test_a_morning_that_asks_for_nothing_serves_nothing() -> None:
    assert served(row(3)) == frozenset()
