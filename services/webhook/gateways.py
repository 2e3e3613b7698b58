"""Telephones that answer residents' texts, in the store."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypedDict, cast

from services.city.devices import UnknownCity
from services.errors import TourneeError
from services.store.connection import Connection, store_errors
from services.store.queries import load_queries

SQL = load_queries(__name__)


class UnknownGateway(TourneeError):
    """The city has no telephone."""


@dataclass(frozen=True)
class Reply:
    """One that is to be sent now, and through whom."""

    city_id: str
    url: str = field(repr=False)
    failures: int
    login: str = field(repr=False)
    event_id: str
    phone: str = field(repr=False)
    reply: str = field(repr=False)
    tries: int
    """So far."""


class GatewayRow(TypedDict):
    """A telephone, and whether it takes replies."""

    city_id: str
    url: str
    made_at: datetime
    failures: int
    told_at: datetime | None
    last_answer: str | None
    waiting: int
    oldest_at: datetime | None


# --- what the sender does; transactions are the caller's ---


def list_due(connection: Connection, busy: Sequence[str], most: int) -> list[Reply]:
    """At most so many of each telephone, the oldest first."""
    return [Reply(**row) for row in connection.execute(SQL["list_due"], {"busy": list(busy), "most": most})]


def record(connection: Connection, reply: Reply, *, taken: bool, said: str, wait: timedelta | None) -> None:
    """What became of a try; `wait`: until the next, None: there is none, and number and words are forgotten."""
    values = {"city": reply.city_id, "event": reply.event_id, "wait": wait, "said": said, "taken": taken}
    connection.execute(SQL["settle" if wait is None else "put_off"], values)
    connection.execute(SQL["note"], values)


def tidy(connection: Connection, give_up_after: timedelta, keep_for: timedelta) -> int:
    """Give up what came too late to be of use (how many), and forget what was settled long ago."""
    given_up = connection.execute(SQL["give_up_old"], {"age": give_up_after}).rowcount
    connection.execute(SQL["forget_settled"], {"age": keep_for})
    return given_up


# --- what the command does ---


def put_gateway(connection: Connection, city: str, url: str, login: str, now: datetime) -> str:
    """A city's telephone, in place of the one before it; what it has to sign its texts with.

    Raises:
        UnknownCity: the city was never loaded.
    """
    signing_key = secrets.token_urlsafe(24)
    values = {"city": city, "url": url, "login": login, "now": now, "signing_key": signing_key}
    with store_errors(), connection.transaction():
        if connection.execute(SQL["city_exists"], values).fetchone() is None:
            raise UnknownCity(f"there is no city {city} in the store: tournee city load FOLDER")
        for query in ("put_gateway", "put_login", "put_signing_key"):
            connection.execute(SQL[query], values)
    return signing_key


def list_gateways(connection: Connection) -> list[GatewayRow]:
    with store_errors(), connection.transaction():
        return cast("list[GatewayRow]", connection.execute(SQL["list_gateways"]).fetchall())


def remove_gateway(connection: Connection, city: str) -> None:
    """With what waits for it; texts come in by the key of the door again.

    Raises:
        UnknownGateway: there is none.
    """
    with store_errors(), connection.transaction():
        if not connection.execute(SQL["remove_gateway"], {"city": city}).rowcount:
            raise UnknownGateway(f"{city} has no telephone: tournee sms list")
