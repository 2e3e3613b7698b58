"""Brokers of portals in the store: where they are, and what each has been told already."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypedDict, cast

from services.city.devices import UnknownCity
from services.errors import TourneeError
from services.store.connection import Connection, store_errors
from services.store.queries import load_queries

SQL = load_queries(__name__)


class UnknownBroker(TourneeError):
    """There is no broker of that id, or there is one at that address already."""


@dataclass(frozen=True)
class Broker:
    """One that is to be looked at now."""

    broker_id: str
    city_id: str
    url: str = field(repr=False)
    tenant: str | None
    failures: int
    authorization: str | None = field(repr=False)


class BrokerRow(TypedDict):
    """A broker and how far it is current."""

    broker_id: str
    city_id: str
    url: str
    tenant: str | None
    made_at: datetime
    failures: int
    told_at: datetime | None
    waiting: int
    last_answer: str | None
    entities: int


# --- what the sender does; transactions are the caller's ---


def list_due(connection: Connection, busy: Sequence[str]) -> list[Broker]:
    return [Broker(**row) for row in connection.execute(SQL["list_due"], {"busy": list(busy)})]


def list_told(connection: Connection, broker: str) -> dict[str, bytes]:
    """By entity, the digest of what the broker has."""
    rows = connection.execute(SQL["list_told"], {"broker": broker})
    return {row["entity_id"]: bytes(row["digest"]) for row in rows}


def keep_told(connection: Connection, broker: str, told: Mapping[str, bytes]) -> None:
    values = {"broker": broker, "entities": list(told), "digests": list(told.values())}
    connection.execute(SQL["keep_told"], values)


def forget_told(connection: Connection, broker: str, entities: Iterable[str]) -> None:
    connection.execute(SQL["forget_told"], {"broker": broker, "entities": list(entities)})


def note(connection: Connection, broker: str, *, wait: timedelta, failures: int, waiting: int, said: str) -> None:
    """How it went, and when it is looked at again."""
    values = {"broker": broker, "wait": wait, "failures": failures, "waiting": waiting, "said": said}
    connection.execute(SQL["note"], values)


# --- what the command does ---


def add_broker(
    connection: Connection, city: str, url: str, now: datetime, *, tenant: str | None, authorization: str | None
) -> str:
    """Its id.

    Raises:
        UnknownCity: the city was never loaded.
        UnknownBroker: this one is there already.
    """
    broker = f"br-{secrets.token_hex(6)}"
    values = {"broker": broker, "city": city, "url": url, "tenant": tenant, "now": now, "authorization": authorization}
    with store_errors(), connection.transaction():
        if connection.execute(SQL["city_exists"], values).fetchone() is None:
            raise UnknownCity(f"there is no city {city} in the store: tournee city load FOLDER")
        if not connection.execute(SQL["add_broker"], values).rowcount:
            raise UnknownBroker(f"{city} has a broker at this address already: tournee portal list {city}")
        if authorization is not None:
            connection.execute(SQL["add_secret"], values)
    return broker


def list_brokers(connection: Connection, city: str | None = None) -> list[BrokerRow]:
    with store_errors(), connection.transaction():
        rows = connection.execute(SQL["list_brokers"], {"city": city}).fetchall()
    return cast("list[BrokerRow]", rows)


def remove_broker(connection: Connection, broker: str) -> None:
    """We forget it; what it has of us stays with it.

    Raises:
        UnknownBroker: there is none.
    """
    with store_errors(), connection.transaction():
        if not connection.execute(SQL["remove_broker"], {"broker": broker}).rowcount:
            raise UnknownBroker(f"there is no broker {broker}: tournee portal list")
