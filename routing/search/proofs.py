"""Prove that no plan serves certain required stops together: by sums, by packing, by hours that clash.

Each proof looks at some of the vehicles and at the stops that only these may serve, so that one truck whose stops do
not suffice is not lost in a fleet that has room. What is not proven here may still be impossible.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from routing.amounts import MOST
from routing.engine.arrays import ROADS, Arrays, adds
from routing.engine.timing import NEVER
from routing.limits import KG, LIMITS, LITRES, METRES, SECONDS, Measure, Over
from routing.solution import Reason

MOST_GROUPS = 200  # of vehicles looked at; each costs a look at all stops
MOST_CLASHING = 150  # stops with hours of a group
MOST_SIZES = 200  # looked at in packing
MOST_WORK = 200_000_000  # sums of two legs, for the shortest ways between them

type Flags = NDArray[np.bool_]
type Ints = NDArray[np.intp]


class Proofs:
    """Proofs about the required stops that could each be served alone; `reasons` holds those proven, by stop."""

    def __init__(self, arrays: Arrays, stops: list[int]) -> None:
        self.arrays = arrays
        self.reasons: dict[int, Reason] = {}
        if not stops or not len(arrays.trucks):
            return
        self.stops = np.array(stops, np.intp)
        kinds = arrays.trucks["kind"]
        self.able = arrays.can[kinds][:, self.stops] & self._holds()  # (T, R)
        self.trips = np.array([most_trips(arrays, truck) for truck in range(len(arrays.trucks))])
        self.least_leg = {measure: self._least_leg(measure) for measure in (METRES, SECONDS)}
        for trucks, members in self._groups():
            self._try(trucks, members)

    def _holds(self) -> Flags:
        """Which trucks can hold which stops, (T, R)."""
        nodes, trucks = self.arrays.nodes[self.stops], self.arrays.trucks
        fits = np.ones((len(trucks), len(nodes)), np.bool_)
        for limit in LIMITS:
            if limit.counts in (KG, LITRES):
                fits &= nodes[limit.counts.of_stop][None, :] <= trucks[limit.field][:, None]
        return fits

    def _least_leg(self, measure: Measure) -> NDArray[np.float64]:
        """The shortest leg that leads to each stop from anywhere, (R,)."""
        which = ROADS.index(measure.of_leg)
        least = np.full(len(self.arrays.nodes), np.iinfo(np.int32).max)
        for roads in self.arrays.roads:
            for origin in range(len(roads)):  # row by row: a large matrix is not copied
                known = least[origin]
                np.minimum(least, roads[origin, :, which], out=least)
                least[origin] = known  # nobody comes from there
        return least[self.stops].astype(np.float64)

    def _groups(self) -> Iterator[tuple[Ints, Ints]]:
        """Sets of vehicles that are all some stop's, and the stops (by place in `stops`) only they can serve."""
        distinct, counts = np.unique(self.able.T, axis=0, return_counts=True)
        for chosen in distinct[np.argsort(-counts, kind="stable")][:MOST_GROUPS]:
            members = np.flatnonzero(~(self.able & ~chosen[:, None]).any(axis=0))
            yield np.flatnonzero(chosen), members
        yield np.arange(len(self.arrays.trucks)), np.arange(len(self.stops))

    def _try(self, trucks: Ints, members: Ints) -> None:
        for limit in LIMITS:
            if self._comes_to(limit.counts, members) > self._most(limit.counts, trucks):
                self._note(members, limit.reason)
                return
            if limit.over is Over.TRIP:
                sizes = self.arrays.nodes[limit.counts.of_stop][self.stops[members]]
                if trips_needed(sizes, float(self.arrays.trucks[limit.field][trucks].max())) > self.trips[trucks].sum():
                    self._note(members, limit.reason)
                    return
        self._note(self._clashing(trucks, members), Reason.WINDOW_UNREACHABLE)

    def _note(self, members: Ints, reason: Reason) -> None:
        for stop in self.stops[members]:
            self.reasons.setdefault(int(stop), reason)

    def _comes_to(self, measure: Measure, members: Ints) -> float:
        """What the stops add at least, the shortest leg to each included."""
        legs = self.least_leg[measure][members].sum() if measure in self.least_leg else 0.0
        return float(adds(self.arrays, measure)[self.stops[members]].sum() + legs)

    def _most(self, measure: Measure, trucks: Ints) -> float:
        """What the duties of these trucks may come to, infinite where nothing limits it."""
        least = np.full(len(trucks), np.inf)
        for limit in LIMITS:
            if limit.counts is measure:
                over = self.trips[trucks] if limit.over is Over.TRIP else 1
                least = np.minimum(least, over * np.minimum(self.arrays.trucks[limit.field][trucks], MOST))
        return float(least.sum())

    def _clashing(self, trucks: Ints, members: Ints) -> Ints:
        """Stops of which no truck can serve two, more than there are trucks; none when none are found."""
        none = np.zeros(0, np.intp)
        timed = members[self.arrays.nodes["windows"][self.stops[members]] > 0]
        if not len(trucks) < len(timed) <= MOST_CLASHING:
            return none
        apart = self._never_both(trucks, self.stops[timed])
        for first in np.argsort(-apart.sum(axis=1), kind="stable"):
            clique, others = [int(first)], apart[first].copy()
            while others.any():
                candidates = np.flatnonzero(others)
                following = candidates[np.argmax(apart[np.ix_(candidates, candidates)].sum(axis=1))]
                clique.append(int(following))
                others &= apart[following]
            if len(clique) > len(trucks):
                return timed[clique]
        return none

    def _never_both(self, trucks: Ints, stops: Ints) -> Flags:
        """For each two of the stops, whether no truck could serve one after the other, the luckiest of all included."""
        rows = self.arrays.trucks[trucks]
        profiles, starts = np.unique(rows["profile"]), np.unique(rows["start"])
        ways = self._shortest_s(profiles, np.concatenate([starts, stops]), stops)
        out_s, between_s = ways[: len(starts)].min(axis=0), ways[len(starts) :]
        first_s, service_s = int(rows["from_s"].min()), self.arrays.nodes["service_s"][stops]
        earliest = [self._next(int(stop), first_s + int(out)) for stop, out in zip(stops, out_s, strict=True)]
        latest = np.array([self._last(int(stop), int(rows["to_s"].max())) for stop in stops])
        leaves = np.array([start + int(s) for start, s in zip(earliest, service_s, strict=True)])
        late = leaves[:, None] + between_s > latest[None, :]
        both: Flags = late & late.T
        np.fill_diagonal(both, False)
        return both

    def _shortest_s(self, profiles: Ints, origins: Ints, stops: Ints) -> NDArray[np.int64]:
        """Seconds of the shortest way from each origin to each stop by whatever places, for the quickest profile."""
        nodes = len(self.arrays.nodes)
        quickest = np.full((len(origins), len(stops)), np.iinfo(np.int64).max)
        for profile in profiles:
            roads = self.arrays.roads[profile, :, :, 1].astype(np.int64)
            direct = roads[origins]
            if len(origins) * nodes * nodes <= MOST_WORK:
                ways, before = direct, np.zeros_like(direct)
                while not np.array_equal(ways, before):
                    before = ways
                    ways = np.array([np.minimum(row, (row[:, None] + roads).min(axis=0)) for row in before])
                ways = ways[:, stops]
            else:  # no way is shorter than the shortest first and last leg together
                off = roads + np.where(np.eye(nodes, dtype=np.bool_), np.iinfo(np.int32).max, 0)
                ways = np.minimum(direct[:, stops], off[origins].min(axis=1)[:, None] + off[:, stops].min(axis=0))
            np.minimum(quickest, ways, out=quickest)
        return quickest

    def _next(self, stop: int, arrive_s: int) -> int:
        starts = [max(arrive_s, int(opens)) for opens, closes in self._windows(stop) if arrive_s <= closes]
        return min(starts, default=np.iinfo(np.int32).max)

    def _last(self, stop: int, limit_s: int) -> int:
        starts = [min(int(closes), limit_s) for opens, closes in self._windows(stop) if opens <= limit_s]
        return max(starts, default=NEVER)

    def _windows(self, stop: int) -> NDArray[np.int64]:
        node = self.arrays.nodes[stop]
        return self.arrays.windows[node["window"] : node["window"] + node["windows"]]


def trips_needed(sizes: NDArray[np.float64], capacity: float) -> int:
    """A bound of the trips that hold things of these sizes, each at most `capacity`: L2 of Martello and Toth.

    Discrete Applied Mathematics 28, 1990, doi 10.1016/0166-218X(90)90094-S: for each size a, what is larger than the
    capacity less a shares with nothing of size a or more; what is over half of it shares only with smaller.
    """
    if not len(sizes) or not np.isfinite(capacity):
        return 0
    most = 0
    small_sizes = np.unique(np.append(sizes[sizes <= capacity / 2], 0.0))
    for small in small_sizes[:: max(1, len(small_sizes) // MOST_SIZES)]:
        alone = sizes > capacity - small
        large = (sizes > capacity / 2) & ~alone
        rest = sizes[(sizes >= small) & (sizes <= capacity / 2)].sum()
        room = large.sum() * capacity - sizes[large].sum()
        more = max(0.0, np.ceil((rest - room) / capacity - 1e-9))
        most = max(most, int(alone.sum() + large.sum() + more))
    return most


def most_trips(arrays: Arrays, truck: int) -> int:
    """Bound the disposal visits of one duty: each takes at least the shortest unloading and the drive to get there."""
    row = arrays.trucks[truck]
    sites = arrays.stops + np.flatnonzero(arrays.open_to[row["kind"]])
    stops = np.flatnonzero(arrays.can[row["kind"]])
    if not len(sites):
        return 0
    nearest_s = arrays.roads[row["profile"]][np.ix_(stops, sites)][:, :, 1].min(initial=2**31 - 1) if len(stops) else 0
    shortest_s = max(1, int(arrays.nodes["service_s"][sites].min()) + int(nearest_s))
    longest_s = min(float(row[limit.field]) for limit in LIMITS if limit.counts is SECONDS)
    return int(min(row["max_trips"], longest_s // shortest_s, arrays.stops))
