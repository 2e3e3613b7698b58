"""Plain OR-Tools, as a careful user would: one model, one search.

Disposal visits are optional copies of each site, required stops very dear disjunctions, transits matrices, the start
cheapest-arc, the search guided local search. Breaks, several openings and day limits are modelled in full.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from routing.bench.answer import Answer, Task, cvrp_order, is_plain_cvrp, refuse_what_no_peer_models
from routing.problem import Problem, Vehicle, Window
from routing.solution import VisitKind

LEAST_SCALE = 10.0  # cost units per unit of money, and at least 1,000 a kilometre
MUST = 10**8  # price of leaving a required stop
HOME_LOADED = 10**9  # price of going home without unloading; forbidding it outright blinds the start heuristic
LOAD_SCALE = 10
MOST_TRIPS = 99
OPTIONAL_TRIPS, REQUIRED_TRIPS = 0.8, 1.3  # copies of sites, as a share of the trips all stops would need

type Longs = NDArray[np.int64]


def solve(task: Task) -> Answer:
    """Raises `NoFairModel` for a problem this model cannot say."""
    began_s = time.monotonic()
    if not is_plain_cvrp(task.problem):
        refuse_what_no_peer_models(task.problem)
        return _Waste(task.problem).solve(task.seconds, began_s)
    return _solve_cvrp(task, began_s)


def _solve_cvrp(task: Task, began_s: float) -> Answer:
    problem = task.problem
    distance = problem.matrices[problem.vehicles[0].profile].distance_m
    place = np.array([problem.depots[0].location, *(stop.location for stop in problem.stops)])
    manager = pywrapcp.RoutingIndexManager(len(place), len(problem.vehicles), 0)
    model = pywrapcp.RoutingModel(manager)
    model.SetArcCostEvaluatorOfAllVehicles(model.RegisterTransitMatrix(distance[np.ix_(place, place)].tolist()))
    demand = model.RegisterUnaryTransitVector([0, *(int(stop.demand_l) for stop in problem.stops)])
    capacities = [int(vehicle.capacity_l) for vehicle in problem.vehicles]
    model.AddDimensionWithVehicleCapacity(demand, 0, capacities, True, "load")
    solution, first_s = _search(model, task.seconds, began_s)
    orders = []
    for k, vehicle in enumerate(problem.vehicles):
        nodes = _nodes(model, manager, solution, k)[1:-1]
        if nodes:
            orders.append((vehicle.id, cvrp_order(problem, [node - 1 for node in nodes])))
    return Answer(orders, first_s)


def _search(
    model: pywrapcp.RoutingModel, seconds: float, began_s: float
) -> tuple[pywrapcp.Assignment | None, float | None]:
    """Search for what is left of the time; also when the first plan without a missing required stop was there."""
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PATH_CHEAPEST_ARC
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    left_s = seconds - (time.monotonic() - began_s)
    parameters.time_limit.FromMilliseconds(max(1000, int(1000 * left_s)))
    first: list[float] = []

    def noted() -> None:
        if not first and model.CostVar().Max() < MUST:
            first.append(round(time.monotonic() - began_s, 3))

    model.AddAtSolutionCallback(noted)
    solution = model.SolveWithParameters(parameters)
    return solution, first[0] if first else None


def _nodes(
    model: pywrapcp.RoutingModel,
    manager: pywrapcp.RoutingIndexManager,
    solution: pywrapcp.Assignment | None,
    vehicle: int,
) -> list[int]:
    if solution is None:
        return []
    index = model.Start(vehicle)
    nodes = [manager.IndexToNode(index)]
    while not model.IsEnd(index):
        index = solution.Value(model.NextVar(index))
        nodes.append(manager.IndexToNode(index))
    return nodes


@dataclass(slots=True)
class _Rows:
    """Nodes: 0 start, 1 end, copies of the sites, stops. `first_stop` is the first stop's node."""

    place: Longs
    service_s: Longs
    first_stop: int
    copies: int


class _Waste:
    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.rows = _rows(problem)
        matrix = problem.matrices[problem.vehicles[0].profile]
        grid = np.ix_(self.rows.place, self.rows.place)
        self.drive_m = matrix.distance_m[grid].astype(np.int64)
        self.drive_s = matrix.duration_s[grid].astype(np.int64)
        count = len(problem.vehicles)
        self.manager = pywrapcp.RoutingIndexManager(len(self.rows.place), count, [0] * count, [1] * count)
        self.model = pywrapcp.RoutingModel(self.manager)
        km_price = min(problem.prices.fuel_per_l * vehicle.fuel.drive_l_per_km for vehicle in problem.vehicles)
        self.scale = max(LEAST_SCALE, 1000 / km_price if km_price else LEAST_SCALE)

    def solve(self, seconds: float, began_s: float) -> Answer:
        self._costs()
        self._clock()
        self._loads()
        self._limits()
        self._choices()
        solution, first_s = _search(self.model, seconds, began_s)
        orders = []
        for k, vehicle in enumerate(self.problem.vehicles):
            nodes = _nodes(self.model, self.manager, solution, k)
            if len(nodes) > 2:
                orders.append((vehicle.id, [self._visit(node) for node in nodes]))
        return Answer(orders, first_s)

    def _visit(self, node: int) -> tuple[VisitKind, str]:
        if node < 2:
            return VisitKind.DEPOT, self.problem.depots[0].id
        if node < self.rows.first_stop:
            return VisitKind.DISPOSAL, self.problem.disposal_sites[(node - 2) // self.rows.copies].id
        return VisitKind.STOP, self.problem.stops[node - self.rows.first_stop].id

    def _costs(self) -> None:
        transit = self.drive_s + self.rows.service_s[:, None]
        self.transit = self.model.RegisterTransitMatrix(transit.tolist())
        evaluators: dict[Vehicle, int] = {}
        for k, vehicle in enumerate(self.problem.vehicles):
            kind = replace(vehicle, id="")
            if kind not in evaluators:
                evaluators[kind] = self.model.RegisterTransitMatrix(self._arc_costs(vehicle, transit).tolist())
            self.model.SetArcCostEvaluatorOfVehicle(evaluators[kind], k)
            self.model.SetFixedCostOfVehicle(int(vehicle.fixed_cost * self.scale), k)

    def _arc_costs(self, vehicle: Vehicle, transit: Longs) -> Longs:
        prices, fuel, first_stop = self.problem.prices, vehicle.fuel, self.rows.first_stop
        cost = prices.fuel_per_l * fuel.drive_l_per_km * self.drive_m / 1000 + prices.crew_per_h * transit / 3600
        cost = cost + prices.fuel_per_l * fuel.idle_l_per_h * self.rows.service_s[:, None] / 3600
        cost[first_stop:] += prices.fuel_per_l * fuel.per_stop_l
        whole = (cost * self.scale).round().astype(np.int64)
        whole[first_stop:, 1] = HOME_LOADED
        whole[0, 1] = 0
        return whole

    def _clock(self) -> None:
        horizon_s = max(vehicle.shift[1] for vehicle in self.problem.vehicles)
        self.model.AddDimension(self.transit, horizon_s, horizon_s, False, "time")
        self.clock = clock = self.model.GetDimensionOrDie("time")
        solver = self.model.solver()
        visits = [int(self.rows.service_s[self.manager.IndexToNode(i)]) for i in range(self.model.Size())]
        for k, vehicle in enumerate(self.problem.vehicles):
            clock.CumulVar(self.model.Start(k)).SetRange(*vehicle.shift)
            clock.CumulVar(self.model.End(k)).SetRange(*vehicle.shift)
            if vehicle.rest is not None:
                rest = vehicle.rest
                name = f"rest {vehicle.id}"
                interval = solver.FixedDurationIntervalVar(*rest.window, rest.duration_s, False, name)
                clock.SetBreakIntervalsOfVehicle([interval], k, visits)
        for node in range(2, self.rows.first_stop):
            self._open(node, self.problem.disposal_sites[(node - 2) // self.rows.copies].open, horizon_s)
        for number, stop in enumerate(self.problem.stops):
            if stop.windows:
                self._open(self.rows.first_stop + number, stop.windows, horizon_s)

    def _open(self, node: int, windows: tuple[Window, ...], horizon_s: int) -> None:
        when = self.clock.CumulVar(self.manager.NodeToIndex(node))
        days = sorted(windows)
        when.SetRange(days[0][0], min(days[-1][1], horizon_s))
        for (_, closes_s), (opens_s, _) in pairwise(days):
            if closes_s + 1 < opens_s and closes_s < horizon_s:
                when.RemoveInterval(closes_s + 1, min(opens_s - 1, horizon_s))

    def _loads(self) -> None:
        vehicles, stops = self.problem.vehicles, self.problem.stops
        amounts = (
            ("kg", [stop.demand_kg for stop in stops], [vehicle.capacity_kg for vehicle in vehicles]),
            ("l", [stop.demand_l for stop in stops], [vehicle.capacity_l for vehicle in vehicles]),
        )
        for name, demands, capacities in amounts:
            most = int(max(capacities) * LOAD_SCALE)
            demand = [0, 0] + [-most] * (self.rows.first_stop - 2) + [_tenths(amount) for amount in demands]
            evaluator = self.model.RegisterUnaryTransitVector(demand)
            whole = [int(capacity * LOAD_SCALE) for capacity in capacities]
            self.model.AddDimensionWithVehicleCapacity(evaluator, most, whole, True, name)
            load = self.model.GetDimensionOrDie(name)
            for k in range(len(vehicles)):
                load.SlackVar(self.model.Start(k)).SetValue(0)
            for node in range(self.rows.first_stop, len(self.rows.place)):
                load.SlackVar(self.manager.NodeToIndex(node)).SetValue(0)

    def _limits(self) -> None:
        """What holds over the whole duty: trips, stops, kilograms, litres."""
        vehicles, stops, sites = self.problem.vehicles, self.problem.stops, self.rows.first_stop - 2
        kg, litres = [_tenths(stop.demand_kg) for stop in stops], [_tenths(stop.demand_l) for stop in stops]
        self._limit("trips", [1] * sites + [0] * len(stops), [v.max_trips or MOST_TRIPS for v in vehicles])
        limits = (
            ("stops", [1] * len(stops), [v.max_stops for v in vehicles]),
            ("day_kg", kg, [None if v.day_limit_kg is None else int(v.day_limit_kg * LOAD_SCALE) for v in vehicles]),
            ("day_l", litres, [None if v.day_limit_l is None else int(v.day_limit_l * LOAD_SCALE) for v in vehicles]),
        )
        for name, amounts, most in limits:
            if any(limit is not None for limit in most):
                endless = sum(amounts)
                self._limit(name, [0] * sites + amounts, [endless if limit is None else limit for limit in most])

    def _limit(self, name: str, amounts: list[int], most: list[int]) -> None:
        evaluator = self.model.RegisterUnaryTransitVector([0, 0, *amounts])
        self.model.AddDimensionWithVehicleCapacity(evaluator, 0, most, True, name)

    def _choices(self) -> None:
        for node in range(2, self.rows.first_stop):
            self.model.AddDisjunction([self.manager.NodeToIndex(node)], 0)
        for number, stop in enumerate(self.problem.stops):
            price = MUST if stop.required else int(stop.prize * self.scale)
            self.model.AddDisjunction([self.manager.NodeToIndex(self.rows.first_stop + number)], price)


def _rows(problem: Problem) -> _Rows:
    vehicles, stops, sites = problem.vehicles, problem.stops, problem.disposal_sites
    kg = sum(stop.demand_kg for stop in stops) / float(np.mean([vehicle.capacity_kg for vehicle in vehicles]))
    litres = sum(stop.demand_l for stop in stops) / float(np.mean([vehicle.capacity_l for vehicle in vehicles]))
    spare = REQUIRED_TRIPS if all(stop.required for stop in stops) else OPTIONAL_TRIPS
    trips = max(kg, litres) if spare == REQUIRED_TRIPS else kg
    copies = max(2, math.ceil(spare * trips / len(sites)))
    home = problem.depots[0].location
    place = [home, home, *(site.location for site in sites for _ in range(copies)), *(s.location for s in stops)]
    service = [0, 0, *(site.service_s for site in sites for _ in range(copies)), *(s.service_s for s in stops)]
    return _Rows(np.array(place), np.array(service), 2 + copies * len(sites), copies)


def _tenths(amount: float) -> int:
    return math.ceil(round(amount * LOAD_SCALE, 6))
