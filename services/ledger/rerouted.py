"""Circuits searched anew: which of some containers a plan would serve, and what emptying them burns."""

from collections.abc import Mapping, Sequence
from datetime import date

import routing
from services.city.registry import Registry
from services.contracts.planning import ContainerForecast
from services.ledger.driving import Drives, Scale
from services.ledger.fuel import TruckFuel
from services.planning.problem import problem_of_day
from services.roads.roads import Roads

ITERATIONS, A_STOP = 2_000, 10
"""Of the search: at least so many, and so many for each container. Counted and not timed, so that the same set has the
same circuits on any machine."""
SEED = 1


def served_by_plan(registry: Registry, due: Sequence[ContainerForecast], day: date, roads: Roads) -> frozenset[str]:
    """The containers that circuits of the day take, as a plan's would: of optional ones those that are worth their way.

    Args:
        registry: the fleet's part of the city, as it is that day.
        due: what that morning asks for.
        day: of the city's own calendar.
        roads: to drive on.
    """
    problem = problem_of_day(registry, due, day, name=f"{registry.city.id} served {day}", roads=roads)
    return frozenset(stop for route in _searched(problem).routes for stop in route.stop_ids)


def rerouted_l(
    registry: Registry,
    loads: Sequence[ContainerForecast],
    day: date,
    *,
    fuel: Mapping[str, TruckFuel],
    scale: Scale,
    roads: Roads,
) -> float:
    """Search circuits for these containers, and drive them with what stands in them, unloading when full.

    What the search finds no room for within the shifts is driven all the same, at the end of the longest list. A
    container that no truck can reach is left out.

    Args:
        registry: the fleet's part of the city, as it is that day.
        loads: of the containers to empty, all of them required.
        day: of the city's own calendar.
        fuel: of every truck in service.
        scale: of kilometres.
        roads: to drive on.
    """
    problem = problem_of_day(registry, loads, day, name=f"{registry.city.id} rerouted {day}", roads=roads)
    if not problem.stops or not problem.vehicles:
        return 0.0
    solution = _searched(problem)
    lists = {route.vehicle: list(route.stop_ids) for route in solution.routes if route.stop_ids}
    left = sorted(stop.id for stop in solution.unserved)
    if left:
        longest = max(sorted(lists), key=lambda truck: len(lists[truck])) if lists else problem.vehicles[0].id
        lists[longest] = [*lists.get(longest, ()), *left]
    drives = Drives(problem, fuel, scale)
    return sum(drives.litres(truck, stops) for truck, stops in sorted(lists.items()))


def _searched(problem: routing.Problem) -> routing.Solution:
    if not problem.stops or not problem.vehicles:
        return routing.Solution(problem.name, ())
    return routing.solve(problem, routing.MaxIterations(max(ITERATIONS, A_STOP * len(problem.stops))), SEED)
