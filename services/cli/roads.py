"""`tournee roads ...`: distances on real streets from a city's OpenStreetMap extract."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from services.city.folder import read_folder
from services.city.registry import Registry
from services.city.sheets import ROADS, find_roads
from services.domain.reach import RoadFinding

if TYPE_CHECKING:
    from services.adapters.roads.store import Manifest

WRONG = 1
SHOWN = 30
DEFAULT_DATA = Path("var/data")

roads_app = typer.Typer(help="Real streets: build, check.", no_args_is_help=True)
console = Console(highlight=False, soft_wrap=True)

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder that holds city.toml.")]
Data = Annotated[
    Path, typer.Option("--data", envvar="TOURNEE_DATA_FOLDER", help="Where graphs lie; the services' own setting.")
]
ShowAll = Annotated[bool, typer.Option("--all", help="Show every finding.")]


@roads_app.command()
def build(
    folder: Folder,
    extract: Annotated[
        Path | None, typer.Option(help="Another extract than the folder's own.", show_default=ROADS[0])
    ] = None,
    data: Data = DEFAULT_DATA,
    show_all: ShowAll = False,
) -> None:
    """Make the street graphs and matrices of a city. What was in use stays in use until they are whole."""
    from services.adapters.roads.build import build_roads  # noqa: PLC0415
    from services.adapters.roads.store import RoadStore  # noqa: PLC0415

    registry = _registry_or_exit(folder)
    file = extract or find_roads(folder)
    if file is None:
        raise typer.BadParameter(f"{folder} holds none of {', '.join(ROADS)}; give --extract FILE")
    with _Shown() as told:
        built = build_roads(RoadStore(data, registry.city.id), registry, file, now=datetime.now(UTC), told=told)
    _show(built.manifest)
    _show_findings(built.findings, show_all=show_all)


@roads_app.command()
def check(folder: Folder, data: Data = DEFAULT_DATA, show_all: ShowAll = False) -> None:
    """Say which places of a city trucks cannot reach on the roads in use. Exit code 1 when one is not served."""
    registry = _registry_or_exit(folder)
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


def road_findings(registry: Registry, data: Path = DEFAULT_DATA) -> tuple[RoadFinding, ...] | None:
    """What `tournee city check` adds where the city has roads; None where none were built.

    Raises:
        EngineMissing, GraphBroken: there are roads, and they cannot be used on this machine.
    """
    from services.adapters.roads.build import survey  # noqa: PLC0415
    from services.adapters.roads.city_roads import find_roads as find_city_roads  # noqa: PLC0415

    roads = find_city_roads(registry, data)
    return None if roads is None else survey(roads, registry, lambda _step, _share: None)


def _registry_or_exit(folder: Path) -> Registry:
    reading = read_folder(folder)
    if reading.registry is None:
        for finding in reading.errors[:SHOWN]:
            console.print(Text(f"  {finding}", style="red"))
        console.print(f"{folder} is wrong: tournee city check {folder}")
        raise typer.Exit(WRONG)
    return reading.registry


def _show(manifest: "Manifest") -> None:
    dated = f" of {manifest.timestamp[:10]}" if manifest.timestamp else ""
    console.print(f"[green]{manifest.city}[/green]: {manifest.extract}{dated}, {manifest.streets} streets")
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
    shown = findings if show_all else findings[:SHOWN]
    for finding in sorted(shown, key=lambda f: f.is_served):
        console.print(Text(f"  {finding}"))
    if len(shown) < len(findings):
        console.print(f"  ... and {len(findings) - len(shown)} more: --all shows them")


class _Shown:
    """Progress: a bar a step on a terminal, a line a step elsewhere."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console, transient=True
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> "_Shown":
        if sys.stdout.isatty():
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if sys.stdout.isatty():
            self._progress.stop()

    def __call__(self, step: str, share: float) -> None:
        if step not in self._tasks:
            self._tasks[step] = self._progress.add_task(step, total=1.0)
            if not sys.stdout.isatty():
                console.print(f"{step} ...")
        self._progress.update(self._tasks[step], completed=share)
