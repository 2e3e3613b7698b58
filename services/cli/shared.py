"""What several commands have in common: a city folder read, its extract found, progress shown."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from services.city.findings import Finding
from services.city.folder import read_folder
from services.city.registry import Registry
from services.city.sheets import ROADS, find_roads

WRONG = 1
SHOWN = 30
"""Findings on the screen unless --all: more than one screen is not read."""
DEFAULT_DATA = Path("var/data")

console = Console(highlight=False, soft_wrap=True)

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder that holds city.toml.")]
Data = Annotated[
    Path, typer.Option("--data", envvar="TOURNEE_DATA_FOLDER", help="Where graphs lie; the services' own setting.")
]
ExtractFile = Annotated[
    Path | None, typer.Option("--extract", help="Another extract than the folder's own.", show_default=ROADS[0])
]
ShowAll = Annotated[bool, typer.Option("--all", help="Show every finding.")]


def registry_or_exit(folder: Path) -> Registry:
    """The city of a folder; of a wrong one the first faults are shown, and the command ends with 1."""
    reading = read_folder(folder)
    if reading.registry is None:
        for finding in reading.errors[:SHOWN]:
            console.print(Text(f"  {finding}", style="red"))
        console.print(f"{folder} is wrong: tournee city check {folder}")
        raise typer.Exit(WRONG)
    return reading.registry


def read_or_exit(folder: Path, *, show_all: bool) -> Registry:
    """The city of a folder, all that is wrong or doubtful in it shown; with an error the command ends with 1."""
    reading = read_folder(folder)
    if reading.counts:
        console.print(" · ".join(f"{file.partition('.')[0]} {count}" for file, count in reading.counts.items()))
    show_findings("error", reading.errors, "red", show_all=show_all)
    show_findings("warning", reading.warnings, "yellow", show_all=show_all)
    if reading.registry is None:
        raise typer.Exit(WRONG)
    return reading.registry


def show_findings(kind: str, findings: tuple[Finding, ...], style: str, *, show_all: bool) -> None:
    """Findings below their number; only the first unless all are asked for."""
    if not findings:
        return
    console.print(Text(f"{len(findings)} {kind}{'s' * (len(findings) > 1)}", style=f"bold {style}"))
    shown = findings if show_all else findings[:SHOWN]
    for finding in shown:
        console.print(Text(f"  {finding}"))
    if len(shown) < len(findings):
        console.print(f"  ... and {len(findings) - len(shown)} more: --all shows them")


def extract_or_exit(folder: Path, extract: Path | None) -> Path:
    """The extract asked for, else the folder's own."""
    file = extract or find_roads(folder)
    if file is None:
        raise typer.BadParameter(f"{folder} holds none of {', '.join(ROADS)}; give --extract FILE")
    return file


def named_with_day(extract: str, timestamp: str) -> str:
    """An extract's name and the day its data is of, where it says: `roads.osm.pbf of 2026-03-03`."""
    return f"{extract} of {timestamp[:10]}" if timestamp else extract


class Shown:
    """Progress: a bar a step on a terminal, a line a step elsewhere."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console, transient=True
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> "Shown":
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
