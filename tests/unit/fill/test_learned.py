"""What trees may learn from: enough examples, of times that can be parted."""

import numpy as np
import pytest

from services.fill.learned import FOLDS, LEAST_EXAMPLES, LEVELS, Learned, can_teach

MANY = 2 * LEAST_EXAMPLES


@pytest.mark.parametrize(
    ("days", "is_enough"),
    [
        (np.arange(LEAST_EXAMPLES - 1.0), False),
        (np.arange(float(LEAST_EXAMPLES)), True),
        (np.zeros(MANY), False),  # the second morning of a city of many sensors
        (np.repeat([0.0, 1.0, 2.0], MANY // 3), False),
        (np.repeat([0.0, 1.0, 2.0, 3.0], MANY // 4), True),
        (np.append([0.0, 1.0, 2.0], np.full(MANY, 3.0)), False),  # all but three of one day
    ],
)
def test_examples_of_too_few_days_teach_nothing(days: np.ndarray, is_enough: bool) -> None:
    assert can_teach(days) is is_enough


def test_just_enough_is_learned_from() -> None:
    """Protects the boundary: four days are four folds, and each has others to learn from."""
    rng = np.random.default_rng(1)
    day = np.repeat(np.arange(float(FOLDS)), LEAST_EXAMPLES // FOLDS)
    known = rng.uniform(0, 1, (len(day), 1))
    learned = Learned(known, known[:, 0] * 2, known, day)
    (told,) = learned.quantiles(np.array([[0.5]]), np.array([[0.5]]))
    assert told[LEVELS.index(0.5)] == pytest.approx(1.0, abs=0.15)
    assert (np.diff(told) >= 0).all()
