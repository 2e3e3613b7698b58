"""When people throw: by hour, weekday, market day and rain. Shares are relative to a mean of 1."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from shapely import distance, points
from shapely.geometry import shape

from simulators.chance import generator, uniform
from simulators.city_folder import CityFolder
from simulators.geometry import FloatArray, IntArray

# Mon..Sun. Street litter of Edinburgh, June to August 2016, litres by weekday over their mean: 0.84 1.01 0.81 0.87 1.04
# 1.12 1.26 (City of Edinburgh Council, OGL v3.0); halved towards 1, because households are steadier than litter bins.
HOUSEHOLD_WEEKDAY = np.array([0.92, 1.0, 0.91, 0.94, 1.02, 1.07, 1.14])
# By local hour: thrown on the way out in the morning and after the evening meal. Assumed.
_HOUSEHOLD_HOURS = [1, 1, 1, 1, 2, 5, 9, 10, 7, 5, 4, 4, 5, 5, 4, 4, 5, 6, 8, 9, 7, 4, 2, 1]
# Markets fill while they sell and most when they close. Assumed.
_MARKET_HOURS = [0.3, 0.3, 0.3, 0.3, 0.5, 1, 2, 4, 6, 7, 8, 8, 8, 7, 7, 8, 10, 11, 9, 5, 2, 1, 0.5, 0.3]
HOUSEHOLD_HOUR = np.array(_HOUSEHOLD_HOURS) / np.mean(_HOUSEHOLD_HOURS)
MARKET_HOUR = np.array(_MARKET_HOURS) / np.mean(_MARKET_HOURS)
MARKET_DAY, OTHER_DAY = 1.6, 0.9  # (1.6 + 6 * 0.9) / 7 = 1.0
MARKET_REACH_M = 180.0

# Days with rain by month on the coast of Benin, two seasons with their peaks in June and October; rounded and assumed
# from general climate descriptions, not measured.
RAIN_DAYS = (1, 2, 5, 7, 11, 13, 7, 6, 9, 9, 3, 1)
RAIN_THROWN = 0.85  # people stay in; assumed
RAIN_WEIGHT = 1.2  # open containers take in water; assumed


@dataclass(frozen=True)
class Patterns:
    """The patterns of one city's containers, arrays in the order of its containers.

    `market_weekday` is the weekday (0 = Monday) of the market that a container serves, -1 for households.
    """

    seed: int
    market_weekday: IntArray

    @property
    def at_market(self) -> NDArray[np.bool_]:
        return self.market_weekday >= 0

    def weekday_factor(self, weekday: int) -> FloatArray:
        """(n,) how much more than on a mean day is thrown on this weekday."""
        market = np.where(self.market_weekday == weekday, MARKET_DAY, OTHER_DAY)
        return np.where(self.at_market, market, HOUSEHOLD_WEEKDAY[weekday])

    def hour_factor(self, hour: int) -> FloatArray:
        """(n,) how much more than in a mean hour is thrown in this local hour."""
        return np.asarray(np.where(self.at_market, MARKET_HOUR[hour], HOUSEHOLD_HOUR[hour]))

    def rains_on(self, day: date) -> bool:
        """Whether it rains in the city on this day."""
        return bool(generator(self.seed, "rain", day.isoformat()).random() < RAIN_DAYS[day.month - 1] / 30.4)

    def rain_factor(self, day: date) -> float:
        return RAIN_THROWN if self.rains_on(day) else 1.0


def find_patterns(city: CityFolder, seed: int, keys: NDArray[np.uint64]) -> Patterns:
    """Which containers serve which market: those near one on the basemap, or whose kind is named after markets."""
    nearest = np.full(len(city.containers), -1)
    markets = [shape(f["geometry"]) for f in city.basemap if f["properties"].get("kind") == "market"]
    if markets:
        place = points(city.lonlat)
        away_deg = np.array([distance(place, market) for market in markets])
        reached = away_deg.min(axis=0) * city.plane.m_per_deg_lon < MARKET_REACH_M
        nearest = np.where(reached, away_deg.argmin(axis=0), -1)
    named = np.array(["march" in c.kind.lower() or "market" in c.kind.lower() for c in city.containers], dtype=bool)
    nearest = np.where(named & (nearest < 0), len(markets), nearest)
    # Only the market's own containers follow it where there are some; else every one nearby does.
    follows = named if named.any() else nearest >= 0
    days = np.floor(7 * uniform(keys[:1], np.arange(len(markets) + 1))).astype(np.int64)
    return Patterns(seed, np.where(follows & (nearest >= 0), days[nearest], -1))
