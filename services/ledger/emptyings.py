"""Emptyings of some days and of the year before, read once, and told week by week for the line of any of the days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

WEEKS = 52
"""That a line of coverage looks back."""
WEEK = 7

type WeeksOf = Mapping[str, NDArray[np.int64]]
"""By container (52,) emptyings; week 0 is the seven days that end with a day, week 1 the seven before."""


@dataclass(frozen=True, eq=False)
class Emptyings:
    """m emptyings of n containers."""

    last: date
    """Of the days that they are read for."""
    containers: Sequence[str]
    container: NDArray[np.int64]
    """(m,) place in `containers`."""
    days_before: NDArray[np.int64]
    """(m,) whole days before `last`, by the city's calendar."""
    heard_s: NDArray[np.float64]
    """(m,) when the word had come, in seconds since 1970; -inf where all lines know it."""

    def weeks(self, day: date, known_at: datetime) -> WeeksOf:
        """Of the weeks that end with a day, by the words that had come by an instant."""
        ago = self.days_before - (self.last - day).days
        known = (ago >= 0) & (ago < WEEKS * WEEK) & (self.heard_s <= known_at.timestamp())
        at = self.container[known] * WEEKS + ago[known] // WEEK
        counts = np.bincount(at, minlength=len(self.containers) * WEEKS).reshape(-1, WEEKS)
        return dict(zip(self.containers, counts, strict=True))
