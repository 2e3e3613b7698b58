"""What a city's past days teach."""

import numpy as np

from services.fill import measured, tallies


def test_day_on_which_the_level_fell_teaches_nothing_of_being_left_alone() -> None:
    """Emptied just before a day's end, the fall was not seen when the day was tallied: hours since go on counting."""
    packed = b""
    for day in range(30):
        level = 0.6 if day < 20 else 0.3
        packed = tallies.settle(tallies.add_day(packed, 0.0, level, 24.0 * (day + 1)), level)
    days = tallies.Days([packed])
    window = tallies.Days([packed], measured.WINDOW_DAYS)
    now = measured.State(
        np.array([0.3]), np.array([720.0]), np.array([0.0]), window.rises, window.levels, (), np.array([0.1])
    )
    found = measured.examples_of(days, now, measured.pools_of(now), 1000)
    begun_before = found.columns[:, 0] > 0.5
    spans_it = begun_before & (found.day - found.day[begun_before].max() + found.hours / 24 > 0)
    assert spans_it.any()
    assert not found.nobody_came[spans_it].any()
    assert np.allclose(found.reached[spans_it], 0.6)
    assert found.nobody_came[~spans_it].all()


def test_hours_between_those_of_examples_are_told_by_both() -> None:
    """Half a day is half of the first example, four days lie between three and five."""
    hours = np.array([0.0, 12.0, 24.0, 96.0, 336.0, 400.0])
    (before_h, of_before), (after_h, of_after) = measured.taught_around(hours)
    assert (before_h[3], after_h[3]) == (72.0, 120.0)
    assert of_before.tolist() == [0.0, 0.5, 1.0, 0.5, 1.0, 0.0]
    assert of_after.tolist() == [0.0, 0.0, 0.0, 0.5, 0.0, 1.0]
    assert after_h[-1] == 336.0
