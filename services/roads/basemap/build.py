"""A city's map, built beside the one in use and swapped when it is whole."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.city.registry import Registry
from services.roads.basemap.shores import Frame
from services.roads.basemap.store import MapManifest, MapStore
from services.roads.osm.errors import EngineMissing, ExtractUnusable
from services.roads.osm.extract import Extract, check_near, read_extract
from services.roads.reach import city_places

type Told = Callable[[str, float], None]
"""Called with what is being done and the share of it that is done, 0 to 1."""

MARGIN_DEG = 0.1
"""About 11 km around the city's places; of a whole country's extract the rest is left out."""


@dataclass(frozen=True)
class MapBuilt:
    """What is in use now."""

    manifest: MapManifest
    tiles: int
    """How many, 0 without tilemaker."""
    size_bytes: int


def build_map(store: MapStore, registry: Registry, file: Path, *, now: datetime, told: Told) -> MapBuilt:
    """Make the map's files of an extract, then use them. Whatever goes wrong, what was in use stays in use.

    Without tilemaker the map has streets and water, and no tiles.

    Raises:
        ExtractUnusable, EngineMissing, BuildRunning, TilesFailed: nothing has changed.
    """
    try:
        from services.roads.basemap import source, streets, tiles  # noqa: PLC0415
    except ImportError as missing:
        raise EngineMissing(f"{missing.name} is not installed: pip install 'tournee[roads]'") from missing
    told("reading the extract", 0.0)
    extract = read_extract(file)
    lonlat = city_places(registry)[1].lonlat
    check_near(extract, lonlat)
    frame = frame_of(source.box_of(file) or extract.bounds, lonlat, file)
    told("reading the extract", 1.0)
    program = tiles.find_tilemaker()
    key = key_of(extract, frame, with_tiles=program is not None)
    with store.building() as beside:
        told("streets and water", 0.0)
        prepared = source.write_source(file, frame, beside)
        streets.write_streets(prepared.file, frame, beside / "streets.json")
        told("streets and water", 1.0)
        manifest = MapManifest(
            city=registry.city.id, key=key, extract=file.name, sha256=extract.sha256, timestamp=extract.timestamp,
            frame=frame, built_at=now, tiles=program is not None, notes=prepared.notes,
            attribution=source.attribution_of(file),
        )  # fmt: skip
        count = 0
        if program is not None:
            told("tiles", 0.0)
            count = tiles.make_tiles(program, prepared.file, frame, beside / "map.pmtiles", manifest.attribution)
            (beside / "map.pmtiles").replace(store.tiles_file(key))
            told("tiles", 1.0)
        (beside / "streets.json").replace(store.streets_file(key))
        store.use(manifest)
    size = store.tiles_file(key).stat().st_size if program is not None else 0
    return MapBuilt(manifest, count, size)


def frame_of(box: Frame, lonlat: NDArray[np.float64], file: Path) -> Frame:
    """What of the extract's box is near the city.

    Raises:
        ExtractUnusable: nothing.
    """
    west, south = lonlat.min(axis=0) - MARGIN_DEG
    east, north = lonlat.max(axis=0) + MARGIN_DEG
    near = (max(box[0], west), max(box[1], south), min(box[2], east), min(box[3], north))
    frame = (round(float(near[0]), 6), round(float(near[1]), 6), round(float(near[2]), 6), round(float(near[3]), 6))
    if frame[0] >= frame[2] or frame[1] >= frame[3]:
        raise ExtractUnusable(
            f"{file}: its frame {box} holds none of the city's places; expected an extract around them"
        )
    return frame


def key_of(extract: Extract, frame: Frame, *, with_tiles: bool) -> str:
    """Name of the files: the same key, the same map."""
    here = Path(__file__).parent
    digest = hashlib.sha256(f"{extract.sha256}\n{frame}\n{with_tiles}\n".encode())
    for part in ("tiles.json", "tiles.lua", "tiles.py", "source.py", "shores.py", "streets.py"):
        digest.update((here / part).read_bytes())
    return digest.hexdigest()[:16]
