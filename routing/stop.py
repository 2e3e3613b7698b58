"""When to stop searching: small callables that tell which share of the search is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the search stands: the best plan's money, and the required stops it leaves out (none: `feasible`)."""

    elapsed_s: float
    iterations: int
    idle_iterations: int
    cost: float
    feasible: bool
    missing: int = 0


class StopCriterion(Protocol):
    """Anything that says how far the search is: 0 at its start, 1 or more when it must stop.

    The share also cools the search down, so it should grow steadily with the work done. `by_clock` tells whether
    time decides: if it does not, the search takes no look at the clock at all and can be repeated exactly.
    """

    @property
    def by_clock(self) -> bool: ...

    def __call__(self, progress: Progress) -> float: ...


@dataclass(frozen=True, slots=True)
class MaxRuntime:
    """Stop `seconds` after `solve` was called, reading and checking included."""

    seconds: float
    by_clock = True

    def __call__(self, progress: Progress) -> float:
        return progress.elapsed_s / self.seconds if self.seconds > 0 else 1.0


@dataclass(frozen=True, slots=True)
class MaxIterations:
    """Stop after so many iterations. Same problem, seed and number: same plan, on any machine."""

    iterations: int
    by_clock = False

    def __call__(self, progress: Progress) -> float:
        return progress.iterations / self.iterations if self.iterations > 0 else 1.0


@dataclass(frozen=True, slots=True)
class NoImprovement:
    """Stop when so many iterations in a row have found nothing better."""

    iterations: int
    by_clock = False

    def __call__(self, progress: Progress) -> float:
        return progress.idle_iterations / max(1, self.iterations)


@dataclass(frozen=True, slots=True)
class FirstFeasible:
    """Stop at the first plan that serves every required stop, and by `otherwise` if none is found."""

    otherwise: StopCriterion

    @property
    def by_clock(self) -> bool:
        return self.otherwise.by_clock

    def __call__(self, progress: Progress) -> float:
        return 1.0 if progress.feasible else self.otherwise(progress)


@dataclass(frozen=True, slots=True)
class WhenAsked:
    """Stop as soon as `asked` says so, with the best found so far: somebody has seen enough. Never repeatable."""

    asked: Callable[[], bool]
    by_clock = True

    def __call__(self, progress: Progress) -> float:  # noqa: ARG002 - it is not the search that decides
        return 1.0 if self.asked() else 0.0


class AnyOf:
    """Stop when one of several criteria says so."""

    def __init__(self, *criteria: StopCriterion) -> None:
        self.criteria = criteria

    @property
    def by_clock(self) -> bool:
        return any(criterion.by_clock for criterion in self.criteria)

    def __call__(self, progress: Progress) -> float:
        return max(criterion(progress) for criterion in self.criteria)
