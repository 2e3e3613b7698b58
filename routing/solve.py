"""Solving, as a recipe: compile, start greedily, search, complete, check, hand out."""

from __future__ import annotations

import time
from collections.abc import Callable
from random import Random

from routing.decompose import polish
from routing.draft import Draft
from routing.finish import finish
from routing.greedy import complete, greedy_draft
from routing.instance import INFINITE, MUST, Instance
from routing.problem import Problem
from routing.reshape import grow, reshape
from routing.search import Heat, improve, switch_sites
from routing.solution import Solution
from routing.stop import PhaseProgress, Progress, StopCriterion
from routing.validation import validate

GROWN, SHAPED, REFINED = 0.3, 0.65, 0.92  # shares of the whole search after which each phase ends
REFINING_HEAT = Heat(0.1, 0.003)
REPORT_EVERY_S = 0.5  # passing plans are priced and checked too: not more often than this


def solve(
    problem: Problem,
    stop: StopCriterion,
    seed: int = 1,
    on_improved: Callable[[Solution], None] | None = None,
) -> Solution:
    """Return the best plan found before `stop` says so, checked and priced by `routing.check`.

    Raises `ProblemError` for a problem that contradicts itself, nothing for one that is merely impossible: that one
    gets a plan with reasons. The same seed gives the same plan when `stop` counts iterations; a clock may not.
    """
    watch = _Watch(stop, seed, on_improved)
    instance = Instance(validate(problem))
    rng = Random(seed)  # noqa: S311 - no secret hangs on it
    draft = watch.tell(greedy_draft(instance))
    if any(instance.worth):
        grown = grow(instance, rng, watch.until(GROWN))
        draft = watch.tell(min(draft, grown, key=lambda plan: plan.cost))
        draft = watch.tell(reshape(draft, rng, watch.until(SHAPED), watch.tell))
        draft = watch.tell(improve(draft, rng, watch.until(REFINED), REFINING_HEAT))
        draft = watch.tell(polish(draft, rng, watch.until(1.0), watch.left_s))
    switch_sites(draft)
    complete(draft)
    return finish(draft, seed, watch.elapsed_s())


class _Watch:
    """Counts, keeps the time, asks the criterion, and reports better plans, not too often."""

    def __init__(self, stop: StopCriterion, seed: int, on_improved: Callable[[Solution], None] | None) -> None:
        self._stop, self._seed, self._on_improved = stop, seed, on_improved
        self._began_s = time.monotonic()
        self._reported_s = -REPORT_EVERY_S
        self._iterations = self._improved_at = 0
        self._share = 0.0
        self._best = self._told = INFINITE

    def elapsed_s(self) -> float:
        return time.monotonic() - self._began_s

    def until(self, end: float) -> PhaseProgress:
        """Return the progress of a phase that ends when the share `end` of the whole search is done."""
        begin = self._share

        def share_of_phase(cost: float, weight: int = 1) -> float | None:
            self._iterations += weight
            if cost < self._best:
                self._best, self._improved_at = cost, self._iterations
            idle = self._iterations - self._improved_at
            self._share = self._stop(Progress(self.elapsed_s(), self._iterations, idle, self._best, self._best < MUST))
            return (self._share - begin) / (end - begin) if self._share < end else None

        return share_of_phase

    def left_s(self) -> float:
        """Seconds left, by the share done so far; without end when no clock decides."""
        if not self._stop.by_clock:
            return INFINITE
        return self.elapsed_s() * (1 - self._share) / max(self._share, 1e-9)

    def tell(self, draft: Draft) -> Draft:
        """Note a better plan, and report it unless one was just reported; returns it."""
        if draft.cost < self._told and self._on_improved is not None:
            now_s = self.elapsed_s()
            if now_s - self._reported_s >= REPORT_EVERY_S:
                self._told, self._reported_s = draft.cost, now_s
                self._on_improved(finish(draft, self._seed, now_s, final=False))
        return draft
