"""Put the districts' answers together with the circuits of those that did not answer: nothing lost, nothing by halves.

Only the order of an answer's visits counts. Times and prices are made here, on the roads of the whole, so that an
answer from a machine with other roads is judged like any other. One that breaks a rule, or costs no less than what it
would replace, is refused, and the old circuits of that district stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from routing.check import check, with_verdict
from routing.errors import PlanError
from routing.problem import Problem, Vehicle
from routing.sharing.split import District
from routing.solution import Route, Solution, Unserved, VisitKind
from routing.timed_route import Place, timed_route

type Places = dict[tuple[VisitKind, str], Place]
SHOWN = 3  # violations told of a refused answer


@dataclass(frozen=True, slots=True)
class Merged:
    """The plan of the whole; in which districts it was improved, why the other answers were not taken, by number."""

    solution: Solution
    taken: tuple[int, ...] = ()
    refused: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Judged:
    """A district's plan with its worth: fewer required stops left out first, then less money."""

    plan: Solution
    worth: tuple[int, float]
    faults: tuple[str, ...]


def merge(
    problem: Problem, plan: Solution, districts: Sequence[District], answers: Sequence[Solution | None]
) -> Merged:
    """Return the plan with each better answer put in; `answers` are in the order of `districts`, None where none came.

    Never worse than `plan`: of that the districts were cut (`routing.sharing.split`), which must be a checked plan.
    Raises `ValueError` when there are not as many answers as districts.
    """
    routes = {route.vehicle: route for route in plan.routes}
    left_out = {row.id: row for row in plan.unserved}
    taken: list[int] = []
    refused: dict[int, str] = {}
    for number, (district, answer) in enumerate(zip(districts, answers, strict=True)):
        if answer is None:
            continue
        try:
            better = _better(district, answer)
        except PlanError as error:
            refused[number] = str(error)
            continue
        _put_in(district, better, routes, left_out)
        taken.append(number)
    whole = replace(
        plan,
        routes=tuple(routes[vehicle.id] for vehicle in problem.vehicles if vehicle.id in routes),
        unserved=tuple(left_out[stop.id] for stop in problem.stops if stop.id in left_out),
    )
    return Merged(with_verdict(whole, check(problem, whole)), tuple(taken), refused)


def _better(district: District, answer: Solution) -> Solution:
    """The answer, timed on our roads. Raises `PlanError` when the start is to be kept, and says why."""
    new, old = _judge(district.problem, _timed(district, answer)), _judge(district.problem, district.start)
    if new.faults:
        raise PlanError("; ".join(new.faults[:SHOWN]))
    if new.worth >= old.worth:
        raise PlanError(f"no better: {_told(new)}, was {_told(old)}")
    return new.plan


def _told(judged: _Judged) -> str:
    missing, cost = judged.worth
    return f"{cost:,.0f}" + (f" with {missing} required stops left out" if missing else "")


def _judge(problem: Problem, plan: Solution) -> _Judged:
    served = {stop for route in plan.routes for stop in route.stop_ids}
    missing = [stop for stop in problem.stops if stop.required and stop.id not in served]
    allowed = {f"{stop.id}: required, left out" for stop in missing}
    verdict = check(problem, plan)
    faults = tuple(text for text in verdict.violations if text not in allowed)
    money = verdict.cost + sum(stop.prize for stop in missing)
    return _Judged(plan, (len(missing), round(money, 3)), faults)


def _timed(district: District, answer: Solution) -> Solution:
    """The answer's order of visits at its best timing; each stop left out with its reason, the earlier one if any."""
    vehicles = {vehicle.id: vehicle for vehicle in district.problem.vehicles}
    places = _places(district.problem)
    routes = tuple(_timed_route(district.problem, vehicles, places, route) for route in answer.routes if route.stop_ids)
    served = {stop for route in routes for stop in route.stop_ids}
    reasons = {row.id: row for row in (*answer.unserved, *district.start.unserved)}
    unserved = tuple(
        reasons[stop.id] for stop in district.problem.stops if stop.id in reasons and stop.id not in served
    )
    return replace(district.start, routes=routes, unserved=unserved)


def _places(problem: Problem) -> Places:
    places: Places = {(VisitKind.STOP, stop.id): stop for stop in problem.stops}
    places |= {(VisitKind.DISPOSAL, site.id): site for site in problem.disposal_sites}
    return places | {(VisitKind.DEPOT, depot.id): depot for depot in problem.depots}


def _timed_route(problem: Problem, vehicles: dict[str, Vehicle], places: Places, route: Route) -> Route:
    if route.vehicle not in vehicles:
        raise PlanError(f"vehicle {route.vehicle} is not of this district")
    vehicle = vehicles[route.vehicle]
    halts = [visit for visit in route.visits if visit.kind in (VisitKind.STOP, VisitKind.DISPOSAL)]
    if strangers := [visit.id for visit in halts if (visit.kind, visit.id) not in places]:
        raise PlanError(f"{vehicle.id} visits {', '.join(strangers[:SHOWN])}, not of this district")
    start, end = (places[VisitKind.DEPOT, depot] for depot in (vehicle.start_depot, vehicle.end_depot))
    timed = timed_route(problem, vehicle, [start, *(places[visit.kind, visit.id] for visit in halts), end])
    if timed is None:
        raise PlanError(f"{vehicle.id} cannot drive its circuit in time")
    return timed


def _put_in(district: District, better: Solution, routes: dict[str, Route], left_out: dict[str, Unserved]) -> None:
    for vehicle in district.problem.vehicles:
        routes.pop(vehicle.id, None)
    routes.update({route.vehicle: route for route in better.routes})
    for stop in district.problem.stops:
        left_out.pop(stop.id, None)
    left_out.update({row.id: row for row in better.unserved})
