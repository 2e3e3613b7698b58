"""What the page of closed streets asks the store for itself."""

from typing import TypedDict
from uuid import UUID

from services.store.connection import Connection
from services.store.queries import load_queries
from services.web.figures.store import rows_of

SQL = load_queries(__name__)


class PlacedRow(TypedDict):
    container_id: str
    name: str
    lon: float
    lat: float


def find_containers(connection: Connection, city: str, asked: str) -> list[PlacedRow]:
    """Of that number; of that name where none has the number. At most three: one is wanted."""
    return rows_of(PlacedRow, connection.execute(SQL["find_containers"], {"city": city, "asked": asked}))


def is_said(connection: Connection, city: str, saying_id: UUID) -> bool:
    """Whether the writer has it."""
    return connection.execute(SQL["find_said"], {"city": city, "saying": saying_id}).fetchone() is not None
