"""The judge: our replay (`routing.check`, no code in common with the search), and an independent one when given."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from routing.check import check
from routing.errors import RoutingError
from routing.files import read_plan
from routing.formats.kim import METRES_PER_MILE
from routing.problem import Problem
from routing.solution import Solution, VisitKind

SHOWN = 5
AGREE_MONEY = 0.01  # of a cost: the independent judge rounds to thousandths
JUDGE_S = 600


@dataclass(frozen=True, slots=True)
class Judged:
    """A plan's worth. `cost` counts whatever was served; compare it only where `is_valid`."""

    is_valid: bool
    cost: float
    break_pay: float
    missed_required: int
    vehicles: int
    trips: int
    served: int
    miles: float
    violations: tuple[str, ...] = field(default=())


def judge(problem: Problem, problem_file: Path, plan_file: Path, second: Path | None = None) -> Judged:
    """Replay a plan. With `second`, a program `SECOND PROBLEM PLAN` that prints a verdict, both must accept it.

    Raises `RoutingError` when the second judge does not answer.
    """
    plan = read_plan(plan_file)
    verdict = check(problem, plan)
    violations = list(verdict.violations)
    if second is not None:
        violations += _second_opinion(second, problem_file, plan_file, verdict.cost)
    return Judged(
        is_valid=not violations,
        cost=round(verdict.cost, 3),
        break_pay=round(_break_s(plan) * problem.prices.crew_per_h / 3600, 3),
        missed_required=sum(stop.required and not verdict.served[stop.id] for stop in problem.stops),
        vehicles=sum(bool(route.visits) for route in plan.routes),
        trips=sum(route.trips for route in plan.routes),
        served=sum(verdict.served.values()),
        miles=round(verdict.distance_m / METRES_PER_MILE, 2),
        violations=tuple(violations[:SHOWN]),
    )


def _break_s(plan: Solution) -> int:
    visits = [visit for route in plan.routes for visit in route.visits if visit.kind is VisitKind.BREAK]
    return sum(visit.leave_s - visit.start_s for visit in visits)


def _second_opinion(second: Path, problem_file: Path, plan_file: Path, cost: float) -> list[str]:
    command = [sys.executable, str(second), str(problem_file), str(plan_file)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=JUDGE_S, check=False)
    try:
        verdict = json.loads(answer.stdout)
        found = [f"second judge: {violation}" for violation in verdict["violations"]]
        theirs = float(verdict["cost"])
    except (ValueError, KeyError, TypeError) as error:
        said = (answer.stderr or answer.stdout).strip()[-200:]
        raise RoutingError(f"{second}: no verdict on {plan_file} ({error!r}; it said {said!r})") from error
    if abs(theirs - cost) > AGREE_MONEY:
        found.append(f"the judges price it differently: {cost:.3f} and {theirs:.3f}")
    return found
