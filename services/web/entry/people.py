"""The people of a city's office, as whoever lets them in sees them."""

from datetime import datetime
from typing import TypedDict

from services.store.connection import Connection
from services.store.queries import load_queries
from services.web.entry.rights import Role
from services.web.entry.sessions import LIFE

SQL = load_queries(__name__)


class PersonRow(TypedDict):
    login: str
    role: Role
    fleet_id: str | None
    has_one_time: bool
    sessions: int
    """Open ones."""
    seen_at: datetime | None
    """When one of them was last used, to within five minutes."""
    subject: str | None
    """Whom the identity provider calls so."""


def list_people(
    connection: Connection, city: str, fleet: str | None, now: datetime, issuer: str = ""
) -> list[PersonRow]:
    """Everybody but crews, or those of one fleet; by role and login."""
    values = {"city": city, "fleet": fleet, "since": now - LIFE, "issuer": issuer}
    return [PersonRow(**row) for row in connection.execute(SQL["list_people"], values)]  # type: ignore[typeddict-item]


def find_person(connection: Connection, city: str, fleet: str | None, login: str, now: datetime) -> PersonRow | None:
    return next((row for row in list_people(connection, city, fleet, now) if row["login"] == login), None)


def end_all_sessions(connection: Connection, city: str, login: str) -> int:
    """Wherever they are open; how many there were."""
    return connection.execute(SQL["end_all_sessions"], {"city": city, "login": login}).rowcount
