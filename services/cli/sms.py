"""`tournee sms ...`: the telephone through which a city answers residents' texts (SMS Gateway for Android)."""

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from services.cli.shared import console
from services.clock import clock_from
from services.settings import settings
from services.store.connection import Connection, connect
from services.webhook.address import addresses_of, read_networks, read_url
from services.webhook.gateways import list_gateways, put_gateway, remove_gateway

sms_app = typer.Typer()
City = Annotated[str, typer.Argument(metavar="CITY")]


@sms_app.command("add")
def add_command(
    city: City,
    url: Annotated[str, typer.Argument(metavar="URL", help="Of its interface, up to before /messages.")],
    login: Annotated[
        str, typer.Option(envvar="TOURNEE_SMS_LOGIN", show_envvar=True, help="As the app shows it, user:password.")
    ],
    plain_http: Annotated[bool, typer.Option("--http", help="Take an address without TLS.")] = False,
) -> None:
    """Answer residents' texts through a telephone. What it has to sign its texts with is shown this once."""
    config = settings()
    addresses_of(read_url(url, plain_http=plain_http), read_networks(config.webhook_networks))
    if ":" not in login:
        raise typer.BadParameter("expected user:password, as the app shows them", param_hint="TOURNEE_SMS_LOGIN")
    with _store() as connection:
        signing_key = put_gateway(connection, city, url.rstrip("/"), login, clock_from(config.clock).now())
    typer.echo("signing key, for the app's Settings, Webhooks, shown this once:", err=True)
    typer.echo(signing_key)


@sms_app.command("list")
def list_command() -> None:
    """The cities' telephones, and whether they take replies."""
    with _store() as connection:
        rows = list_gateways(connection)
    table = Table(box=None, pad_edge=False)
    for heading in ("city", "to", "wait", "took one at", "failures", "last answer"):
        table.add_column(heading)
    for row in rows:
        told_at = f"{row['told_at']:%Y-%m-%d %H:%M} UTC" if row["told_at"] else "never"
        cells = (row["city_id"], row["url"], row["waiting"], told_at, row["failures"], row["last_answer"] or "")
        table.add_row(*(Text(str(cell)) for cell in cells))
    console.print(table if rows else "no telephones: tournee sms add CITY URL")


@sms_app.command("remove")
def remove_command(city: City) -> None:
    """Answer through it no more; texts come in by the key of `tournee device key CITY sms` again."""
    with _store() as connection:
        remove_gateway(connection, city)
    typer.echo(f"the telephone of {city} is gone")


def _store() -> Connection:
    return connect(settings().database_url.get_secret_value(), name="sms-command")
