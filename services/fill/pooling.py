"""What containers alike have in common: a mean of each, drawn to that of its likes by how little is known of it.

Normal means with a normal prior, level by level (Gelman et al., *Bayesian Data Analysis*, section 5.4): the city, then
each kind, then each kind in a zone, then the container. A container of which nobody knows anything is as its likes are.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from services.fill.tallies import Table

type Codes = NDArray[np.int64]


class Pool:
    """Means of things that are alike, from the widest likes to the narrowest."""

    def __init__(self, values: Table, weights: Table, likes: Sequence[Codes], *, strength: float, prior: Table) -> None:
        """Learn.

        Args:
            values: (n, m), NaN where nothing is known.
            weights: of each column, (m,), or of each value, (n, m); 1 for what counts whole.
            likes: codes (n,), from the widest to the narrowest.
            strength: so many whole values of one's own weigh as much as one's likes.
            prior: (n,), the mean of each where nothing is known of anybody.
        """
        self._weights, self._strength = weights, strength
        self._means: list[Table] = []
        total, weight = _sums(values, weights)
        mean = prior
        for codes in likes:
            size = int(codes.max(initial=-1)) + 1
            above = np.bincount(codes, mean, size) / np.maximum(np.bincount(codes, minlength=size), 1)
            of_total, of_weight = np.bincount(codes, total, size), np.bincount(codes, weight, size)
            self._means.append((of_total + strength * above) / (of_weight + strength))
            mean = self._means[-1][codes]

    def of(self, values: Table, likes: Sequence[Codes], prior: Table, weights: Table | None = None) -> Table:
        """The mean of each, (n,), drawn to that of its likes. `weights` are of these values; None: as when learned."""
        mean = prior.copy()
        for codes, means in zip(likes, self._means, strict=True):
            known = codes < len(means)
            mean[known] = means[codes[known]]
        total, weight = _sums(values, self._weights if weights is None else weights)
        drawn: Table = (total + self._strength * mean) / (weight + self._strength)
        return drawn


def _sums(values: Table, weights: Table) -> tuple[Table, Table]:
    known = ~np.isnan(values)
    return (np.where(known, values, 0.0) * weights).sum(axis=1), (known * weights).sum(axis=1)


def known_mean(values: Table) -> Table:
    """Of each row; NaN where nothing is known."""
    known = ~np.isnan(values)
    count = known.sum(axis=1)
    mean: Table = np.where(count, np.where(known, values, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan)
    return mean


def known_quantiles(values: Table, shares: Sequence[float]) -> Table:
    """Of each row, (n, len(shares)), the nearest value from below; NaN where nothing is known."""
    ordered = np.sort(values, axis=1)  # NaN comes last
    count = (~np.isnan(values)).sum(axis=1)
    place = (np.asarray(shares)[None, :] * np.maximum(count - 1, 0)[:, None]).astype(np.int64)
    return np.take_along_axis(ordered, place, axis=1)
