"""A problem compiled for search: nodes instead of ids, money per arc instead of prices.

Nodes are numbered: stops 0..n-1 in the order of `problem.stops`, then disposal sites, then depots. Arrays of
`array.array` hold the matrices: a tenth of the memory of nested lists, and as fast to read one value from.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.problem import Break, Depot, DisposalSite, Problem, Stop, Vehicle, Window

INFINITE = float("inf")
MUST = 1e9  # money for leaving a required stop out: dearer than any plan, so that serving it always wins
NEIGHBOURS = 50  # stops looked at round each stop; more costs time and found nothing better on 300 and 1,000 stops
LOAD_TOLERANCE = 1e-6  # kg or litres: sums of decimals are not exact

type Rows[T: (int, float)] = list[array[T]]


@dataclass(slots=True)
class Truck:
    """A vehicle as the search sees it. `arc` is money, `drive_s` seconds, both by [from node][to node].

    `serve` is the money of serving each node (fuel and crew), `can` tells the stops it may serve, `sites` the
    disposal nodes open to it. Vehicles of equal `kind` are interchangeable.
    """

    index: int
    vehicle: Vehicle
    kind: int
    start: int
    end: int
    from_s: int
    to_s: int
    kg: float
    l: float  # noqa: E741 - litres of waste
    day_kg: float
    day_l: float
    max_stops: int
    max_trips: int
    fixed: float
    rest: Break | None
    arc: Rows[float]
    drive_s: Rows[int]
    serve: list[float]
    can: list[bool]
    sites: list[int]


class Instance:
    """The compiled problem; see the module's text for the numbering of nodes."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        places: list[Stop | DisposalSite | Depot] = [*problem.stops, *problem.disposal_sites, *problem.depots]
        self.stops = len(problem.stops)
        self.sites_end = self.stops + len(problem.disposal_sites)
        self.locations = np.array([place.location for place in places], dtype=np.intp)
        self.service_s = [*(s.service_s for s in problem.stops), *(s.service_s for s in problem.disposal_sites)]
        self.service_s += [0] * len(problem.depots)
        self.windows = self._compile_windows()
        first_s = min((vehicle.shift[0] for vehicle in problem.vehicles), default=0)
        self.may_wait = [any(opens > first_s for opens, _ in stop.windows) for stop in problem.stops]
        self.kg = [stop.demand_kg for stop in problem.stops]
        self.l = [stop.demand_l for stop in problem.stops]
        self.required = [stop.required for stop in problem.stops]
        self.prize = [MUST if stop.required else stop.prize for stop in problem.stops]
        self.crew_per_s = problem.prices.crew_per_h / 3600
        self._compile_streams()
        self.trucks = self._compile_trucks()
        self.worth = [self._is_worth(stop) for stop in range(self.stops)]
        self.near = self._nearest_stops()
        self.solo_cache: dict[tuple[int, int], tuple[float, int]] = {}

    def _compile_windows(self) -> list[tuple[Window, ...]]:
        """Windows by node; a window that spans every shift is no constraint and is dropped."""
        problem = self.problem
        first = min((vehicle.shift[0] for vehicle in problem.vehicles), default=0)
        last = max((vehicle.shift[1] for vehicle in problem.vehicles), default=0)
        raw = [*(s.windows for s in problem.stops), *(s.open for s in problem.disposal_sites)]
        compiled = [
            () if any(opens <= first and last <= closes for opens, closes in windows) else tuple(sorted(windows))
            for windows in raw
        ]
        return compiled + [()] * len(problem.depots)

    def _compile_streams(self) -> None:
        """Waste streams as bits; `mixed` when a site may have to refuse what a truck carries."""
        problem = self.problem
        names = sorted({stop.stream for stop in problem.stops})
        bit = {name: 1 << number for number, name in enumerate(names)}
        self.stream = [bit[stop.stream] for stop in problem.stops]
        everything = (1 << len(names)) - 1
        self.accepts = {
            self.stops + number: sum(bit.get(name, 0) for name in site.streams) if site.streams else everything
            for number, site in enumerate(problem.disposal_sites)
        }
        self.mixed = any(mask != everything for mask in self.accepts.values())

    def _compile_trucks(self) -> list[Truck]:
        problem = self.problem
        depot_node = {depot.id: self.sites_end + number for number, depot in enumerate(problem.depots)}
        drive: dict[str, Rows[int]] = {}
        arcs: dict[tuple[str, float], Rows[float]] = {}
        kinds: dict[object, int] = {}
        trucks = []
        for index, vehicle in enumerate(problem.vehicles):
            if vehicle.profile not in drive:
                drive[vehicle.profile] = _rows("i", self.durations(vehicle.profile))
            key = (vehicle.profile, vehicle.fuel.drive_l_per_km)
            if key not in arcs:
                arcs[key] = _rows("f", self.arc_money(vehicle))
            can = [_may_serve(vehicle, stop.stream, stop.vehicles) for stop in problem.stops]
            kind = kinds.setdefault((_likeness(vehicle), tuple(can)), len(kinds))
            ends = depot_node[vehicle.start_depot], depot_node[vehicle.end_depot]
            trucks.append(self._truck(index, vehicle, kind, ends, arcs[key], drive[vehicle.profile], can))
        return trucks

    def _truck(
        self,
        index: int,
        vehicle: Vehicle,
        kind: int,
        ends: tuple[int, int],
        arc: Rows[float],
        drive_s: Rows[int],
        can: list[bool],
    ) -> Truck:
        problem, infinite = self.problem, float("inf")
        fuel, price = vehicle.fuel, problem.prices.fuel_per_l
        serve = [price * fuel.idle_l_per_h * s / 3600 + self.crew_per_s * s for s in self.service_s]
        for stop in range(self.stops):
            serve[stop] += price * fuel.per_stop_l
        sites = [
            self.stops + number
            for number, site in enumerate(problem.disposal_sites)
            if site.open and (not site.streams or site.streams & vehicle.streams)
        ]
        return Truck(
            index, vehicle, kind, ends[0], ends[1], vehicle.shift[0], vehicle.shift[1],
            vehicle.capacity_kg + LOAD_TOLERANCE, vehicle.capacity_l + LOAD_TOLERANCE,
            infinite if vehicle.day_limit_kg is None else vehicle.day_limit_kg + LOAD_TOLERANCE,
            infinite if vehicle.day_limit_l is None else vehicle.day_limit_l + LOAD_TOLERANCE,
            vehicle.max_stops or self.stops + 1, vehicle.max_trips or self.stops + 1,
            vehicle.fixed_cost, vehicle.rest, arc, drive_s, serve, can, sites,
        )  # fmt: skip

    def durations(self, profile: str) -> NDArray[np.int32]:
        """Seconds of driving between nodes, (nodes, nodes)."""
        square: NDArray[np.int32] = self.problem.matrices[profile].duration_s[np.ix_(self.locations, self.locations)]
        return square

    def arc_money(self, vehicle: Vehicle) -> NDArray[np.float32]:
        """Money of driving between nodes, fuel and crew, (nodes, nodes)."""
        matrix, pick = self.problem.matrices[vehicle.profile], np.ix_(self.locations, self.locations)
        per_m = self.problem.prices.fuel_per_l * vehicle.fuel.drive_l_per_km / 1000
        money: NDArray[np.float32] = (
            np.float32(per_m) * matrix.distance_m[pick] + np.float32(self.crew_per_s) * matrix.duration_s[pick]
        ).astype(np.float32, copy=False)
        return money

    def _is_worth(self, stop: int) -> bool:
        """Tell whether anybody could serve the stop for less than leaving it costs, driving for nothing."""
        serving = [truck.serve[stop] for truck in self.trucks if truck.can[stop] and self.kg[stop] <= truck.kg]
        return bool(serving) and min(serving) < self.prize[stop]

    def _nearest_stops(self) -> list[list[int]]:
        """Worthwhile stops round each stop, nearest first, by metres there and back on the first vehicle's roads."""
        worthy = np.array([stop for stop in range(self.stops) if self.worth[stop]], dtype=np.intp)
        near: list[list[int]] = [[] for _ in range(self.stops)]
        if not len(worthy):
            return near
        distance_m = self.problem.matrices[self.problem.vehicles[0].profile].distance_m
        there = self.locations[worthy]
        for stop in worthy:
            here = self.locations[stop]
            away = distance_m[here, there].astype(np.int64) + distance_m[there, here]
            order = np.argsort(away, kind="stable")[: NEIGHBOURS + 1]
            near[stop] = [int(other) for other in worthy[order] if other != stop]
        return near

    def solo(self, truck: Truck, stop: int) -> tuple[float, int]:
        """Cost of a duty for this stop alone and the disposal site it uses; (inf, -1) without a site."""
        key = (truck.kind, stop)
        if key not in self.solo_cache:
            arc, best = truck.arc, (float("inf"), -1)
            for site in truck.sites:
                if self.stream[stop] & self.accepts[site]:
                    cost = arc[stop][site] + truck.serve[site] + arc[site][truck.end]
                    best = min(best, (cost, site))
            self.solo_cache[key] = (best[0] + truck.fixed + arc[truck.start][stop] + truck.serve[stop], best[1])
        return self.solo_cache[key]


def _rows(code: str, matrix: NDArray[np.int32] | NDArray[np.float32]) -> list[array]:  # type: ignore[type-arg]
    rows = []
    for row in matrix:
        line = array(code)
        line.frombytes(np.ascontiguousarray(row).tobytes())
        rows.append(line)
    return rows


def _may_serve(vehicle: Vehicle, stream: str, allowed: frozenset[str] | None) -> bool:
    return stream in vehicle.streams and (allowed is None or vehicle.id in allowed)


def _likeness(vehicle: Vehicle) -> tuple[object, ...]:
    """Everything but the id."""
    return tuple(getattr(vehicle, name) for name in Vehicle.__dataclass_fields__ if name != "id")
