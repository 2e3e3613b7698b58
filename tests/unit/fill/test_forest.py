"""Days that were alike tell a distribution."""

import numpy as np
import pytest

from services.fill.forest import MOST_VALUES, Forest, Grown
from services.fill.learned import HIGH, LEVELS, LOW, MEDIAN


def rises(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two kinds of containers in whole hundredths: what comes in differs by kind, and so does how surely."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 2, count).astype(float)
    rise = np.where(kind == 0, rng.normal(0.1, 0.02, count), rng.normal(0.4, 0.1, count))
    return np.column_stack([kind, rng.uniform(0, 1, count)]), rise.round(2)


def test_quantiles_are_those_of_what_came_of_days_alike() -> None:
    columns, rise = rises(4000, 1)
    forest = Forest(columns, rise)
    steady, wild = forest.quantiles(np.array([[0.0, 0.5], [1.0, 0.5]]))
    assert steady[MEDIAN] == pytest.approx(0.1, abs=0.02)
    assert wild[MEDIAN] == pytest.approx(0.4, abs=0.06)
    assert wild[HIGH] - wild[LOW] > 2 * (steady[HIGH] - steady[LOW])


def test_band_covers_what_it_says_on_days_that_were_not_seen() -> None:
    """By both learners together, without a day kept back to calibrate on."""
    columns, rise = rises(4000, 1)
    level = np.zeros((len(rise), 2))
    grown = Grown(columns, rise, level)
    columns, rise = rises(2000, 2)
    told = grown.quantiles(columns, level[: len(rise)])
    covered = ((told[:, LOW] <= rise) & (rise <= told[:, HIGH])).mean()
    assert 0.75 <= covered <= 0.88
    assert (np.diff(told, axis=1) >= 0).all()


def test_the_same_days_teach_the_same() -> None:
    columns, rise = rises(1000, 1)
    once, again = (Forest(columns, rise).quantiles(columns[:50]) for _ in range(2))
    assert (once == again).all()


def test_one_and_the_same_rise_is_told_as_it_is() -> None:
    """Protects the ends: one value has nothing beside it to go over to."""
    columns, rise = rises(1000, 1)
    told = Forest(columns, np.full_like(rise, 0.25)).quantiles(columns[:3])
    assert told == pytest.approx(np.full((3, len(LEVELS)), 0.25))


def test_more_rises_than_are_told_apart_stay_within_what_there_was() -> None:
    rng = np.random.default_rng(1)
    rise = rng.uniform(-0.2, 9.0, 20 * MOST_VALUES)
    columns = rise[:, None]
    told = Forest(columns, rise).quantiles(np.array([[-0.2], [4.0], [9.0]]))
    assert told[:, MEDIAN] == pytest.approx([-0.2, 4.0, 9.0], abs=0.15)
    assert told.min() >= rise.min()
    assert told.max() <= rise.max()
