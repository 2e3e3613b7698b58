"""`tournee roads ...`: distances on real streets from a city's OpenStreetMap extract."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.text import Text

from services.city.registry import Registry
from services.cli.shared import (
    DEFAULT_DATA,
    SHOWN,
    WRONG,
    Data,
    ExtractFile,
    Folder,
    ShowAll,
    Shown,
    console,
    extract_or_exit,
    named_with_day,
    registry_or_exit,
)
from services.roads.reach import RoadFinding

if TYPE_CHECKING:
    from services.roads.osm.store import Manifest

roads_app = typer.Typer(help="Real streets: build, check.", no_args_is_help=True)


@roads_app.command()
def build(
    folder: Folder,
    extract: ExtractFile = None,
    data: Data = DEFAULT_DATA,
    show_all: ShowAll = False,
) -> None:
    """Make the street graphs and matrices of a city. What was in use stays in use until they are whole."""
    from services.roads.osm.build import build_roads  # noqa: PLC0415
    from services.roads.osm.store import RoadStore  # noqa: PLC0415

    registry = registry_or_exit(folder)
    file = extract_or_exit(folder, extract)
    with Shown() as told:
        built = build_roads(RoadStore(data, registry.city.id), registry, file, now=datetime.now(UTC), told=told)
    _show(built.manifest)
    _show_findings(built.findings, show_all=show_all)


@roads_app.command()
def check(folder: Folder, data: Data = DEFAULT_DATA, show_all: ShowAll = False) -> None:
    """Say which places of a city trucks cannot reach on the roads in use. Exit code 1 when one is not served."""
    registry = registry_or_exit(folder)
    findings = road_findings(registry, data)
    if findings is None:
        console.print(f"{registry.city.name}: distances are estimated, no roads were built (tournee roads build)")
        return
    _show_findings(findings, show_all=show_all)
    if not all(finding.is_served for finding in findings):
        raise typer.Exit(WRONG)


def show_road_findings(registry: Registry, data: Path, *, show_all: bool) -> None:
    """What the roads in use say of a city's places; nothing where none were built."""
    findings = road_findings(registry, data)
    if findings is not None:
        _show_findings(findings, show_all=show_all)


def look_again(registry: Registry, data: Path, *, show_all: bool) -> None:
    """After a city was loaded: which of its places its roads leave out, shown and kept for the technician's page."""
    from services.roads.osm import build as roads_build  # noqa: PLC0415
    from services.roads.osm.city_roads import find_roads as find_city_roads  # noqa: PLC0415
    from services.roads.osm.errors import RoadsError  # noqa: PLC0415

    try:
        roads = find_city_roads(registry.city.id, data)
        if roads is None:
            return
        with Shown() as told:
            findings = roads_build.look_again(roads, registry, now=datetime.now(UTC), told=told)
    except RoadsError as error:
        # The city is loaded all the same; its distances are estimated until the roads are built anew.
        console.print(Text(f"The roads were not looked at again: {error}", style="yellow"))
        return
    _show_findings(findings, show_all=show_all)


def road_findings(registry: Registry, data: Path = DEFAULT_DATA) -> tuple[RoadFinding, ...] | None:
    """What `tournee city check` adds where the city has roads; None where none were built.

    Raises:
        EngineMissing, GraphBroken: there are roads, and they cannot be used on this machine.
    """
    from services.roads.osm.build import survey  # noqa: PLC0415
    from services.roads.osm.city_roads import find_roads as find_city_roads  # noqa: PLC0415

    roads = find_city_roads(registry.city.id, data)
    return None if roads is None else survey(roads, registry, lambda _step, _share: None)


def _show(manifest: "Manifest") -> None:
    source = named_with_day(manifest.extract, manifest.timestamp)
    console.print(f"[green]{manifest.city}[/green]: {source}, {manifest.streets} streets")
    for name, graph in manifest.graphs.items():
        made = f"built in {graph.build_s:.1f} s" if graph.build_s else "was there already"
        console.print(f"  {name}: {made}")
    console.print(f"  {manifest.attribution}")


def _show_findings(findings: tuple[RoadFinding, ...], *, show_all: bool) -> None:
    if not findings:
        console.print("Every place is reached.")
        return
    left = sum(not finding.is_served for finding in findings)
    console.print(Text(f"Places to look at: {len(findings)}, of them not served: {left}", style="bold yellow"))
    worst_first = sorted(findings, key=lambda finding: finding.is_served)
    shown = worst_first if show_all else worst_first[:SHOWN]
    for finding in shown:
        console.print(Text(f"  {finding}"))
    if len(shown) < len(findings):
        console.print(f"  ... and {len(findings) - len(shown)} more: --all shows them")
