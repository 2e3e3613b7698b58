"""The way in: `solve(problem, MaxRuntime(60))`."""

from __future__ import annotations

import time
from collections.abc import Callable

from routing.options import Familiarity, Preferences, SolverOptions
from routing.problem import Problem
from routing.solution import Solution
from routing.stop import StopCriterion
from routing.validation import validate

ALL_PARTS = SolverOptions()


def solve(
    problem: Problem,
    stop: StopCriterion,
    seed: int = 1,
    on_improved: Callable[[Solution], None] | None = None,
    options: SolverOptions = ALL_PARTS,
    start: Solution | None = None,
    familiarity: Familiarity | None = None,
    preferences: Preferences | None = None,
) -> Solution:
    """Return the best plan found before `stop` says so, checked and priced by `routing.check`.

    Raises `ProblemError` for a problem that contradicts itself, nothing for one that is merely impossible: that one
    gets a plan with reasons. The same seed gives the same plan when `stop` counts iterations; a clock may not. Better
    plans are told through `on_improved` as they come, in the thread that calls.

    `start` is a plan to begin from, of this problem or of one like it: what of it still holds is taken over, the rest
    served anew. `familiarity` prices stops taken from the crew that knows them, `preferences` what a plan should be
    like beside cheap: they guide the search and are no part of `Solution.cost`, so a plan told later may cost more than
    one told before.
    """
    began_s = time.monotonic()
    validate(problem)
    # Here and not above: who only reads plans, as the web does, needs neither the compiler's 70 MB nor its second.
    from routing.search.recipe import run  # noqa: PLC0415
    from routing.search.watch import Watch  # noqa: PLC0415

    return run(problem, Watch(stop, began_s), seed, on_improved, options, start, familiarity, preferences)
