"""The base under a city's circuits: tiles and streets made by `tournee map build`, else the city folder's own."""

import json
import logging
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from services.roads.basemap.errors import MapError
from services.roads.basemap.store import KEY, MapManifest, MapStore

KEPT_CITIES = 4
"""Streets of so many cities stay in memory; a city of 30,000 streets takes some 100 MB."""

log = logging.getLogger(__name__)

type Collection = dict[str, Any]


@dataclass(frozen=True)
class Base:
    """What an operator's map starts from."""

    tiles: str | None
    """Address of the PMTiles file; None where the streets alone are there."""
    attribution: str
    frame: tuple[float, float, float, float]
    """West, south, east, north in degrees: beyond it nothing is drawn."""


class Basemaps:
    """The maps under a data folder; none without a folder."""

    def __init__(self, data_folder: Path | None = None) -> None:
        self._data = data_folder
        self._streets: OrderedDict[Path, Collection] = OrderedDict()
        self._lock = Lock()

    def find(self, city: str) -> Base | None:
        """The map in use; None where there is none, or none that can be read (the log says why)."""
        manifest = self._manifest(city)
        if manifest is None:
            return None
        address = f"/map/{city}/{manifest.key}.pmtiles" if manifest.tiles else None
        return Base(address, manifest.attribution, manifest.frame)

    def tiles_file(self, city: str, key: str) -> Path | None:
        """A file of tiles, also one that is no longer in use: a page may be open that began with it."""
        if self._data is None or not KEY.fullmatch(key):
            return None
        try:
            file = MapStore(self._data, city).tiles_file(key)
        except MapError:
            return None
        return file if file.is_file() else None

    def streets(self, city: str) -> Collection | None:
        """Streets and water as GeoJSON, kinds as in a city folder's basemap; shared, so never to be changed."""
        manifest = self._manifest(city)
        if manifest is None or self._data is None:
            return None
        file = MapStore(self._data, city).streets_file(manifest.key)
        with self._lock:
            if file not in self._streets:
                try:
                    self._streets[file] = json.loads(file.read_bytes())
                except (OSError, ValueError) as error:
                    log.warning("%s: cannot be read (%s); run `tournee map build` again", file, error)
                    return None
            self._streets.move_to_end(file)
            while len(self._streets) > KEPT_CITIES:
                self._streets.popitem(last=False)
            return self._streets[file]

    def _manifest(self, city: str) -> MapManifest | None:
        if self._data is None:
            return None
        try:
            return MapStore(self._data, city).find_manifest()
        except MapError as error:
            log.warning("no map of %s: %s", city, error)
            return None
