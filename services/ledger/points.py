"""Where containers would have to be emptied so that the people of a zone have one within their walk."""

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from services.city.geometry import Points, middle_of, to_degrees, to_metres

COVERED_SHARE = 0.95
"""Of a zone's people that new points are set for: the last few live apart. Assumed."""
MOST_POINTS = 120


@dataclass(frozen=True, eq=False)
class Set:
    """Points with the people who would walk there. `lonlat` is (n, 2), `people` and `is_new` are (n,)."""

    lonlat: Points
    people: NDArray[np.float64]
    is_new: NDArray[np.bool_]


def set_points(lonlat: Points, people: NDArray[np.float64], standing: Points, radius_m: float) -> Set:
    """Containers that stand near somebody first; then, one after another, where most people have no point yet.

    Args:
        lonlat: (n, 2) where people live, at least one.
        people: (n,) how many.
        standing: (k, 2) containers of the zone that are there already.
        radius_m: of the walk, as the crow flies.
    """
    origin = middle_of(lonlat)
    here, there = to_metres(lonlat, origin), to_metres(standing, origin)
    homes = cKDTree(here)
    near = homes.query_ball_point(there, radius_m) if len(there) else []
    chosen = [row for row, homes_near in zip(there, near, strict=True) if homes_near]
    covered = np.zeros(len(here), dtype=bool)
    for homes_near in near:
        covered[homes_near] = True
    old, around = len(chosen), _around(homes, here, radius_m)
    while people[covered].sum() < COVERED_SHARE * people.sum() and len(chosen) < MOST_POINTS:
        # Summed in the order of homes, so that places with as many people have them to the last digit: the first wins.
        best = int(np.argmax(around @ np.where(covered, 0.0, people)))
        chosen.append(here[best])
        covered[around.indices[around.indptr[best] : around.indptr[best + 1]]] = True
    places = np.array(chosen)
    _, nearest = cKDTree(places).query(here)
    walking = np.bincount(nearest, weights=people, minlength=len(places))
    used = walking > 0
    is_new = np.arange(len(places)) >= old
    return Set(to_degrees(places[used], origin), walking[used], is_new[used])


def _around(homes: cKDTree, here: Points, radius_m: float) -> csr_array:
    """(n, n) of ones: which homes are within a walk of each."""
    # Of many places it is a list for each; the types know of one place alone.
    near = cast("list[list[int]]", list(homes.query_ball_point(here, radius_m, return_sorted=True)))
    ends = np.cumsum([0, *(len(row) for row in near)])
    indices = np.concatenate([np.asarray(row, dtype=np.int64) for row in near])
    return csr_array((np.ones(len(indices)), indices, ends), shape=(len(here), len(here)))
