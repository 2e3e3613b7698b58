"""Cut places into sectors that lie together on the roads, other ones each time.

Near on the map is not near for a truck: a lagoon with two bridges, a valley or a motorway lies between. So nothing here
looks at coordinates, only at metres driven.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np
from numpy.typing import NDArray

type Ints = NDArray[np.intp]
type Metres = NDArray[np.int64]

# Of so many places the two farthest apart decide a cut: fewer leave long sectors, many the same seams each time.
DRAWN = 8
# Share of the way to both that counts: enough to order what lies at one difference, a side valley, by its depth.
TILT = 0.05


class Ground:
    """How far places are apart by road, for the vehicle with the shortest way, there and back."""

    def __init__(self, roads: Sequence[NDArray[np.int32]]) -> None:
        """`roads` are the metres of each profile, (n, n), row = from; at least one profile."""
        self._roads = roads

    def between(self, rows: Ints, columns: Ints) -> Metres:
        """Metres there and back, (rows, columns)."""
        there, back = np.ix_(rows, columns), np.ix_(columns, rows)
        shortest = np.full((len(rows), len(columns)), np.iinfo(np.int64).max)
        for metres in self._roads:
            np.minimum(shortest, metres[there].astype(np.int64) + metres[back].T, out=shortest)
        return shortest

    def medoid(self, places: Ints) -> int:
        """The one of at least one place from which the others are nearest."""
        return int(places[self.between(places, places).sum(axis=1).argmin()])

    def nearest(self, places: Ints, others: Ints) -> Ints:
        """For each place, which of the others is nearest: its index in `others`."""
        return self.between(others, places).argmin(axis=0)

    def cut(self, places: Ints, weights: Ints, most: int, rng: Random) -> list[Ints]:
        """Halve by weight until no sector weighs more than `most`; each is some indices of `places`.

        Of a few places drawn at random, the two farthest apart pull at the rest: the half nearer to one goes with it.
        `weights` (n,) are those of `places` (n,). One place alone is never cut.
        """
        sectors: list[Ints] = []
        uncut = [np.arange(len(places))]
        while uncut:
            members = uncut.pop()
            if len(members) < 2 or weights[members].sum() <= most:
                sectors.append(members)
                continue
            ends = self._far_apart(places[members], rng)
            here, there = self.between(ends, places[members])
            order = members[np.argsort(here - there + TILT * (here + there), kind="stable")]
            half = 1 + int(np.searchsorted(np.cumsum(weights[order]), weights[members].sum() / 2))
            half = min(half, len(members) - 1)
            uncut += [order[half:], order[:half]]
        return sectors

    def _far_apart(self, places: Ints, rng: Random) -> Ints:
        drawn = places[rng.sample(range(len(places)), min(DRAWN, len(places)))]
        away = self.between(drawn, drawn)
        return drawn[list(np.unravel_index(int(away.argmax()), away.shape))]


def deal_parked(kinds: Sequence[int] | Ints, group_of: Ints, groups: int, rng: Random) -> None:
    """Deal those without a group (-1 in `group_of`) out, kind by kind, so that each group can try each kind."""
    of_kind = np.asarray(kinds)
    for kind in np.unique(of_kind):
        parked = np.flatnonzero((of_kind == kind) & (group_of < 0))
        first = rng.randrange(groups)
        group_of[parked] = (first + np.arange(len(parked))) % groups
