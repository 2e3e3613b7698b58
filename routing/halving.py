"""Lines that cut a set of places into neighbourhoods of about equal weight, other ones each time."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np
from numpy.typing import NDArray

type Ints = NDArray[np.intp]

ACROSS = 0.5  # share of the cuts made across the longer side: it keeps districts compact
WOBBLE = 0.3  # radians by which these differ from it, so that no seam stays


def halve(members: Ints, places: NDArray[np.float64], weights: Ints, most: int, rng: Random) -> list[Ints]:
    """Cut in two halves of about equal weight along a random direction, until no part weighs more than `most`.

    `places` is (n, 2) on any plane, `weights` (n,); `members` are rows of both. One member alone is never cut.
    """
    if weights[members].sum() <= most or len(members) < 2:
        return [members]
    spread = places[members] - places[members].mean(axis=0)
    angle = rng.random() * np.pi
    if rng.random() < ACROSS:
        _, _, axes = np.linalg.svd(spread, full_matrices=False)
        angle = float(np.arctan2(axes[0, 1], axes[0, 0])) + rng.gauss(0, WOBBLE)
    along = spread @ np.array([np.cos(angle), np.sin(angle)])
    order = members[np.argsort(along, kind="stable")]
    half = int(np.searchsorted(np.cumsum(weights[order]), weights[members].sum() / 2))
    half = min(max(half, 1), len(members) - 1)
    return [
        *halve(order[:half], places, weights, most, rng),
        *halve(order[half:], places, weights, most, rng),
    ]


def deal_parked(kinds: Sequence[int] | Ints, group_of: Ints, groups: int, rng: Random) -> None:
    """Deal those without a group (-1 in `group_of`) out, kind by kind, so that each group can try each kind."""
    of_kind = np.asarray(kinds)
    for kind in np.unique(of_kind):
        parked = np.flatnonzero((of_kind == kind) & (group_of < 0))
        first = rng.randrange(groups)
        group_of[parked] = (first + np.arange(len(parked))) % groups
