"""`tournee city versions`, `show` and `recount`: what a city was at each load, that folder back, days counted by it."""

import getpass
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from services.cli.shared import SHOWN, WRONG, ShowAll, console

if TYPE_CHECKING:
    from services.city.differences import Counts, LoadReport
    from services.city.versions import RegistryVersion
    from services.store.connection import Connection

City = Annotated[str, typer.Argument(metavar="CITY", help="The id of a loaded city, as in its city.toml.")]


def versions_command(city: City) -> None:
    """List the versions of a loaded city: who loaded, when, the fingerprint, what changed."""
    with _store() as connection:
        versions = _versions_or_exit(connection, city)
    table = Table(title=f"Versions of {city}", title_justify="left")
    for column in ("version", "loaded at", "by", "sha256", "what changed"):
        table.add_column(column)
    for version in versions:
        table.add_row(*(Text(cell) for cell in _cells(version)))
    console.print(table)


def show_command(
    city: City,
    version: Annotated[int | None, typer.Option(help="Which one.", show_default="the latest")] = None,
    out: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Write it as a city folder too.")] = None,
    show_all: ShowAll = False,
) -> None:
    """Show what a version of a city changed, and write it as the folder that was loaded."""
    from services.city.versions import compare_versions, find_registry_version, is_as_recorded  # noqa: PLC0415
    from services.city.write import write_folder  # noqa: PLC0415

    if out is not None and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise typer.BadParameter(f"{out} is not empty: give another folder", param_hint="--out")
    with _store() as connection:
        versions = {row.version: row for row in _versions_or_exit(connection, city)}
        chosen = max(versions) if version is None else version
        _known_or_exit(city, chosen, versions)
        registry = find_registry_version(connection, city, chosen)
        assert registry is not None  # noqa: S101 - it is listed
        report = compare_versions(connection, city, chosen)
        is_whole = is_as_recorded(connection, city, chosen)
    row = versions[chosen]
    told = Text(f"{registry.city.name}, version {chosen}, loaded {row.loaded_at:%Y-%m-%d %H:%M} UTC by {row.who}")
    told.append(f": {row.reason}" if row.reason else "")
    console.print(told, style="green")
    console.print(f"sha256 {row.sha256}")
    if not is_whole:
        console.print("The rows of this version are no longer those that were loaded: restore a backup.", style="red")
    if chosen == min(versions):
        console.print(f"  {_in_words(row.counts)}", markup=False)
    else:
        _show_changes(report, show_all=show_all)
    if out is not None:
        write_folder(registry, out)
        console.print(Text(f"Written to {out}"))


def recount_command(
    city: City,
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day, like 2026-11-01.")],
    last: Annotated[datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="Last day, like 2026-11-22.")],
    version: Annotated[int | None, typer.Option(help="Which one.", show_default="the latest")] = None,
    who: Annotated[str, typer.Option(help="Who asks, for the audit.", show_default="your login")] = "",
) -> None:
    """Have the ledger count past days again with another version of the city: a further line of each."""
    from services.clock import SystemClock  # noqa: PLC0415
    from services.ledger.store import ask_recount  # noqa: PLC0415

    with _store() as connection:
        numbers = [row.version for row in _versions_or_exit(connection, city)]
        chosen = max(numbers) if version is None else version
        _known_or_exit(city, chosen, numbers)
        asker, now = who or getpass.getuser(), SystemClock().now()
        days = ask_recount(connection, city, first.date(), last.date(), chosen, who=asker, now=now)
    if not days:
        console.print(f"{city}: the ledger has no line of these days", style="red", markup=False)
        raise typer.Exit(WRONG)
    console.print(f"{city}: the ledger counts {days} days again with version {chosen}; lines written before stay")


@contextmanager
def _store() -> "Iterator[Connection]":
    # Here and not above: checking a folder needs neither a database nor its settings.
    from services.settings import settings  # noqa: PLC0415
    from services.store.connection import connect  # noqa: PLC0415

    with connect(settings().database_url.get_secret_value(), name="city-versions") as connection:
        yield connection


def _versions_or_exit(connection: "Connection", city: str) -> "list[RegistryVersion]":
    from services.city.versions import list_versions  # noqa: PLC0415

    versions = list_versions(connection, city)
    if not versions:
        console.print(f"{city} is not loaded: tournee city load FOLDER", style="red", markup=False)
        raise typer.Exit(WRONG)
    return versions


def _known_or_exit(city: str, version: int, versions: Container[int]) -> None:
    if version not in versions:
        console.print(f"{city} has no version {version}: tournee city versions {city}", style="red", markup=False)
        raise typer.Exit(WRONG)


def _cells(row: "RegistryVersion") -> tuple[str, str, str, str, str]:
    what = "first load" if row.version == 1 else _in_words(row.counts) or "another order of rows"
    why = f"{what}; why: {row.reason}" if row.reason else what
    return str(row.version), f"{row.loaded_at:%Y-%m-%d %H:%M} UTC", row.who, row.sha256[:12], why


def _in_words(counts: "Mapping[str, Counts]") -> str:
    """`trucks.csv 1 changed; containers.csv 3 added, 1 removed`."""
    files = []
    for file, count in counts.items():
        parts = {"added": count.added, "changed": count.changed, "removed": count.removed}
        files.append(f"{file} " + ", ".join(f"{number} {word}" for word, number in parts.items() if number))
    return "; ".join(files)


def _show_changes(report: "LoadReport", *, show_all: bool) -> None:
    lines = [line for file in report.differences for line in _lines(file, report)]
    shown = lines if show_all else lines[:SHOWN]
    for line in shown:
        console.print(Text(f"  {line}"))
    if len(shown) < len(lines):
        console.print(f"  ... and {len(lines) - len(shown)} more: --all shows them")


def _lines(file: str, report: "LoadReport") -> Iterator[str]:
    """One a value that changed, one a row that came or went."""
    difference = report.differences[file]
    for row_id in difference.added:
        yield f"{file} {row_id}: added"
    for row_id in difference.changed:
        before, after = difference.before[row_id], difference.after[row_id]
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) != after.get(name):
                yield f"{file} {row_id}: {name} {before.get(name)} -> {after.get(name)}"
    for row_id in difference.removed:
        yield f"{file} {row_id}: removed"
    if difference.is_reordered:
        yield f"{file}: rows in another order"
