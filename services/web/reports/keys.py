"""Programs that speak for residents: each door's key of a city, of which only the hash is kept."""

from typing import Literal

from services.edges.store import hash_of
from services.store.connection import Connection
from services.store.queries import load_queries

SQL = load_queries(__name__)

KeyedDoor = Literal["open311", "sms"]


def opens(connection: Connection, city: str, door: KeyedDoor, key: str) -> bool:
    """Whether this is the key of a city's door: `tournee device key CITY DOOR` makes one."""
    values = {"city": city, "door": door, "key_hash": hash_of(key)}
    return bool(key) and connection.execute(SQL["find_key"], values).fetchone() is not None
