"""What of a city speaks MQTT: containers with a sensor, and trucks."""

from services.adapters.timescale.connection import Connection, store_errors
from services.adapters.timescale.queries import load_queries
from services.contracts.topics import DeviceTopic
from services.errors import TourneeError

SQL = load_queries(__name__)


class UnknownCity(TourneeError):
    """No city of that id is in the store."""


def list_senders(connection: Connection, city: str) -> list[DeviceTopic]:
    """Every active container that has a sensor, then every active truck, each kind by id.

    Raises:
        UnknownCity: the city was never loaded.
        StoreAway: the store does not answer.
    """
    with store_errors():
        if connection.execute(SQL["city_exists"], {"city": city}).fetchone() is None:
            raise UnknownCity(f"there is no city {city} in the store: tournee city load FOLDER")
        rows = connection.execute(SQL["list_senders"], {"city": city}).fetchall()
    return [DeviceTopic(row["city_id"], row["kind"], row["device_id"]) for row in rows]
