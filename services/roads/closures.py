"""Streets that somebody closed, drawn as lines, found among the segments of a street network."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.city.geometry import to_metres

type DrawnLine = Sequence[tuple[float, float]]
"""Lon, lat of two points or more, WGS 84."""

BESIDE_M = 15.0
"""How far from the middle of a street its line may be drawn: half a wide avenue, or a finger's width on a small map."""
ALONG_DEG = 30.0
"""A street that turns away from the line by more is one that it crosses."""
STEP_M = 5.0
"""Segments are looked at every so many metres."""
LEAST_SHARE, LEAST_M = 0.5, 30.0
"""Of a segment that lies along the line: half of it or so many metres, and it is closed."""
TRIMMED_M = 8.0
"""Left out of each end: whoever draws a street to the crossing draws a little over it."""
MICRO = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class Segments:
    """The pieces of a network's streets between neighbouring OSM nodes, each once.

    `nodes` is (n, 2) int64 OSM ids; `ends` (n, 4) int32, lon and lat of both in millionths of a degree.
    """

    nodes: NDArray[np.int64]
    ends: NDArray[np.int32]

    def lonlat(self, chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
        """(k, 2, 2) begin and end of the chosen ones, lon and lat in degrees."""
        return self.ends[chosen].reshape(-1, 2, 2) / MICRO

    def metres(self, chosen: NDArray[np.bool_]) -> float:
        """How long the chosen ones are together."""
        lonlat = self.lonlat(chosen)
        if not len(lonlat):
            return 0.0
        sides = to_metres(lonlat.reshape(-1, 2), lonlat[0, 0]).reshape(-1, 2, 2)
        return float(np.hypot(*(sides[:, 1] - sides[:, 0]).T).sum())


def along(segments: Segments, lines: Iterable[DrawnLine]) -> NDArray[np.bool_]:
    """(n,) which segments lie along one of the lines: of a divided street both sides only where they are close."""
    closed = np.zeros(len(segments.nodes), dtype=np.bool_)
    for line in lines:
        closed |= _along(segments, np.array(line, dtype=np.float64).reshape(-1, 2))
    return closed


def line_metres(line: DrawnLine) -> float:
    """How long a line is."""
    points = np.array(line, dtype=np.float64).reshape(-1, 2)
    return float(np.hypot(*np.diff(to_metres(points, points[0]), axis=0).T).sum())


def _along(segments: Segments, line: NDArray[np.float64]) -> NDArray[np.bool_]:
    origin, found = line[0], np.zeros(len(segments.nodes), dtype=np.bool_)
    drawn = _trimmed(to_metres(line, origin))
    if len(drawn) < 2:
        return found
    near = np.flatnonzero(_near(segments, line))
    for number in near.tolist():
        begin, end = to_metres(segments.ends[number].reshape(2, 2) / MICRO, origin)
        length_m = float(np.hypot(*(end - begin)))
        if length_m > 0:
            share = _share_along(begin, end, length_m, drawn)
            found[number] = share >= LEAST_SHARE or share * length_m >= LEAST_M
    return found


def _near(segments: Segments, line: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Those whose box touches the line's, wide enough: a few hundred of a city's hundred thousand."""
    margin = 2 * BESIDE_M / to_metres(line[0] + np.array([1.0, 1.0]), line[0])
    low, high = (line.min(axis=0) - margin) * MICRO, (line.max(axis=0) + margin) * MICRO
    lon, lat = segments.ends[:, 0::2], segments.ends[:, 1::2]
    beside_lon = (lon.max(axis=1) >= low[0]) & (lon.min(axis=1) <= high[0])
    return np.asarray(beside_lon & (lat.max(axis=1) >= low[1]) & (lat.min(axis=1) <= high[1]), dtype=np.bool_)


def _share_along(
    begin: NDArray[np.float64], end: NDArray[np.float64], length_m: float, drawn: NDArray[np.float64]
) -> float:
    """Of a segment, how much is beside the drawn line and runs its way. All in metres."""
    looks = max(2, round(length_m / STEP_M))
    at = begin + np.linspace(0.5 / looks, 1 - 0.5 / looks, looks)[:, None] * (end - begin)
    pieces = np.diff(drawn, axis=0)
    pieces_m = np.hypot(*pieces.T)
    along_piece = np.abs(pieces @ (end - begin)) >= np.cos(np.radians(ALONG_DEG)) * pieces_m * length_m
    off = at[:, None, :] - drawn[:-1]
    share = np.einsum("lpd,pd->lp", off, pieces) / np.maximum(pieces_m, 1e-9) ** 2
    is_on = np.ones(share.shape, dtype=np.bool_)
    is_on[:, 0] &= share[:, 0] >= 0  # what lies before the line or after it is not beside it
    is_on[:, -1] &= share[:, -1] <= 1
    off_m = np.hypot(*np.moveaxis(off - np.clip(share, 0, 1)[..., None] * pieces, -1, 0))
    return float((is_on & along_piece & (off_m <= BESIDE_M)).any(axis=1).mean())


def _trimmed(drawn: NDArray[np.float64]) -> NDArray[np.float64]:
    """The line without its ends, unless little would be left, and without points that are twice there."""
    steps_m = np.hypot(*np.diff(drawn, axis=0).T)
    drawn = drawn[np.concatenate([[True], steps_m > 0])]
    along_m = np.concatenate([[0.0], np.cumsum(steps_m[steps_m > 0])])
    if along_m[-1] <= 4 * TRIMMED_M:
        return drawn
    inner = drawn[(along_m > TRIMMED_M) & (along_m < along_m[-1] - TRIMMED_M)]
    first, last = (
        np.array([np.interp(at_m, along_m, drawn[:, axis]) for axis in (0, 1)])
        for at_m in (TRIMMED_M, along_m[-1] - TRIMMED_M)
    )
    return np.vstack([first, inner, last])
