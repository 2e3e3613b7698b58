"""Speeds learned from our own trucks: of each segment (a pair of neighbouring OSM nodes) and band of hours."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

type Pair = tuple[int, int]
"""OSM node ids, from and to: each direction of a street has its own speed."""
type Hours = tuple[int, int]
"""From, to: seconds after the city's midnight, 86400 and more past it."""
type Samples = dict[tuple[int, Pair], list[float]]
"""km/h of each pass, by band and segment."""

DAY_S = 86_400
BAND_HOURS = (0, 6, 9, 12, 16, 19, 24)
"""Night, morning rush, forenoon, afternoon, evening rush, evening. More bands would be thinner ones. Assumed."""
BANDS = range(len(BAND_HOURS) - 1)

PRIOR_PASSES = 1.0
"""The profile's speed weighs as much as one pass. The best weight is the variance of a pass over that of streets around
the profile. A pass: noise of 10 m at both ends of `ANCHOR_M` (18 %), lights and drivers (25 %, assumed), together 31 %,
squared and times pi / 2, since a median is less sure than a mean: 0.15. Streets: 25 % from one to another and 30 % from
hour to hour (both assumed): 0.15."""
ANCHOR_M = 80.0
"""Times are taken between fixes at least so far apart: eight times the noise of a receiver."""
LEAST_MOVING = 0.3
"""Of an interval's time, what is driving at least: penalties of turns are averages, and some turns are free."""
LEAST_KMH, MOST_KMH = 2.0, 110.0
SLOWEST, FASTEST = 0.15, 1.6
"""A learned speed stays within these multiples of the profile's: beyond is a wrong match, not a street. Assumed."""


@dataclass(frozen=True, slots=True, eq=False)
class Drive:
    """A piece of a truck's way on the streets.

    `nodes` (n,) OSM ids in driving order, `node_m` (n,) metres along the way; `fix_m`, `fix_s` (k,) where on it the
    fixes were matched and when (seconds since 1970), in time order.
    """

    nodes: list[int]
    node_m: NDArray[np.float64]
    fix_m: NDArray[np.float64]
    fix_s: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Learned:
    """What all passes of a segment in a band say. `median_kmh` is theirs, before it is shrunk."""

    pair: Pair
    median_kmh: float
    passes: int


def band_at(local: datetime) -> int:
    """The band of an instant of the city's own clock."""
    return int(np.searchsorted(BAND_HOURS, local.hour, side="right")) - 1


def band_name(band: int) -> str:
    """Also a name that a folder may have."""
    return f"{BAND_HOURS[band]:02d}-{BAND_HOURS[band + 1]:02d}"


def band_shares(hours: Hours) -> dict[int, float]:
    """How much of these hours lies in each band; sums to 1. Of no time at all, the band of its instant."""
    from_s, to_s = hours[0], max(hours[1], hours[0] + 1)
    shares: dict[int, float] = {}
    for day in range(from_s // DAY_S, (to_s - 1) // DAY_S + 1):
        for band in BANDS:
            begin_s, end_s = (day * DAY_S + BAND_HOURS[band + edge] * 3600 for edge in (0, 1))
            overlap_s = min(to_s, end_s) - max(from_s, begin_s)
            if overlap_s > 0:
                shares[band] = shares.get(band, 0.0) + overlap_s / (to_s - from_s)
    return shares


def passes_of(drive: Drive, turn_s: Sequence[float]) -> Iterable[tuple[Pair, float, float]]:
    """Each segment that was driven whole: the pair, km/h, and when (seconds since 1970).

    `turn_s` (n,) is what the graph adds for the turn at each node: it is taken off the time, since routes add it again.
    """
    anchors = _anchors(drive.fix_m)
    if len(anchors) < 2:
        return
    at_m, at_s = drive.fix_m[anchors], drive.fix_s[anchors]
    turns_s = np.interp(at_m, drive.node_m, np.cumsum(turn_s))
    spent_s = np.diff(at_s)
    moving_s = np.maximum(spent_s - np.diff(turns_s), LEAST_MOVING * spent_s)
    clock_s = np.concatenate([[0.0], np.cumsum(moving_s)])
    node_s = np.interp(drive.node_m, at_m, clock_s)
    when_s = np.interp(drive.node_m, at_m, at_s)
    inside = (drive.node_m >= at_m[0]) & (drive.node_m <= at_m[-1])
    for i in np.flatnonzero(inside[:-1] & inside[1:]).tolist():
        metres, seconds = drive.node_m[i + 1] - drive.node_m[i], node_s[i + 1] - node_s[i]
        kmh = 3.6 * metres / seconds if seconds > 0 else 0.0
        if LEAST_KMH <= kmh <= MOST_KMH:
            yield (drive.nodes[i], drive.nodes[i + 1]), float(kmh), float(when_s[i])


def median_of(samples: Mapping[Pair, Sequence[float]]) -> list[Learned]:
    """Median and count of each segment."""
    return [Learned(pair, float(np.median(kmh)), len(kmh)) for pair, kmh in sorted(samples.items())]


def shrunk_kmh(learned: Learned, profile_kmh: float, prior_passes: float = PRIOR_PASSES) -> float:
    """What the graph is told: between the passes and the profile, by their weights.

    Reckoned in seconds a metre, because those add up along a way; speeds do not.
    """
    pace = (learned.passes / learned.median_kmh + prior_passes / profile_kmh) / (learned.passes + prior_passes)
    return float(np.clip(1 / pace, SLOWEST * profile_kmh, FASTEST * profile_kmh))


def _anchors(fix_m: NDArray[np.float64]) -> list[int]:
    """Fixes at least `ANCHOR_M` apart along the way. What falls back behind the last is noise."""
    chosen: list[int] = [0] if len(fix_m) else []
    for index, metres in enumerate(fix_m.tolist()):
        if metres - fix_m[chosen[-1]] >= ANCHOR_M:
            chosen.append(index)
    return chosen
