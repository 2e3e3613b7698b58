"""What the planner asks of roads, whoever answers: a city's own street network, or straight lines without one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

import routing
from services.city.registry import Registry, RoadEstimate, TruckClass
from services.roads.closures import DrawnLine
from services.roads.speeds import Hours

type RoadSource = Literal["estimated", "osm"]
type RoadProfile = Literal["truck", "tricycle"]

NO_WAY = -1
"""In a `RoadTable`: there is no way for this vehicle."""
NO_WAY_M, NO_WAY_S = 5_000_000, 30 * 86_400
"""What the solver is told instead: dearer than any day, and sums of a day still fit int32."""

NEAR_M = 60.0
"""Containers farther than this from where the vehicle can stop are reported, and their walk is counted."""
WALK_LIMIT_M = 400.0
"""Nobody pushes a bin farther: such a container counts as unreachable. Assumed."""
YARD_LIMIT_M = 1000.0
"""A depot or disposal site farther off the streets than this is on no road of the map. Assumed."""
WALK_M_S = 1.0
"""Assumed: 1.07 m/s is the walking speed that crossings are timed for (MUTCD, section 4E.06); a bin slows it."""

USUAL_SIZE_M = {"truck": (3.6, 2.5, 9.0), "tricycle": (2.0, 1.4, 3.3)}
"""Height, width, length where a truck class does not say. Assumed; in the EU 4.0 and 2.55 are the most (96/53/EC)."""
GROSS_PER_PAYLOAD = 2.2
"""Weight on the road over payload where a truck class does not say: payload is about 45 % of gross. Assumed."""


@dataclass(frozen=True, slots=True)
class RoadVehicle:
    """What of a truck the streets care about; trucks that are equal here share a graph."""

    profile: RoadProfile
    height_m: float
    width_m: float
    length_m: float
    weight_kg: float
    kerb_side: bool
    """Along wide streets it stops only on the container's side."""
    hours: Hours | None = None
    """When it drives; None: at no hour in particular. Only learned speeds know hours: streets are the same."""

    @property
    def graph(self) -> str:
        """Name of its graph."""
        return f"{self.profile}-{self.height_m:g}x{self.width_m:g}x{self.length_m:g}m-{self.weight_kg:g}kg"

    @property
    def name(self) -> str:
        """Name of its matrix; also a name that a file may have."""
        return f"{self.graph}-kerb" if self.kerb_side else self.graph


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Where somebody wants to go. `lonlat` is (n, 2) float64 degrees, WGS 84; `at_kerb` (n,) true for containers."""

    lonlat: NDArray[np.float64]
    at_kerb: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.lonlat)


@dataclass(frozen=True, slots=True, eq=False)
class RoadTable:
    """What one vehicle finds between `Places`, in their order: row = from, column = to.

    `distance_m` and `duration_s` are (n, n) int32, `NO_WAY` where there is none. `off_m` is (n,): metres between the
    place and where the vehicle meets the streets. To a container the crew walks them; to a depot or site the vehicle
    drives them, and they are in the matrices.
    """

    distance_m: routing.problem.IntMatrix
    duration_s: routing.problem.IntMatrix
    off_m: NDArray[np.float64]

    def matrix(self) -> routing.Matrix:
        """The solver's matrix, without holes."""
        missing = self.distance_m < 0
        if not missing.any():
            return routing.Matrix(self.distance_m, self.duration_s)
        fill = np.int32
        return routing.Matrix(
            np.where(missing, fill(NO_WAY_M), self.distance_m), np.where(missing, fill(NO_WAY_S), self.duration_s)
        )


class Roads(Protocol):
    """Whoever can tell distances."""

    @property
    def source(self) -> RoadSource:
        """What every page says of its distances."""
        ...

    @property
    def closed(self) -> Sequence[DrawnLine]:
        """Along which lines streets are closed."""
        ...

    def name(self, vehicle: RoadVehicle) -> str:
        """Under which name its matrix goes; vehicles of one name have one table."""
        ...

    def table(self, vehicle: RoadVehicle, places: Places) -> RoadTable:
        """Distances and durations between places."""
        ...

    def closing(self, lines: Sequence[DrawnLine]) -> "Roads":
        """The same roads without the streets along these lines. Straight lines know no streets: they stay as they are.

        Raises: what the roads raise where they cannot close a street.
        """
        ...


class EstimatedRoads:
    """Straight lines times the city's detour factor: one table for all vehicles, and every place is reached."""

    source: RoadSource = "estimated"
    closed: Sequence[DrawnLine] = ()

    def __init__(self, settings: RoadEstimate) -> None:
        self._settings = settings

    def name(self, vehicle: RoadVehicle) -> str:  # noqa: ARG002
        return "truck"

    def table(self, vehicle: RoadVehicle, places: Places) -> RoadTable:  # noqa: ARG002
        s = self._settings
        lines = routing.estimated_roads(
            places.lonlat, s.detour_factor, s.town_speed_kmh, s.haul_speed_kmh, s.haul_beyond_m
        )
        return RoadTable(lines.distance_m, lines.duration_s, np.zeros(len(places)))

    def closing(self, lines: Sequence[DrawnLine]) -> "EstimatedRoads":  # noqa: ARG002
        return self


RoadsOf = Callable[[Registry], Roads]
"""The roads of a city: its own streets where they were built, else estimated ones."""


def estimated_roads(registry: Registry) -> Roads:
    """Straight lines with the city's settings."""
    return EstimatedRoads(registry.city.roads)


def road_vehicle(truck_class: TruckClass, hours: Hours | None = None) -> RoadVehicle:
    """A truck class as the streets see it; what it does not say is taken as usual for its profile."""
    height_m, width_m, length_m = USUAL_SIZE_M[truck_class.road_profile]
    weight_kg = truck_class.weight_kg or round(GROSS_PER_PAYLOAD * truck_class.capacity_kg)
    return RoadVehicle(
        profile=truck_class.road_profile,
        height_m=truck_class.height_m or height_m,
        width_m=truck_class.width_m or width_m,
        length_m=truck_class.length_m or length_m,
        weight_kg=weight_kg,
        kerb_side=truck_class.kerb_side,
        hours=hours,
    )


def walk_s(walk_m: float) -> int:
    """Seconds of service that the walk to a container and back adds; none within `NEAR_M`."""
    return 0 if walk_m <= NEAR_M else round(2 * walk_m / WALK_M_S)
