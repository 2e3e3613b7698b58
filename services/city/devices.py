"""What of a city speaks MQTT: containers and trucks."""

from services.contracts.topics import DeviceTopic
from services.errors import TourneeError
from services.store.connection import Connection, connect, store_errors
from services.store.queries import load_queries

SQL = load_queries(__name__)


class UnknownCity(TourneeError):
    """No city of that id is in the store."""


def load_devices(database_url: str) -> frozenset[DeviceTopic]:
    """Every active container and truck of every city.

    Raises:
        StoreAway: the store does not answer.
    """
    with store_errors(), connect(database_url, name="bridge") as connection:
        rows = connection.execute(SQL["list_devices"]).fetchall()
    return frozenset(DeviceTopic(row["city_id"], row["kind"], row["device_id"]) for row in rows)


def list_senders(connection: Connection, city: str) -> list[DeviceTopic]:
    """Every active container of a city that has a sensor, then every active truck, each kind by id.

    Raises:
        UnknownCity: the city was never loaded.
        StoreAway: the store does not answer.
    """
    with store_errors():
        if connection.execute(SQL["city_exists"], {"city": city}).fetchone() is None:
            raise UnknownCity(f"there is no city {city} in the store: tournee city load FOLDER")
        rows = connection.execute(SQL["list_senders"], {"city": city}).fetchall()
    return [DeviceTopic(row["city_id"], row["kind"], row["device_id"]) for row in rows]
