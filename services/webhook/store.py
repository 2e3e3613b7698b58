"""Webhooks and their outbox in the store. Transactions are the caller's, but for what the command does."""

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypedDict, cast
from uuid import UUID

from services.city.devices import UnknownCity
from services.contracts.webhooks import Event, Told
from services.errors import TourneeError
from services.store.connection import Connection, store_errors
from services.store.queries import load_queries
from services.webhook.sending import Answer, Endpoint
from services.webhook.signing import new_secret
from services.webhook.telling import CircuitRow, OverflowRow

SQL = load_queries(__name__)


class UnknownWebhook(TourneeError):
    """There is no webhook of that id."""


class Due(NamedTuple):
    """A message that is to be tried now."""

    endpoint: Endpoint
    message_id: str
    event: str
    happened_at: datetime
    data: dict[str, Any]
    tries: int
    """So far."""


class WebhookRow(TypedDict):
    """A webhook and what became of its messages; settled ones of the last seven days."""

    webhook_id: str
    city_id: str
    url: str
    events: list[str]
    made_at: datetime
    stopped_at: datetime | None
    stopped_reason: str | None
    waiting: int
    delivered: int
    given_up: int
    oldest_at: datetime | None
    last_answer: str | None


# --- what the writer does, in the transaction that stores what happened ---


def queue(connection: Connection, told: Iterable[Told | None]) -> None:
    """Into the outbox of every webhook of their cities that wants to hear of them. What comes twice stands once."""
    facts = [each for each in told if each is not None]
    if facts:
        columns = {
            "cities": [fact.city for fact in facts],
            "events": [fact.event for fact in facts],
            "messages": [fact.message_id for fact in facts],
            "instants": [fact.happened_at for fact in facts],
            "known": [fact.known_at for fact in facts],
            "data": [fact.data.model_dump_json() for fact in facts],
        }
        connection.execute(SQL["queue"], columns)


def is_anybody_told(connection: Connection, cities: Sequence[str]) -> bool:
    """Whether any of these cities has a webhook: most have none, and are spared the rest."""
    row = connection.execute(SQL["is_anybody_told"], {"cities": list(cities)}).fetchone()
    return bool(row and row["told"])


def list_circuits(connection: Connection, plans: Sequence[UUID]) -> list[CircuitRow]:
    return cast("list[CircuitRow]", connection.execute(SQL["list_circuits"], {"plans": list(plans)}).fetchall())


# --- what the sender does ---


def list_overflows(connection: Connection, rim: float) -> list[OverflowRow]:
    return cast("list[OverflowRow]", connection.execute(SQL["list_overflows"], {"rim": rim}).fetchall())


def keep_overflows(connection: Connection, rows: Iterable[OverflowRow]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(SQL["keep_overflow"], cast("list[dict[str, Any]]", list(rows)))


def forget_overflows(connection: Connection, room: float) -> None:
    """Of containers that were emptied, or are seen below `room`: the next time is told again."""
    connection.execute(SQL["forget_overflows"], {"room": room})


def list_due(connection: Connection, busy: Iterable[str], most: int) -> dict[Endpoint, list[Due]]:
    """What is to be tried now, by address, at most so many each; none of those that are `busy`."""
    due: dict[Endpoint, list[Due]] = {}
    for row in connection.execute(SQL["list_due"], {"busy": list(busy), "most": most}):
        endpoint = Endpoint(row["webhook_id"], row["url"], bytes(row["secret"]))
        message = Due(endpoint, row["message_id"], row["event"], row["happened_at"], row["data"], row["tries"])
        due.setdefault(endpoint, []).append(message)
    return due


def record(connection: Connection, due: Due, answer: Answer, wait: timedelta | None) -> None:
    """What became of a try; `wait`: until the next, None: there is none. An address that is gone hears no more."""
    told = {"webhook": due.endpoint.webhook_id, "message": due.message_id, "said": answer.said}
    if answer.outcome == "delivered":
        connection.execute(SQL["settle"], told | {"state": "delivered"})
    elif answer.outcome == "gone":
        connection.execute(SQL["settle"], told | {"state": "given_up"})
        connection.execute(SQL["stop_webhook"], told)
        connection.execute(SQL["give_up_all"], told)
    elif wait is None:
        connection.execute(SQL["settle"], told | {"state": "given_up"})
    else:
        connection.execute(SQL["put_off"], told | {"wait": wait})


def tidy(connection: Connection, give_up_after: timedelta, keep_for: timedelta) -> int:
    """Give up what has waited too long (how many), and forget what was settled long ago."""
    given_up = connection.execute(SQL["give_up_old"], {"age": give_up_after}).rowcount
    connection.execute(SQL["forget_settled"], {"age": keep_for})
    return given_up


def find_backlog(connection: Connection) -> tuple[int, float]:
    """How many messages wait, and for how many seconds the oldest does."""
    row = connection.execute(SQL["find_backlog"]).fetchone()
    return (row["waiting"], row["oldest_s"]) if row else (0, 0.0)


# --- what the command does ---


def add_webhook(
    connection: Connection, city: str, url: str, events: Sequence[Event], now: datetime
) -> tuple[str, bytes]:
    """A new one; its id, and the secret, which nobody is shown again.

    Raises:
        UnknownCity: the city was never loaded.
    """
    webhook, secret = f"wh-{secrets.token_hex(6)}", new_secret()
    with store_errors(), connection.transaction():
        if connection.execute(SQL["city_exists"], {"city": city}).fetchone() is None:
            raise UnknownCity(f"there is no city {city} in the store: tournee city load FOLDER")
        row = {"webhook": webhook, "city": city, "url": url, "events": list(events), "made_at": now}
        connection.execute(SQL["add_webhook"], row)
        connection.execute(SQL["add_secret"], {"webhook": webhook, "secret": secret})
    return webhook, secret


def list_webhooks(connection: Connection, city: str | None = None) -> list[WebhookRow]:
    with store_errors(), connection.transaction():
        rows = connection.execute(SQL["list_webhooks"], {"city": city}).fetchall()
    return cast("list[WebhookRow]", rows)


def remove_webhook(connection: Connection, webhook: str) -> None:
    """With its secret and its messages, sent or not.

    Raises:
        UnknownWebhook: there is none.
    """
    with store_errors(), connection.transaction():
        if not connection.execute(SQL["remove_webhook"], {"webhook": webhook}).rowcount:
            raise UnknownWebhook(f"there is no webhook {webhook}: tournee webhook list")


def find_endpoint(connection: Connection, webhook: str) -> tuple[str, Endpoint]:
    """Its city, and where it leads. Raises `UnknownWebhook`."""
    with store_errors(), connection.transaction():
        row = connection.execute(SQL["find_endpoint"], {"webhook": webhook}).fetchone()
    if row is None:
        raise UnknownWebhook(f"there is no webhook {webhook}: tournee webhook list")
    return row["city_id"], Endpoint(row["webhook_id"], row["url"], bytes(row["secret"]))


def try_again(connection: Connection, webhook: str) -> int:
    """What was given up waits again, and a webhook that was stopped goes on; how many messages. As above."""
    find_endpoint(connection, webhook)
    with store_errors(), connection.transaction():
        connection.execute(SQL["start_webhook"], {"webhook": webhook})
        return connection.execute(SQL["try_again"], {"webhook": webhook}).rowcount
