"""Fixed rounds for a list of containers: nearest neighbour first, cut where a truck's day or loads end.

A stand-in for the circuits that a city really drives, until it writes them down. No optimisation is meant here.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from services.city import assumed
from services.city.geometry import Points, to_metres
from services.city.registry import RoadEstimate, TruckClass


@dataclass(frozen=True)
class RoundPlaces:
    """Positions in degrees: containers (n, 2), depot and site (2,)."""

    containers: Points
    litres: Sequence[float]
    service_s: Sequence[int]
    """Seconds to empty each container."""
    depot: Points
    site: Points


def fixed_rounds(
    order: Sequence[int], places: RoundPlaces, body: TruckClass, count: int | None = None
) -> list[list[int]]:
    """Indices of containers by round, every container once.

    Args:
        order: of the containers, as `nearest_neighbour` gives it.
        places: where everything is.
        body: the trucks.
        count: cut into this many rounds of equal length, whether a truck can drive them or not; None = as many as
            a truck's shift and loads ask for.
    """
    if count is not None:
        return [part.tolist() for part in np.array_split(np.array(order), min(count, len(order)))]
    return list(_cut(order, places, body))


def nearest_neighbour(positions: Points, start: Points) -> list[int]:
    """The order in which each next one is the nearest left over, from `start` on."""
    metres = to_metres(positions, start)
    left = np.ones(len(metres), dtype=bool)
    here = np.zeros(2)
    order: list[int] = []
    for _ in range(len(metres)):
        squares = ((metres - here) ** 2).sum(axis=1)
        nearest = int(np.argmin(np.where(left, squares, np.inf)))
        left[nearest] = False
        here = metres[nearest]
        order.append(nearest)
    return order


def _cut(order: Sequence[int], places: RoundPlaces, body: TruckClass) -> Iterator[list[int]]:
    """Parts of the order, each within one truck's duty and loads of a day."""
    load_l = assumed.load_l(body)
    site_m = _straight_m(places.containers, places.site)
    # To the first container and home again, and one way to and from the site a load.
    fixed_s = 2 * _drive_s(float(np.median(_straight_m(places.containers, places.depot))))
    trip_s = 2 * _drive_s(float(np.median(site_m))) + assumed.DISPOSAL_S
    current: list[int] = []
    litres = work_s = 0.0
    for index in order:
        leg_m = _straight_m(places.containers[index : index + 1], places.containers[current[-1]])[0] if current else 0
        more_l = places.litres[index] * assumed.FILL_WHEN_EMPTIED
        more_s = places.service_s[index] + _drive_s(float(leg_m))
        trips = math.ceil((litres + more_l) / load_l)
        duty_s = fixed_s + work_s + more_s + trips * trip_s
        if current and (trips > body.max_trips or duty_s > assumed.DUTY_S):
            yield current
            current, litres, work_s = [], 0.0, 0.0
            more_s = places.service_s[index]
        current.append(index)
        litres += more_l
        work_s += more_s
    yield current


def _straight_m(positions: Points, origin: Points) -> Points:
    metres = to_metres(positions, origin)
    return np.asarray(np.hypot(metres[:, 0], metres[:, 1]), dtype=np.float64)


def _drive_s(straight_m: float) -> float:
    """Seconds for a straight-line distance, by the assumptions of `[roads]`."""
    roads = RoadEstimate()
    fast = straight_m * roads.detour_factor > roads.haul_beyond_m
    speed_kmh = roads.haul_speed_kmh if fast else roads.town_speed_kmh
    return straight_m * roads.detour_factor / (speed_kmh / 3.6)
