"""Our own solver as a contestant. The one place where the benchmark meets it: options and callbacks connect here."""

from __future__ import annotations

from routing.bench.answer import Finished, Task
from routing.options import SolverOptions
from routing.solution import Solution
from routing.solve import solve as our_solve
from routing.stop import MaxRuntime


def solve(task: Task) -> Finished:
    """Solve with the parts of the search that the task asks for."""
    first: list[float] = []

    def improved(plan: Solution) -> None:
        if not first and plan.is_feasible():
            first.append(round(plan.elapsed_s, 3))

    plan = our_solve(task.problem, MaxRuntime(task.seconds), task.seed, improved, SolverOptions(task.without))
    return Finished(plan, first[0] if first else None)
