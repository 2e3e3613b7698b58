"""`tournee map ...`: the map under circuits, from a city's OpenStreetMap extract."""

from datetime import UTC, datetime

import typer
from rich.text import Text

from services.cli.shared import (
    DEFAULT_DATA,
    Data,
    ExtractFile,
    Folder,
    Shown,
    console,
    extract_or_exit,
    named_with_day,
    registry_or_exit,
)

map_app = typer.Typer(help="The map under circuits: build.", no_args_is_help=True)


@map_app.callback()
def about() -> None:
    """The map under circuits, made on this machine: no tile server."""


@map_app.command()
def build(
    folder: Folder,
    extract: ExtractFile = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Make the map of a city. What was in use stays in use until it is whole."""
    from services.roads.basemap.build import build_map  # noqa: PLC0415
    from services.roads.basemap.store import MapStore  # noqa: PLC0415

    registry = registry_or_exit(folder)
    file = extract_or_exit(folder, extract)
    with Shown() as told:
        built = build_map(MapStore(data, registry.city.id), registry, file, now=datetime.now(UTC), told=told)
    made = built.manifest
    source = named_with_day(made.extract, made.timestamp)
    if made.tiles:
        size = f"{built.size_bytes / 1e6:.1f} MB"
        console.print(f"[green]{made.city}[/green]: {built.tiles} tiles, {size}, of {source}")
    else:
        from services.roads.basemap.tiles import INSTALL  # noqa: PLC0415

        console.print(f"[yellow]{made.city}[/yellow]: streets and water alone, of {source}. {INSTALL}")
    for note in made.notes:
        console.print(Text(f"  {note}", style="yellow"))
    if made.attribution:
        console.print(f"  {made.attribution}")
