"""Speeds learned from our own trucks: of each segment (a pair of neighbouring OSM nodes) and band of hours."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
CLASS_KMH = (28.0, 38.0)
"""Profile speeds that part classes of streets, between those of `profiles/truck.lua`: a jam on the avenues is none in
the side streets. Alleys are no class of their own: a few metres of them are timed too badly to speak for others."""
LEAST_SEGMENTS = 100
"""Fewer of a class say nothing sure of it: the prior above is taken."""
MOST_PRIOR_PASSES = 60.0
"""However alike streets are, a segment driven daily for a season is believed rather than the band."""
SAME_PACE = 0.06
"""A class this near the profile's pace is at it: times between fixes are themselves up to 5 % off."""
ALIKE = 0.01
"""Variance: streets that differ by less than 10 % are not told apart, since wrong matches alone differ by as much."""
MAD_TO_SIGMA = 1.4826
"""Standard deviation over median absolute deviation of a normal distribution."""
ANCHOR_M = 80.0
"""Times are taken between fixes at least so far apart: eight times the noise of a receiver."""
LEAST_MOVING = 0.3
"""Of an interval's time, what is driving at least: penalties of turns are averages, and some turns are free."""
LEAST_KMH, MOST_KMH = 2.0, 110.0
SLOWEST, FASTEST = 0.15, 1.6
"""A learned speed stays within these multiples of the profile's: beyond is a wrong match, not a street. Assumed."""


@dataclass(frozen=True, slots=True)
class Prior:
    """What a street takes as far as its own passes do not say."""

    pace_ratio: float = 1.0
    """Seconds a metre over the profile's: how slow such streets are in the band."""
    passes: float = PRIOR_PASSES
    """How many passes it weighs as much as."""


PROFILE = Prior()
"""Where nothing is known: the profile."""


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


def passes_of(
    drive: Drive, turn_s: Sequence[float], profile_kmh: Sequence[float | None]
) -> Iterable[tuple[Pair, float, float]]:
    """Each segment that was driven whole: the pair, km/h, and when (seconds since 1970).

    `turn_s` (n,) is what the graph adds for the turn at each node: it is taken off the time, since routes add it again.
    `profile_kmh` (n - 1,) of the segments: the time between two fixes is dealt out as the profile would spend it, not
    by metres. Else an alley between two avenues would be learned to be an avenue.
    """
    anchors = _anchors(drive.fix_m)
    if len(anchors) < 2:
        return
    at_m, at_s = drive.fix_m[anchors], drive.fix_s[anchors]
    turns_s = np.interp(at_m, drive.node_m, np.cumsum(turn_s))
    spent_s = np.diff(at_s)
    moving_s = np.maximum(spent_s - np.diff(turns_s), LEAST_MOVING * spent_s)
    clock_s = np.concatenate([[0.0], np.cumsum(moving_s)])
    usual_s = _usual_s(drive.node_m, profile_kmh)
    node_s = np.interp(usual_s, np.interp(at_m, drive.node_m, usual_s), clock_s)
    when_s = np.interp(drive.node_m, at_m, at_s)
    inside = (drive.node_m >= at_m[0]) & (drive.node_m <= at_m[-1])
    for i in np.flatnonzero(inside[:-1] & inside[1:]).tolist():
        metres, seconds = drive.node_m[i + 1] - drive.node_m[i], node_s[i + 1] - node_s[i]
        kmh = 3.6 * metres / seconds if seconds > 0 else 0.0
        if LEAST_KMH <= kmh <= MOST_KMH:
            yield (drive.nodes[i], drive.nodes[i + 1]), float(kmh), float(when_s[i])


def _usual_s(node_m: NDArray[np.float64], profile_kmh: Sequence[float | None]) -> NDArray[np.float64]:
    """(n,) when the profile would be at each node; of a segment that it does not know, as fast as the others."""
    kmh = np.array([np.nan if known is None else known for known in profile_kmh], dtype=np.float64)
    usual_kmh = float(np.nanmedian(kmh)) if np.isfinite(kmh).any() else 1.0
    return np.concatenate([[0.0], np.cumsum(np.diff(node_m) / np.where(np.isfinite(kmh), kmh, usual_kmh))])


def median_of(samples: Mapping[Pair, Sequence[float]]) -> list[Learned]:
    """Median and count of each segment."""
    return [Learned(pair, float(np.median(kmh)), len(kmh)) for pair, kmh in sorted(samples.items())]


def prior_of(segments: Sequence[tuple[Learned, float]], unsure: Prior = PROFILE) -> Prior:
    """The prior of a class of streets in a band, from its segments and their profile's km/h: empirical Bayes, in logs.

    A segment's pace over the profile's spreads by what streets differ and by the noise of its passes, the more the
    fewer they are: var = streets + noise / passes. Thin and thick segments tell the two apart, and their quotient is
    the prior's weight. Where streets do as the profile says, there is noise alone, and little is learned. Of few
    segments it is `unsure`.
    """
    if len(segments) < LEAST_SEGMENTS:
        return unsure
    slower = np.log([profile_kmh / learned.median_kmh for learned, profile_kmh in segments])
    passes = np.array([learned.passes for learned, _ in segments], dtype=np.float64)
    middle = _weighted_median(slower, passes)
    noise, streets = _parts(np.abs(slower - middle), passes)
    weight = noise / streets if streets > ALIKE else MOST_PRIOR_PASSES
    as_usual = abs(middle) < SAME_PACE
    return Prior(1.0 if as_usual else float(np.exp(middle)), float(np.clip(weight, PRIOR_PASSES, MOST_PRIOR_PASSES)))


def _weighted_median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    order = np.argsort(values)
    half = int(np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2))
    return float(values[order][min(half, len(order) - 1)])


def _parts(away: NDArray[np.float64], passes: NDArray[np.float64]) -> tuple[float, float]:
    """Variance of a pass and of streets, from thirds of the segments; by medians, which wrong matches do not move."""
    thin, thick = np.quantile(passes, [1 / 3, 2 / 3])
    (few, of_few), (many, of_many) = (
        (float(np.mean(1 / passes[chosen])), float((MAD_TO_SIGMA * np.median(away[chosen])) ** 2))
        for chosen in (passes <= thin, passes >= thick)
    )
    if few <= many:  # all segments have as many passes: nothing tells noise from streets
        return PRIOR_PASSES, 1.0
    noise = max((of_few - of_many) / (few - many), 0.0)
    return noise, max(of_many - noise * many, 0.0)


def shrunk_kmh(learned: Learned, profile_kmh: float, prior: Prior = PROFILE) -> float:
    """What the graph is told: between the passes and the prior, by their weights.

    Reckoned in seconds a metre, because those add up along a way; speeds do not.
    """
    expected = prior.passes * prior.pace_ratio / profile_kmh
    pace = (learned.passes / learned.median_kmh + expected) / (learned.passes + prior.passes)
    return float(np.clip(1 / pace, SLOWEST * profile_kmh, FASTEST * profile_kmh))


def band_speeds(
    segments: Sequence[tuple[Learned, float]], network: Iterable[tuple[Pair, float]]
) -> Iterator[tuple[Pair, float]]:
    """km/h of a band: of its segments as learned, and of the rest of the network as slow as streets of its class.

    Both with the profile's km/h. What nobody drove in a rush hour is taken to be in it like the streets of its class:
    else it would look quick, and draw the trucks. Nothing is said of classes that go at the profile's own pace.
    """
    of_class: dict[int, list[tuple[Learned, float]]] = defaultdict(list)
    for segment in segments:
        of_class[class_of(segment[1])].append(segment)
    # How noisy passes are, all classes tell together; how slow a class is, it has to say itself.
    unsure = Prior(passes=prior_of(segments).passes)
    priors = {class_: prior_of(rows, unsure) for class_, rows in of_class.items()}
    for learned, profile_kmh in segments:
        yield learned.pair, shrunk_kmh(learned, profile_kmh, priors[class_of(profile_kmh)])
    known = {learned.pair for learned, _ in segments}
    for pair, profile_kmh in network:
        prior = priors.get(class_of(profile_kmh), PROFILE)
        if prior.pace_ratio != 1.0 and pair not in known:
            yield pair, profile_kmh / prior.pace_ratio


def class_of(profile_kmh: float) -> int:
    """Streets that the profile takes to be alike: side streets, collectors, main streets."""
    return int(np.searchsorted(CLASS_KMH, profile_kmh, side="right"))


def _anchors(fix_m: NDArray[np.float64]) -> list[int]:
    """Fixes at least `ANCHOR_M` apart along the way. What falls back behind the last is noise."""
    chosen: list[int] = [0] if len(fix_m) else []
    for index, metres in enumerate(fix_m.tolist()):
        if metres - fix_m[chosen[-1]] >= ANCHOR_M:
            chosen.append(index)
    return chosen
