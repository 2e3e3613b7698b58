"""Quantiles of a level, by days that were alike and by boosted trees, together.

A quantile regression forest (Meinshausen 2006): deep trees, each of which has seen other days and chooses among other
columns; what came of the days in the same leaves is the distribution. It knows single weeks of single containers, which
boosted trees of a few leaves smooth away; those know better what is rare. Of each quantile the mean of both, weighted.
No day is kept back to calibrate on, as `learned.py` does where examples are few: the latest ones teach the most.
One thread and fixed seeds: the same examples teach the same.
"""

import lightgbm
import numpy as np

from services.fill.learned import LEVELS, boosted, sorted_quantiles
from services.fill.tallies import Table

TREES = 60
SETTINGS = {
    "objective": "regression", "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.63,
    "feature_fraction_bynode": 0.4, "num_leaves": 512, "min_data_in_leaf": 3, "max_bin": 63, "num_threads": 1,
    "deterministic": True, "verbose": -1, "seed": 1,
}  # fmt: skip
SHARE = 0.55
"""Of the forest. Alone it tells too wide a band (84 % covered, on the sensors of the benchmark), the others too narrow
a one (77 %)."""
MOST_VALUES = 400
"""Rises that are told apart: all those that sensors in whole percents can tell of."""


class Forest:
    """Quantiles of a rise, given what is known."""

    def __init__(self, columns: Table, rises: Table) -> None:
        """Learn from (m, k), what was known, and (m,), what came of it."""
        self._trees = lightgbm.train(SETTINGS, lightgbm.Dataset(columns, rises, params={"verbose": -1}), TREES)
        self._leaves = self._leaves_of(columns)
        values = np.unique(np.round(rises, 4))
        if len(values) > MOST_VALUES:
            values = np.unique(np.quantile(rises, np.linspace(0, 1, MOST_VALUES)))
        self._edges = np.concatenate([values[:1], (values[:-1] + values[1:]) / 2, values[-1:]])
        """Between two of them lies one value."""
        self._values = np.searchsorted(self._edges[1:-1], rises)

    def quantiles(self, columns: Table) -> Table:
        """(n, 7) of `LEVELS`."""
        several = len(self._edges) - 1
        shares = np.zeros((len(columns), several), np.float32)
        for taught, asked in zip(self._leaves.T, self._leaves_of(columns).T, strict=True):
            size = int(max(taught.max(), asked.max(initial=0))) + 1
            counts = np.bincount(taught.astype(np.int64) * several + self._values, minlength=size * several)
            of_leaf = counts.reshape(size, several).astype(np.float32)
            of_leaf /= np.maximum(of_leaf.sum(axis=1, keepdims=True), 1.0)
            shares += of_leaf[asked]
        up_to = np.cumsum(shares, axis=1, dtype=np.float64)
        up_to /= np.maximum(up_to[:, -1:], 1e-9)
        found = np.empty((len(columns), len(LEVELS)))
        for n, level in enumerate(LEVELS):
            place = np.minimum((up_to < level).sum(axis=1), several - 1)
            above = np.take_along_axis(up_to, place[:, None], axis=1)[:, 0]
            below = np.where(place > 0, np.take_along_axis(up_to, np.maximum(place - 1, 0)[:, None], axis=1)[:, 0], 0.0)
            part = np.clip((level - below) / np.maximum(above - below, 1e-9), 0.0, 1.0)
            found[:, n] = self._edges[place] + part * (self._edges[place + 1] - self._edges[place])
        return found

    def _leaves_of(self, columns: Table) -> np.ndarray[tuple[int, int], np.dtype[np.uint16]]:
        """(n, `TREES`)."""
        leaves = np.asarray(self._trees.predict(columns, pred_leaf=True, num_threads=1))
        return leaves.reshape(len(columns), TREES).astype(np.uint16)


class Grown:
    """Quantiles of a level by a forest and by boosted trees."""

    def __init__(self, columns: Table, reached: Table, bases: Table) -> None:
        """Learn.

        Args:
            columns: (m, k), what was known.
            reached: (m,), what came of it.
            bases: (m, b), plain guesses of it. The forest learns what it is beyond the first, boosted trees what it is
                beyond each.
        """
        self._forest = Forest(columns, reached - bases[:, 0])
        self._boosted = [boosted(columns, reached - base, n, LEVELS) for n, base in enumerate(bases.T)]

    def quantiles(self, columns: Table, bases: Table) -> Table:
        """(n, 7) of `LEVELS`, never falling."""
        by_forest = bases[:, [0]] + self._forest.quantiles(columns)
        by_each = [base[:, None] + sorted_quantiles(b, columns) for base, b in zip(bases.T, self._boosted, strict=True)]
        found: Table = SHARE * by_forest + (1 - SHARE) * np.mean(by_each, axis=0)
        return found
