"""Quantiles learned by boosted trees from what was known and what came of it, calibrated on what they had not seen.

LightGBM's quantile regression (Koenker and Bassett 1978; Ke et al. 2017). The examples are cut by time into as many
parts as there are folds; the trees of a fold have seen all parts but one, and all of them together answer (bagging,
Breiman 1996). What each fold says of the part it has not seen tells how far from the median every quantile has to lie
(conformalized quantile regression, Romano et al. 2019, cross-fitted as in Barber et al. 2021, with a factor instead of
a sum). One thread and fixed seeds: the same examples teach the same.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from hashlib import blake2b
from threading import Lock
from typing import Any, cast

import lightgbm
import numpy as np
from numpy.typing import NDArray

from services.fill.tallies import Table

LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
MEDIAN = LEVELS.index(0.5)
LOW, HIGH = LEVELS.index(0.1), LEVELS.index(0.9)
TAUGHT = (LOW, MEDIAN, HIGH)
"""Of `LEVELS`: trees of each; the others lie so many times as far from the median as the nearest of these."""
_NEAREST = (0, 0, 0, 1, 2, 2, 2)
LEAST_EXAMPLES = 400
"""Below it trees learn the noise."""
FOLDS = 4
TREES = 120
SETTINGS = {
    "objective": "quantile", "learning_rate": 0.05, "num_leaves": 16, "min_data_in_leaf": 40, "lambda_l2": 1.0,
    "bagging_fraction": 0.7, "bagging_freq": 1, "feature_fraction": 0.5, "max_bin": 63, "num_threads": 1,
    "deterministic": True, "verbose": -1,
}  # fmt: skip
NARROWEST = 0.002
"""A distance from the median that is less is taken for this: nothing is so sure."""
MOST_STRETCH = 4.0
KEPT = 8
"""Learned things that a process remembers, as the same day is planned more than once."""

type Codes = NDArray[np.int64]


def can_teach(order: Table) -> bool:
    """Whether there are enough examples, of times so different that each fold is calibrated on others than it saw."""
    return len(order) >= LEAST_EXAMPLES and len(np.unique(_folds_of(order))) == FOLDS


class Learned:
    """Quantiles of a number, given what is known."""

    def __init__(self, columns: Table, reached: Table, bases: Table, order: Table) -> None:
        """Learn from what `can_teach`.

        Args:
            columns: (m, k), what was known.
            reached: (m,), what came of it.
            bases: (m, b), plain guesses of it. Trees learn what it is beyond one of them: each fold beyond another, as
                each is better for some.
            order: (m,), in time.
        """
        fold_of = _folds_of(order)
        self._trees: list[tuple[lightgbm.Booster, ...]] = []
        unseen = np.full((len(reached), len(TAUGHT)), np.nan)
        for fold in range(FOLDS):
            own = fold_of != fold
            base = bases[:, fold % bases.shape[1]]
            self._trees.append(boosted(columns[own], (reached - base)[own], fold, [LEVELS[n] for n in TAUGHT]))
            unseen[~own] = base[~own, None] + sorted_quantiles(self._trees[-1], columns[~own])
        self._factors = _factors(unseen, reached)

    def quantiles(self, columns: Table, bases: Table) -> Table:
        """(n, 7) of `LEVELS`, never falling."""
        raw = np.zeros((len(columns), len(TAUGHT)))
        for fold, trees in enumerate(self._trees):
            raw += bases[:, [fold % bases.shape[1]]] + sorted_quantiles(trees, columns)
        raw /= len(self._trees)
        found: Table = raw[:, [1]] + self._factors * _apart(raw)
        return np.maximum.accumulate(found, axis=1)


def learned_from[L](how: Callable[..., L], *parts: Table) -> L:
    """What `how` learns from these, out of this process's memory where it has learned the same before."""
    digest = blake2b(repr(how).encode(), digest_size=16)
    for part in parts:
        digest.update(repr(part.shape).encode() + np.ascontiguousarray(part).tobytes())
    key = digest.digest()
    with _LOCK:
        if key in _MEMORY:
            _MEMORY.move_to_end(key)
            return cast("L", _MEMORY[key])
    learned = how(*parts)
    with _LOCK:
        _MEMORY[key] = learned
        while len(_MEMORY) > KEPT:
            _MEMORY.popitem(last=False)
    return learned


_MEMORY: OrderedDict[bytes, Any] = OrderedDict()
_LOCK = Lock()


def _folds_of(order: Table) -> Codes:
    """(m,), from 0: parts by time, as equal as examples of one instant let them be."""
    return np.searchsorted(np.quantile(order, np.arange(1, FOLDS) / FOLDS), order)


def boosted(columns: Table, numbers: Table, seed: int, levels: Sequence[float]) -> tuple[lightgbm.Booster, ...]:
    """Trees of each of these levels."""
    data = lightgbm.Dataset(columns, numbers, params={"max_bin": SETTINGS["max_bin"], "verbose": -1})
    return tuple(lightgbm.train({**SETTINGS, "alpha": level, "seed": seed + 1}, data, TREES) for level in levels)


def sorted_quantiles(trees: Sequence[lightgbm.Booster], columns: Table) -> Table:
    """What they tell, (n, so many as there are), never falling."""
    told = [np.asarray(one.predict(columns, num_threads=1)) for one in trees]
    return np.sort(np.column_stack(told), axis=1)


def _apart(raw: Table) -> Table:
    """Of each of `LEVELS`, (n, 7), how far the taught quantile nearest to it lies from the median."""
    low = np.minimum(raw[:, [0]] - raw[:, [1]], -NARROWEST)
    high = np.maximum(raw[:, [2]] - raw[:, [1]], NARROWEST)
    return np.hstack([low, np.zeros_like(low), high])[:, _NEAREST]


def _factors(unseen: Table, reached: Table) -> Table:
    """(7,): with so many times the distances, each quantile has its share of what was reached below it."""
    factors = np.zeros(len(LEVELS))
    for n, (level, apart) in enumerate(zip(LEVELS, _apart(unseen).T, strict=True)):
        if n != MEDIAN:
            times = (reached - unseen[:, 1]) / apart
            factors[n] = np.clip(np.quantile(times, max(level, 1 - level)), 0.0, MOST_STRETCH)
    return factors
