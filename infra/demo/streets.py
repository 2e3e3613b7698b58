"""The demo city's map and, where asked for, its road graphs: made of its extract the way a real city's are."""

from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from services.adapters.basemap.build import build_map
from services.adapters.basemap.store import MapStore
from services.adapters.roads.build import build_roads
from services.adapters.roads.store import RoadStore
from services.city.registry import Registry
from services.city.sheets import find_roads


def build_streets(folder: Path, registry: Registry, data: Path, *, with_roads: bool, console: Console) -> None:
    """Make what the folder's extract gives; nothing where it has none.

    Graphs take a minute or two, so they are asked for; without them distances are estimated, and labelled so.

    Raises:
        TourneeError: the extract cannot be used; the message says why.
    """
    extract = find_roads(folder)
    if extract is None:
        return
    now, city = datetime.now(UTC), registry.city.id
    with console.status("drawing the map"):
        build_map(MapStore(data, city), registry, extract, now=now, told=_nothing)
    if with_roads:
        with console.status("building the road graphs (a minute or two)"):
            build_roads(RoadStore(data, city), registry, extract, now=now, told=_nothing)


def _nothing(_step: str, _share: float) -> None:
    """The status line says enough."""
