"""Speeds of segments from one matched drive, and what the graph is told of them."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from services.domain.speeds import (
    BANDS,
    Drive,
    Learned,
    band_at,
    band_name,
    band_shares,
    median_of,
    passes_of,
    shrunk_kmh,
)

PORTO = ZoneInfo("Europe/Lisbon")


def test_every_hour_has_its_band() -> None:
    """A band begins with its first second and ends before the next one's."""
    bands = [band_at(datetime(2026, 3, 2, hour, 59, tzinfo=PORTO)) for hour in range(24)]
    assert [band_name(band) for band in BANDS] == ["00-06", "06-09", "09-12", "12-16", "16-19", "19-24"]
    assert bands == [0] * 6 + [1] * 3 + [2] * 3 + [3] * 4 + [4] * 3 + [5] * 5


def test_a_shift_takes_each_band_by_its_share() -> None:
    """5 h to 13 h: one hour of the night, three of the rush, three of the forenoon, one of the afternoon."""
    assert band_shares((5 * 3600, 13 * 3600)) == {0: 0.125, 1: 0.375, 2: 0.375, 3: 0.125}


def test_a_night_shift_goes_on_past_midnight() -> None:
    """22 h to 2 h of the next day: half evening, half night."""
    assert band_shares((22 * 3600, 26 * 3600)) == {5: 0.5, 0: 0.5}


def test_a_drive_at_one_speed_gives_that_speed_to_each_whole_segment() -> None:
    """10 m/s over 400 m: the segments between the first and the last fix, not the one that was begun before."""
    drive = Drive(
        [1, 2, 3, 4], np.array([0.0, 100, 300, 400]), np.array([50.0, 150, 250, 400]), np.array([5.0, 15, 25, 40])
    )
    passes = list(passes_of(drive, [0.0] * 4))
    assert [pair for pair, _, _ in passes] == [(2, 3), (3, 4)]
    assert [kmh for _, kmh, _ in passes] == pytest.approx([36, 36])
    assert [at_s for _, _, at_s in passes] == pytest.approx([10, 30])


def test_the_time_of_a_turn_is_not_the_segments() -> None:
    """200 m in 25 s with a turn of 5 s between: 10 m/s, since the graph adds the turn again."""
    drive = Drive([1, 2, 3], np.array([0.0, 100, 200]), np.array([0.0, 200]), np.array([0.0, 25]))
    assert [kmh for _, kmh, _ in passes_of(drive, [0, 5, 0])] == pytest.approx([36, 36])


def test_fixes_that_fall_back_are_noise() -> None:
    """A standing or reversing receiver must not make a segment fast: anchors are 80 m apart, ahead."""
    drive = Drive([1, 2], np.array([0.0, 100]), np.array([0.0, 30, 20, 90, 85, 100]), np.array([0.0, 3, 6, 9, 12, 15]))
    assert list(passes_of(drive, [0, 0])) == []  # the last anchor is at 90 m: the segment was not driven whole


def test_a_thin_segment_stays_near_the_profile() -> None:
    """One pass at 10 km/h on a street of 30: (1 / 10 + 1 / 30) / 2 h a km, 15 km/h; after 99 passes nearly theirs."""
    assert shrunk_kmh(Learned((1, 2), 10, 1), 30) == pytest.approx(15)
    assert shrunk_kmh(Learned((1, 2), 10, 99), 30) == pytest.approx(100 / (9.9 + 1 / 30))
    assert shrunk_kmh(Learned((1, 2), 10, 1), 30, prior_passes=0) == pytest.approx(10)


def test_a_wild_speed_is_held_near_the_profile() -> None:
    """A thousand passes at 110 km/h in an alley of 10 are a wrong match."""
    assert shrunk_kmh(Learned((1, 2), 110, 1000), 10) == pytest.approx(16)


def test_the_median_forgets_an_outlier() -> None:
    """Median and count, in the order of the segments."""
    assert median_of({(2, 1): [30.0], (1, 2): [20.0, 90, 22]}) == [Learned((1, 2), 22, 3), Learned((2, 1), 30, 1)]
