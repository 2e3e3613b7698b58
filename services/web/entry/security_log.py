"""What happened with logins, for the technician and for whoever looks into it later. Never a secret."""

from datetime import datetime, timedelta
from typing import Literal, TypedDict

from services.store.connection import Connection, store_errors
from services.store.queries import load_queries
from services.store.rows import JsonDocument
from services.web.entry.sessions import Origin

SQL = load_queries(__name__)

What = Literal[
    "logged_in", "wrong_password", "account_rests", "address_slowed", "city_slowed", "logged_out", "session_ended",
    "password_changed", "account_added", "account_removed", "rest_ended", "one_time_on", "one_time_off",
    "phone_invited", "phone_enrolled", "phone_removed", "wrong_invitation",
    "role_refused", "person_invited", "invitation_withdrawn", "person_joined", "recovery_used", "recovery_renewed",
    "identity_linked", "identity_unlinked", "identity_unknown", "view_shared", "view_withdrawn",
]  # fmt: skip
ATTACKS: tuple[What, ...] = ("wrong_password", "account_rests", "address_slowed", "city_slowed", "wrong_invitation")
CHANGES: frozenset[str] = frozenset(
    {
        "password_changed", "account_added", "account_removed", "rest_ended", "one_time_on", "one_time_off",
        "phone_invited", "phone_enrolled", "phone_removed", "session_ended", "person_invited", "invitation_withdrawn",
        "person_joined", "recovery_used", "recovery_renewed", "identity_linked", "identity_unlinked", "view_shared",
        "view_withdrawn",
    }
)  # fmt: skip
"""They change something, so that they stand in the audit too, which nobody can change."""
NOTICED: tuple[What, ...] = (
    "password_changed", "account_added", "one_time_on", "one_time_off", "account_rests", "rest_ended", "session_ended",
    "recovery_used", "recovery_renewed", "identity_linked", "identity_unlinked",
)  # fmt: skip
"""Its owner is told of them at the next login."""
NEW_PLACE = "new place"
"""The detail of a login from a browser and an address that the account was not opened from before."""
KEPT_FOR = timedelta(days=400)
"""A year and a month: what is noticed at the year's end can still be looked into."""
COMMAND = Origin("command")
"""Whoever has a shell on the server."""


class EventRow(TypedDict):
    happened_at: datetime
    what: str
    login: str
    address: str
    detail: str


class AttackRow(TypedDict):
    """Wrong guesses from one address."""

    address: str
    guesses: int
    names: int
    last_at: datetime


def note(
    connection: Connection,
    city: str,
    what: str,
    now: datetime,
    *,
    login: str,
    origin: Origin,
    detail: str = "",
    who: str | None = None,
) -> None:
    """In the caller's transaction; of a city that is not there nothing is kept.

    `login`: the account it is about; `who`: whoever did it, where that is somebody else.
    """
    values = {
        "city": city, "what": what, "login": login, "address": origin.address[:64], "detail": detail[:200], "now": now,
        "who": who or login or "?",
    }  # fmt: skip
    connection.execute(SQL["note"], values)
    if what in CHANGES:
        connection.execute(SQL["audit"], values)
    if what == "logged_in":
        connection.execute(SQL["forget_old"], {"city": city, "before": now - KEPT_FOR})


def audit(connection: Connection, city: str, who: str, what: str, now: datetime, **detail: object) -> None:
    """An act of the office that changes something, in the caller's transaction: before it is said to Kafka.

    So it stands there too where Kafka did not take it: that somebody asked for it is what is kept.
    """
    told = {name: str(value) for name, value in detail.items()}
    values = {"city": city, "who": who, "what": what, "now": now, "detail": JsonDocument(told)}
    connection.execute(SQL["audit_act"], values)


def list_events(connection: Connection, city: str, since: datetime, most: int) -> list[EventRow]:
    """The latest first."""
    with store_errors():
        rows = connection.execute(SQL["list_events"], {"city": city, "since": since, "most": most})
        return [EventRow(**row) for row in rows]  # type: ignore[typeddict-item]


def list_own(connection: Connection, city: str, login: str, most: int) -> list[EventRow]:
    """What happened with one account, the latest first."""
    with store_errors():
        rows = connection.execute(SQL["list_own"], {"city": city, "login": login, "most": most})
        return [EventRow(**row) for row in rows]  # type: ignore[typeddict-item]


def list_notices(connection: Connection, city: str, login: str) -> list[EventRow]:
    """What changed with an account since it was opened before this time, and whether that was from a new place."""
    values = {"city": city, "login": login, "noticed": list(NOTICED), "new_place": NEW_PLACE}
    with store_errors():
        return [EventRow(**row) for row in connection.execute(SQL["list_notices"], values)]  # type: ignore[typeddict-item]


def list_attacks(connection: Connection, city: str, since: datetime, most: int) -> list[AttackRow]:
    """Addresses that guessed wrongly more often than people mistype, the worst first."""
    with store_errors():
        values = {"city": city, "since": since, "most": most}
        return [AttackRow(**row) for row in connection.execute(SQL["list_attacks"], values)]  # type: ignore[typeddict-item]
