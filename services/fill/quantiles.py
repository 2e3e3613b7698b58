"""What is read off a distribution that is told by seven quantiles: a straight line between two of them."""

import numpy as np

from services.fill.learned import HIGH, LEVELS, LOW, MEDIAN
from services.fill.tallies import Table

_SHARES = np.array((0.0, *LEVELS, 1.0))


def _with_ends(quantiles: Table) -> Table:
    """(n, 9): the least and the most that can be, twice as far from their neighbours as those are from theirs."""
    low = quantiles[:, :1] - 2 * (quantiles[:, 1:2] - quantiles[:, :1])
    high = quantiles[:, -1:] + 2 * (quantiles[:, -1:] - quantiles[:, -2:-1])
    return np.hstack([np.maximum(low, 0.0), quantiles, high])


def chance_above(quantiles: Table, level: float) -> Table:
    """That it is `level` or more, (n,)."""
    ends = _with_ends(quantiles)
    below = np.clip((level - ends[:, :-1]) / np.maximum(np.diff(ends, axis=1), 1e-9), 0.0, 1.0)
    chance: Table = 1 - (below * np.diff(_SHARES)).sum(axis=1)
    return np.clip(chance, 0.0, 1.0)


def expected_above(quantiles: Table, level: float) -> Table:
    """How much of it lies above `level`, on average, (n,)."""
    ends = _with_ends(quantiles) - level
    low, high = np.maximum(ends[:, :-1], 0.0), np.maximum(ends[:, 1:], 0.0)
    part = np.where(ends[:, :-1] >= 0, 1.0, high / np.maximum(np.diff(ends, axis=1), 1e-9))
    mean: Table = (np.clip(part, 0.0, 1.0) * (low + high) / 2 * np.diff(_SHARES)).sum(axis=1)
    return mean


def median(quantiles: Table) -> Table:
    """(n,)."""
    middle: Table = quantiles[:, MEDIAN]
    return middle


def band(quantiles: Table) -> tuple[Table, Table]:
    """Between which it is in four cases of five."""
    return quantiles[:, LOW], quantiles[:, HIGH]
