"""Speeds of segments from one matched drive, and what the graph is told of them."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from services.roads.speeds import (
    BANDS,
    Drive,
    Learned,
    Prior,
    band_at,
    band_name,
    band_shares,
    band_speeds,
    median_of,
    passes_of,
    prior_of,
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
    passes = list(passes_of(drive, [0.0] * 4, [20] * 3))
    assert [pair for pair, _, _ in passes] == [(2, 3), (3, 4)]
    assert [kmh for _, kmh, _ in passes] == pytest.approx([36, 36])
    assert [at_s for _, _, at_s in passes] == pytest.approx([10, 30])


def test_the_time_of_a_turn_is_not_the_segments() -> None:
    """200 m in 25 s with a turn of 5 s between: 10 m/s, since the graph adds the turn again."""
    drive = Drive([1, 2, 3], np.array([0.0, 100, 200]), np.array([0.0, 200]), np.array([0.0, 25]))
    assert [kmh for _, kmh, _ in passes_of(drive, [0, 5, 0], [20, 20])] == pytest.approx([36, 36])


def test_an_alley_between_avenues_stays_an_alley() -> None:
    """100 m at 40 km/h, 20 m at 8 and 100 m at 40 usually take 9 s each; in 18 s, each went half as fast again."""
    at_m, at_s = np.array([0.0, 100, 120, 220]), np.array([0.0, 220])
    passes = passes_of(Drive([1, 2, 3, 4], at_m, at_s, np.array([0.0, 18])), [0] * 4, [40, 8, 40])
    assert [kmh for _, kmh, _ in passes] == pytest.approx([60, 12, 60])
    unknown = passes_of(
        Drive([1, 2, 3], np.array([0.0, 100, 200]), np.array([0.0, 200]), np.array([0.0, 20])), [0] * 3, [None, 30]
    )
    assert [kmh for _, kmh, _ in unknown] == pytest.approx([36, 36])


def test_fixes_that_fall_back_are_noise() -> None:
    """A standing or reversing receiver must not make a segment fast: anchors are 80 m apart, ahead."""
    drive = Drive([1, 2], np.array([0.0, 100]), np.array([0.0, 30, 20, 90, 85, 100]), np.array([0.0, 3, 6, 9, 12, 15]))
    assert list(passes_of(drive, [0, 0], [20])) == []  # the last anchor is at 90 m: the segment was not driven whole


def test_a_thin_segment_stays_near_the_profile() -> None:
    """One pass at 10 km/h on a street of 30: (1 / 10 + 1 / 30) / 2 h a km, 15 km/h; after 99 passes nearly theirs."""
    assert shrunk_kmh(Learned((1, 2), 10, 1), 30) == pytest.approx(15)
    assert shrunk_kmh(Learned((1, 2), 10, 99), 30) == pytest.approx(100 / (9.9 + 1 / 30))
    assert shrunk_kmh(Learned((1, 2), 10, 1), 30, Prior(passes=0)) == pytest.approx(10)


def drawn(slower: float, streets: float, noise: float) -> list[tuple[Learned, float]]:
    """2,000 segments of 30 km/h, driven 1, 4 or 16 times; `streets`, `noise`: standard deviations of logarithms."""
    rng = np.random.default_rng(1)
    passes = np.tile([1, 4, 16], 667)[:2000]
    pace = np.log(slower) + rng.normal(0, streets, 2000) + rng.normal(0, noise, 2000) / np.sqrt(passes)
    return [
        (Learned((n, n + 1), 30 / float(np.exp(p)), int(k)), 30.0)
        for n, (p, k) in enumerate(zip(pace, passes, strict=True))
    ]


def test_a_band_says_itself_how_far_its_passes_are_believed() -> None:
    """Streets that differ by 25 % and passes by 50 %: a prior of 0.25 / 0.0625 = 4 passes, at the band's own pace."""
    prior = prior_of(drawn(1.6, 0.25, 0.5))
    assert prior.pace_ratio == pytest.approx(1.6, rel=0.03)
    assert prior.passes == pytest.approx(4, rel=0.4)


def test_where_nothing_is_to_be_learned_next_to_nothing_is() -> None:
    """Passes of 30 % noise around the profile: all of it stays within 3 %, and unseen streets are left alone."""
    segments = drawn(1.0, 0.0, 0.3)
    prior = prior_of(segments)
    assert prior.pace_ratio == 1.0
    assert prior.passes > 30
    told = dict(band_speeds(segments, [((-1, -2), 30.0)]))
    assert np.quantile(np.abs(np.array(list(told.values())) / 30 - 1), 0.95) < 0.03
    assert (-1, -2) not in told


def test_what_nobody_drove_is_as_slow_as_streets_like_it() -> None:
    """A collector of 32 km/h where collectors take 1.6 times as long: 20. Of side streets nothing is known."""
    segments = drawn(1.6, 0.25, 0.5)
    told = dict(band_speeds(segments, [((-1, -2), 32.0), ((-3, -4), 20.0), ((0, 1), 30.0)]))
    assert told[-1, -2] == pytest.approx(20, rel=0.03)
    assert (-3, -4) not in told
    assert told[0, 1] == pytest.approx(shrunk_kmh(*segments[0], prior_of(segments)))
    assert len(told) == 2001


def test_a_handful_of_segments_says_nothing_of_the_band() -> None:
    """Ten passes in a jam are ten passes in a jam."""
    assert prior_of(drawn(2.0, 0.2, 0.2)[:10]) == Prior()
    assert prior_of([]) == Prior()


def test_a_wild_speed_is_held_near_the_profile() -> None:
    """A thousand passes at 110 km/h in an alley of 10 are a wrong match."""
    assert shrunk_kmh(Learned((1, 2), 110, 1000), 10) == pytest.approx(16)


def test_the_median_forgets_an_outlier() -> None:
    """Median and count, in the order of the segments."""
    assert median_of({(2, 1): [30.0], (1, 2): [20.0, 90, 22]}) == [Learned((1, 2), 22, 3), Learned((2, 1), 30, 1)]
