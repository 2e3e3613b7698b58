"""From the search's draft to the plan that is handed out: best timing, reasons, price and verdict."""

from __future__ import annotations

from dataclasses import replace

from routing.check import check
from routing.draft import Draft
from routing.instance import Instance
from routing.reasons import left_out
from routing.schedule import Timing, best_timing
from routing.solution import Route, Solution, Visit, VisitKind
from routing.tour import Tour, legs_of


def finish(draft: Draft, seed: int, elapsed_s: float, final: bool = True) -> Solution:
    """Return the checked plan. Reasons take a moment to find out truthfully: a passing plan has quick ones."""
    problem = draft.instance.problem
    routes = tuple(_route(draft.instance, tour) for tour in draft.tours if tour is not None)
    plan = Solution(problem.name, routes, left_out(draft, final), seed=seed, elapsed_s=round(elapsed_s, 3))
    verdict = check(problem, plan)
    return replace(
        plan,
        cost=round(verdict.cost, 3),
        fuel_l=round(verdict.fuel_l, 3),
        distance_m=verdict.distance_m,
        duty_s=verdict.duty_s,
        violations=tuple(verdict.violations),
    )


def _route(instance: Instance, tour: Tour) -> Route:
    truck = tour.truck
    timing = best_timing(legs_of(instance, truck, tour.seq), (truck.from_s, truck.to_s), truck.rest)
    assert timing is not None  # noqa: S101 - a tour is only built when it can be timed
    visits: list[Visit] = []
    for place, (node, start_s) in enumerate(zip(tour.seq, timing.start_s, strict=True)):
        arrive_s = start_s
        if place:
            arrive_s = visits[-1].leave_s + truck.drive_s[tour.seq[place - 1]][node]
        kind, name = _name(instance, node)
        visits.append(Visit(kind, name, arrive_s, start_s, start_s + instance.service_s[node]))
        if place == timing.rest_after:
            visits.append(_break(tour, timing, visits[-1].leave_s))
    return Route(truck.vehicle.id, tuple(visits))


def _break(tour: Tour, timing: Timing, arrive_s: int) -> Visit:
    rest, start_s = tour.truck.rest, timing.rest_start_s
    assert rest is not None  # noqa: S101 - the timing placed this break
    assert start_s is not None  # noqa: S101 - `rest_after` and `rest_start_s` come together
    return Visit(VisitKind.BREAK, "break", arrive_s, start_s, start_s + rest.duration_s)


def _name(instance: Instance, node: int) -> tuple[VisitKind, str]:
    problem = instance.problem
    if node < instance.stops:
        return VisitKind.STOP, problem.stops[node].id
    if node < instance.sites_end:
        return VisitKind.DISPOSAL, problem.disposal_sites[node - instance.stops].id
    return VisitKind.DEPOT, problem.depots[node - instance.sites_end].id
