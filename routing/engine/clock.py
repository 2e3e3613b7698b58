"""Times as the search counts them: from the first shift on, and no further than 32 bits hold.

What lies beyond can bind nobody: 68 years are more than any duty. So a shift without end, a window that never closes
and times counted from 1970 are what they mean, and no sum runs over.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from routing.problem import Problem, Window

LAST_S = int(np.iinfo(np.int32).max) - 1  # the last second a duty may end
NEVER_S = LAST_S + 1
CLOSED: Window = (0, -1)  # what has no window ahead


@dataclass(frozen=True, slots=True)
class Clock:
    """Seconds of the search are seconds after `origin_s`."""

    origin_s: int

    @classmethod
    def of(cls, problem: Problem) -> Clock:
        return cls(min((vehicle.shift[0] for vehicle in problem.vehicles), default=0))

    def is_ahead(self, window: Window) -> bool:
        """Tell whether a window is still open when the first shift begins."""
        return window[1] >= self.origin_s

    def span(self, window: Window) -> Window:
        """A window that is ahead; one that opens beyond the last second opens too late."""
        opens, closes = (min(max(time_s - self.origin_s, 0), NEVER_S) for time_s in window)
        return opens, closes

    def shift(self, shift: Window) -> Window:
        from_s, to_s = self.span(shift)
        return from_s, min(to_s, LAST_S)


def seconds(duration_s: int) -> int:
    """A duration; what takes longer than any duty takes too long however long."""
    return min(duration_s, NEVER_S)
