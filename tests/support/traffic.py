"""Trucks in a simulated traffic whose speeds are known: what learning can be measured against.

Every street has its own factor over the profile's speed, every band of hours another; trucks drive the ways of the
graph between random places, stop there, and send fixes with noise, gaps and wrong ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from services.roads.learning.profile import ProfileSpeeds
from services.roads.learning.streets import Streets
from services.roads.osm.engine import Engine, Segments
from services.roads.speeds import BAND_HOURS, Pair
from services.roads.tracks import METRES_A_DEGREE, TrackFix, metres_between

RUSH = {0: 1.05, 1: 0.6, 2: 0.85, 3: 0.8, 4: 0.55, 5: 0.95}
"""The hourly pattern that has to be found, by band: two rush hours."""
MAIN_KMH = 30.0
STREET_SIGMA = 0.25
PASS_SIGMA = 0.15
"""One drive differs from the next on the same street."""
FIX_S, NOISE_M = 10.0, 10.0
"""As the simulated trucks send (`simulators.trucks.habits`)."""
GAPS_AN_HOUR, GAP_S = 3.0, (70.0, 240.0)
WRONG_SHARE, WRONG_M = 0.01, (200.0, 2000.0)
SERVICE_S = (40.0, 120.0)

type Place = tuple[float, float]


@dataclass
class Traffic:
    """What is true: the speed of every segment in every band. The same seed, the same traffic."""

    streets: Streets
    profile: ProfileSpeeds
    seed: int
    calm: bool = False
    """Nothing to learn: every street at every hour as the profile says."""
    mains_only: bool = False
    """Rush hours slow streets of `MAIN_KMH` and more alone."""
    _way: dict[Pair, int] = field(default_factory=dict)
    _factor: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rng = np.random.default_rng([self.seed, 1])
        for way, nodes in sorted(self.streets.ways.items()):
            self._factor[way] = float(np.exp(rng.normal(0, STREET_SIGMA)))
            for a, b in pairwise(nodes):
                self._way[a, b] = self._way[b, a] = way

    def factor(self, pair: Pair, band: int) -> float:
        """Over the profile's speed."""
        if self.calm:
            return 1.0
        is_spared = self.mains_only and (self.profile.kmh(pair) or 0) < MAIN_KMH
        return (1.0 if is_spared else RUSH[band]) * self._factor.get(self._way.get(pair, 0), 1.0)

    def kmh(self, pair: Pair, band: int) -> float | None:
        """True speed of a segment; None where the profile has none."""
        profile_kmh = self.profile.kmh(pair)
        return None if profile_kmh is None else profile_kmh * self.factor(pair, band)

    def true_s(self, way: Segments, band: int) -> float:
        """How long a way takes, turns as the graph has them."""
        turns_s = way.duration_s - sum(way.segment_s)
        driven_s = 0.0
        for pair, m_s, seconds in zip(pairwise(way.nodes), way.speed_m_s, way.segment_s, strict=True):
            true_kmh = self.kmh(pair, band)
            driven_s += seconds if true_kmh is None else seconds * 3.6 * m_s / true_kmh
        return driven_s + turns_s


@dataclass
class Truck:
    """Drives from place to place in one band, on the ways of a graph."""

    traffic: Traffic
    engine: Engine
    places: Sequence[Place]
    rng: np.random.Generator

    def day(self, midnight_s: float, bands: Sequence[int], hours: float) -> list[TrackFix]:
        """Fixes of a day: so many hours from the begin of each band."""
        fixes: list[TrackFix] = []
        for band in bands:
            begin_s = midnight_s + 3600 * BAND_HOURS[band]
            fixes += self._heard(*self._driven(band, begin_s, begin_s + 3600 * hours))
        return fixes

    def _driven(self, band: int, begin_s: float, end_s: float) -> tuple[list[float], list[Place]]:
        """Instants and positions of every node on the way, and of every stand."""
        at_s, where = [begin_s], [self._place()]
        while at_s[-1] < end_s:
            way = self.engine.segments(where[-1], self._place())
            if way is None or len(way.nodes) < 3 or way.duration_s < 20:
                continue
            turns_s = self.traffic.profile.turns_s(way.nodes)
            pace = float(np.exp(self.rng.normal(-(PASS_SIGMA**2) / 2, PASS_SIGMA)))
            # The ends lie on their segments; from the second node to the last but one, the way is whole.
            inner = way.nodes[1:-1]
            to_first_m = metres_between(TrackFix(0, *where[-1]), TrackFix(0, *self.traffic.streets.at[inner[0]]))
            first_kmh = self.traffic.kmh((way.nodes[0], way.nodes[1]), band) or 10.0
            at_s.append(at_s[-1] + 3.6 * to_first_m / first_kmh + 1)
            where.append(self.traffic.streets.at[inner[0]])
            for (a, b), turn_s in zip(pairwise(inner), turns_s[1:], strict=False):
                kmh = self.traffic.kmh((a, b), band) or 10.0
                street = float(np.exp(self.rng.normal(0, PASS_SIGMA / 3)))
                segment_s = 3.6 * self.traffic.streets.metres(a, b) / kmh * pace * street
                at_s += [at_s[-1] + turn_s, at_s[-1] + turn_s + segment_s]
                where += [where[-1], self.traffic.streets.at[b]]
            at_s.append(at_s[-1] + self.rng.uniform(*SERVICE_S))
            where.append(where[-1])
        return at_s, where

    def _place(self) -> Place:
        return self.places[int(self.rng.integers(len(self.places)))]

    def _heard(self, at_s: list[float], where: list[Place]) -> list[TrackFix]:
        """What the receiver makes of it: noise everywhere, a wrong fix here and there, and gaps."""
        clock = np.arange(at_s[0], at_s[-1], FIX_S)
        lon, lat = (np.interp(clock, at_s, [place[axis] for place in where]) for axis in (0, 1))
        spread = np.where(self.rng.random(len(clock)) < WRONG_SHARE, self.rng.uniform(*WRONG_M, len(clock)), NOISE_M)
        east_m, north_m = self.rng.normal(0, 1, (2, len(clock))) * spread
        lat_m = north_m / METRES_A_DEGREE
        lon_m = east_m / METRES_A_DEGREE / np.cos(np.radians(lat))
        heard = np.ones(len(clock), dtype=np.bool_)
        for _ in range(self.rng.poisson(GAPS_AN_HOUR * (clock[-1] - clock[0]) / 3600)):
            begin_s = self.rng.uniform(clock[0], clock[-1])
            heard &= (clock < begin_s) | (clock > begin_s + self.rng.uniform(*GAP_S))
        told = zip(clock[heard], (lon + lon_m)[heard], (lat + lat_m)[heard], strict=True)
        return [TrackFix(float(s), float(x), float(y)) for s, x, y in told]
