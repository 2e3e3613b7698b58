"""Where a city's maps lie, and which is in use.

`<data>/map/<city>/current.json` names the map in use and is replaced whole; `<key>.pmtiles` and `<key>.streets.json`
are its files, never changed once they are there, so that browsers may keep them for ever.
"""

import re
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from services.roads.basemap.errors import MapBroken
from services.roads.built import InUse, building

CURRENT = "current.json"
CITY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
KEY = re.compile(r"[0-9a-f]{16}")


class MapManifest(BaseModel):
    """The map that a city uses."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_: Literal["tournee/map/1"] = Field(default="tournee/map/1", alias="schema")
    city: str
    key: str
    """Of its files: the hash of the extract, of the frame and of what makes tiles of them."""
    extract: str
    """Name of the file."""
    sha256: str
    timestamp: str
    """When OpenStreetMap's data was current, as the extract says."""
    frame: tuple[float, float, float, float]
    """West, south, east, north, degrees."""
    built_at: datetime
    tiles: bool
    """False where tilemaker was not there: streets and water alone."""
    attribution: str
    """Whose data it is; empty for a city that is made up."""
    notes: tuple[str, ...] = ()
    """What a technician should know, such as a coastline with a gap."""


class MapStore:
    """The maps of one city."""

    def __init__(self, data_folder: Path, city: str) -> None:
        if not CITY.fullmatch(city):
            raise MapBroken(f"{city!r} is no city's id; expected letters, digits and -")
        self.folder = data_folder.resolve() / "map" / city
        self._city = city
        self._in_use = InUse(self.folder / CURRENT, MapManifest, MapBroken, "tournee map build")

    def find_manifest(self) -> MapManifest | None:
        """What is in use; None where no map was ever built.

        Raises:
            MapBroken: there is a manifest that nobody can read.
        """
        return self._in_use.find()

    def tiles_file(self, key: str) -> Path:
        return self.folder / f"{key}.pmtiles"

    def streets_file(self, key: str) -> Path:
        return self.folder / f"{key}.streets.json"

    def use(self, manifest: MapManifest) -> None:
        """Swap: pages opened from now on show this map. The one before stays for pages that are open; older go."""
        kept = {staying.key for staying in self._in_use.swap(manifest)}
        for file in self.folder.iterdir():
            key = file.name.partition(".")[0]
            if KEY.fullmatch(key) and key not in kept:
                file.unlink()

    def building(self) -> AbstractContextManager[Path]:
        """A folder beside the maps, on the same disk, removed at the end; one build a city at a time.

        Raises:
            BuildRunning: another process builds.
        """
        return building(self.folder, f"the map of {self._city}")
