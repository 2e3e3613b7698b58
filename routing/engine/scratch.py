"""Room that compiled loops write into, made once per search."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.engine.arrays import Arrays
from routing.engine.plan import Plan
from routing.engine.rng import Rng, make_rng

MOST_TRIES = 40
PLACE = np.dtype([("extra", "f8"), ("truck", "i8"), ("after", "i8"), ("form", "i8"), ("site", "i8")], align=True)

# Of a route's stop: unloading after it, at `site`, costs `cost`; the first j stops, collected and unloaded, cost
# `total` with the cut before at `back`; `queue` holds cuts to start a trip from, cheapest first.
GAP = np.dtype(
    [("cost", "f8"), ("total", "f8"), ("stop", "i4"), ("site", "i4"), ("back", "i4"), ("queue", "i4")], align=True
)


class Scratch(NamedTuple):
    rng: Rng
    places: NDArray[np.void]  # (40,) PLACE, found so far for a stop, cheapest first
    seen: NDArray[np.int64]  # (T,) stamp of the last look at a route: positive when it can take the stop
    marked: NDArray[np.int64]  # (n,) stamp of the last ruin that took a stop out or offers it again
    stamps: NDArray[np.int64]  # (2,) of `seen` and of `marked`
    absent: NDArray[np.int32]  # (n,) stops to put back
    key: NDArray[np.float64]  # (n,) by which they are ordered
    gaps: NDArray[np.void]  # (L + 2,) GAP, where one route could unload


def make_scratch(arrays: Arrays, plan: Plan, seed: int, stream: int = 0) -> Scratch:
    trucks, n, wide = len(arrays.trucks), arrays.stops, plan.saved.shape[1]
    return Scratch(
        make_rng(seed, stream),
        np.zeros(MOST_TRIES, PLACE),
        np.zeros(trucks, np.int64), np.zeros(n, np.int64), np.zeros(2, np.int64),
        np.zeros(n, np.int32), np.zeros(n),
        np.zeros(wide + 2, GAP),
    )  # fmt: skip
