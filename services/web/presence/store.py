"""Who is there, as it was last said."""

from datetime import datetime
from typing import TypedDict
from uuid import UUID

from services.store.connection import Connection
from services.store.queries import load_queries
from services.web.figures.store import rows_of

SQL = load_queries(__name__)


class PresenceRow(TypedDict):
    """A truck of the fleet; what nobody has said is None, and counts as there."""

    truck_id: str
    class_name: str
    in_service: bool
    shift_from: str
    shift_to: str
    truck_there: bool | None
    crew_there: bool | None
    reason: str | None
    said_by: str | None
    said_at: datetime | None


def list_presence(connection: Connection, city: str, fleet: str) -> list[PresenceRow]:
    """Every truck of the fleet, those that rest last."""
    return rows_of(PresenceRow, connection.execute(SQL["list_presence"], {"city": city, "fleet": fleet}))


def is_said(connection: Connection, city: str, ids: list[UUID]) -> bool:
    """Whether the writer has all of them."""
    row = connection.execute(SQL["count_said"], {"city": city, "ids": ids}).fetchone()
    return bool(row and row["said"] == len(ids))
