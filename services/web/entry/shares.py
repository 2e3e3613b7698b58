"""Pages shown to whoever has the link, for a while: no account, no session, nothing beside that page."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from services.store.connection import Connection
from services.store.queries import load_queries
from services.web.entry.link_codes import LINK_SIGNS, draw_code, hash_code, plain_code

SQL = load_queries(__name__)

LONGEST_DAYS = 90
SEEN_EVERY = timedelta(minutes=5)
"""When a page was last looked at is no more exact: a write a look would be dear."""


@dataclass(frozen=True)
class SharedView:
    id: UUID
    city: str
    shown_to: str
    """For whom, in words."""
    day: date | None
    """That day's sheet alone; None: months with their days."""
    shared_by: str
    shared_at: datetime
    expires_at: datetime
    seen_at: datetime | None


def share_view(
    connection: Connection, city: str, *, shown_to: str, day: date | None, days: int, by: str, now: datetime
) -> str:
    """The code of a link that shows the page for so many days, at most 90. It is told once; what has expired goes."""
    code = draw_code(LINK_SIGNS)
    values = {
        "id": uuid4(), "code": hash_code(code), "city": city, "to": shown_to, "day": day, "by": by, "now": now,
        "until": now + timedelta(days=min(days, LONGEST_DAYS)),
    }  # fmt: skip
    connection.execute(SQL["forget_old"], values)
    connection.execute(SQL["share"], values)
    return code


def find_view(connection: Connection, code: str, now: datetime) -> SharedView | None:
    """None where the code is unknown, withdrawn or too old."""
    row = connection.execute(SQL["find_view"], {"code": hash_code(plain_code(code)), "now": now}).fetchone()
    if row is None:
        return None
    if row["seen_at"] is None or row["seen_at"] < now - SEEN_EVERY:
        connection.execute(SQL["note_seen"], {"id": row["view_id"], "now": now})
    return _view(row)


def list_views(connection: Connection, city: str, now: datetime) -> list[SharedView]:
    """Those that still open, the latest first."""
    return [_view(row) for row in connection.execute(SQL["list_open"], {"city": city, "now": now})]


def withdraw_view(connection: Connection, city: str, view: UUID) -> SharedView | None:
    """Its link opens nothing any more; None where there is none of that id."""
    row = connection.execute(SQL["withdraw"], {"city": city, "id": view}).fetchone()
    return _view(row) if row else None


def path_of(code: str) -> str:
    return f"/partage/{code}"


def _view(row: dict[str, Any]) -> SharedView:
    return SharedView(
        row["view_id"], row["city_id"], row["shown_to"], row["day"], row["shared_by"], row["shared_at"],
        row["expires_at"], row["seen_at"],
    )  # fmt: skip
