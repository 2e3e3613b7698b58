"""What one more truck, or one more hour of shift, would save: an estimate, by searching twice with the same effort."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from routing.errors import PlanError
from routing.problem import Problem, Stop, Vehicle
from routing.solution import Solution
from routing.solve import solve
from routing.stop import StopCriterion

HOUR_S = 3600


class Change(Protocol):
    """Something that might be different: `apply` returns the problem as it would be, `words` say what is asked."""

    def apply(self, problem: Problem) -> Problem: ...

    def words(self) -> str: ...


@dataclass(frozen=True, slots=True)
class OneMoreTruck:
    """Another vehicle like the one with the id `like`, allowed wherever that one is."""

    like: str

    def apply(self, problem: Problem) -> Problem:
        """Add the copy. Raises `PlanError` when there is no such vehicle."""
        model = next((vehicle for vehicle in problem.vehicles if vehicle.id == self.like), None)
        if model is None:
            raise _unknown(problem, self.like)
        taken = {vehicle.id for vehicle in problem.vehicles}
        name = next(name for number in range(2, len(taken) + 3) if (name := f"{self.like} ({number})") not in taken)
        stops = tuple(_allow(stop, self.like, name) for stop in problem.stops)
        return replace(problem, vehicles=(*problem.vehicles, replace(model, id=name)), stops=stops)

    def words(self) -> str:
        return f"one more vehicle like {self.like}"


@dataclass(frozen=True, slots=True)
class LongerShift:
    """Shifts that end `extra_s` later: of one vehicle, or of all."""

    vehicle: str | None = None
    extra_s: int = HOUR_S

    def apply(self, problem: Problem) -> Problem:
        """Move the end of the shifts. Raises `PlanError` when there is no such vehicle."""
        if self.vehicle is not None and self.vehicle not in {vehicle.id for vehicle in problem.vehicles}:
            raise _unknown(problem, self.vehicle)
        return replace(problem, vehicles=tuple(self._extend(vehicle) for vehicle in problem.vehicles))

    def words(self) -> str:
        return f"{self.extra_s / 60:g} min more of shift for {self.vehicle or 'every vehicle'}"

    def _extend(self, vehicle: Vehicle) -> Vehicle:
        if self.vehicle not in {None, vehicle.id}:
            return vehicle
        from_s, to_s = vehicle.shift
        return replace(vehicle, shift=(from_s, to_s + self.extra_s))


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Two searches from the same plan, with the same seed and stop criterion: without the change, and with it.

    An estimate: both are as good as the search was in its time (`effort`). `spread` is by how much the cost of the
    problem as it is differs when searched with the next seed: savings of that size say nothing. Missing are required
    stops that no vehicle serves.
    """

    change: str
    effort: str
    seed: int
    cost_before: float
    cost_after: float
    elapsed_before_s: float
    elapsed_after_s: float
    missing_before: int
    missing_after: int
    spread: float

    @property
    def saved(self) -> float:
        """Money: cost without the change - cost with it. Negative when the changed search found nothing as cheap."""
        return self.cost_before - self.cost_after

    @property
    def newly_served(self) -> int:
        """Required stops the change lets be served; the money then compares plans that do different work."""
        return self.missing_before - self.missing_after


def what_if(problem: Problem, plan: Solution, change: Change, stop: StopCriterion, seed: int = 1) -> WhatIf:
    """Estimate what a change would save, by solving the problem as it is and as it would be, both starting from `plan`.

    Takes three times what `stop` allows. Raises what `solve` raises, and `PlanError` for a change to what is not there.
    """
    return next(what_ifs(problem, plan, [change], stop, seed))


def what_ifs(
    problem: Problem, plan: Solution, changes: Iterable[Change], stop: StopCriterion, seed: int = 1
) -> Iterator[WhatIf]:
    """Estimate several changes against the same search of the problem as it is; yield each when it is known."""
    before = solve(problem, stop, seed, start=plan)
    spread = abs(before.cost - solve(problem, stop, seed + 1, start=plan).cost)
    for change in changes:
        changed = change.apply(problem)
        after = solve(changed, stop, seed, start=plan)
        yield WhatIf(
            change.words(),
            repr(stop),
            seed,
            before.cost,
            after.cost,
            before.elapsed_s,
            after.elapsed_s,
            _missing(problem, before),
            _missing(changed, after),
            spread,
        )


def changes_to_try(problem: Problem, plan: Solution) -> Iterator[Change]:
    """Yield an hour more for everybody, and one more vehicle of each kind that the plan uses up.

    Where one of a kind is parked already, another would only be parked beside it.
    """
    used = {route.vehicle for route in plan.routes}
    kinds = dict[Vehicle, list[str]]()
    for vehicle in problem.vehicles:
        kinds.setdefault(replace(vehicle, id=""), []).append(vehicle.id)
    if kinds:
        yield LongerShift()
    yield from (OneMoreTruck(alike[0]) for alike in kinds.values() if used.issuperset(alike))


def _allow(stop: Stop, like: str, name: str) -> Stop:
    if stop.vehicles is None or like not in stop.vehicles:
        return stop
    return replace(stop, vehicles=stop.vehicles | {name})


def _missing(problem: Problem, plan: Solution) -> int:
    left_out = {row.id for row in plan.unserved}
    return sum(stop.required and stop.id in left_out for stop in problem.stops)


def _unknown(problem: Problem, vehicle_id: str) -> PlanError:
    return PlanError(f"no vehicle {vehicle_id} in problem {problem.name}: expected one of its vehicles")
