"""What the portal's face alone reads of the store."""

from services.edges.store import hash_of
from services.store.connection import Connection
from services.store.queries import load_queries

SQL = load_queries(__name__)


def find_city_of_key(connection: Connection, key: str) -> str | None:
    row = connection.execute(SQL["find_key"], {"key_hash": hash_of(key)}).fetchone()
    return row["city_id"] if row else None
