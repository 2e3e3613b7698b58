"""`tournee webhook ...`: whom a city tells what happens, and whether they hear it. By itself it runs the sender."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any, get_args
from uuid import uuid4

import typer
from rich.table import Table
from rich.text import Text

from services.cli.shared import WRONG, console
from services.clock import clock_from
from services.contracts.webhooks import TRIED, Event
from services.settings import settings
from services.store.connection import Connection, connect
from services.webhook.address import addresses_of, read_networks, read_url
from services.webhook.sending import Poster, body_of
from services.webhook.signing import secret_text
from services.webhook.store import (
    WebhookRow,
    add_webhook,
    find_endpoint,
    list_webhooks,
    remove_webhook,
    try_again,
)

webhook_app = typer.Typer()

EVENTS: tuple[Event, ...] = get_args(Event)
Webhook = Annotated[str, typer.Argument(metavar="WEBHOOK", help="Its id: tournee webhook list.")]
AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]


@webhook_app.command("add")
def add_command(
    city: Annotated[str, typer.Argument(metavar="CITY")],
    url: Annotated[str, typer.Argument(metavar="URL", help="Where it is posted to: https://HOST/PATH.")],
    events: Annotated[
        list[str] | None, typer.Option("--event", metavar="EVENT", help=f"Any of {', '.join(EVENTS)}. Without: all.")
    ] = None,
    plain_http: Annotated[bool, typer.Option("--http", help="Take an address without TLS.")] = False,
    as_json: AsJson = False,
) -> None:
    """Tell an address what happens in a city from now on. What its messages are signed with is shown this once."""
    wanted = _events(events)
    config = settings()
    addresses_of(read_url(url, plain_http=plain_http), read_networks(config.webhook_networks))
    with _store() as connection:
        webhook, secret = add_webhook(connection, city, url, wanted, clock_from(config.clock).now())
    if as_json:
        typer.echo(json.dumps({"webhook": webhook, "secret": secret_text(secret), "events": list(wanted)}))
        return
    typer.echo(f"webhook {webhook} of {city}: {', '.join(wanted)}", err=True)
    typer.echo("what it is signed with, shown this once:", err=True)
    typer.echo(secret_text(secret))


@webhook_app.command("list")
def list_command(city: Annotated[str | None, typer.Argument(metavar="[CITY]")] = None, as_json: AsJson = False) -> None:
    """Who is told, and what became of their messages in a week."""
    with _store() as connection:
        rows = list_webhooks(connection, city)
    if as_json:
        typer.echo(json.dumps(rows, default=str, ensure_ascii=False))
        return
    console.print(_table(rows) if rows else "no webhooks: tournee webhook add CITY URL")


@webhook_app.command("remove")
def remove_command(webhook: Webhook) -> None:
    """Tell an address nothing more; what waited for it is dropped."""
    with _store() as connection:
        remove_webhook(connection, webhook)
    typer.echo(f"webhook {webhook} is gone", err=True)


@webhook_app.command("try")
def try_command(webhook: Webhook) -> None:
    """Send one signed message of the type `webhook.tried` now, and say what was answered."""
    config = settings()
    with _store() as connection:
        city, endpoint = find_endpoint(connection, webhook)
    poster = Poster(read_networks(config.webhook_networks), config.webhook_ca)
    body = body_of(TRIED, datetime.now(UTC), {"city": city})
    answer = poster.post(endpoint, f"msg_{uuid4().hex}", body)
    if answer.outcome == "delivered":
        console.print(f"{endpoint.shown} took it: {answer.said} in {answer.took_s:.2f} s")
        return
    console.print(Text(f"{endpoint.shown} did not take it ({answer.outcome}): {answer.said}", style="red"))
    raise typer.Exit(WRONG)


@webhook_app.command("again")
def again_command(webhook: Webhook) -> None:
    """Try anew what was given up, and a webhook that was stopped."""
    with _store() as connection:
        count = try_again(connection, webhook)
    typer.echo(f"{count} messages that were given up wait again", err=True)


def _store() -> Connection:
    return connect(settings().database_url.get_secret_value(), name="webhook-command")


def _events(asked: list[str] | None) -> tuple[Event, ...]:
    for event in asked or ():
        if event not in EVENTS:
            raise typer.BadParameter(f"there is no event {event}; there are {', '.join(EVENTS)}")
    return tuple(event for event in EVENTS if not asked or event in asked)


def _table(rows: list[WebhookRow]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("webhook", "city", "to", "events", "wait", "taken", "given up", "last answer"):
        table.add_column(heading, justify="right" if heading in {"wait", "taken", "given up"} else "left")
    for row in rows:
        stopped = f"stopped: {row['stopped_reason']}" if row["stopped_at"] else row["last_answer"] or ""
        cells: list[Any] = [row["webhook_id"], row["city_id"], row["url"], "\n".join(row["events"])]
        cells += [row["waiting"], row["delivered"], row["given_up"], stopped]
        table.add_row(*(Text(str(cell)) for cell in cells))
    return table
