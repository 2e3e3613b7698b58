"""What was found out about places when roads were built or the city was loaded, read once for each change."""

import logging
from pathlib import Path
from threading import Lock

from services.roads.osm.errors import RoadsError
from services.roads.osm.places import PlacesChecked, find_places, places_file

log = logging.getLogger(__name__)

type Stamp = tuple[int, int]
"""Nanosecond of the last change and size: a file that is swapped has others."""


class KeptPlaces:
    """Findings of the cities under a data folder; none without a folder."""

    def __init__(self, data_folder: Path | None = None) -> None:
        self._data = data_folder
        self._known: dict[str, tuple[Stamp, PlacesChecked]] = {}
        self._lock = Lock()

    def find(self, city: str) -> PlacesChecked | None:
        """None where nobody has looked, or nobody can read what was kept (the log says why)."""
        if self._data is None:
            return None
        try:
            stat = places_file(self._data, city).stat()
        except FileNotFoundError:
            return None
        stamp = (stat.st_mtime_ns, stat.st_size)
        with self._lock:
            known = self._known.get(city)
            if known is not None and known[0] == stamp:
                return known[1]
            try:
                found = find_places(self._data, city)
            except RoadsError as error:
                log.warning("the places of %s are not shown: %s", city, error)
                return None
            if found is not None:
                self._known[city] = (stamp, found)
            return found
