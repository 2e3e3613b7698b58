"""The clock of one search: counts the work, asks the stop criterion, and keeps the best cost. Shared by threads."""

from __future__ import annotations

import threading
import time

from routing.search.worth import WORST, Worth
from routing.stop import Progress, StopCriterion

CHANGE = 1e-9  # money of the search
LATE = 0.5  # share of a search


class Watch:
    """Tells the share of the search done, 0 to 1: it never falls, although a criterion may say less again."""

    def __init__(self, stop: StopCriterion, began_s: float | None = None) -> None:
        self._stop = stop
        self._began_s = time.monotonic() if began_s is None else began_s
        self._lock = threading.Lock()
        self._iterations = self._improved_at = 0
        self._best = WORST
        self.unit = 1.0  # units of the search in one of money
        self.share = self._found_at = 0.0
        self.by_clock = stop.by_clock

    def elapsed_s(self) -> float:
        return time.monotonic() - self._began_s

    def advance(self, iterations: int, worth: Worth) -> float:
        """Count work done and the best plan known; return the share of the search done."""
        with self._lock:
            self._iterations += iterations
            fewer = worth.missing < self._best.missing
            if worth.beats(self._best, CHANGE):
                self._best, self._improved_at = worth, self._iterations
            idle, (missing, money) = self._iterations - self._improved_at, self._best
            progress = Progress(self.elapsed_s(), self._iterations, idle, money / self.unit, missing == 0, missing)
            self.share = max(self.share, min(1.0, self._stop(progress)))
            if fewer:
                self._found_at = self.share
            return self.share

    def still_finding(self) -> bool:
        """Tell whether the last required stop that found a place found it late: then more time may well help more."""
        return self._found_at > LATE

    def left_s(self) -> float:
        """Seconds left, by the share done so far; without end when no clock decides."""
        if not self.by_clock:
            return float("inf")
        return self.elapsed_s() * (1 - self.share) / max(self.share, 1e-9)

    def share_before(self, last_s: float) -> float:
        """The share of the search at which `last_s` seconds are left; 1 when no clock decides."""
        if not self.by_clock:
            return 1.0
        return max(self.share, 1 - last_s / (self.elapsed_s() + self.left_s()))
