"""Litres that emptying some containers burns on circuits of their own: by the same search, whatever the set."""

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
    iterations = max(ITERATIONS, A_STOP * len(problem.stops))
    solution = routing.solve(problem, routing.MaxIterations(iterations), SEED)
    lists = {route.vehicle: list(route.stop_ids) for route in solution.routes if route.stop_ids}
    left = sorted(stop.id for stop in solution.unserved)
    if left:
        longest = max(sorted(lists), key=lambda truck: len(lists[truck])) if lists else problem.vehicles[0].id
        lists[longest] = [*lists.get(longest, ()), *left]
    drives = Drives(problem, fuel, scale)
    return sum(drives.litres(truck, stops) for truck, stops in sorted(lists.items()))
