"""The ground of a plan: the problem that it answers, built again from the plan itself and the registry that it names.

A plan says of every container what was expected, so nothing is forecast anew: the same plan and registry give the same
problem, today and in a year.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import routing
from routing.explain.untimed import Town, UntimedRoute
from services.city.fleets import part_of
from services.city.registry import Registry
from services.contracts.changes import ByHand
from services.contracts.fields import scope_name
from services.contracts.planning import Circuit, PlanMade
from services.planning.driven_hours import at_driven_hours, knows_hours
from services.planning.problem import problem_of_day
from services.roads.roads import EstimatedRoads, Roads
from services.times import local_day, seconds_after_midnight


@dataclass(frozen=True, eq=False)
class Ground:
    """Of a root plan and all that is changed of it. `registry` is the fleet's part; `problem` has nobody's changes."""

    registry: Registry
    problem: routing.Problem
    day: date

    @property
    def zone(self) -> ZoneInfo:
        return self.registry.city.zone_info

    def settled(self, by_hand: ByHand, now: datetime) -> routing.Problem:
        """The problem with sites closed as somebody said, and nobody leaving before `now`, if the day is today's.

        Pins, locks and containers left out are for whoever searches: a hand may put anything anywhere.
        """
        from_s = seconds_after_midnight(now, self.day, self.zone) if local_day(now, self.zone) == self.day else 0
        closed = {row.site: row.until for row in by_hand.closed_sites}
        sites = tuple(
            replace(site, open=self._left_open(site.open, closed[site.id])) if site.id in closed else site
            for site in self.problem.disposal_sites
        )
        vehicles = tuple(
            replace(v, shift=(min(max(v.shift[0], from_s), v.shift[1]), v.shift[1])) for v in self.problem.vehicles
        )
        return replace(self.problem, disposal_sites=sites, vehicles=vehicles)

    def _left_open(self, windows: tuple[tuple[int, int], ...], until: datetime | None) -> tuple[tuple[int, int], ...]:
        if until is None:
            return ()
        until_s = seconds_after_midnight(until, self.day, self.zone)
        return tuple((max(from_s, until_s), to_s) for from_s, to_s in windows if to_s >= until_s)


def ground_of(root: PlanMade, added: Iterable[str], registry: Registry, roads: Roads | None = None) -> Ground:
    """`registry`: the whole city's, of the version that the plan names. `added`: containers beside those that are due.

    Raises:
        UnknownFleet: the city has not the plan's.
    """
    registry = part_of(registry, root.fleet)
    roads = roads or EstimatedRoads(registry.city.roads)
    wanted_ids = {*added} | {visit.place for circuit in root.circuits for visit in circuit.stops}
    wanted = [f for f in root.forecasts if f.due or f.container in wanted_ids]
    name = f"{scope_name(root.city, root.fleet)} {root.day}"
    problem = problem_of_day(registry, wanted, root.day, name=name, roads=roads)
    ground = Ground(registry, problem, root.day)
    if knows_hours(registry, roads):
        driven = routing.Solution(name, tuple(route_of(circuit, ground) for circuit in root.circuits))
        problem = at_driven_hours(problem, driven, registry, [f.container for f in wanted], roads)
    return replace(ground, problem=problem)


def route_of(circuit: Circuit, ground: Ground) -> routing.Route:
    """A circuit in the solver's words, its instants as seconds of the city's day."""

    def second(at: datetime) -> int:
        return seconds_after_midnight(at, ground.day, ground.zone)

    visits = (
        routing.Visit(
            routing.VisitKind(visit.kind), visit.place or "break", second(visit.arrive_at), second(visit.start_at),
            second(visit.leave_at),
        )
        for visit in circuit.visits
    )  # fmt: skip
    return routing.Route(circuit.truck, tuple(visits))


def places_of(plan: PlanMade, problem: routing.Problem) -> dict[str, UntimedRoute]:
    """The places of every truck's circuit in their order, by truck; those of the trucks at home too."""
    town = Town(problem)
    places = {vehicle.id: town.parked(vehicle) for vehicle in problem.vehicles}
    return places | {circuit.truck: town.untimed_of(_untimed(circuit)) for circuit in plan.circuits}


def _untimed(circuit: Circuit) -> routing.Route:
    """In the solver's words, without its instants: to turn a thousand into seconds takes longer than all else."""
    visits = (routing.Visit(routing.VisitKind(v.kind), v.place or "break", 0, 0, 0) for v in circuit.visits)
    return routing.Route(circuit.truck, tuple(visits))
