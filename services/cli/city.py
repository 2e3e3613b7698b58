"""`tournee city ...`: check a folder, load it, or make one from a plain list of containers."""

import getpass
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from services.city.registry import Registry
from services.cli.city_labels import qr_command
from services.cli.city_versions import recount_command, show_command, versions_command
from services.cli.from_points import from_points
from services.cli.roads import look_again, show_road_findings
from services.cli.shared import DEFAULT_DATA, Data, Folder, ShowAll, console, read_or_exit

if TYPE_CHECKING:
    from services.city.store import LoadReport

USAGE = 2

city_app = typer.Typer(help="City folders: check, load, make; and what was loaded when.", no_args_is_help=True)
city_app.command("versions")(versions_command)
city_app.command("show")(show_command)
city_app.command("recount")(recount_command)
city_app.command("qr")(qr_command)


@city_app.command()
def check(folder: Folder, show_all: ShowAll = False, data: Data = DEFAULT_DATA) -> None:
    """Say all that is wrong with a city folder. Nothing is loaded."""
    registry = read_or_exit(folder, show_all=show_all)
    show_road_findings(registry, data, show_all=show_all)
    console.print(f"[green]{registry.city.name} is right[/green]: tournee city load {folder}")


@city_app.command()
def load(
    folder: Folder,
    show_all: ShowAll = False,
    who: Annotated[str, typer.Option(help="Who loads, for the audit.", show_default="your login")] = "",
    reason: Annotated[str, typer.Option(help="Why, for whoever looks at the version.")] = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Load a city folder into the store named by TOURNEE_DATABASE_URL. A wrong folder changes nothing."""
    registry = read_or_exit(folder, show_all=show_all)
    _show_load(registry, _load(registry, who or getpass.getuser(), reason))
    look_again(registry, data, show_all=show_all)


city_app.command("from-points")(from_points)


def _load(registry: Registry, who: str, reason: str) -> "LoadReport":
    # Here and not above: checking a folder needs neither a database nor its settings.
    from services.city.store import store_registry  # noqa: PLC0415
    from services.clock import SystemClock  # noqa: PLC0415
    from services.errors import TourneeError  # noqa: PLC0415
    from services.settings import settings  # noqa: PLC0415
    from services.store.connection import connect  # noqa: PLC0415

    try:
        with connect(settings().database_url.get_secret_value(), name="city-load") as connection:
            return store_registry(connection, registry, who=who, now=SystemClock().now(), reason=reason[:200])
    except TourneeError as error:
        console.print(Text(str(error), style="red"))
        raise typer.Exit(USAGE) from error


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
