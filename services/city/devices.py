"""What of the registry may speak MQTT."""

from collections.abc import Iterator
from typing import NamedTuple

from services.city.registry import ContainerKind
from services.contracts.devices import KINDS, DeviceKind, DeviceTopic
from services.errors import TourneeError
from services.store.connection import Connection, connect, store_errors
from services.store.queries import load_queries

SQL = load_queries(__name__)


class UnknownCity(TourneeError):
    """No city of that id is in the store."""


class _Registered(NamedTuple):
    city: str
    registered_as: str
    id: str
    speaks: bool
    """Whether it has a device for sure: a container without a sensor has not."""

    def devices(self) -> Iterator[tuple[DeviceKind, DeviceTopic]]:
        for kind in KINDS.values():
            if self.registered_as in kind.registered_as:
                yield kind, DeviceTopic(self.city, kind.name, self.id)


def load_devices(database_url: str) -> frozenset[DeviceTopic]:
    """Every device that may speak, of every city.

    Raises:
        StoreAway: the store does not answer.
    """
    with store_errors(), connect(database_url, name="bridge") as connection:
        registered = _list_registered(connection, None)
    return frozenset(topic for entry in registered for _, topic in entry.devices())


def list_senders(connection: Connection, city: str) -> list[DeviceTopic]:
    """The devices that a city has for sure: of its active containers with a sensor, and of its active trucks, by id.

    Raises:
        UnknownCity: the city was never loaded.
        StoreAway: the store does not answer.
    """
    with store_errors():
        if connection.execute(SQL["city_exists"], {"city": city}).fetchone() is None:
            raise UnknownCity(f"there is no city {city} in the store: tournee city load FOLDER")
        registered = _list_registered(connection, city)
    return [topic for entry in registered if entry.speaks for kind, topic in entry.devices() if kind.is_usual]


def find_container_kinds(connection: Connection, kind: str) -> list[ContainerKind]:
    """The container kinds of this id, of any city.

    Raises:
        StoreAway: the store does not answer.
    """
    with store_errors():
        rows = connection.execute(SQL["find_container_kinds"], {"kind": kind}).fetchall()
    return [ContainerKind.model_validate(row["document"]) for row in rows]


def _list_registered(connection: Connection, city: str | None) -> list[_Registered]:
    rows = connection.execute(SQL["list_registered"], {"city": city}).fetchall()
    return [_Registered(row["city_id"], row["registered_as"], row["device_id"], row["speaks"]) for row in rows]
