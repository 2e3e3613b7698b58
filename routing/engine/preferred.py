"""What a plan should be like beside cheap, in the loops: circuits that keep together, and workloads alike.

Both are terms of each route by itself, so that a change of two routes asks nothing of the others. A stop begins with
the whole price of being alone, in what serving or leaving it costs; each of its nearest that rides along takes a part
of it away.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.engine.jit import compiled
from routing.options import COMPANY, Preferences
from routing.problem import Problem

type Rows = Any  # records of a plan; numpy has no type for them


class Wishes(NamedTuple):
    """`Preferences` in arrays. At 0 neither is looked at."""

    company: NDArray[np.int32]  # (n, k) the stops nearest to each, -1 for one outside a district
    alone: float  # money of a stop of which the circuit serves none of these
    long_per_s: float  # money of a second beyond `even_s`
    even_s: int

    @property
    def is_asked(self) -> bool:
        """Outside the loops: whether there is any."""
        return self.alone > 0 or self.long_per_s > 0


def make_wishes(problem: Problem, preferences: Preferences | None) -> Wishes:
    """Nothing wished costs nothing: no table is made."""
    if preferences is None or not (preferences.compact or preferences.balanced):
        return Wishes(np.zeros((len(problem.stops), 0), np.int32), 0.0, 0.0, 0)
    company = _company(problem) if preferences.compact else np.zeros((len(problem.stops), 0), np.int32)
    alone = float(preferences.compact) if company.shape[1] else 0.0
    return Wishes(company, alone, preferences.balanced / 3600, int(preferences.even_duty_s))


def _company(problem: Problem) -> NDArray[np.int32]:
    """The nearest stops of each, by metres there and back; of equally near ones those that come first."""
    n, at = len(problem.stops), np.array([stop.location for stop in problem.stops], np.intp)
    width = max(0, min(COMPANY, n - 1))
    if width == 0 or not problem.vehicles:
        return np.zeros((n, 0), np.int32)
    company = np.zeros((n, width), np.int32)
    metres = problem.matrices[min(vehicle.profile for vehicle in problem.vehicles)].distance_m
    numbers = np.arange(n)
    for stop in range(n):
        away = metres[at[stop], at].astype(np.int64) + metres[at, at[stop]]
        away[stop] = np.iinfo(np.int32).max * 4  # not company to itself
        company[stop] = np.argpartition(away * n + numbers, width - 1)[:width]
    return company


@compiled
def wished(wishes: Wishes, row: Rows, marks: NDArray[np.int64], m: int, stops: int, duty_s: int) -> float:
    """Money of the sequence of m nodes in `row` beyond what driving and serving cost; parts of `alone` are taken away.

    `marks` (n + 1,) holds stamps of stops, the last one in its last place.
    """
    money = 0.0
    if wishes.long_per_s > 0.0 and duty_s > wishes.even_s:
        money += wishes.long_per_s * (duty_s - wishes.even_s)
    if wishes.alone > 0.0:
        marks[stops] += 1
        stamp, together = marks[stops], 0
        for place in range(1, m - 1):
            if row[place].node < stops:
                marks[row[place].node] = stamp
        for place in range(1, m - 1):
            node = row[place].node
            if node < stops:
                for other in wishes.company[node]:
                    if other >= 0 and marks[other] == stamp:
                        together += 1
        money -= wishes.alone / wishes.company.shape[1] * together
    return money


@compiled
def wished_more(wishes: Wishes, placed: Rows, t: int, duty_s: int, stop: int, busy_s: int) -> float:
    """About what a stop more would change of that for truck t: its own company there, counted both ways."""
    money = 0.0
    if wishes.long_per_s > 0.0:
        money += wishes.long_per_s * (max(0, duty_s + busy_s - wishes.even_s) - max(0, duty_s - wishes.even_s))
    if wishes.alone > 0.0:
        together = 0
        for other in wishes.company[stop]:
            if other >= 0 and placed[other].truck == t:
                together += 2
        money -= wishes.alone / wishes.company.shape[1] * together
    return money
