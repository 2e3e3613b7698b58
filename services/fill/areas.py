"""Neighbouring containers, and what it costs trucks to come to them: an approximation, before any circuit is made.

A shortest tour through n places spread over an area A is about 0.7124 sqrt(n A) long (Beardwood, Halton and Hammersley
1959; the constant of Johnson, McGeoch and Rothberg 1996). Its tangent where all places of the area are visited parts it
in halves: one that is driven for the first container, one that is driven container by container.
"""

from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.city.geometry import distances_m, to_metres
from services.city.registry import Container, Registry, Truck
from services.fill.tallies import Table
from services.times import seconds_of_day

TOUR = 0.7124
MOST_IN_AREA, MOST_AREAS = 12, 1000
"""Containers in an area; more in a large city, whose areas have to be chosen within seconds."""
LEAST_SIDE_M = 30.0
"""Of an area: containers in a row have no width."""


class Areas(NamedTuple):
    """`of` is (n,): which area each container is in, from 0."""

    of: NDArray[np.int64]
    opening_m: Table
    """(a,) metres for the first container of an area on a day."""
    each_m: Table
    """(a,) metres for every container."""
    counts: NDArray[np.int64]
    """(a,) containers."""


class TruckDay(NamedTuple):
    """A usual truck of those that take a stream, in money and seconds."""

    trucks: int
    work_s: float
    """In a day at containers, between them and on its way to unload: the shift without break and way to town."""
    cost: float
    """Of a truck that drives on a day."""
    metre_cost: float
    """Fuel and crew."""
    second_cost: float
    """Standing."""
    lift_cost: float
    s_per_m: float
    haul_s_per_kg: float
    """To the nearest site and back, and unloading."""


def areas_of(containers: Sequence[Container], detour_factor: float) -> Areas:
    """Halves of halves, across the longer side, until none has too many containers."""
    most = max(MOST_IN_AREA, len(containers) / MOST_AREAS * 2)
    lonlat = np.array([[c.lon, c.lat] for c in containers]).reshape(-1, 2)
    metres = to_metres(lonlat, np.median(lonlat, axis=0)) if len(lonlat) else lonlat
    of = np.zeros(len(metres), dtype=np.int64)
    waiting, leaves = [np.arange(len(metres))] if len(metres) else [], list[NDArray[np.int64]]()
    while waiting:
        some = waiting.pop()
        if len(some) <= most:
            of[some] = len(leaves)
            leaves.append(some)
            continue
        places = metres[some]
        some = some[np.argsort(places[:, int(np.argmax(np.ptp(places, axis=0)))], kind="stable")]
        waiting += [some[: len(some) // 2], some[len(some) // 2 :]]
    sides = np.array([np.maximum(np.ptp(metres[some], axis=0), LEAST_SIDE_M) for some in leaves]).reshape(-1, 2)
    counts = np.array([len(some) for some in leaves], dtype=np.int64)
    tour_m = detour_factor * TOUR * np.sqrt(counts * sides[:, 0] * sides[:, 1])
    return Areas(of, tour_m / 2, tour_m / 2 / counts, counts)


def truck_day(registry: Registry, stream: str, lonlat: Table) -> TruckDay:
    """Of the trucks in service that take the stream, of all where none does. `lonlat` is (n, 2), of its containers."""
    carriers = [truck for truck in registry.trucks if truck.in_service and stream in truck.streams]
    some = carriers or list(registry.trucks)
    classes = {one.id: one for one in registry.truck_classes}
    bodies = [classes[truck.truck_class] for truck in some] or list(registry.truck_classes)
    prices, roads = registry.city.prices, registry.city.roads
    to_site_m = _nearest_m(lonlat, [(s.lon, s.lat) for s in registry.disposal_sites if stream in s.streams])
    to_depot_m = _nearest_m(lonlat, [(d.lon, d.lat) for d in registry.depots])
    haul_s_per_m, s_per_m = roads.detour_factor / (roads.haul_speed_kmh / 3.6), 3.6 / roads.town_speed_kmh
    unload_s = fmean(s.service_s for s in registry.disposal_sites) if registry.disposal_sites else 0.0
    shift_s = fmean(_shift_s(truck) for truck in some) if some else 8 * 3600.0
    litres_per_m = fmean(body.drive_l_per_km for body in bodies) / 1000
    return TruckDay(
        trucks=len(carriers),
        work_s=max(shift_s - 2 * to_depot_m * haul_s_per_m, 3600.0),
        cost=fmean(body.fixed_cost for body in bodies),
        metre_cost=prices.fuel_per_l * litres_per_m + prices.crew_per_h * s_per_m / 3600,
        second_cost=(prices.crew_per_h + prices.fuel_per_l * fmean(body.idle_l_per_h for body in bodies)) / 3600,
        lift_cost=prices.fuel_per_l * fmean(body.per_stop_l for body in bodies),
        s_per_m=s_per_m,
        haul_s_per_kg=(2 * to_site_m * haul_s_per_m + unload_s) / fmean(body.capacity_kg for body in bodies),
    )


def _nearest_m(lonlat: Table, places: Sequence[tuple[float, float]]) -> float:
    """Straight metres from each to the nearest place, on average; 0 where there is none."""
    if not places or not len(lonlat):
        return 0.0
    away = np.array([distances_m(lonlat, np.array(place)) for place in places])
    return float(away.min(axis=0).mean())


def _shift_s(truck: Truck) -> int:
    return seconds_of_day(truck.shift_to) - seconds_of_day(truck.shift_from) - truck.break_s
