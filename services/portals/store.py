"""What entities are made of, in the store."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict, cast

from services.city.registry import City
from services.store.connection import Connection
from services.store.queries import load_queries

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


def list_containers(connection: Connection, city: str) -> list[ContainerRow]:
    """Those in service, by id."""
    return cast("list[ContainerRow]", connection.execute(SQL["list_containers"], {"city": city}).fetchall())


def list_kinds(connection: Connection, city: str) -> list[Mapping[str, Any]]:
    """The city's kinds of containers, as its folder says them."""
    return [row["document"] for row in connection.execute(SQL["list_kinds"], {"city": city})]


def find_city(connection: Connection, city: str) -> City | None:
    row = connection.execute(SQL["find_city"], {"city": city}).fetchone()
    return City.model_validate(row["document"]) if row else None
