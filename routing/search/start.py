"""Take a plan over as the beginning of a search: what of it still holds is driven, the rest falls out."""

from __future__ import annotations

import numpy as np

from routing.engine.plan import NOBODY
from routing.problem import Problem
from routing.search.chain import Chain, Stops
from routing.solution import Route, Solution, Visit, VisitKind

type Numbers = dict[tuple[VisitKind, str], int]  # nodes of stops and disposal sites, by kind and id
HALTS = (VisitKind.STOP, VisitKind.DISPOSAL)


def take_over(problem: Problem, chain: Chain, start: Solution) -> Stops:
    """Drive the routes of `start` in a chain whose plan is empty; return the stops round which something changed.

    These are stops that are new or fell out, and all stops of a route that is not what it was. Falls out: what the
    problem does not know, what the vehicle may not serve, what comes twice, and what no longer fits.
    """
    trucks = {vehicle.id: number for number, vehicle in enumerate(problem.vehicles)}
    nodes = _numbers(problem)
    told = {row.id for row in start.unserved} | {stop for route in start.routes for stop in route.stop_ids}
    changed = {number for number, stop in enumerate(problem.stops) if stop.id not in told}
    for route in start.routes:
        truck = trucks.get(route.vehicle, NOBODY)
        parked = truck != NOBODY and not chain.plan.routes[truck]["length"]
        if not parked or not _take_route(chain, truck, route, nodes):
            changed.update(nodes[VisitKind.STOP, stop] for stop in route.stop_ids if (VisitKind.STOP, stop) in nodes)
    chain.settle()
    worth = chain.arrays.nodes["worth"]
    return np.array([stop for stop in sorted(changed) if worth[stop]], np.int32)


def _numbers(problem: Problem) -> Numbers:
    numbers: Numbers = {(VisitKind.STOP, stop.id): number for number, stop in enumerate(problem.stops)}
    for number, site in enumerate(problem.disposal_sites, start=len(problem.stops)):
        numbers[VisitKind.DISPOSAL, site.id] = number
    return numbers


def _take_route(chain: Chain, truck: int, route: Route, nodes: Numbers) -> bool:
    """Drive as much of a route as holds; False when that is not the whole of it."""
    planned = [visit for visit in route.visits if visit.kind in HALTS]
    halts = _possible(chain, truck, planned, nodes)
    whole = len(halts) == len(planned)
    if _drive(chain, truck, halts):
        return whole
    kept: list[int] = []
    for halt in halts:
        if halt >= chain.arrays.stops or _drive(chain, truck, [*kept, halt]):
            kept.append(halt)
    return False


def _possible(chain: Chain, truck: int, planned: list[Visit], nodes: Numbers) -> list[int]:
    """Nodes of the visits that this truck may make, each stop once."""
    arrays, kind = chain.arrays, chain.arrays.trucks[truck]["kind"]
    halts: list[int] = []
    for visit in planned:
        node = nodes.get((visit.kind, visit.id), NOBODY)
        if 0 <= node < arrays.stops:
            free = chain.plan.placed[node]["truck"] == NOBODY and node not in halts
            possible = free and arrays.can[kind, node] and arrays.nodes[node]["worth"]
        else:
            possible = node != NOBODY and arrays.open_to[kind, node - arrays.stops]
        if possible:
            halts.append(node)
    return halts


def _drive(chain: Chain, truck: int, halts: list[int]) -> bool:
    """Drive the halts, unloading where they say or, when that does not hold, where it is cheapest."""
    stops = [node for node in halts if node < chain.arrays.stops]
    if not stops:
        return True
    return chain.drive(truck, _from_depot_to_depot(chain, truck, halts)) or chain.drive_unloading_anew(truck, stops)


def _from_depot_to_depot(chain: Chain, truck: int, halts: list[int]) -> list[int]:
    """The sequence with its depots, without visits that unload nothing, unloaded in the end."""
    arrays, row = chain.arrays, chain.arrays.trucks[truck]
    sequence = [int(row["start"])]
    for node in halts:
        if node < arrays.stops or sequence[-1] < arrays.stops:
            sequence.append(node)
    site = int(arrays.solo[row["kind"], sequence[-1]]["site"]) if sequence[-1] < arrays.stops else NOBODY
    return [*sequence, *([site] if site != NOBODY else []), int(row["end"])]
