"""A day of positions is cut where nobody knows the way, and where the truck stood at its work."""

import numpy as np
import pytest

from services.roads import tracks
from services.roads.tracks import TrackFix, believed, driven_pieces, metres_between
from tests.support.roads_town import at

NOWHERE = np.zeros((0, 2))


def track(*steps: tuple[float, float]) -> list[TrackFix]:
    """Fixes at (second, metres east of the depot)."""
    return [TrackFix(second, *at(east_m, 0)) for second, east_m in steps]


def seconds(pieces: list[list[TrackFix]]) -> list[tuple[float, float]]:
    """First and last instant of each piece."""
    return [(piece[0].at_s, piece[-1].at_s) for piece in pieces]


def drive(from_s: int, to_s: int, from_m: float = 0) -> list[TrackFix]:
    """A fix each 5 s at 8 m/s."""
    return track(*((s, from_m + 8 * (s - from_s)) for s in range(from_s, to_s + 1, 5)))


def test_a_gap_ends_a_piece() -> None:
    """Nobody knows which streets were driven in 100 s of silence."""
    assert seconds(list(driven_pieces([*drive(0, 50), *drive(150, 200, 1000)], NOWHERE))) == [(0, 50), (150, 200)]


def test_a_wrong_fix_is_left_out() -> None:
    """2 km in 5 s and back: the drive goes on as if it had not been."""
    fixes = drive(0, 100)
    fixes[7] = TrackFix(35, *at(280, 2000))
    pieces = list(driven_pieces(fixes, NOWHERE))
    assert seconds(pieces) == [(0, 100)]
    assert len(pieces[0]) == len(fixes) - 1


def test_a_slow_spike_is_left_out_too() -> None:
    """200 m aside and back in 10 s is no impossible speed, and yet no way of a truck."""
    fixes = drive(0, 100)[::2]
    fixes[4] = TrackFix(40, *at(320, 200))
    assert [fix.at_s for piece in driven_pieces(fixes, NOWHERE) for fix in piece] == [
        0,
        10,
        20,
        30,
        *range(50, 101, 10),
    ]


def test_a_first_fix_that_is_wrong_does_not_silence_the_day() -> None:
    """Three fixes that agree with each other outvote the one before."""
    fixes = [TrackFix(0, *at(0, 9000)), *drive(5, 100)]
    assert seconds(list(driven_pieces(fixes, NOWHERE))) == [(5, 100)]


def test_a_receiver_that_says_it_is_lost_is_believed() -> None:
    """A hundred metres of uncertainty know no street."""
    fixes = [TrackFix(f.at_s, f.lon, f.lat, 100.0 if f.at_s == 50 else 5.0) for f in drive(0, 100)]
    assert all(fix.at_s != 50 for piece in driven_pieces(fixes, NOWHERE) for fix in piece)


def test_standing_at_a_container_is_work_elsewhere_it_is_traffic() -> None:
    """60 s at 400 m: cut out where a container stands there, kept where none does."""
    fixes = [*drive(0, 50), *track(*((s, 400) for s in range(55, 116, 5))), *drive(120, 170, 440)]
    container = np.array([at(400, 20)])
    assert seconds(list(driven_pieces(fixes, NOWHERE))) == [(0, 170)]
    assert seconds(list(driven_pieces(fixes, container))) == [(0, 45), (120, 170)]


def test_a_long_pause_is_nobodys_street() -> None:
    """Four minutes are a pause wherever they are."""
    fixes = [*drive(0, 50), *track(*((s, 400) for s in range(55, 300, 5))), *drive(305, 355, 440)]
    assert len(list(driven_pieces(fixes, NOWHERE))) == 2


def test_fixes_out_of_order_or_twice_are_dropped() -> None:
    """Two fixes of one instant have no speed between them."""
    fixes = drive(0, 100)
    assert seconds(list(driven_pieces([*fixes[:5], fixes[4], *fixes[5:]], NOWHERE))) == [(0, 100)]


def test_the_day_goes_to_the_most_fixes_that_agree() -> None:
    """Two places of which one is wrong: the twenty fixes are believed, not the six that came first."""
    wrong = [TrackFix(fix.at_s, fix.lon, fix.lat + 0.3) for fix in drive(0, 25)]
    assert believed([*wrong, *drive(30, 125)]) == drive(30, 125)


def test_a_receiver_that_comes_back_from_elsewhere_goes_on() -> None:
    """Six fixes 30 km away in the middle: before and after are one track."""
    fixes = drive(0, 200)
    strange = [TrackFix(f.at_s, f.lon + 0.3, f.lat) if 100 <= f.at_s <= 125 else f for f in fixes]
    assert believed(strange) == [fix for fix in fixes if not 100 <= fix.at_s <= 125]


def test_a_dead_end_between_two_fixes_far_apart_is_driven() -> None:
    """200 m in and out again, a fix each half minute: 24 km/h is no wrong fix."""
    fixes = [TrackFix(0, *at(0, 0)), TrackFix(30, *at(0, 200)), TrackFix(60, *at(0, 0)), TrackFix(90, *at(200, 0))]
    assert believed(fixes) == fixes


def test_the_date_line_is_crossed_in_one_step() -> None:
    """Taveuni lies on both sides of it: 0.002 degrees are 214 m there, not once around the earth."""
    west, east = TrackFix(0, 179.999, -16.8), TrackFix(20, -179.999, -16.8)
    assert believed([west, east]) == [west, east]
    assert metres_between(west, east) == pytest.approx(0.002 * 111_195 * 0.9573, abs=1)  # cos(16.8 degrees)


@pytest.mark.parametrize("seed", range(60))
def test_the_quick_look_at_a_plain_day_changes_nothing(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Days with and without jumps, spikes, standing, repeated instants and the date line: as if each were judged."""
    rng = np.random.default_rng(seed)
    at_s = np.cumsum(
        rng.choice([0.0, 5.0, 10.0, 90.0], 200, p=[0.01 * (seed % 2), 0.49, 0.4, 0.11 - 0.01 * (seed % 2)])
    )
    metres = np.cumsum(rng.normal(0, rng.choice([5.0, 60.0, 120.0]), (200, 2)), axis=0)
    wrong = rng.random(200) < rng.choice([0.0, 0.0, 0.03])
    metres[wrong] += rng.normal(0, 900, (int(wrong.sum()), 2))
    lon = 2.4 if seed % 3 else 179.999
    fixes = [
        TrackFix(float(s), (lon + east / 111_000 + 180) % 360 - 180, 6.4 + north / 111_000)
        for s, (east, north) in zip(at_s, metres.tolist(), strict=True)
    ]
    quick = believed(fixes)
    monkeypatch.setattr(tracks, "_is_plain", lambda _: False)
    assert quick == believed(fixes)


def test_a_plain_day_is_seen_as_one() -> None:
    """Else the quick look would be of no use; and a day with one wrong fix is none."""
    fixes = drive(0, 600)
    assert tracks._is_plain(fixes)
    fixes[7] = TrackFix(35, *at(280, 2000))
    assert not tracks._is_plain(fixes)
