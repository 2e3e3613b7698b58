"""Cut a plan into districts of whole neighbouring routes, each a smaller problem with the circuits to start from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

import numpy as np

from routing.problem import Matrix, Problem, Stop, Vehicle
from routing.sectors import Ground, Ints, deal_parked
from routing.solution import Solution


@dataclass(frozen=True, slots=True, eq=False)
class District:
    """A district: `problem` with its stops, its vehicles and every site and depot; `start` is what the plan says."""

    problem: Problem
    start: Solution


def split(problem: Problem, plan: Solution, most_stops: int, seed: int) -> list[District]:
    """Cut a plan in districts of at most about `most_stops` stops each, other ones for another `seed`.

    Every stop and every vehicle is in exactly one. Near is what is near by road. Stops nobody serves go with the route
    whose medoid is nearest, parked vehicles are dealt out, kind by kind. A route is never cut, so one longer than
    `most_stops` is a district by itself; a plan without routes is one district. `plan` must be a plan of this problem
    (see `routing.check`).
    """
    rng = Random(f"{seed} districts")  # noqa: S311 - no secret hangs on it
    ground = Ground([matrix.distance_m for matrix in problem.matrices.values()])
    location_of = np.array([stop.location for stop in problem.stops], np.intp)
    routes = [route for route in plan.routes if route.stop_ids]
    number_of = {stop.id: number for number, stop in enumerate(problem.stops)}
    stops_of = [np.array([number_of[stop] for stop in route.stop_ids], np.intp) for route in routes]
    medoids = np.array([ground.medoid(location_of[stops]) for stops in stops_of], np.intp)
    route_of_stop = _route_of_stop(stops_of, location_of, medoids, ground)
    weights = np.bincount(route_of_stop, minlength=len(routes))  # with the stops left out round each route
    groups = ground.cut(medoids, weights, most_stops, rng) if routes else [np.arange(0)]
    group_of_route = np.zeros(len(routes), np.intp)
    for number, group in enumerate(groups):
        group_of_route[group] = number
    group_of_stop = group_of_route[route_of_stop] if routes else route_of_stop
    group_of_vehicle = np.full(len(problem.vehicles), -1)
    vehicles = {vehicle.id: number for number, vehicle in enumerate(problem.vehicles)}
    for route, group_number in zip(routes, group_of_route, strict=True):
        group_of_vehicle[vehicles[route.vehicle]] = group_number
    deal_parked(_kinds(problem), group_of_vehicle, len(groups), rng)
    return [
        _district(problem, plan, np.flatnonzero(group_of_stop == number), np.flatnonzero(group_of_vehicle == number))
        for number in range(len(groups))
    ]


def _route_of_stop(stops_of: list[Ints], location_of: Ints, medoids: Ints, ground: Ground) -> Ints:
    """Each stop's route by number: its own, or for a stop left out that whose medoid is nearest; 0 without any."""
    route_of_stop = np.full(len(location_of), -1 if stops_of else 0, np.intp)
    for number, stops in enumerate(stops_of):
        route_of_stop[stops] = number
    left_out = np.flatnonzero(route_of_stop < 0)
    if len(left_out):
        route_of_stop[left_out] = ground.nearest(location_of[left_out], medoids)
    return route_of_stop


def _kinds(problem: Problem) -> list[int]:
    """A number for each vehicle; those of one number can do the same, for the same stops."""
    lists = list({stop.vehicles for stop in problem.stops if stop.vehicles is not None})
    numbers: dict[tuple[Vehicle, tuple[bool, ...]], int] = {}
    return [
        numbers.setdefault((replace(vehicle, id=""), tuple(vehicle.id in ids for ids in lists)), len(numbers))
        for vehicle in problem.vehicles
    ]


def _district(problem: Problem, plan: Solution, stops: Ints, vehicles: Ints) -> District:
    crew = tuple(problem.vehicles[number] for number in vehicles)
    ids = frozenset(vehicle.id for vehicle in crew)
    inside = tuple(problem.stops[number] for number in stops)
    here = {stop.id for stop in inside}
    start = Solution(
        problem=problem.name,
        routes=tuple(route for route in plan.routes if route.vehicle in ids),
        unserved=tuple(row for row in plan.unserved if row.id in here),
        seed=plan.seed,
    )
    return District(_cut_out(problem, inside, crew, ids), start)


def _cut_out(problem: Problem, stops: tuple[Stop, ...], crew: tuple[Vehicle, ...], ids: frozenset[str]) -> Problem:
    """The smaller problem, with the locations it speaks of and the matrices of its vehicles."""
    fixed = [*(depot.location for depot in problem.depots), *(site.location for site in problem.disposal_sites)]
    kept = np.unique(np.array([*fixed, *(stop.location for stop in stops)], np.intp))
    new = {int(old): number for number, old in enumerate(kept)}
    cells = np.ix_(kept, kept)
    matrices = {
        profile: Matrix(problem.matrices[profile].distance_m[cells], problem.matrices[profile].duration_s[cells])
        for profile in sorted({vehicle.profile for vehicle in crew})
    }
    return Problem(
        name=problem.name,
        prices=problem.prices,
        locations=tuple(problem.locations[old] for old in kept),
        matrices=matrices,
        depots=tuple(replace(depot, location=new[depot.location]) for depot in problem.depots),
        disposal_sites=tuple(replace(site, location=new[site.location]) for site in problem.disposal_sites),
        vehicles=crew,
        stops=tuple(_moved(stop, new, ids) for stop in stops),
    )


def _moved(stop: Stop, new: dict[int, int], ids: frozenset[str]) -> Stop:
    allowed = None if stop.vehicles is None else stop.vehicles & ids
    return replace(stop, location=new[stop.location], vehicles=allowed)
