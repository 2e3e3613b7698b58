"""Kilometres by GPS: of a track that covers the duty and does not contradict what else is known of it, or of none."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from math import cos, hypot, radians
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.roads.tracks import METRES_A_DEGREE, TrackFix, believed, metres_between

MIN_BELIEVED_SHARE = 0.8
"""Share of its fixes that can be true together. A track of which every fifth fix is wrong measures nothing. Assumed."""
MIN_GPS_SHARE = 0.8
"""Share of a circuit's expected time that GPS must cover for its kilometres to count as measured."""
MIN_STEP_M = 15.0
"""Shorter steps are the noise of a standing receiver (5 to 10 m); summed for hours they would become kilometres."""
MAX_GAP_S = 300.0
"""A longer silence is not driven in a straight line: that circuit's kilometres are then not measured."""
NEAR_M = 500.0
"""A truck that emptied a container was so near, even where the crew walks the last metres. Assumed."""
EVERY = 8
"""Fix that is looked at first."""
MIN_NEAR_SHARE = 0.5
"""Share of the places it was at that a truck's track must have come near. Assumed: a crew may confirm in passing."""
MOST_TIMES_ESTIMATED = 3.0
"""A measure so many times longer or shorter than the estimate of the same way is of another way. Assumed."""


@dataclass(frozen=True, slots=True)
class Duty:
    """What is known of a truck's day without its track."""

    expected_s: float
    estimated_m: float
    places: Collection[tuple[float, float]]
    """Lon, lat of what it emptied and where it unloaded."""
    words: Sequence[tuple[float, str]] = ()
    """Seconds since 1970 and kind of each visit its crew spoke of, in the order of time."""


class Track(NamedTuple):
    """What GPS measured of a truck's day. `haul_m` of `distance_m` lies outside the collecting."""

    distance_m: float
    haul_m: float | None = None
    duty_s: float | None = None

    def as_kept(self) -> "Track":
        """As a line keeps it: to a tenth."""
        haul_m, duty_s = (None if n is None else round(n, 1) for n in self[1:])
        return Track(round(self.distance_m, 1), haul_m, duty_s)


LEFT_M = 100.0
"""So far from where its track begins, a truck has left; the noise of a standing receiver is a tenth. Assumed."""


def measured_track(fixes: Sequence[TrackFix], duty: Duty) -> Track | None:
    """The truck's day by GPS; None where `measured_m` is."""
    track = believed(fixes)
    length_m = _length_m(track, len(fixes), duty)
    if length_m is None:
        return None
    collect_m = sum(track_length_m(part) or 0.0 for part in _collecting(track, duty.words))
    return Track(length_m, max(0.0, length_m - collect_m), _away_s(track))


def _collecting(track: Sequence[TrackFix], words: Sequence[tuple[float, str]]) -> Iterator[list[TrackFix]]:
    """The track from the first container to the last before each unloading; a crew's word comes when it is emptied."""
    first_s = last_s = None
    for at_s, kind in [*words, (0.0, "end")]:
        if kind == "stop":
            first_s, last_s = at_s if first_s is None else first_s, at_s
        elif first_s is not None and last_s is not None:
            part = [fix for fix in track if first_s <= fix.at_s <= last_s]
            if len(part) > 1:
                yield part
            first_s = None


def _away_s(track: Sequence[TrackFix]) -> float:
    """From leaving where the track begins to being back where it ends."""
    left_s = next((fix.at_s for fix in track if metres_between(track[0], fix) > LEFT_M), track[0].at_s)
    back_s = next((fix.at_s for fix in reversed(track) if metres_between(track[-1], fix) > LEFT_M), track[-1].at_s)
    return max(0.0, back_s - left_s)


def measured_m(fixes: Sequence[TrackFix], duty: Duty) -> float | None:
    """Metres of a truck's fixes in time order; None where they do not cover its duty, or contradict it."""
    return _length_m(believed(fixes), len(fixes), duty)


def _length_m(track: Sequence[TrackFix], fixes: int, duty: Duty) -> float | None:
    """Of the fixes that can be true, of so many."""
    if len(track) < 2 or len(track) < MIN_BELIEVED_SHARE * fixes:
        return None
    if track[-1].at_s - track[0].at_s < MIN_GPS_SHARE * duty.expected_s or not _was_there(track, duty):
        return None
    length_m = track_length_m(track)
    return length_m if length_m is not None and _is_alike(length_m, duty.estimated_m) else None


def track_length_m(track: Sequence[TrackFix]) -> float | None:
    """Length of a track that `believed` has cleaned; None where it has a hole in driving.

    A fix counts once it is `MIN_STEP_M` from the last that counted.
    """
    length_m, lon, lat, previous_s = 0.0, track[0].lon, track[0].lat, track[0].at_s
    for fix in track[1:]:
        # `metres_between`, written out: a large city's day has a hundred thousand of these steps.
        fix_lon, fix_lat, at_s = fix.lon, fix.lat, fix.at_s
        east_deg = (lon - fix_lon + 180) % 360 - 180
        step_m = hypot(east_deg * cos(radians((lat + fix_lat) / 2)), lat - fix_lat) * METRES_A_DEGREE
        if at_s - previous_s > MAX_GAP_S and step_m > 10 * MIN_STEP_M:
            return None
        previous_s = at_s
        if step_m >= MIN_STEP_M:
            length_m, lon, lat = length_m + step_m, fix_lon, fix_lat
    return length_m


def _was_there(track: Sequence[TrackFix], duty: Duty) -> bool:
    """Whether the track comes near enough of the places; a phone that stayed in the office does not."""
    where = np.array([(fix.lon, fix.lat) for fix in track])
    places = np.array(list(duty.places), dtype=np.float64).reshape(-1, 2)
    near = 0
    few = where[::EVERY]  # a truck stands where it works, so these tell of nearly all; the rest asks every fix
    for place in places:
        near += _comes_near(few, place) or _comes_near(where, place)
    return near > 0 and near >= MIN_NEAR_SHARE * len(places)


def _comes_near(where: NDArray[np.float64], place: NDArray[np.float64]) -> bool:
    lon, lat = place
    east = (where[:, 0] - lon) * np.cos(np.radians(lat))
    return bool((np.hypot(east, where[:, 1] - lat) * METRES_A_DEGREE).min() <= NEAR_M)


def _is_alike(length_m: float, estimated_m: float) -> bool:
    return estimated_m / MOST_TIMES_ESTIMATED <= length_m <= estimated_m * MOST_TIMES_ESTIMATED
