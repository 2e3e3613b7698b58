"""What a contestant hands back: orders of visits, turned into a plan here so that all are timed by the same hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from routing.bench.timing import Order, Timetable
from routing.limits import AMOUNTS, TRIPS, Limit, Over
from routing.problem import Problem, Vehicle
from routing.solution import Reason, Route, Solution, Unserved, VisitKind


class NoFairModel(Exception):
    """A solver that cannot say this problem: taking part would measure the model, not the solver."""


@dataclass(frozen=True, slots=True)
class Task:
    """One run: how long, with which seed, on how many cores, and what of our own solver is switched off."""

    problem: Problem
    seconds: float
    seed: int
    cores: int = 1
    without: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Answer:
    """Orders by vehicle id, from depot to depot, and the second of the first feasible plan (None: not known)."""

    orders: list[tuple[str, Order]]
    first_feasible_s: float | None


@dataclass(frozen=True, slots=True)
class Finished:
    """A plan already timed, as our own solver hands it out."""

    plan: Solution
    first_feasible_s: float | None


type Contestant = Callable[[Task], Answer | Finished]


def as_plan(problem: Problem, answer: Answer, seed: int, elapsed_s: float) -> Solution:
    """Time every order; stops nobody visits get a reason. Cost is left at 0: the judge prices."""
    table = Timetable(problem)
    vehicles = {vehicle.id: vehicle for vehicle in problem.vehicles}
    routes = tuple(Route(name, table.timed(vehicles[name], order)) for name, order in answer.orders)
    served = {name for _, order in answer.orders for kind, name in order if kind is VisitKind.STOP}
    unserved = tuple(
        Unserved(stop.id, Reason.TIME_LIMIT if stop.required else Reason.PRIZE_BELOW_COST)
        for stop in problem.stops
        if stop.id not in served
    )
    return Solution(problem.name, routes, unserved, seed=seed, elapsed_s=elapsed_s)


def is_plain_cvrp(problem: Problem) -> bool:
    """One trip a vehicle, unloading at the depot's own gate in no time, all day: the textbook problem.

    Where the length of a route is limited, a day is too short for any order of the stops.
    """
    if len(problem.depots) != 1 or len(problem.disposal_sites) != 1:
        return False
    site, depot = problem.disposal_sites[0], problem.depots[0]
    one_trip = all(vehicle.max_trips == 1 and vehicle.rest is None for vehicle in problem.vehicles)
    return (
        one_trip
        and not any(_has(problem, limit) for limit in AMOUNTS if limit.over is Over.DUTY and limit.counts is not TRIPS)
        and site.location == depot.location
        and site.service_s == 0
        and problem.prices.crew_per_h == 0
        and all(stop.required and not stop.windows and not stop.demand_kg for stop in problem.stops)
        and all(_is_endless(problem, vehicle) for vehicle in problem.vehicles)
    )


def _is_endless(problem: Problem, vehicle: Vehicle) -> bool:
    """Tell whether the shift outlasts any order of all stops."""
    legs_s = int(problem.matrices[vehicle.profile].duration_s.max()) * (len(problem.stops) + 1)
    return vehicle.shift[1] - vehicle.shift[0] >= legs_s + sum(stop.service_s for stop in problem.stops)


def cvrp_order(problem: Problem, stops: list[int]) -> Order:
    """Depot, the stops by their index, the gate, depot."""
    depot, site = problem.depots[0].id, problem.disposal_sites[0].id
    visits: Order = [(VisitKind.STOP, problem.stops[index].id) for index in stops]
    return [(VisitKind.DEPOT, depot), *visits, (VisitKind.DISPOSAL, site), (VisitKind.DEPOT, depot)]


def _has(problem: Problem, limit: Limit) -> bool:
    return any(math.isfinite(limit.most(vehicle)) for vehicle in problem.vehicles)


def refuse_what_no_peer_models(problem: Problem) -> None:
    """Raise `NoFairModel` for rules that none of our models of peers speaks of."""
    sites = {site.location for site in problem.disposal_sites}
    reasons = {
        "several depots": len(problem.depots) != 1,
        "several road profiles": len({vehicle.profile for vehicle in problem.vehicles}) > 1,
        "several streams": len({stop.stream for stop in problem.stops}) > 1,
        "stops only some vehicles may serve": any(stop.vehicles is not None for stop in problem.stops),
        "stops with several windows": any(len(stop.windows) > 1 for stop in problem.stops),
        "a stop at a disposal site's own place": any(stop.location in sites for stop in problem.stops),
        "limits on how long a circuit is": any(_has(problem, limit) for limit in AMOUNTS if limit.counts.of_leg),
        "different breaks": len({vehicle.rest for vehicle in problem.vehicles}) > 1,
        "no vehicle, stop or open site": not (problem.vehicles and problem.stops and problem.disposal_sites),
    }
    found = [reason for reason, is_so in reasons.items() if is_so]
    if found:
        raise NoFairModel(f"{problem.name} has {', '.join(found)}")
