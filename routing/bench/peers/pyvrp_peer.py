"""PyVRP as the peer to be measured against. Disposal sites are its reload depots, one for each opening.

The last trip ends at a virtual home whose legs hold the cheapest way 'last stop, disposal site, depot', so that no
truck goes home loaded. What PyVRP has no word for is said as fairly as it can be:

- breaks: the break is cut out of the clock in the middle of its window, and put back where the truck is free
  (`routing.bench.timing`). Only stops whose windows end within the break, and legs longer than its window, lose by it;
- limits on a day's load and stops: PyVRP counts by trip. As many trips are allowed as the limit holds loads, begun
  ones counted, and the limit is shared out among them. So 400 yards a day in a truck of 280 become two trips of 200.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyvrp import Client, Depot, Location, ProblemData, Result, Solution, VehicleType
from pyvrp import solve as run
from pyvrp.stop import MaxRuntime

from routing.bench.answer import Answer, NoFairModel, Task, cvrp_order, is_plain_cvrp, refuse_what_no_peer_models
from routing.bench.timing import Order
from routing.problem import DisposalSite, Stop, Vehicle, Window
from routing.solution import VisitKind

LOAD_SCALE = 10  # tenths of a kilogram and of a litre: PyVRP counts in integers
USUAL_SCALE = 1000.0  # cost units per unit of money; fine where money is small change, as the franc is
# Where a metre would be hardly a unit, as in miles: on Kim et al.'s 277 stops, 8 s found 5 vehicles with 1 unit a
# metre, 6 with 30 and 4 with 1,000 (2026-11-22, one run each).
FEWEST_UNITS_PER_M, FINE_UNITS_PER_M = 100.0, 1000.0
STOPS = 2  # their place among the load dimensions, after kilograms and litres
NO_WAY = 10**7
ENDLESS_S = 10**9
MOST_RELOADS = 98

type Longs = NDArray[np.int64]


def solve(task: Task) -> Answer:
    """Raises `NoFairModel` for a problem this model cannot say."""
    matrices = task.problem.matrices.values()
    if any(np.diag(values).any() for matrix in matrices for values in (matrix.distance_m, matrix.duration_s)):
        raise NoFairModel(f"{task.problem.name} has a cost from a place to itself")
    if is_plain_cvrp(task.problem):
        return _solve_cvrp(task)
    refuse_what_no_peer_models(task.problem)
    return _Model(task).solve()


def _solve_cvrp(task: Task) -> Answer:
    problem = task.problem
    distance = problem.matrices[problem.vehicles[0].profile].distance_m.astype(np.int64)
    vehicle = problem.vehicles[0]
    data = ProblemData(
        [Location(0, 0)] * len(distance),
        [Client(stop.location, delivery=[int(stop.demand_l)]) for stop in problem.stops],
        [Depot(problem.depots[0].location)],
        [VehicleType(len(problem.vehicles), capacity=[int(vehicle.capacity_l)])],
        _matrices(distance),
        _matrices(np.zeros_like(distance)),
    )
    result, first_s = _run(task, data)
    routes = [[activity.idx for activity in route if activity.is_client()] for route in result.best.routes()]
    orders = [(problem.vehicles[k].id, cvrp_order(problem, stops)) for k, stops in enumerate(routes)]
    return Answer(orders, first_s)


def _matrices(values: Longs) -> list[Any]:
    """One profile; PyVRP's stubs have a type for arrays that no array has."""
    return [values]


def _run(task: Task, data: ProblemData) -> tuple[Result, float | None]:
    """Search for the whole time (building the model is given free), and when it first held a feasible plan."""
    began_s = time.monotonic()
    result = run(data, MaxRuntime(task.seconds), seed=task.seed, display=False)
    before_s = time.monotonic() - began_s - sum(result.stats.runtimes)  # making its first solution
    return result, _first_feasible_s(result, before_s)


def _first_feasible_s(result: Result, elapsed_s: float) -> float | None:
    for seconds, datum in zip(result.stats.runtimes, result.stats.data, strict=True):
        elapsed_s += seconds
        if datum.best_feas:
            return round(elapsed_s, 3)
    return None


class _Model:
    def __init__(self, task: Task) -> None:
        self.task, self.problem = task, task.problem
        self.typical = self.problem.vehicles[0]
        matrix = self.problem.matrices[self.typical.profile]
        self.metres, self.seconds = matrix.distance_m.astype(np.int64), matrix.duration_s.astype(np.int64)
        self.home = self.problem.depots[0].location
        self.openings = [(site, opening) for site in self.problem.disposal_sites for opening in site.open]
        per_m = min(self._per_m(vehicle) for vehicle in self.problem.vehicles)
        coarse = 0 < per_m * USUAL_SCALE < FEWEST_UNITS_PER_M
        self.scale = FINE_UNITS_PER_M / per_m if coarse else USUAL_SCALE
        self.counts_stops = any(vehicle.max_stops is not None for vehicle in self.problem.vehicles)

    def solve(self) -> Answer:
        big_m, big_s, last_site = self._roads()
        types, members = self._vehicle_types()
        depots = [Depot(self.home), Depot(len(self.metres)), *(self._reload(site, day) for site, day in self.openings)]
        locations = [Location(0, 0)] * len(big_m)
        clients = [self._client(stop) for stop in self.problem.stops]
        data = ProblemData(locations, clients, depots, types, _matrices(big_m), _matrices(big_s))
        result, first_s = _run(self.task, data)
        return Answer(self._orders(result.best, members, last_site), first_s)

    def _per_m(self, vehicle: Vehicle) -> float:
        return self.problem.prices.fuel_per_l * vehicle.fuel.drive_l_per_km / 1000

    def _roads(self) -> tuple[Longs, Longs, list[DisposalSite]]:
        """Distances and times with the virtual home as last row and column, and the site each last leg goes by."""
        sites = self._sites_open_late()
        at = [site.location for site in sites]
        unload_s = np.array([[site.service_s] for site in sites])
        via_m = self.metres[:, at].T + self.metres[at, self.home][:, None]
        via_s = self.seconds[:, at].T + unload_s + self.seconds[at, self.home][:, None]
        best = np.argmin(self._per_m(self.typical) * via_m + self.problem.prices.crew_per_h * via_s / 3600, axis=0)
        count = len(self.metres)
        big_m, big_s = np.zeros((count + 1, count + 1), np.int64), np.zeros((count + 1, count + 1), np.int64)
        big_m[:count, :count], big_s[:count, :count] = self.metres, self.seconds
        big_m[:count, count], big_s[:count, count] = via_m[best, range(count)], via_s[best, range(count)]
        big_m[count, :count] = big_s[count, :count] = NO_WAY
        big_m[self.home, count] = big_s[self.home, count] = 0
        for site in self.problem.disposal_sites:  # straight home: already unloaded there
            big_m[site.location, count] = self.metres[site.location, self.home]
            big_s[site.location, count] = self.seconds[site.location, self.home]
        return big_m, big_s, [sites[index] for index in best]

    def _sites_open_late(self) -> list[DisposalSite]:
        """Sites open until the shift ends, all of them where there is none: the last leg does not look at the clock."""
        end_s = max(vehicle.shift[1] for vehicle in self.problem.vehicles)
        late = [site for site in self.problem.disposal_sites if site.open and max(site.open)[1] >= end_s]
        return late or [site for site in self.problem.disposal_sites if site.open]

    def _vehicle_types(self) -> tuple[list[VehicleType], list[list[Vehicle]]]:
        kinds: dict[Vehicle, list[Vehicle]] = {}
        for vehicle in self.problem.vehicles:
            kinds.setdefault(replace(vehicle, id=""), []).append(vehicle)
        return [self._vehicle_type(kind, len(group)) for kind, group in kinds.items()], list(kinds.values())

    def _vehicle_type(self, vehicle: Vehicle, count: int) -> VehicleType:
        trips, capacity = self._trip_limits(vehicle)
        shift = self._without_break(vehicle.shift)
        return VehicleType(
            count,
            capacity,
            start_depot=0,
            end_depot=1,
            fixed_cost=int(vehicle.fixed_cost * self.scale),
            tw_early=shift[0],
            tw_late=shift[1],
            unit_distance_cost=round(self._per_m(vehicle) * self.scale),
            unit_duration_cost=round(self.problem.prices.crew_per_h / 3600 * self.scale),
            reload_depots=list(range(2, 2 + len(self.openings))),
            max_reloads=trips - 1,
        )

    def _trip_limits(self, vehicle: Vehicle) -> tuple[int, list[int]]:
        """Trips a day, and what one of them may hold: kilograms, litres, and stops where they are limited."""
        demands = [self._amounts(stop) for stop in self.problem.stops]
        trip = [int(vehicle.capacity_kg * LOAD_SCALE), int(vehicle.capacity_l * LOAD_SCALE), len(demands)]
        trips = vehicle.max_trips or MOST_RELOADS + 1
        binding = []
        totals = map(sum, zip(*demands, strict=True))
        for k, (total, limit) in enumerate(zip(totals, _day_limits(vehicle), strict=False)):
            if limit is not None and limit < total:
                binding.append((k, limit))
        trips = min([trips, *(math.ceil(limit / trip[k]) for k, limit in binding if k < STOPS)])
        for k, limit in binding:
            trip[k] = min(trip[k], limit // trips)
        return trips, trip[: len(demands[0])]

    def _amounts(self, stop: Stop) -> list[int]:
        """Tenths of kilograms and litres, rounded up but for the dust of decimals; and the stop itself."""
        loads = [math.ceil(round(amount * LOAD_SCALE, 6)) for amount in (stop.demand_kg, stop.demand_l)]
        return [*loads, 1] if self.counts_stops else loads

    def _without_break(self, window: Window) -> Window:
        """The window on a clock that stops for the break, at the middle of the time it may start."""
        rest = self.typical.rest
        if rest is None:
            return window
        pause_s = sum(rest.window) // 2
        early, late = (t if t <= pause_s else max(pause_s, t - rest.duration_s) for t in window)
        return early, late

    def _reload(self, site: DisposalSite, opening: Window) -> Depot:
        early, late = self._without_break(opening)
        return Depot(site.location, tw_early=early, tw_late=late, service_duration=site.service_s)

    def _client(self, stop: Stop) -> Client:
        early, late = self._without_break(stop.windows[0] if stop.windows else (0, ENDLESS_S))
        prices, fuel = self.problem.prices, self.typical.fuel
        # Fuel of serving (lift and idle) is a constant of a served stop: it lowers the prize of an optional one.
        serving = prices.fuel_per_l * (fuel.per_stop_l + fuel.idle_l_per_h * stop.service_s / 3600)
        prize = 0 if stop.required else max(0, int((stop.prize - serving) * self.scale))
        return Client(
            stop.location,
            pickup=self._amounts(stop),
            service_duration=stop.service_s,
            tw_early=early,
            tw_late=late,
            required=stop.required,
            prize=prize,
        )

    def _orders(
        self, best: Solution, members: list[list[Vehicle]], last_site: list[DisposalSite]
    ) -> list[tuple[str, Order]]:
        orders, depot = [], self.problem.depots[0].id
        free = [list(group) for group in members]
        for route in best.routes():
            order: Order = [(VisitKind.DEPOT, depot)]
            where = self.home
            for activity in list(route)[1:-1]:
                if activity.is_client():
                    stop = self.problem.stops[activity.idx]
                    order.append((VisitKind.STOP, stop.id))
                    where = stop.location
                else:
                    order.append((VisitKind.DISPOSAL, self.openings[activity.idx - 2][0].id))
            if order[-1][0] is VisitKind.STOP:
                order.append((VisitKind.DISPOSAL, last_site[where].id))
            order.append((VisitKind.DEPOT, depot))
            orders.append((free[route.vehicle_type()].pop(0).id, order))
        return orders


def _day_limits(vehicle: Vehicle) -> list[int | None]:
    """Limits of the day in the order and units of `_amounts`."""
    loads = (vehicle.day_limit_kg, vehicle.day_limit_l)
    return [*(None if limit is None else int(limit * LOAD_SCALE) for limit in loads), vehicle.max_stops]
