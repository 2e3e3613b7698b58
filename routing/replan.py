"""Plan the rest of a running day: a truck breaks down, a site closes, stops are added.

The rest is a problem of its own, solved from what the plan still says: each crew under way starts where it is, with
what it has on board as its first stop. Its answer is put behind what is done, and the whole day is checked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain

from routing.check import check, with_verdict
from routing.errors import PlanError
from routing.options import Familiarity, Preferences, SolverOptions
from routing.problem import Depot, DisposalSite, Problem, Stop, Vehicle
from routing.solution import Reason, Route, Solution, Unserved, Visit, VisitKind
from routing.solve import solve
from routing.stop import StopCriterion
from routing.under_way import Crew, crew_of, place_of, standing_places
from routing.validation import validate

MENDING = SolverOptions(frozenset({"own-moves"}))  # the fleet is on the road: its shape is not drawn anew


@dataclass(frozen=True, slots=True)
class Changes:
    """What the day brought. `new_stops` lie at locations the problem has; `locked` vehicles keep their circuits whole.

    A broken-down vehicle has done the visits it has left behind, and no more. A closed site takes no waste from now on.
    """

    broken_down: frozenset[str] = frozenset()
    closed_sites: frozenset[str] = frozenset()
    new_stops: tuple[Stop, ...] = ()
    locked: frozenset[str] = frozenset()


def replan(
    problem: Problem,
    plan: Solution,
    now_s: int,
    changes: Changes,
    stop: StopCriterion,
    seed: int = 1,
    familiarity: Familiarity | None = None,
    preferences: Preferences | None = None,
) -> Solution:
    """Return the whole day's routes: what is done by `now_s` (seconds after midnight) and the best rest found.

    Assumes that the day has run as `plan` says, and keeps the plan where it holds and nothing cheaper is found. A
    broken-down vehicle's route ends with its last completed visit, its load on board. `violations` are those of the
    whole day, the breakdown itself and openings before now excepted. Raises `PlanError` when plan or changes name what
    the problem does not have, `ProblemError` as `solve` does. `preferences` are asked of the rest by itself: they fit a
    day that has not begun.
    """
    problem = validate(replace(problem, stops=(*problem.stops, *changes.new_stops)))
    _refuse_strangers(problem, plan, changes)
    day = _Day(problem, plan, now_s, changes)
    known = day.known(familiarity)
    rest = solve(day.rest_problem(), stop, seed, None, MENDING, day.rest_plan(), known, preferences)
    found, kept = (
        _judged(day, Solution(problem.name, routes, day.left_out(rest, routes), seed=seed, elapsed_s=rest.elapsed_s))
        for routes in (day.merged(rest), day.as_planned())
    )

    def worth(whole: Solution) -> tuple[int, float]:
        known = 0.0 if familiarity is None else familiarity.money(whole)
        wished = 0.0 if preferences is None else check(problem, whole, preferences).preferred
        return len(whole.violations), whole.cost + known + wished

    return found if worth(found) < worth(kept) else kept


def _refuse_strangers(problem: Problem, plan: Solution, changes: Changes) -> None:
    vehicles = {vehicle.id for vehicle in problem.vehicles}
    sites = {site.id for site in problem.disposal_sites}
    stops = {stop.id for stop in problem.stops}
    named = {route.vehicle for route in plan.routes} | changes.broken_down | changes.locked
    visits = [visit for route in plan.routes for visit in route.visits]
    unloads = {visit.id for visit in visits if visit.kind is VisitKind.DISPOSAL} | changes.closed_sites
    served = {visit.id for visit in visits if visit.kind is VisitKind.STOP}
    for what, unknown in (("vehicles", named - vehicles), ("sites", unloads - sites), ("stops", served - stops)):
        if unknown:
            raise PlanError(
                f"{what} {sorted(unknown)[:5]} are not in problem {problem.name}: give the plan's own problem"
            )


class _Day:
    """The day at `now_s`: `crews` under way, `kept` routes that stay as they are, and the fleet that is free."""

    def __init__(self, problem: Problem, plan: Solution, now_s: int, changes: Changes) -> None:
        self.problem, self.plan, self.now_s, self.changes = problem, plan, now_s, changes
        self.crews: dict[str, Crew] = {}
        self.kept: dict[str, Route] = {}
        self.stranded: set[str] = set()  # broken down on the road
        for route in plan.routes:
            if route.vehicle in changes.broken_down:
                done = tuple(visit for visit in route.visits if visit.leave_s <= now_s)
                if done:
                    self.kept[route.vehicle] = Route(route.vehicle, done)
                if 0 < len(done) < len(route.visits):
                    self.stranded.add(route.vehicle)
            elif route.vehicle in changes.locked:
                self.kept[route.vehicle] = route
            elif crew := crew_of(problem, route, now_s, changes.closed_sites):
                self.crews[route.vehicle] = crew
            elif route.visits[0].leave_s <= now_s:
                self.kept[route.vehicle] = route
        self.stops = {stop.id: stop for stop in problem.stops}
        done_visits = chain(*(r.visits for r in self.kept.values()), *(c.done for c in self.crews.values()))
        self.done = {visit.id for visit in done_visits if visit.kind is VisitKind.STOP}
        self.fleet = list(self._fleet())

    def _fleet(self) -> Iterable[Vehicle]:
        for vehicle in self.problem.vehicles:
            if vehicle.id in self.kept or vehicle.id in self.changes.broken_down | self.changes.locked:
                continue
            crew = self.crews.get(vehicle.id)
            if crew is not None:
                remaining = crew.remaining(self.problem)
                if remaining is not None:
                    yield remaining
            elif vehicle.shift[1] >= self.now_s:
                yield replace(vehicle, shift=(max(self.now_s, vehicle.shift[0]), vehicle.shift[1]))

    def _active(self) -> list[Crew]:
        return [self.crews[vehicle.id] for vehicle in self.fleet if vehicle.id in self.crews]

    def rest_problem(self) -> Problem:
        """What is still to be done, by whom, from where."""
        ids = frozenset(vehicle.id for vehicle in self.fleet)
        stops = [
            stop if stop.vehicles is None else replace(stop, vehicles=stop.vehicles & ids)
            for stop in self.problem.stops
            if stop.id not in self.done
        ]
        active = self._active()
        problem, places = standing_places(self.problem, [crew.location for crew in active], already_there=False)
        crews = [replace(crew, location=place) for crew, place in zip(active, places, strict=True)]
        loads = [load for crew in crews for load in crew.load()]
        return replace(
            problem,
            depots=(*problem.depots, *(crew.depot for crew in crews)),
            disposal_sites=tuple(
                replace(site, open=()) if site.id in self.changes.closed_sites else site
                for site in problem.disposal_sites
            ),
            vehicles=tuple(self.fleet),
            stops=(*loads, *stops),
        )

    def rest_plan(self) -> Solution:
        """What the plan says about the rest."""
        routes = [crew.planned() for crew in self._active()]
        routes += [route for route in self.plan.routes if route.vehicle not in {*self.kept, *self.crews}]
        return Solution(self.problem.name, tuple(routes), self.plan.unserved)

    def known(self, familiarity: Familiarity | None) -> Familiarity | None:
        """Familiarity of the crews that can still come."""
        if familiarity is None:
            return None
        ids = {vehicle.id for vehicle in self.fleet}
        return replace(familiarity, known_by={s: v & ids for s, v in familiarity.known_by.items() if v & ids})

    def merged(self, rest: Solution) -> tuple[Route, ...]:
        """Whole-day routes, in the order of the problem's vehicles."""
        ahead = {route.vehicle: route for route in rest.routes}
        routes: list[Route] = []
        for vehicle in self.problem.vehicles:
            if vehicle.id in self.kept:
                routes.append(self.kept[vehicle.id])
            elif vehicle.id in self.crews:
                routes.append(self.crews[vehicle.id].continued(ahead.get(vehicle.id), self.problem))
            elif vehicle.id in ahead:
                routes.append(ahead[vehicle.id])
        return tuple(routes)

    def as_planned(self) -> tuple[Route, ...]:
        """The plan as it was given, but for the breakdowns; the search knows neither wages of waiting nor ways home."""
        planned = {route.vehicle: route for route in self.plan.routes if route.vehicle not in self.changes.broken_down}
        routes = planned | self.kept
        return tuple(routes[vehicle.id] for vehicle in self.problem.vehicles if vehicle.id in routes)

    def left_out(self, rest: Solution, routes: tuple[Route, ...]) -> tuple[Unserved, ...]:
        """Stops that these routes leave out, with the reason the search or the plan gave; else they do not pay."""
        served = {stop for route in routes for stop in route.stop_ids}
        reasons = {row.id: row.reason for row in (*self.plan.unserved, *rest.unserved)}
        return tuple(
            Unserved(stop, reasons.get(stop, Reason.PRIZE_BELOW_COST)) for stop in self.stops if stop not in served
        )


def _judged(day: _Day, whole: Solution) -> Solution:
    """The whole day, checked and priced as it happened."""
    verdict = check(_as_it_happened(day), replace(whole, routes=tuple(_ended(day, route) for route in whole.routes)))
    return with_verdict(whole, verdict)


def _as_it_happened(day: _Day) -> Problem:
    """The problem in which closed sites were open until now, and broken-down trucks end, and unload, where they are."""
    stranded = sorted(day.stranded)
    problem, ends = standing_places(
        day.problem, [place_of(day.problem, day.kept[vehicle].visits) for vehicle in stranded], already_there=True
    )
    places = dict(zip(stranded, ends, strict=True))
    sites = [
        replace(site, open=tuple((from_s, min(to_s, day.now_s)) for from_s, to_s in site.open if from_s <= day.now_s))
        if site.id in day.changes.closed_sites
        else site
        for site in problem.disposal_sites
    ]
    vehicles = [
        replace(row, end_depot=_end(row.id), max_trips=None if row.max_trips is None else row.max_trips + 1)
        if row.id in day.stranded
        else row
        for row in problem.vehicles
    ]
    return replace(
        problem,
        depots=(*problem.depots, *(Depot(_end(vehicle), place) for vehicle, place in places.items())),
        disposal_sites=(*sites, *(DisposalSite(_end(v), place, 0, ((0, day.now_s),)) for v, place in places.items())),
        vehicles=tuple(vehicles),
    )


def _ended(day: _Day, route: Route) -> Route:
    if route.vehicle not in day.stranded:
        return route
    end, at_s = _end(route.vehicle), route.visits[-1].leave_s
    kinds = (VisitKind.DISPOSAL, VisitKind.DEPOT)
    return Route(route.vehicle, (*route.visits, *(Visit(kind, end, at_s, at_s, at_s) for kind in kinds)))


def _end(vehicle: str) -> str:
    return f"{vehicle} breaks down"
