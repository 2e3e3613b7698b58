"""What the portal's face alone reads of the store."""

from datetime import datetime
from typing import TypedDict

from services.edges.store import hash_of
from services.store.connection import Connection
from services.store.queries import load_queries
from services.web.store import rows_of

SQL = load_queries(__name__)


class ContainerRow(TypedDict):
    id: str
    name: str
    lon: float
    lat: float
    kind: str
    zone_name: str
    capacity_l: float
    stream: str
    fill_ratio: float | None
    fill_at: datetime | None
    last_emptied_at: datetime | None


def find_city_of_key(connection: Connection, key: str) -> str | None:
    row = connection.execute(SQL["find_key"], {"key_hash": hash_of(key)}).fetchone()
    return row["city_id"] if row else None


def list_containers(connection: Connection, city: str) -> list[ContainerRow]:
    """Those in service, by id."""
    return rows_of(ContainerRow, connection.execute(SQL["list_containers"], {"city": city}))
