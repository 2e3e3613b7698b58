"""The demo city's map and road graphs: made of its extract the way a real city's are."""

from datetime import datetime
from pathlib import Path

from rich.console import Console

from services.city.registry import Registry
from services.city.sheets import find_roads
from services.roads.basemap.build import build_map
from services.roads.basemap.store import MapStore
from services.roads.osm.build import build_roads
from services.roads.osm.errors import EngineMissing
from services.roads.osm.store import RoadStore


def build_streets(
    folder: Path, registry: Registry, data: Path, *, now: datetime, with_roads: bool, console: Console
) -> None:
    """Make what the folder's extract gives; nothing where it has none. `now` is the demo's: pages tell it.

    Without graphs, because nobody wants them or this machine has no wheel of OSRM, distances are estimated, and every
    page that shows one says so.

    Raises:
        TourneeError: the extract cannot be used; the message says why.
    """
    extract = find_roads(folder)
    if extract is None:
        return
    city = registry.city.id
    try:
        with console.status("drawing the map"):
            build_map(MapStore(data, city), registry, extract, now=now, told=_nothing)
        if with_roads:
            with console.status("building the road graphs"):
                build_roads(RoadStore(data, city), registry, extract, now=now, told=_nothing)
    except EngineMissing as missing:
        console.print(f"Distances are estimated: {missing}", highlight=False)


def _nothing(_step: str, _share: float) -> None:
    """The status line says enough."""
