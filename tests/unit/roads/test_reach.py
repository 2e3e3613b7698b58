"""Which containers a vehicle serves, reckoned on tables of five places."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pytest

from services.city.registry import Registry
from services.contracts.planning import ContainerForecast
from services.planning.problem import problem_of_day
from services.roads.closures import DrawnLine
from services.roads.reach import city_places, find_troubles, served_from
from services.roads.roads import (
    NO_WAY,
    NO_WAY_M,
    NO_WAY_S,
    Places,
    RoadSource,
    RoadTable,
    RoadVehicle,
    road_vehicle,
    walk_s,
)
from tests.support.roads_town import town

DEPOT, SITE, NEAR, YARD, TRAP = range(5)
PLACES = {"near": (1.0, 0.0), "yard": (2.0, 0.0), "trap": (3.0, 0.0)}


def table(off_m: tuple[float, ...] = (0, 0, 5, 150, 0)) -> RoadTable:
    """100 m and 10 s between any two places, but nobody leaves the trap."""
    distance_m = np.full((5, 5), 100, dtype=np.int32)
    duration_s = np.full((5, 5), 10, dtype=np.int32)
    for matrix in (distance_m, duration_s):
        np.fill_diagonal(matrix, 0)
        matrix[TRAP, :TRAP] = NO_WAY
    return RoadTable(distance_m, duration_s, np.array(off_m, dtype=np.float64))


class GivenRoads:
    """Roads that say what the test gave for a kind of vehicle."""

    source: RoadSource = "osm"
    closed: Sequence[DrawnLine] = ()

    def __init__(self, **tables: RoadTable) -> None:
        self._tables = tables

    def name(self, vehicle: RoadVehicle) -> str:
        return vehicle.profile

    def table(self, vehicle: RoadVehicle, places: Places) -> RoadTable:
        assert len(places) == len(self._tables[vehicle.profile].off_m)
        return self._tables[vehicle.profile]

    def closing(self, lines: Sequence[DrawnLine]) -> "GivenRoads":
        assert not lines
        return self


def forecasts(registry: Registry) -> list[ContainerForecast]:
    look = {"fill_ratio": 0.9, "fill_per_day": 0.5, "evidence": "prior", "demand_kg": 100, "demand_l": 500}
    return [
        ContainerForecast.model_validate({"container": c.id, "due": "full", "required": True, **look})
        for c in registry.containers
    ]


def test_served_means_there_on_to_a_site_and_home() -> None:
    """Of the trap there is a way in and none out; the yard is too far to walk at 100 m and near enough at 200."""
    assert served_from(table(), DEPOT, [SITE], 200).tolist()[NEAR:] == [True, True, False]
    assert served_from(table(), DEPOT, [SITE], 100).tolist()[NEAR:] == [True, False, False]
    shut = table()
    shut.duration_s[SITE, DEPOT] = NO_WAY
    assert not served_from(shut, DEPOT, [SITE]).any()


def test_a_container_no_truck_reaches_is_not_asked_of_the_solver() -> None:
    """A required stop that nobody can serve would make every plan wrong; holes of the table are never the solver's."""
    registry = town(PLACES)
    problem = problem_of_day(registry, forecasts(registry), date(2026, 3, 3), name="t", roads=GivenRoads(truck=table()))
    assert {stop.id: stop.vehicles for stop in problem.stops} == {"near": None, "yard": None}
    assert len(problem.locations) == 5
    matrix = problem.matrices["truck"]
    assert (matrix.distance_m[TRAP, 0], matrix.duration_s[TRAP, 0]) == (NO_WAY_M, NO_WAY_S)
    assert matrix.distance_m.min() == 0


def test_only_roads_are_blamed_on_roads() -> None:
    """Without a truck, or with none for its stream, a container stays the solver's to explain, wherever it stands."""
    registry, roads = town(PLACES), GivenRoads(truck=table())
    nobody = registry.model_copy(update={"trucks": ()})
    glass = tuple(truck.model_copy(update={"streams": ("glass",)}) for truck in registry.trucks)
    for town_of in (nobody, registry.model_copy(update={"trucks": glass})):
        problem = problem_of_day(town_of, forecasts(registry), date(2026, 3, 3), name="t", roads=roads)
        assert [stop.id for stop in problem.stops] == ["near", "yard", "trap"]


def test_the_walk_is_part_of_the_service() -> None:
    """150 m there and back at 1 m/s on top of the 60 s of the kind; 5 m are no walk."""
    registry = town(PLACES)
    problem = problem_of_day(registry, forecasts(registry), date(2026, 3, 3), name="t", roads=GivenRoads(truck=table()))
    assert {stop.id: stop.service_s for stop in problem.stops} == {"near": 60, "yard": 360}
    assert (walk_s(60), walk_s(61)) == (0, 122)


def test_each_kind_of_truck_drives_on_its_own_matrix() -> None:
    """What the truck cannot reach is for the tricycle alone; the longer walk of two counts where both may come."""
    registry = town(PLACES)
    small = registry.truck_classes[0].model_copy(update={"id": "tri", "road_profile": "tricycle"})
    second = registry.trucks[0].model_copy(update={"id": "T2", "truck_class": "tri"})
    registry = registry.model_copy(
        update={"truck_classes": (*registry.truck_classes, small), "trucks": (*registry.trucks, second)}
    )
    anywhere = table((0, 0, 5, 5, 0))
    anywhere.duration_s[TRAP, :TRAP], anywhere.distance_m[TRAP, :TRAP] = 10, 100
    both = GivenRoads(truck=table(), tricycle=anywhere)
    problem = problem_of_day(registry, forecasts(registry), date(2026, 3, 3), name="t", roads=both)
    assert [vehicle.profile for vehicle in problem.vehicles] == ["truck", "tricycle"]
    assert {stop.id: stop.vehicles for stop in problem.stops} == {
        "near": None,
        "yard": None,
        "trap": frozenset({"T2"}),
    }
    assert {stop.id: stop.service_s for stop in problem.stops}["yard"] == 360


def test_troubles_name_file_id_and_what_to_do() -> None:
    """The yard's nearest street is 10 m away and leads nowhere; the depot is 70 m off, the site too far."""
    registry = town(PLACES)
    vehicle = road_vehicle(registry.truck_classes[0])
    nearest_m = np.array([70.0, 1500.0, 5.0, 10.0, 0.0])
    found = list(find_troubles(registry, vehicle, table((70, 1500, 5, 150, 0)), nearest_m))
    assert [(f.file, f.id, f.trouble, f.is_served) for f in found] == [
        ("depots.csv", "depot", "far_from_street", True),
        ("disposal_sites.csv", "site", "too_far", False),
        ("containers.csv", "yard", "on_island", True),
        ("containers.csv", "trap", "no_way", False),
    ]
    assert str(found[0]).endswith("70 m from the nearest street it can take: the drive is added")
    assert "at most 1000" in str(found[1])


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({}, "truck-3.6x2.5x9m-10000kg-kerb"),
        ({"height_m": 3.15, "kerb_side": False}, "truck-3.15x2.5x9m-10000kg"),
        ({"road_profile": "tricycle", "weight_kg": None, "capacity_kg": 500}, "tricycle-2x1.4x3.3m-1100kg-kerb"),
    ],
)
def test_a_truck_class_is_a_vehicle_of_usual_size_unless_it_says(columns: dict[str, object], name: str) -> None:
    """Trucks of one name share graph and matrix, so all that matters to the streets is in it."""
    assert road_vehicle(town({}, **columns).truck_classes[0]).name == name


def test_places_of_a_city_are_depots_sites_containers() -> None:
    """The order that tables and problems agree on; only containers are wanted at the kerb."""
    rows, places = city_places(town(PLACES))
    assert [row.id for row in rows] == ["depot", "site", "near", "yard", "trap"]
    assert places.at_kerb.tolist() == [False, False, True, True, True]
