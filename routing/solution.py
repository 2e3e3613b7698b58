"""A plan of the day, as the solver hands it out and as anybody may judge it. Immutable; answers questions itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from routing.errors import PlanError
from routing.problem import Problem


class VisitKind(StrEnum):
    DEPOT = "depot"
    STOP = "stop"
    DISPOSAL = "disposal"
    BREAK = "break"


class Reason(StrEnum):
    """Why a stop is left out, in words an operator understands. `NOT_DUE` is set by callers, never by the solver."""

    NOT_DUE = "not_due"
    PRIZE_BELOW_COST = "prize_below_cost"
    NO_CAPACITY = "no_capacity"
    NO_VEHICLE_ALLOWED = "no_vehicle_allowed"
    WINDOW_UNREACHABLE = "window_unreachable"
    CIRCUIT_TOO_LONG = "circuit_too_long"
    DISPOSAL_CLOSED = "disposal_closed"
    TIME_LIMIT = "time_limit"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True)
class Visit:
    """One halt of a route. Waiting lies between `arrive_s` and `start_s`, service between `start_s` and `leave_s`."""

    kind: VisitKind
    id: str
    arrive_s: int
    start_s: int
    leave_s: int


@dataclass(frozen=True, slots=True)
class Load:
    """What is on board when a visit ends."""

    kg: float
    l: float  # noqa: E741 - litres of waste, the unit's own symbol


@dataclass(frozen=True, slots=True)
class Route:
    """A vehicle's duty in the order of time; the first and last visit are its depots."""

    vehicle: str
    visits: tuple[Visit, ...]

    @property
    def duty_s(self) -> int:
        return self.visits[-1].arrive_s - self.visits[0].leave_s

    @property
    def stop_ids(self) -> tuple[str, ...]:
        return tuple(visit.id for visit in self.visits if visit.kind is VisitKind.STOP)

    @property
    def trips(self) -> int:
        return sum(visit.kind is VisitKind.DISPOSAL for visit in self.visits)

    def loads(self, problem: Problem) -> tuple[Load, ...]:
        """Load on board after each visit, in the order of `visits`."""
        demands = {stop.id: (stop.demand_kg, stop.demand_l) for stop in problem.stops}
        kg = litres = 0.0
        loads: list[Load] = []
        for visit in self.visits:
            if visit.kind is VisitKind.DISPOSAL:
                kg = litres = 0.0
            elif visit.kind is VisitKind.STOP:
                if visit.id not in demands:
                    raise PlanError(f"route of {self.vehicle}: stop {visit.id} is not in problem {problem.name}")
                kg, litres = kg + demands[visit.id][0], litres + demands[visit.id][1]
            loads.append(Load(kg, litres))
        return tuple(loads)


@dataclass(frozen=True, slots=True)
class Unserved:
    id: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Solution:
    """Routes, who is left out and why, and what it costs. `violations` says in words every rule it breaks."""

    problem: str
    routes: tuple[Route, ...] = ()
    unserved: tuple[Unserved, ...] = ()
    cost: float = 0.0
    fuel_l: float = 0.0
    distance_m: int = 0
    duty_s: int = 0
    seed: int = 0
    elapsed_s: float = 0.0
    violations: tuple[str, ...] = field(default=())

    def is_feasible(self) -> bool:
        """Every rule is kept and every required stop is served."""
        return not self.violations

    def summary(self) -> str:
        served = sum(len(route.stop_ids) for route in self.routes)
        trips = sum(route.trips for route in self.routes)
        state = "feasible" if self.is_feasible() else f"INFEASIBLE ({len(self.violations)} violations)"
        return (
            f"{self.problem}: {state}, cost {self.cost:,.0f}, {len(self.routes)} vehicles, {trips} trips, "
            f"{served} stops served, {len(self.unserved)} left out, {self.distance_m / 1000:,.1f} km, "
            f"{self.fuel_l:,.1f} l, {self.duty_s / 3600:,.1f} h on duty"
        )
