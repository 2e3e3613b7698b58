"""Who is within a walk of a point that is really emptied: distances, frequency, regularity, the ladder's steps."""

from datetime import UTC, date, datetime

import numpy as np
import pytest

from services.city.registry import Container, Registry
from services.contracts.coverage import STEPS, ServingCost
from services.ledger.coverage import Basis, Emptied, Walks, coverage_of, steps_of, zones_covered
from services.ledger.people import Grid
from services.ledger.points import set_points
from services.ledger.serving import serving_cost
from services.roads.roads import EstimatedRoads
from tests.support.example_town import example_town

DAY = date(2026, 3, 8)
NOW = datetime(2026, 3, 9, 2, 0, tzinfo=UTC)
LAT = 6.5
M_EAST = 1 / (111_195.1 * np.cos(np.radians(LAT)))
"""Degrees of a metre to the east at this latitude."""
YEAR = dict.fromkeys(range(52), 2)


def emptied(weeks: dict[str, dict[int, int]], known: int = 52) -> Emptied:
    counts = {name: np.array([of.get(week, 0) for week in range(52)]) for name, of in weeks.items()}
    return Emptied(counts, known)


def container(name: str, east_m: float, stream: str = "residual") -> Container:
    return Container(
        id=name, name=name, lon=2.4 + east_m * M_EAST, lat=LAT, kind="bac-1100", capacity_l=1100, zone="a",
        stream=stream,
    )  # fmt: skip


@pytest.fixture
def town() -> Registry:
    """One zone of 1,000 people 4 km long, containers at its western end; the grid says where they live."""
    base = example_town()
    east, north = 4000 * M_EAST, 0.01
    ring = [[2.39, LAT - north], [2.4 + east, LAT - north], [2.4 + east, LAT + north], [2.39, LAT + north],
            [2.39, LAT - north]]  # fmt: skip
    zone = base.zones[0].model_copy(update={"id": "a", "population": 1000})
    depot = base.depots[0].model_copy(update={"lon": 2.4, "lat": LAT})
    sites = (base.disposal_sites[0].model_copy(update={"lon": 2.41, "lat": LAT}),)
    return base.model_copy(
        update={
            "zones": (zone,), "zone_shapes": {"a": {"type": "Polygon", "coordinates": [ring]}}, "baseline": (),
            "containers": (container("near", 0),), "depots": (depot,), "disposal_sites": sites,
        }
    )  # fmt: skip


def people_at(*places: tuple[float, float]) -> Grid:
    return Grid.of([[2.4 + east_m * M_EAST, LAT, count] for east_m, count in places])


def basis(town: Registry, grid: Grid, weeks: dict[str, dict[int, int]], known: int = 52) -> Basis:
    return Basis(town, 1, grid, 1, emptied(weeks, known))


def test_the_walk_is_the_straight_line_times_1_3(town: Registry) -> None:
    """150 m are 195 m on foot, within 200; 160 m are 208. Both are within a kilometre: a limited service."""
    (zone,), _ = zones_covered(basis(town, people_at((150, 30), (160, 50), (3900, 20)), {"near": YEAR}))
    assert (zone.basic, zone.limited, zone.none) == (30, 50, 20)
    assert zone.assigned_people == 30
    assert zone.population == 100


def test_a_longer_walk_may_be_asked_for(town: Registry) -> None:
    service = town.city.service.model_copy(update={"walk_m": 250})
    far = town.model_copy(update={"city": town.city.model_copy(update={"service": service})})
    (zone,), _ = zones_covered(basis(far, people_at((150, 30), (160, 50)), {"near": YEAR}))
    assert zone.basic == 80


def test_a_point_that_stands_there_and_is_not_emptied_serves_nobody(town: Registry) -> None:
    """Assigned and delivered are two figures. Emptied once this week: a limited service; never: none."""
    grid = people_at((10, 40))
    (never,), _ = zones_covered(basis(town, grid, {}))
    assert (never.assigned_people, never.none, never.served_people) == (40, 40, 0)
    (once,), _ = zones_covered(basis(town, grid, {"near": YEAR | {0: 1}}))
    assert (once.limited, once.served_people) == (40, 0)


@pytest.mark.parametrize(("missed", "is_served"), [(0, True), (5, True), (6, False)])
def test_regular_is_nine_weeks_of_ten(town: Registry, missed: int, is_served: bool) -> None:
    """Of 52: 47 kept are 90.4 %, 46 are 88.5 %. The last week itself has to be kept."""
    weeks = YEAR | dict.fromkeys(range(1, missed + 1), 0)
    (zone,), _ = zones_covered(basis(town, people_at((10, 40)), {"near": weeks}))
    assert bool(zone.basic) is is_served


def test_weeks_before_the_first_emptying_are_not_known(town: Registry) -> None:
    """A city that began a fortnight ago is judged by two weeks; one that began yesterday by its last days alone."""
    grid = people_at((10, 40))
    for known in (0, 2):
        (zone,), _ = zones_covered(basis(town, grid, {"near": {0: 2, 1: 2}}, known))
        assert zone.basic == 40
    (late,), _ = zones_covered(basis(town, grid, {"near": {0: 2}}, 2))
    assert late.limited == 40


def test_two_and_three_separate_streams_are_higher_steps(town: Registry) -> None:
    """More visits to one stream are not: four times a week and alone stays basic."""
    streams = ("residual", "recycling", "organic")
    rows = tuple(container(stream, 10 * n, stream) for n, stream in enumerate(streams))
    all_three = town.model_copy(update={"containers": rows})
    grid = people_at((50, 10))
    for served, step in ((1, "basic"), (2, "improved"), (3, "full")):
        weeks = {stream: dict.fromkeys(range(52), 4) for stream in streams[:served]}
        (zone,), _ = zones_covered(basis(all_three, grid, weeks))
        assert getattr(zone, step) == 10


def test_steps_are_in_the_ladders_order() -> None:
    """Infinite walks are no service at all."""
    walks = Walks(*(np.array([np.inf]) for _ in range(3)), streams=np.array([0]))
    assert STEPS[int(steps_of(walks, 200)[0])] == "none"


def test_without_a_grid_people_are_spread_evenly(town: Registry) -> None:
    """All of the zone's people, whatever the lattice; a cell outside of every zone is nobody's."""
    whole = Basis(town, 1, None, None, emptied({"near": YEAR}))
    (zone,), _ = zones_covered(whole)
    assert zone.population == pytest.approx(1000, abs=0.5)
    assert 0 < zone.basic < 50  # a disc of 154 m in some 11 km2 of which 1,000 people have 75,000 m2: 7
    (inside,), _ = zones_covered(basis(town, people_at((10, 40), (9000, 60)), {}))
    assert inside.population == 40


def test_half_of_the_unserved_walk_so_far(town: Registry) -> None:
    """10 people at 1,000 m and 30 at 2,000: the median walks 2,600 m; who is served does not count."""
    (zone,), _ = zones_covered(basis(town, people_at((10, 500), (1000, 10), (2000, 30)), {"near": YEAR}))
    assert zone.nearest_served_m == pytest.approx(2600, abs=5)
    (nothing,), _ = zones_covered(basis(town, people_at((10, 500)), {}))
    assert nothing.nearest_served_m is None


def test_points_are_set_where_people_are() -> None:
    """Fifty at one place, thirty at another 500 m on, one between: the two places have 80 of 81 people within 100 m."""
    lonlat = np.array([[2.4, LAT], [2.4 + 500 * M_EAST, LAT], [2.4 + 250 * M_EAST, LAT]])
    found = set_points(lonlat, np.array([50.0, 30.0, 1.0]), np.empty((0, 2)), 100)
    assert found.lonlat[:, 0] == pytest.approx(lonlat[:2, 0])
    assert found.is_new.all()
    assert found.people.sum() == 81
    standing = set_points(lonlat, np.array([50.0, 30.0, 1.0]), lonlat[:1], 100)
    assert standing.is_new.tolist() == [False, True]


def test_what_serving_a_zone_costs(town: Registry) -> None:
    """300 people 3 km from the depot: 0.46 kg a day are 483 kg every half week, which 3 containers of 1,100 L hold.

    One truck goes there twice a week: at least 3 km out and 2 km of 1.4 back, by the landfill, at 0.35 L/km or more.
    """
    given = basis(town, people_at((3000, 300)), {"near": YEAR})
    _, (unserved,) = zones_covered(given)
    cost = serving_cost(given, unserved, DAY, EstimatedRoads(town.city.roads))
    assert isinstance(cost, ServingCost)
    assert (cost.points, cost.new_points, cost.rounds) == (1, 1, 2)
    assert cost.containers == 3  # 483 kg at 0.25 kg/L are 1,932 L; four fifths of 1,100 L are 880
    assert cost.distance_m > 2 * 6000
    assert cost.fuel_l > 2 * 6 * 0.35
    prices = town.city.prices
    assert cost.money == round(cost.fuel_l * prices.fuel_per_l + cost.crew_s / 3600 * prices.crew_per_h)


def test_no_cost_is_told_with_its_reason(town: Registry) -> None:
    """Nobody to drive; and a crowd that all trucks together would not serve in a day."""
    given = basis(town, people_at((3000, 300)), {"near": YEAR})
    _, (unserved,) = zones_covered(given)
    roads = EstimatedRoads(town.city.roads)
    parked = tuple(truck.model_copy(update={"in_service": False}) for truck in town.trucks)
    idle = Basis(town.model_copy(update={"trucks": parked}), 1, None, None, given.emptied)
    assert serving_cost(idle, unserved, DAY, roads) == "no_truck"
    crowd = basis(town, people_at((3000, 60_000)), {"near": YEAR})
    _, (many,) = zones_covered(crowd)
    assert serving_cost(crowd, many, DAY, roads) == "too_much"


def test_the_same_coverage_has_the_same_id(town: Registry) -> None:
    """Computed again from the same it is no further line."""
    given = basis(town, people_at((10, 40)), {"near": YEAR})
    zones, _ = zones_covered(given)
    first, again = (coverage_of(given, zones, {}, DAY, NOW.replace(hour=hour)) for hour in (2, 3))
    assert first.computation_id == again.computation_id
    assert coverage_of(given, zones, {}, date(2026, 3, 9), NOW).computation_id != first.computation_id
    assert (first.population, first.served_people, first.people("basic")) == (40, 40, 40)
