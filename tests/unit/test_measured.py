"""Kilometres by GPS, in the ledger's eyes."""

import pytest

from services.ledger.measured import Duty, measured_m, track_length_m
from services.roads.tracks import TrackFix, believed

DEGREE_M = 111_195.0  # one degree of a great circle on a sphere of 6,371 km
LON, LAT = 2.35, 6.37  # Cotonou


def at(seconds: float, east_m: float, north_m: float = 0.0) -> TrackFix:
    """A fix on the equator, where a metre east is as much of a degree as a metre north."""
    return TrackFix(seconds, east_m / DEGREE_M, north_m / DEGREE_M)


def fixes(*steps: tuple[float, float]) -> list[TrackFix]:
    """Fixes on the equator at (seconds, metres east)."""
    return [at(seconds, east_m) for seconds, east_m in steps]


def length_m(track: list[TrackFix]) -> float | None:
    return track_length_m(believed(track))


def test_length_of_a_straight_drive() -> None:
    """A kilometre in a hundred steps of ten seconds is a kilometre."""
    assert length_m(fixes(*((10 * n, 100 * n) for n in range(11)))) == pytest.approx(1000, rel=1e-3)


def test_standing_truck_drives_nothing() -> None:
    """An hour of a receiver wandering by 8 m must not become kilometres."""
    assert length_m(fixes(*((10 * n, 8 * (n % 2)) for n in range(360)))) == 0


def test_wrong_fix_is_left_out() -> None:
    """A jump of 50 km and back is a receiver's error, not a drive."""
    assert length_m(fixes((0, 0), (10, 100), (20, 50_000), (30, 300))) == pytest.approx(300, rel=1e-3)


def test_hole_while_driving_makes_the_track_unmeasured() -> None:
    """Ten silent minutes and two kilometres away: a straight line would flatter the savings."""
    assert length_m(fixes((0, 0), (10, 100), (610, 2100))) is None


def test_slow_crawl_is_counted() -> None:
    """Walking pace: 1 m a second over ten minutes; steps below the noise add up through the last that counted."""
    assert length_m(fixes(*((10 * n, 10 * n) for n in range(61)))) == pytest.approx(600, abs=16)


def hour(every_s: int = 10) -> list[TrackFix]:
    """An hour at 8 m/s due east from the depot in Cotonou: 28.8 km."""
    return [
        TrackFix(float(s), LON + 8 * s / DEGREE_M / 0.99383, LAT)  # cos(6.37 degrees) = 0.99383
        for s in range(0, 3601, every_s)
    ]


PLACES = [(LON + 8 * s / DEGREE_M / 0.99383, LAT) for s in (600, 1800, 3000)]
DUTY = Duty(expected_s=3600, estimated_m=24_000, places=PLACES)


@pytest.mark.parametrize(
    "first",
    [
        TrackFix(0, 0.0, 0.0),
        TrackFix(0, LON + 20_000 / DEGREE_M, LAT),
        TrackFix(0, LON, LAT - 20_000 / DEGREE_M),
        TrackFix(0, LON - 90_000 / DEGREE_M, LAT),
        TrackFix(0, LAT, LON),  # exchanged
    ],
    ids=["null island", "20 km east", "20 km south", "90 km west", "lon and lat exchanged"],
)
@pytest.mark.parametrize("wrong", [1, 3, 12])
def test_a_wrong_beginning_adds_and_takes_nothing(first: TrackFix, wrong: int) -> None:
    """A receiver that wakes up with its last place, or none: first fixes are not believed for being first."""
    track = hour()
    stale = [TrackFix(track[n].at_s, first.lon, first.lat) for n in range(wrong)]
    # 8 m/s for an hour, without the first `wrong` steps of 80 m.
    assert measured_m([*stale, *track[wrong:]], DUTY) == pytest.approx(28_800 - 80 * wrong, abs=20)


@pytest.mark.parametrize("where", [0, 180, 360])
def test_a_wrong_fix_anywhere_adds_nothing(where: int) -> None:
    """At the beginning, in the middle, at the end."""
    track = hour()
    track[where] = TrackFix(track[where].at_s, 0.0, 0.0)
    assert measured_m(track, DUTY) == pytest.approx(28_800, abs=90)


def test_a_wrong_place_from_which_the_truck_could_have_come_measures_nothing() -> None:
    """20 km off, 20 minutes before the track: possible at 60 km/h, and nobody saw the way."""
    before = TrackFix(-1200, LON - 20_000 / DEGREE_M, LAT)
    assert measured_m([before, *hour()], DUTY) is None


def test_a_device_that_is_not_in_the_truck_measures_nothing() -> None:
    """The phone lay in the office: its track covers the hours and comes near none of the containers emptied."""
    office = [TrackFix(fix.at_s, LON, LAT - 0.01 + 0.00005 * (n % 3)) for n, fix in enumerate(hour())]
    assert measured_m(office, DUTY) is None
    assert measured_m([TrackFix(fix.at_s, 0.0, 0.0) for fix in hour()], DUTY) is None
    assert measured_m([TrackFix(fix.at_s, fix.lat, fix.lon) for fix in hour()], DUTY) is None


def test_two_devices_under_one_name_measure_nothing() -> None:
    """Every second fix from another truck 5 km away: whichever is believed, half contradicts it."""
    mixed = [fix if n % 2 else TrackFix(fix.at_s, fix.lon, fix.lat + 0.045) for n, fix in enumerate(hour())]
    assert measured_m(mixed, DUTY) is None


def test_a_measure_far_from_the_estimate_is_of_another_way() -> None:
    """28.8 km where the plan's roads say 9 or 90: whichever is wrong, no road factor is made of it."""
    for estimated_m, is_measured in ((9_000, False), (10_000, True), (80_000, True), (90_000, False)):
        measured = measured_m(hour(), Duty(3600, estimated_m, PLACES))
        assert (measured is not None) == is_measured


def test_a_track_of_part_of_the_duty_measures_nothing() -> None:
    """An hour of two."""
    assert measured_m(hour(), Duty(7200, 24_000, PLACES)) is None


def test_inaccurate_fixes_are_no_contradiction_but_leave_their_hole() -> None:
    """A receiver that says it is lost for two minutes is left out for them; lost for ten, the way is not known."""

    def lost(from_s: int, to_s: int) -> list[TrackFix]:
        return [TrackFix(f.at_s, f.lon, f.lat + 0.004, 90.0) if from_s <= f.at_s < to_s else f for f in hour()]

    assert measured_m(lost(600, 720), DUTY) == pytest.approx(28_800, abs=20)
    assert measured_m(lost(600, 1200), DUTY) is None
