"""The nodes of an extract's streets, in the order of each way: what a match is told in."""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from services.roads.osm.errors import EngineMissing, ExtractUnusable
from services.roads.osm.extract import ALLEYS, DRIVABLE
from services.roads.tracks import METRES_A_DEGREE


@dataclass(frozen=True, slots=True, eq=False)
class Streets:
    """`ways` are node ids by way id; `at` is lon, lat by node id."""

    ways: dict[int, tuple[int, ...]]
    at: dict[int, tuple[float, float]]

    def metres(self, a: int, b: int) -> float:
        """Between two nodes."""
        (lon_a, lat_a), (lon_b, lat_b) = self.at[a], self.at[b]
        shrink = float(np.cos(np.radians((lat_a + lat_b) / 2)))
        return float(np.hypot((lon_a - lon_b) * shrink, lat_a - lat_b)) * METRES_A_DEGREE


def read_streets(file: Path) -> Streets:
    """Every street that a vehicle of ours might take.

    Raises:
        ExtractUnusable: the extract cannot be read.
        EngineMissing: osmium is not installed.
    """
    try:
        osmium: Any = import_module("osmium")
    except ImportError as missing:
        raise EngineMissing("osmium is not installed: pip install 'tournee[roads]'") from missing
    ways: dict[int, tuple[int, ...]] = {}
    at: dict[int, tuple[float, float]] = {}
    try:
        processor = osmium.FileProcessor(str(file), osmium.osm.NODE | osmium.osm.WAY).with_locations()
        for way in processor.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY)):
            if way.tags.get("highway") not in DRIVABLE | ALLEYS:
                continue
            nodes = [(node.ref, node.lon, node.lat) for node in way.nodes if node.location.valid()]
            ways[way.id] = tuple(ref for ref, _, _ in nodes)
            at.update((ref, (lon, lat)) for ref, lon, lat in nodes)
    except (RuntimeError, OSError) as error:
        raise ExtractUnusable(f"{file}: cannot be read to its end ({error}); fetch it again") from error
    return Streets(ways, at)
