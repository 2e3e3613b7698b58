"""From the search's arrays to the plan that is handed out: best timing, reasons, price and verdict."""

from __future__ import annotations

from routing.check import check, with_verdict
from routing.engine.plan import Note
from routing.problem import Problem, Vehicle
from routing.search.chain import Chain
from routing.search.reasons import Searched, left_out
from routing.solution import Route, Solution, VisitKind
from routing.timed_route import Place, timed_route


def finish(
    problem: Problem, chain: Chain, note: Note, seed: int, elapsed_s: float, searched: Searched | None = None
) -> Solution:
    """Return the checked plan. Reasons take a moment to find out truthfully: a passing plan has quick ones.

    `searched` tells that the search is over, and how; the plan of the chain changes then.
    """
    routes = tuple(
        _route(problem, vehicle, note.seq[number, : note.length[number]].tolist())
        for number, vehicle in enumerate(problem.vehicles)
        if note.length[number]
    )
    served = {visit.id for route in routes for visit in route.visits if visit.kind is VisitKind.STOP}
    missing = [number for number, stop in enumerate(problem.stops) if stop.id not in served]
    unserved = left_out(problem, chain, missing, searched)
    plan = Solution(problem.name, routes, unserved, seed=seed, elapsed_s=round(elapsed_s, 3))
    return with_verdict(plan, check(problem, plan))


def _place(problem: Problem, node: int) -> Place:
    """Stops first, then disposal sites, then depots, as in `routing.engine.arrays`."""
    stops, sites = len(problem.stops), len(problem.disposal_sites)
    if node < stops:
        return problem.stops[node]
    return problem.disposal_sites[node - stops] if node < stops + sites else problem.depots[node - stops - sites]


def _route(problem: Problem, vehicle: Vehicle, nodes: list[int]) -> Route:
    route = timed_route(problem, vehicle, [_place(problem, node) for node in nodes])
    assert route is not None  # noqa: S101 - a route is only adopted when it can be timed
    return route
