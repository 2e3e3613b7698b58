"""What the ledger's commands have in common: their options, the store, the city."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.shared import WRONG, console

if TYPE_CHECKING:
    from services.city.registry import Registry
    from services.store.connection import Connection

City = Annotated[str, typer.Argument(metavar="CITY", help="The id of a loaded city, as in its city.toml.")]
DAY = ["%Y-%m-%d"]
First = Annotated[datetime, typer.Option("--from", formats=DAY, help="First day, like 2026-11-01.")]
Last = Annotated[datetime, typer.Option("--to", formats=DAY, help="Last day, like 2026-11-28.")]
Who = Annotated[str, typer.Option("--by", help="Who does it, for the audit.")]


def registry_of(connection: "Connection", city: str) -> "tuple[Registry, int | None]":
    from services.city.store import find_registry  # noqa: PLC0415
    from services.city.versions import find_version  # noqa: PLC0415

    with connection.transaction():
        registry, version = find_registry(connection, city), find_version(connection, city)
    if registry is None:
        console.print(f"{city} is not loaded: tournee city load FOLDER", style="red", markup=False)
        raise typer.Exit(WRONG)
    return registry, version


def now_of_clock() -> datetime:
    from services.clock import clock_from  # noqa: PLC0415
    from services.settings import settings  # noqa: PLC0415

    return clock_from(settings().clock).now()


@contextmanager
def ledger_store() -> "Iterator[Connection]":
    # Here and not above: help and completion need neither a database nor its settings.
    from services.settings import settings  # noqa: PLC0415
    from services.store.connection import connect  # noqa: PLC0415

    with connect(settings().database_url.get_secret_value(), name="ledger-books") as connection:
        yield connection
