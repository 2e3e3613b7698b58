"""What a replay keeps from day to day is what it would find again."""

from datetime import date, timedelta

import numpy as np
import pytest

from services.city.registry import Registry
from services.contracts.coverage import NoCost
from services.ledger import remembered
from services.ledger.coverage import Basis, Emptied, Unserved
from services.ledger.homes import Homes
from services.ledger.kept import Kept
from services.ledger.people import Grid
from services.ledger.remembered import Memory
from services.roads.roads import estimated_roads
from tests.support.example_town import example_town

MONDAY = date(2026, 3, 2)
GRID = Grid.of([[1.8612, 6.5371, 500.0], [1.8225, 6.4900, 90.0]])


def basis(town: Registry, version: int | None = 1) -> Basis:
    return Basis(town, version, GRID, 1, Emptied({}, 0))


def unserved(people: float = 500.0) -> Unserved:
    return Unserved("centre", np.array([[1.8612, 6.5371]]), np.array([people]))


@pytest.fixture
def priced(monkeypatch: pytest.MonkeyPatch) -> list[date]:
    """Days for which somebody has asked the routing engine."""
    asked: list[date] = []

    def cost(basis: Basis, unserved: Unserved, day: date, roads: object) -> NoCost:  # noqa: ARG001
        asked.append(day)
        return "too_much"

    monkeypatch.setattr(remembered, "serving_cost", cost)
    return asked


def test_the_last_values_are_kept() -> None:
    """Room for two: the one that was asked for longest ago is made anew."""
    made: list[str] = []
    kept = Kept[str, str](2)
    for key in ("a", "b", "a", "c", "a", "b"):
        assert kept.get(key, lambda key=key: made.append(key) or key.upper()) == key.upper()  # type: ignore[func-returns-value,misc]
    assert made == ["a", "b", "c", "b"]


def test_a_zone_is_priced_once_while_the_same_people_lack_service(priced: list[date]) -> None:
    """Every weekday has the same sites open; others are asked for other people, another version, a closed site."""
    town, memory = example_town(), Memory()
    roads = estimated_roads(town)
    assert all(site.is_open_on(MONDAY + timedelta(days=n)) for site in town.disposal_sites for n in range(3))
    for n in range(3):
        assert memory.serving_cost(basis(town), unserved(), MONDAY + timedelta(days=n), roads) == "too_much"
    assert priced == [MONDAY]
    memory.serving_cost(basis(town), unserved(501.0), MONDAY, roads)
    memory.serving_cost(basis(town, 2), unserved(), MONDAY, roads)
    landfill, *others = town.disposal_sites
    closed = (landfill.model_copy(update={"weekdays": ("tue",)}), *others)
    memory.serving_cost(basis(town.model_copy(update={"disposal_sites": closed})), unserved(), MONDAY, roads)
    assert len(priced) == 4


def test_what_is_of_no_version_is_not_kept(priced: list[date]) -> None:
    """A city that was loaded before versions were kept may change between two lines."""
    town, memory = example_town(), Memory()
    for _ in range(2):
        memory.serving_cost(basis(town, None), unserved(), MONDAY, estimated_roads(town))
    assert len(priced) == 2
    assert memory.homes_of(basis(town, None)) is not memory.homes_of(basis(town, None))
    assert memory.homes_of(basis(town)) is memory.homes_of(basis(town))


def test_walks_that_are_remembered_are_those_to_the_same_containers() -> None:
    town = example_town()
    homes = Homes(town, GRID)
    for containers in (town.containers, town.containers[:1], town.containers, ()):
        assert homes.walks_m(containers).tolist() == Homes(town, GRID).walks_m(containers).tolist()
    assert np.isinf(homes.walks_m(())).all()
