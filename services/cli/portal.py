"""`tournee portal ...`: brokers of portals (NGSI-LD) that are kept current with a city's containers."""

import json
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from services.cli.shared import console
from services.clock import clock_from
from services.settings import settings
from services.store.connection import Connection, connect
from services.webhook.address import AddressRefused, addresses_of, is_loopback, read_networks, read_url
from services.webhook.brokers import BrokerRow, add_broker, list_brokers, remove_broker

portal_app = typer.Typer()


@portal_app.command("add")
def add_command(
    city: Annotated[str, typer.Argument(metavar="CITY")],
    url: Annotated[str, typer.Argument(metavar="URL", help="Of the broker, up to before /ngsi-ld/v1: https://HOST.")],
    tenant: Annotated[str | None, typer.Option(help="NGSILD-Tenant, where the broker has several.")] = None,
    authorization: Annotated[
        str | None,
        typer.Option(
            envvar="TOURNEE_BROKER_AUTHORIZATION", show_envvar=True, help="The header: Bearer ... or Basic ..."
        ),
    ] = None,
) -> None:
    """Keep a broker (Orion-LD or another of NGSI-LD) current with a city's containers from now on."""
    config, plain = settings(), url.rstrip("/")
    at = read_url(plain, plain_http=is_loopback(url))
    if at.query:
        raise AddressRefused(f"an address of {at.hostname} with a query: expected https://HOST, or with a path")
    addresses_of(at, read_networks(config.webhook_networks))
    with _store() as connection:
        now = clock_from(config.clock).now()
        broker = add_broker(connection, city, plain, now, tenant=tenant or None, authorization=authorization or None)
    typer.echo(f"broker {broker} of {city}: told by the service webhook, and again each minute that something changed")


@portal_app.command("list")
def list_command(
    city: Annotated[str | None, typer.Argument(metavar="[CITY]")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Which brokers there are, and how far each is current."""
    with _store() as connection:
        rows = list_brokers(connection, city)
    if as_json:
        typer.echo(json.dumps(rows, default=str, ensure_ascii=False))
        return
    console.print(_table(rows) if rows else "no brokers: tournee portal add CITY URL")


@portal_app.command("remove")
def remove_command(
    broker: Annotated[str, typer.Argument(metavar="BROKER", help="Its id: tournee portal list.")],
) -> None:
    """Tell a broker nothing more. What it has of the city stays with it."""
    with _store() as connection:
        remove_broker(connection, broker)
    typer.echo(f"broker {broker} is gone")


def _store() -> Connection:
    return connect(settings().database_url.get_secret_value(), name="portal-command")


def _table(rows: list[BrokerRow]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("broker", "city", "to", "entities", "wait", "current at", "last answer"):
        table.add_column(heading, justify="right" if heading in {"entities", "wait"} else "left")
    for row in rows:
        told_at = f"{row['told_at']:%Y-%m-%d %H:%M} UTC" if row["told_at"] else "never"
        cells: list[Any] = [row["broker_id"], row["city_id"], row["url"], row["entities"], row["waiting"], told_at]
        table.add_row(*(Text(str(cell)) for cell in (*cells, row["last_answer"] or "")))
    return table
