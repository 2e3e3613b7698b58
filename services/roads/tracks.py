"""A truck's day of positions, cut into the pieces it really drove: no gaps, no wrong fixes, no standing at work."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

METRES_A_DEGREE = 111_195.0  # of a sphere of 6,371 km
MOST_M_S = 35.0
"""126 km/h: a jump beyond it is a wrong fix, as in `services.ledger.driven`."""
WORST_ACCURACY_M = 50.0
"""A receiver that says so of itself knows no street. Assumed."""
GAP_S = 60.0
"""A longer silence has no known way: the piece ends. At 30 km/h it hides 500 m."""
SPIKE_M = 150.0
"""Out of the way and back between two fixes: wrong too, if slow enough to be possible. A turn of a truck is shorter."""
STRANGE_FIXES = 3
"""So many fixes in a row that agree with each other and not with the last good one: that one was wrong."""
STAND_M = 30.0
"""Three times the noise of a receiver (10 m): 99 % of a standing truck's fixes lie within (Rayleigh)."""
STAND_S = 25.0
"""Slower than 1 m/s for so long is standing."""
WORK_M = 60.0
"""Standing so near a container, depot or site is work; elsewhere it is traffic, and belongs to the street."""
PAUSE_S = 180.0
"""Longer than any red light: a pause wherever it is. Assumed."""
LEAST_FIXES = 5


@dataclass(frozen=True, slots=True)
class TrackFix:
    """One position; `at_s` are seconds since 1970."""

    at_s: float
    lon: float
    lat: float
    accuracy_m: float | None = None


def driven_pieces(fixes: Sequence[TrackFix], places: NDArray[np.float64]) -> Iterator[list[TrackFix]]:
    """The driven pieces of one truck's fixes, which come in time order; `places` (n, 2) lon, lat is where it works."""
    for piece in _unbroken(fixes):
        for moving in _moving(_without_spikes(piece), places):
            if len(moving) >= LEAST_FIXES:
                yield moving


def metres_between(a: TrackFix, b: TrackFix) -> float:
    """On the plane: exact enough within a city."""
    shrink = float(np.cos(np.radians((a.lat + b.lat) / 2)))
    return float(np.hypot((a.lon - b.lon) * shrink, a.lat - b.lat)) * METRES_A_DEGREE


def _unbroken(fixes: Sequence[TrackFix]) -> Iterator[list[TrackFix]]:
    piece: list[TrackFix] = []
    strange: list[TrackFix] = []
    for fix in fixes:
        if fix.accuracy_m is not None and fix.accuracy_m > WORST_ACCURACY_M:
            continue
        if not piece or _follows(piece[-1], fix):
            if piece and fix.at_s - piece[-1].at_s > GAP_S:
                yield piece
                piece = []
            piece.append(fix)
            strange = []
            continue
        strange = [*strange, fix] if not strange or _follows(strange[-1], fix) else [fix]
        if len(strange) >= STRANGE_FIXES:
            yield piece
            piece, strange = strange, []
    yield piece


def _without_spikes(piece: list[TrackFix]) -> list[TrackFix]:
    kept = piece[:1]
    for fix, after in pairwise(piece[1:]):
        out_m = metres_between(kept[-1], fix) + metres_between(fix, after)
        if out_m - metres_between(kept[-1], after) <= SPIKE_M:
            kept.append(fix)
    return [*kept, *piece[1:][-1:]]


def _follows(before: TrackFix, fix: TrackFix) -> bool:
    seconds = fix.at_s - before.at_s
    return seconds > 0 and metres_between(before, fix) <= MOST_M_S * seconds


def _moving(piece: list[TrackFix], places: NDArray[np.float64]) -> Iterator[list[TrackFix]]:
    """What lies between the stands of a piece. Fixes of a stand belong to neither side: their times are the stand's."""
    begin = here = 0
    while here < len(piece):
        end = _stand_end(piece, here)
        stand_s = piece[end].at_s - piece[here].at_s
        if stand_s >= PAUSE_S or (stand_s >= STAND_S and _is_work(piece[here : end + 1], places)):
            yield piece[begin:here]
            begin = here = end + 1
        else:
            here += 1
    yield piece[begin:]


def _stand_end(piece: list[TrackFix], begin: int) -> int:
    """The last fix of those that stay near the one at `begin`."""
    end = begin
    while end + 1 < len(piece) and metres_between(piece[begin], piece[end + 1]) <= STAND_M:
        end += 1
    return end


def _is_work(stand: list[TrackFix], places: NDArray[np.float64]) -> bool:
    lon = float(np.mean([fix.lon for fix in stand]))
    lat = float(np.mean([fix.lat for fix in stand]))
    shrink = float(np.cos(np.radians(lat)))
    off = np.hypot((places[:, 0] - lon) * shrink, places[:, 1] - lat) * METRES_A_DEGREE
    return bool(len(off)) and bool(off.min() <= WORK_M)
