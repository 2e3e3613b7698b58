"""Give circuits to crews that know them, where that costs nothing: between vehicles alike in all but their crews."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import fields, replace

from routing.options import Familiarity
from routing.problem import Problem, Vehicle
from routing.solution import Route, Solution


def with_own_crews(problem: Problem, plan: Solution, familiarity: Familiarity) -> Solution:
    """Return the plan with circuits exchanged so that as few stops as can be go to a crew to which they are strange.

    The circuits, their times and what they cost stay. Vehicles are alike when everything but their id is, and every
    stop lets all of them come or none; those that the plan leaves at home take part. Of equally good exchanges that
    with the fewest changes.
    """
    if not familiarity.known_by:
        return plan
    drivers = {route.vehicle: route for route in plan.routes}
    exchanged: dict[str, Route] = {}
    for alike in _alike(problem):
        routes = [drivers[vehicle] for vehicle in alike if vehicle in drivers]
        exchanged |= {vehicle: replace(route, vehicle=vehicle) for vehicle, route in _match(alike, routes, familiarity)}
    return replace(plan, routes=tuple(exchanged[v.id] for v in problem.vehicles if v.id in exchanged))


def _alike(problem: Problem) -> list[list[str]]:
    """Ids of vehicles that may exchange their circuits, group by group, in the order of the problem."""
    choosy = [stop.vehicles for stop in problem.stops if stop.vehicles is not None]
    groups: dict[tuple[object, ...], list[str]] = defaultdict(list)
    for vehicle in problem.vehicles:
        welcome = bytes(vehicle.id in allowed for allowed in choosy)
        groups[*(getattr(vehicle, field.name) for field in fields(Vehicle) if field.name != "id"), welcome].append(
            vehicle.id
        )
    return list(groups.values())


def _match(vehicles: Sequence[str], routes: Sequence[Route], familiarity: Familiarity) -> list[tuple[str, Route]]:
    """Who drives each route, by the cheapest assignment; vehicles without one stand beside routes of no stops."""
    if not routes or len(vehicles) == 1:
        return [(route.vehicle, route) for route in routes]
    # Who does not plan does not load it: it takes a second.
    from ortools.graph.python.linear_sum_assignment import SimpleLinearSumAssignment  # noqa: PLC0415

    solver, changes = SimpleLinearSumAssignment(), len(vehicles) + 1
    for number in range(len(vehicles)):
        known = [familiarity.known_by.get(stop, ()) for stop in routes[number].stop_ids] if number < len(routes) else []
        stops, own = sum(map(bool, known)), Counter(vehicle for crews in known for vehicle in crews)
        for driver, vehicle in enumerate(vehicles):
            change = number < len(routes) and vehicle != routes[number].vehicle
            solver.add_arc_with_cost(driver, number, changes * (stops - own[vehicle]) + change)
    if solver.solve() != solver.OPTIMAL:
        return [(route.vehicle, route) for route in routes]  # costs beyond its integers: the plan stays as it is
    drivers = {solver.right_mate(driver): vehicle for driver, vehicle in enumerate(vehicles)}
    return [(drivers[number], route) for number, route in enumerate(routes)]
