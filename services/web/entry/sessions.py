"""Sessions as the store keeps them: what a cookie stands for, until somebody ends it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict
from uuid import UUID

from services.store.connection import Connection
from services.store.queries import load_queries
from services.web.entry.accounts import Account
from services.web.entry.tokens import LIFE_S, Session

SQL = load_queries(__name__)

NOTED_EVERY = timedelta(minutes=5)
"""When a session was last used is no more exact: a write a request would be dear."""
LIFE = timedelta(seconds=LIFE_S)
BROWSER_SIGNS = 120


@dataclass(frozen=True)
class Origin:
    """From where somebody speaks."""

    address: str
    browser: str = ""


class SessionRow(TypedDict):
    session_id: str
    opened_at: datetime
    seen_at: datetime
    address: str
    browser: str


def id_of(nonce: str) -> str:
    """What may be shown and stored: the cookie cannot be made from it."""
    return hashlib.sha256(nonce.encode(errors="replace")).hexdigest()[:32]


def open_session(
    connection: Connection,
    account: Account,
    nonce: str,
    origin: Origin,
    phone: UUID | None,
    now: datetime,
    provider: str | None = None,
) -> None:
    values = {
        "id": id_of(nonce), "city": account.city, "login": account.login, "now": now, "address": origin.address,
        "browser": origin.browser[:BROWSER_SIGNS], "phone": phone, "before": now - LIFE,
        "provider": provider,
    }  # fmt: skip
    connection.execute(SQL["open_session"], values)
    connection.execute(SQL["forget_old"], values)


def find_session(
    connection: Connection, city: str, login: str, epoch: int, nonce: str, now: datetime
) -> Session | None:
    """None where it was ended, is too old, or its account's password has changed since."""
    named = {"city": city, "login": login, "epoch": epoch, "id": id_of(nonce), "before": now - LIFE}
    row = connection.execute(SQL["find_session"], named).fetchone()
    if row is None:
        return None
    if row["seen_at"] < now - NOTED_EVERY:
        connection.execute(SQL["note_session"], {"id": named["id"], "now": now, "phone": row["phone_id"]})
    return Session(row["city_id"], row["login"], row["role"], row["truck_id"], nonce, row["fleet_id"], row["provider"])


def list_sessions(connection: Connection, city: str, login: str, now: datetime) -> list[SessionRow]:
    """The account's that are open, the latest used first."""
    named = {"city": city, "login": login, "before": now - LIFE}
    return [SessionRow(**row) for row in connection.execute(SQL["list_sessions"], named)]  # type: ignore[typeddict-item]


def end_session(connection: Connection, city: str, login: str, session_id: str) -> bool:
    """Whether there was one of that id; its cookie opens nothing any more."""
    named = {"city": city, "login": login, "id": session_id}
    return connection.execute(SQL["end_session"], named).rowcount > 0


def end_other_sessions(connection: Connection, session: Session) -> int:
    """All of the account's but this one; how many."""
    named = {"city": session.city, "login": session.login, "id": id_of(session.nonce)}
    return connection.execute(SQL["end_others"], named).rowcount
