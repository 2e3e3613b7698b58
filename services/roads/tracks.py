"""A truck's day of positions: which of them can be true, and the pieces it really drove.

One cleaning for all who read tracks: the ledger measures what it leaves, the learning of speeds cuts it into pieces.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import cos, hypot, radians

import numpy as np
from numpy.typing import NDArray

METRES_A_DEGREE = 111_195.0  # of a sphere of 6,371 km
MOST_M_S = 35.0
"""126 km/h: of two fixes that ask for more, one is wrong."""
WORST_ACCURACY_M = 50.0
"""A receiver that says so of itself knows no street. Assumed."""
RUNS_BACK = 50
"""A run goes on from one of so many before it. More between two that agree are not one track."""
SPIKE_M = 150.0
"""Out of the way and back between two fixes: wrong too, if slow enough to be possible. A turn of a truck is shorter."""
SPIKE_M_S = 10.0
"""Slower than 36 km/h, out and back may be a dead end between two fixes far apart. Assumed."""
GAP_S = 60.0
"""A longer silence has no known way: the piece ends. At 30 km/h it hides 500 m."""
STAND_M = 30.0
"""Three times the noise of a receiver (10 m): 99 % of a standing truck's fixes lie within (Rayleigh)."""
STAND_S = 25.0
"""Slower than 1 m/s for so long is standing."""
WORK_M = 60.0
"""Standing so near a container, depot or site is work; elsewhere it is traffic, and belongs to the street."""
PAUSE_S = 180.0
"""Longer than any red light: a pause wherever it is. Assumed."""
LEAST_FIXES = 5
CLOSE = 1e-9


@dataclass(frozen=True, slots=True)
class TrackFix:
    """One position; `at_s` are seconds since 1970."""

    at_s: float
    lon: float
    lat: float
    accuracy_m: float | None = None


def believed(fixes: Sequence[TrackFix]) -> list[TrackFix]:
    """Of one truck's fixes in time order, those that can all be true.

    Where a fix cannot be reached from the one before, the track breaks into runs. Nobody knows which is right, least of
    all that it is the first: the day goes to the most fixes that agree. A fix at the instant of another says nothing.
    """
    accurate = [fix for fix in fixes if fix.accuracy_m is None or fix.accuracy_m <= WORST_ACCURACY_M]
    return accurate if _is_plain(accurate) else _without_spikes(_agreeing(_runs(accurate)))


def driven_pieces(fixes: Sequence[TrackFix], places: NDArray[np.float64]) -> Iterator[list[TrackFix]]:
    """The driven pieces of one truck's fixes, which come in time order; `places` (n, 2) lon, lat is where it works."""
    for piece in _unbroken(believed(fixes)):
        for moving in _moving(piece, places):
            if len(moving) >= LEAST_FIXES:
                yield moving


def metres_between(a: TrackFix, b: TrackFix) -> float:
    """On the plane: exact enough within a city."""
    east_deg = (a.lon - b.lon + 180) % 360 - 180  # the short way, also across the date line
    return hypot(east_deg * cos(radians((a.lat + b.lat) / 2)), a.lat - b.lat) * METRES_A_DEGREE


def _is_plain(fixes: Sequence[TrackFix]) -> bool:
    """Whether plainly all can be true, as on most days: one run without a spike. Quick; what is close is no plain case.

    An array's arithmetic differs from that of single numbers in the last digit, so a billionth is left between.
    """
    if len(fixes) < 3:
        return False
    at_s, lon, lat = np.array([(fix.at_s, fix.lon, fix.lat) for fix in fixes]).T
    step_s, step_m = np.diff(at_s), _array_m(lon, lat, 1)
    if not (step_s > 0).all() or not (step_m <= MOST_M_S * step_s * (1 - CLOSE)).all():
        return False
    out_m, across_m = step_m[:-1] + step_m[1:], _array_m(lon, lat, 2)
    is_slow = out_m <= SPIKE_M_S * (at_s[2:] - at_s[:-2]) * (1 - CLOSE)
    return bool((is_slow | (out_m - across_m <= SPIKE_M * (1 - CLOSE))).all())


def _array_m(lon: NDArray[np.float64], lat: NDArray[np.float64], apart: int) -> NDArray[np.float64]:
    """(n - apart,) `metres_between` each and the one so many after it."""
    east_deg = (lon[:-apart] - lon[apart:] + 180) % 360 - 180
    east_deg *= np.cos(np.radians((lat[:-apart] + lat[apart:]) / 2))
    return np.asarray(np.hypot(east_deg, lat[:-apart] - lat[apart:]) * METRES_A_DEGREE)


def _runs(fixes: Iterable[TrackFix]) -> list[list[TrackFix]]:
    """Stretches within which each fix can be reached from the one before."""
    runs: list[list[TrackFix]] = []
    for fix in fixes:
        if runs and fix.at_s <= runs[-1][-1].at_s:
            continue
        if runs and _follows(runs[-1][-1], fix):
            runs[-1].append(fix)
        else:
            runs.append([fix])
    return runs


def _agreeing(runs: Sequence[list[TrackFix]]) -> list[TrackFix]:
    """The runs that can follow each other and together hold the most fixes: the longest chain."""
    most: list[int] = []  # fixes of the best chain that ends with each run
    before: list[int | None] = []
    for here, run in enumerate(runs):
        reached = [n for n in range(max(0, here - RUNS_BACK), here) if _follows(runs[n][-1], run[0])]
        best = max(reached, key=lambda n: most[n], default=None)
        before.append(best)
        most.append(len(run) + (0 if best is None else most[best]))
    last = max(range(len(runs)), key=lambda n: most[n], default=None)
    chain: list[list[TrackFix]] = []
    while last is not None:
        chain.append(runs[last])
        last = before[last]
    return [fix for run in reversed(chain) for fix in run]


def _without_spikes(fixes: list[TrackFix]) -> list[TrackFix]:
    kept = fixes[:1]
    for fix, after in pairwise(fixes[1:]):
        if not _is_spike(kept[-1], fix, after):
            kept.append(fix)
    return [*kept, *fixes[1:][-1:]]


def _is_spike(before: TrackFix, fix: TrackFix, after: TrackFix) -> bool:
    out_m = metres_between(before, fix) + metres_between(fix, after)
    is_fast = out_m > SPIKE_M_S * (after.at_s - before.at_s)
    return is_fast and out_m - metres_between(before, after) > SPIKE_M


def _unbroken(fixes: Sequence[TrackFix]) -> Iterator[list[TrackFix]]:
    """Cut where nothing was heard for too long."""
    piece: list[TrackFix] = []
    for fix in fixes:
        if piece and fix.at_s - piece[-1].at_s > GAP_S:
            yield piece
            piece = []
        piece.append(fix)
    yield piece


def _follows(before: TrackFix, fix: TrackFix) -> bool:
    return metres_between(before, fix) <= MOST_M_S * (fix.at_s - before.at_s)


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
