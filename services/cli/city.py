"""`tournee city ...`: check a folder, load it, or make one from a plain list of containers."""

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError
from rich.table import Table
from rich.text import Text

from services.city import messages
from services.city.findings import Finding, WrongFile
from services.city.folder import FolderReading, read_folder
from services.city.from_points import LonLat, from_points, notes
from services.city.registry import City, Depot, Prices, Registry, Zone
from services.city.write import write_folder
from services.cli.city_versions import show_command, versions_command
from services.cli.roads import look_again, show_road_findings
from services.cli.shared import DEFAULT_DATA, SHOWN, WRONG, Data, Folder, ShowAll, console

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from services.city.store import LoadReport

USAGE = 2

city_app = typer.Typer(help="City folders: check, load, make; and what was loaded when.", no_args_is_help=True)
city_app.command("versions")(versions_command)
city_app.command("show")(show_command)


@city_app.command()
def check(folder: Folder, show_all: ShowAll = False, data: Data = DEFAULT_DATA) -> None:
    """Say all that is wrong with a city folder. Nothing is loaded."""
    registry = _read_or_exit(folder, show_all=show_all)
    show_road_findings(registry, data, show_all=show_all)
    console.print(f"[green]{registry.city.name} is right[/green]: tournee city load {folder}")


@city_app.command()
def load(
    folder: Folder,
    show_all: ShowAll = False,
    who: Annotated[str, typer.Option(help="Who loads, for the audit.", show_default="your login")] = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Load a city folder into the store named by TOURNEE_DATABASE_URL. A wrong folder changes nothing."""
    registry = _read_or_exit(folder, show_all=show_all)
    _show_load(registry, _load(registry, who or getpass.getuser()))
    look_again(registry, data, show_all=show_all)


@city_app.command("from-points")
def make_from_points(
    csv: Annotated[Path, typer.Argument(metavar="CSV", help="Columns name, lon, lat, litres.")],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="The folder to write.")],
    city_id: Annotated[str, typer.Option("--id", help="Id of the city: small letters, digits and '-'.")],
    name: Annotated[str, typer.Option(help="Name of the city.")],
    timezone: Annotated[str, typer.Option(help="Like Africa/Porto-Novo.")] = "UTC",
    currency: Annotated[str, typer.Option(help="ISO 4217, like XOF.")] = "USD",
    fuel_price: Annotated[float | None, typer.Option(help="Per litre. Default: 1, costs in litres of fuel.")] = None,
    population: Annotated[int, typer.Option(min=0, help="People in the city, 0 = not known.")] = 0,
    trucks: Annotated[int | None, typer.Option(min=1, max=500, help="Default: enough to empty all in one day.")] = None,
    depot: Annotated[str | None, typer.Option(metavar="LON,LAT", help="Default: in the middle.")] = None,
    disposal: Annotated[str | None, typer.Option(metavar="LON,LAT", help="Default: 8 km to the north.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write into a folder that is not empty.")] = False,
) -> None:
    """Make a city folder from a plain list of containers; what the list cannot tell is assumed and marked."""
    _check_out(out, force=force)
    try:
        registry = from_points(
            csv,
            city_id=city_id,
            name=name,
            timezone=timezone,
            currency=currency,
            fuel_per_l=fuel_price,
            population=population,
            trucks=trucks,
            depot=_lon_lat(depot, "--depot"),
            disposal=_lon_lat(disposal, "--disposal"),
        )
    except WrongFile as wrong:
        _show_findings("error", wrong.errors, "red", show_all=False)
        raise typer.Exit(WRONG) from wrong
    except ValidationError as error:
        raise typer.BadParameter("; ".join(_usage(fault) for fault in error.errors())) from error
    try:
        write_folder(registry, out, notes=notes(registry.city))
    except OSError as error:
        raise typer.BadParameter(f"{out} cannot be written: {error.strerror}", param_hint="--out") from error
    _read_or_exit(out, show_all=False)
    console.print(f"[green]Written to {out}[/green]. What to do next stands at the top of {out / 'city.toml'}")


def _read_or_exit(folder: Path, *, show_all: bool) -> Registry:
    reading = read_folder(folder)
    _show_counts(reading)
    _show_findings("error", reading.errors, "red", show_all=show_all)
    _show_findings("warning", reading.warnings, "yellow", show_all=show_all)
    if reading.registry is None:
        raise typer.Exit(WRONG)
    return reading.registry


def _load(registry: Registry, who: str) -> "LoadReport":
    # Here and not above: checking a folder needs neither a database nor its settings.
    from services.city.store import load_registry  # noqa: PLC0415
    from services.clock import SystemClock  # noqa: PLC0415
    from services.errors import TourneeError  # noqa: PLC0415
    from services.settings import settings  # noqa: PLC0415
    from services.store.connection import connect  # noqa: PLC0415

    try:
        with connect(settings().database_url.get_secret_value(), name="city-load") as connection:
            return load_registry(connection, registry, who=who, now=SystemClock().now())
    except TourneeError as error:
        console.print(Text(str(error), style="red"))
        raise typer.Exit(USAGE) from error


def _usage(fault: "ErrorDetails") -> str:
    """A wrong option, in the words that a wrong cell is told."""
    name = str(fault["loc"][-1])
    field = {**Depot.model_fields, **Zone.model_fields, **Prices.model_fields, **City.model_fields}.get(name)
    expected = messages.expected(field) if field else fault["msg"]
    return f'{name} "{fault["input"]}": expected {expected}'


def _check_out(out: Path, *, force: bool) -> None:
    if out.exists() and not out.is_dir():
        raise typer.BadParameter(f"{out} is a file", param_hint="--out")
    if not force and out.exists() and any(out.iterdir()):
        raise typer.BadParameter(f"{out} is not empty: give another folder, or --force", param_hint="--out")


def _lon_lat(text: str | None, option: str) -> LonLat | None:
    if text is None:
        return None
    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError as error:
        raise typer.BadParameter("expected LON,LAT in degrees, like 2.43,6.37", param_hint=option) from error
    return lon, lat


def _show_counts(reading: FolderReading) -> None:
    if reading.counts:
        console.print(" · ".join(f"{file.partition('.')[0]} {count}" for file, count in reading.counts.items()))


def _show_findings(kind: str, findings: tuple[Finding, ...], style: str, *, show_all: bool) -> None:
    if not findings:
        return
    console.print(Text(f"{len(findings)} {kind}{'s' * (len(findings) > 1)}", style=f"bold {style}"))
    shown = findings if show_all else findings[:SHOWN]
    for finding in shown:
        console.print(Text(f"  {finding}"))
    if len(shown) < len(findings):
        console.print(f"  ... and {len(findings) - len(shown)} more: --all shows them")


def _show_load(registry: Registry, report: "LoadReport") -> None:
    if not report.is_changed:
        console.print(f"[green]{registry.city.name}[/green]: nothing has changed since version {report.version}")
        return
    table = Table(title=f"{registry.city.name} is loaded: version {report.version}", title_style="green")
    table.add_column("file")
    for column in ("added", "changed", "removed", "unchanged"):
        table.add_column(column, justify="right")
    for file, counts in report.counts.items():
        table.add_row(file, *(str(n or "") for n in (counts.added, counts.changed, counts.removed, counts.unchanged)))
    console.print(table)
