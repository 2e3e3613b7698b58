"""From the search's arrays to the plan that is handed out: best timing, reasons, price and verdict."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from routing.check import check
from routing.engine.plan import Note
from routing.problem import Depot, DisposalSite, Problem, Stop, Vehicle, Window
from routing.schedule import Legs, Timing, best_timing
from routing.search.chain import Chain
from routing.search.reasons import left_out
from routing.solution import Route, Solution, Visit, VisitKind


def finish(problem: Problem, chain: Chain, note: Note, seed: int, elapsed_s: float, final: bool = True) -> Solution:
    """Return the checked plan. Reasons take a moment to find out truthfully: a passing plan has quick ones.

    Changes the plan of the chain when `final`.
    """
    routes = tuple(
        _route(problem, vehicle, note.seq[number, : note.length[number]].tolist())
        for number, vehicle in enumerate(problem.vehicles)
        if note.length[number]
    )
    served = {visit.id for route in routes for visit in route.visits if visit.kind is VisitKind.STOP}
    missing = [number for number, stop in enumerate(problem.stops) if stop.id not in served]
    unserved = left_out(problem, chain, missing, final)
    plan = Solution(problem.name, routes, unserved, seed=seed, elapsed_s=round(elapsed_s, 3))
    verdict = check(problem, plan)
    return replace(
        plan,
        cost=round(verdict.cost, 3),
        fuel_l=round(verdict.fuel_l, 3),
        distance_m=verdict.distance_m,
        duty_s=verdict.duty_s,
        violations=tuple(verdict.violations),
    )


def legs_of(problem: Problem, vehicle: Vehicle, nodes: list[int]) -> Legs:
    """A sequence of the search's nodes as the scheduler wants it."""
    places = [_place(problem, node) for node in nodes]
    drive_s = problem.matrices[vehicle.profile].duration_s
    return Legs(
        [int(drive_s[here.location, there.location]) for here, there in pairwise(places)],
        [0 if isinstance(place, Depot) else place.service_s for place in places],
        [_windows(place) for place in places],
    )


def _windows(place: Stop | DisposalSite | Depot) -> tuple[Window, ...]:
    if isinstance(place, Depot):
        return ()
    return place.windows if isinstance(place, Stop) else place.open


def _place(problem: Problem, node: int) -> Stop | DisposalSite | Depot:
    """Stops first, then disposal sites, then depots, as in `routing.engine.arrays`."""
    stops, sites = len(problem.stops), len(problem.disposal_sites)
    if node < stops:
        return problem.stops[node]
    return problem.disposal_sites[node - stops] if node < stops + sites else problem.depots[node - stops - sites]


def _route(problem: Problem, vehicle: Vehicle, nodes: list[int]) -> Route:
    legs = legs_of(problem, vehicle, nodes)
    timing = best_timing(legs, vehicle.shift, vehicle.rest)
    assert timing is not None  # noqa: S101 - a tour is only adopted when it can be timed
    visits: list[Visit] = []
    for at, (node, start_s) in enumerate(zip(nodes, timing.start_s, strict=True)):
        arrive_s = visits[-1].leave_s + legs.travel_s[at - 1] if at else start_s
        place = _place(problem, node)
        visits.append(Visit(_kind(place), place.id, arrive_s, start_s, start_s + legs.service_s[at]))
        if at == timing.rest_after:
            visits.append(_break(vehicle, timing, visits[-1].leave_s))
    return Route(vehicle.id, tuple(visits))


def _kind(place: Stop | DisposalSite | Depot) -> VisitKind:
    if isinstance(place, Stop):
        return VisitKind.STOP
    return VisitKind.DISPOSAL if isinstance(place, DisposalSite) else VisitKind.DEPOT


def _break(vehicle: Vehicle, timing: Timing, arrive_s: int) -> Visit:
    rest, start_s = vehicle.rest, timing.rest_start_s
    assert rest is not None  # noqa: S101 - the timing placed this break
    assert start_s is not None  # noqa: S101 - `rest_after` and `rest_start_s` come together
    return Visit(VisitKind.BREAK, "break", arrive_s, start_s, start_s + rest.duration_s)
