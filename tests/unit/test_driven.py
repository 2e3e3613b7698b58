"""What was driven, in the ledger's eyes."""

from datetime import UTC, datetime, timedelta

import pytest

from services.ledger.driven import Fix, track_length_m

START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
DEGREE_M = 111_195.0  # one degree of a great circle on a sphere of 6,371,008.8 m


def fixes(*steps: tuple[float, float]) -> list[Fix]:
    """Fixes on the equator at (seconds, metres east)."""
    return [Fix(START + timedelta(seconds=s), m / DEGREE_M, 0.0) for s, m in steps]


def test_length_of_a_straight_drive() -> None:
    """A kilometre in a hundred steps of ten seconds is a kilometre."""
    assert track_length_m(fixes(*((10 * n, 100 * n) for n in range(11)))) == pytest.approx(1000, rel=1e-3)


def test_standing_truck_drives_nothing() -> None:
    """An hour of a receiver wandering by 8 m must not become kilometres."""
    assert track_length_m(fixes(*((10 * n, 8 * (n % 2)) for n in range(360)))) == 0


def test_wrong_fix_is_left_out() -> None:
    """A jump of 50 km and back is a receiver's error, not a drive."""
    assert track_length_m(fixes((0, 0), (10, 100), (20, 50_000), (30, 300))) == pytest.approx(300, rel=1e-3)


def test_hole_while_driving_makes_the_track_unmeasured() -> None:
    """Ten silent minutes and two kilometres away: a straight line would flatter the savings."""
    assert track_length_m(fixes((0, 0), (10, 100), (610, 2100))) is None


def test_slow_crawl_is_counted() -> None:
    """Walking pace: 1 m a second over ten minutes; steps below the noise add up through the last that counted."""
    assert track_length_m(fixes(*((10 * n, 10 * n) for n in range(61)))) == pytest.approx(600, abs=16)
