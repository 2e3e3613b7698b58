"""A city's OpenStreetMap extract: is it whole, where is it, which of its streets are wide."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.city.geometry import M_PER_DEGREE
from services.roads.closures import MICRO, Segments
from services.roads.osm.errors import EngineMissing, ExtractUnusable

SUFFIXES = (".osm.pbf", ".osm.gz", ".osm.bz2", ".osm")
DRIVABLE = frozenset(
    f"{kind}{link}" for kind in ("motorway", "trunk", "primary", "secondary", "tertiary") for link in ("", "_link")
) | {"unclassified", "residential", "living_street", "service", "track", "road"}
"""Kinds of `highway` that some vehicle may take; which one takes what is said by the profiles."""
ALLEYS = frozenset({"footway", "path", "pedestrian", "cycleway"})
"""Where a tricycle may go too."""

WIDE_HIGHWAYS = frozenset({"trunk", "primary"})
WIDE_LANES = 3
WIDE_M = 9.0
"""A crew does not push a bin across such a street. Assumed: three lanes of 3 m."""
NEAR_M = 30_000.0
"""Containers all farther than this from the extract's streets: another part of the world, not a sloppy border."""
LANDMARKS = 25


@dataclass(frozen=True)
class Extract:
    """What an extract holds, read once while a graph is built."""

    file: Path
    sha256: str
    timestamp: str
    """When the data was current, as the file says; empty where it does not."""
    bounds: tuple[float, float, float, float]
    """West, south, east, north of its drivable streets."""
    streets: int
    crossings: int
    """Ends and crossings of streets, a measure of the network's size."""
    wide: NDArray[np.int64]
    """(n, 2) OSM node ids, smaller first: segments of wide streets that are driven both ways."""
    landmarks: NDArray[np.float64]
    """(n, 2) lon, lat spread over the streets: most stand on the main network, whatever islands there are."""
    segments: Segments
    """Of every street and alley, to find those that somebody closes."""


def read_extract(file: Path) -> Extract:
    """Read the streets of an extract, which also proves that it is whole.

    Raises:
        ExtractUnusable: it is missing, not an extract, truncated or without a street.
        EngineMissing: osmium is not installed.
    """
    if not file.is_file():
        raise ExtractUnusable(f"{file}: no such file; expected an OpenStreetMap extract ({', '.join(SUFFIXES)})")
    if not file.name.endswith(SUFFIXES):
        raise ExtractUnusable(f"{file}: expected a name that ends in {', '.join(SUFFIXES)}")
    try:
        return _read(file, sha256_of(file))
    except (RuntimeError, OSError) as error:  # what osmium raises for any fault of a file
        raise ExtractUnusable(
            f"{file}: cannot be read to its end ({error}): truncated, or no OpenStreetMap extract; fetch it again"
        ) from error


def check_near(extract: Extract, lonlat: NDArray[np.float64]) -> None:
    """Refuse an extract that none of the containers is near.

    Raises:
        ExtractUnusable: it names where the extract and where the containers are.
    """
    if not len(lonlat) or (metres_outside(extract.bounds, lonlat) <= NEAR_M).any():
        return
    west, south, east, north = extract.bounds
    lon, lat = np.median(lonlat, axis=0)
    raise ExtractUnusable(
        f"{extract.file}: its streets lie between {west:.3f}, {south:.3f} and {east:.3f}, {north:.3f} (lon, lat), the "
        f"containers around {lon:.3f}, {lat:.3f}: an extract of another place, or lon and lat swapped"
    )


def metres_outside(bounds: tuple[float, float, float, float], lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) metres to a box of degrees, 0 within it."""
    west, south, east, north = bounds
    shrink = max(float(np.cos(np.radians((south + north) / 2))), 1e-3)
    lon = np.maximum(np.maximum(west - lonlat[:, 0], lonlat[:, 0] - east), 0) * shrink
    lat = np.maximum(np.maximum(south - lonlat[:, 1], lonlat[:, 1] - north), 0)
    return np.asarray(np.hypot(lon, lat) * M_PER_DEGREE, dtype=np.float64)


def sha256_of(file: Path) -> str:
    """The hash that graphs are known by."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _read(file: Path, sha256: str) -> Extract:
    try:
        osmium: Any = import_module("osmium")
    except ImportError as missing:
        raise EngineMissing("osmium is not installed: pip install 'tournee[roads]'") from missing
    has_highway = osmium.filter.KeyFilter("highway")
    has_highway.enable_for(osmium.osm.WAY)
    processor = osmium.FileProcessor(str(file), osmium.osm.NODE | osmium.osm.WAY).with_locations()
    processor = processor.with_filter(has_highway).with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
    streets = _Streets()
    for way in processor:
        kind = way.tags.get("highway")
        if kind not in DRIVABLE | ALLEYS:
            continue
        nodes = [(n.ref, n.lon, n.lat) for n in way.nodes if n.location.valid()]
        streets.add_segments(nodes)
        if kind in DRIVABLE:
            streets.add(way.tags, nodes)
    if not streets.corners:
        raise ExtractUnusable(f"{file}: holds no street that a vehicle could take; expected ways with `highway`")
    corners = np.array(streets.corners)
    west, south = corners.min(axis=0)
    east, north = corners.max(axis=0)
    chosen = np.linspace(0, len(corners) - 1, min(LANDMARKS, len(corners))).astype(int)
    return Extract(
        file=file,
        sha256=sha256,
        timestamp=processor.header.get("osmosis_replication_timestamp", ""),
        bounds=(float(west), float(south), float(east), float(north)),
        streets=streets.count,
        crossings=len(streets.ends),
        wide=np.array(sorted(streets.wide), dtype=np.int64).reshape(-1, 2),
        landmarks=corners[chosen],
        segments=streets.segments(),
    )


class _Streets:
    """What is kept of the streets while they are read."""

    def __init__(self) -> None:
        self.count = 0
        self.ends: set[int] = set()
        self.wide: set[tuple[int, int]] = set()
        self.corners: list[tuple[float, float]] = []
        self._segments: dict[tuple[int, int], tuple[int, int, int, int]] = {}

    def add_segments(self, nodes: list[tuple[int, float, float]]) -> None:
        for (begin, *from_), (end, *to) in pairwise(nodes):
            if begin < end:
                self._segments[begin, end] = tuple(round(MICRO * degrees) for degrees in (*from_, *to))  # type: ignore[assignment]
            elif end < begin:
                self._segments[end, begin] = tuple(round(MICRO * degrees) for degrees in (*to, *from_))  # type: ignore[assignment]

    def segments(self) -> Segments:
        return Segments(
            np.array(list(self._segments.keys()), dtype=np.int64).reshape(-1, 2),
            np.array(list(self._segments.values()), dtype=np.int32).reshape(-1, 4),
        )

    def add(self, tags: Any, nodes: list[tuple[int, float, float]]) -> None:
        if len(nodes) < 2:
            return
        self.count += 1
        self.ends.update((nodes[0][0], nodes[-1][0]))
        self.corners += [(lon, lat) for _, lon, lat in (nodes[0], nodes[len(nodes) // 2], nodes[-1])]
        west_east = [lon for _, lon, _ in nodes]
        south_north = [lat for _, _, lat in nodes]
        self.corners += [(min(west_east), min(south_north)), (max(west_east), max(south_north))]
        if _is_wide(tags):
            refs = [ref for ref, _, _ in nodes]
            self.wide.update((min(pair), max(pair)) for pair in pairwise(refs))


def _is_wide(tags: Any) -> bool:
    """Wide and driven both ways. A divided street is two one-way streets: the nearer one is the container's side."""
    if tags.get("oneway") in {"yes", "1", "true", "-1"} or tags.get("junction") in {"roundabout", "circular"}:
        return False
    return (
        tags.get("highway") in WIDE_HIGHWAYS
        or _number(tags.get("lanes")) >= WIDE_LANES
        or _number(tags.get("width")) >= WIDE_M
    )


def _number(text: str | None) -> float:
    """The number a tag begins with: "9", "9.5 m", "2;3"; 0 where there is none."""
    digits = "".join(_until_unit(text or ""))
    return float(digits) if digits.strip(".") else 0.0


def _until_unit(text: str) -> Iterable[str]:
    for letter in text.strip().replace(",", "."):
        if not (letter.isascii() and letter.isdigit()) and letter != ".":
            return
        yield letter
