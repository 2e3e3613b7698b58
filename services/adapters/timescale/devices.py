"""The devices of every city in the store."""

from services.adapters.timescale.connection import connect, store_errors
from services.adapters.timescale.queries import load_queries
from services.contracts.topics import DeviceTopic

SQL = load_queries(__name__)


def load_devices(database_url: str) -> frozenset[DeviceTopic]:
    """Every active container and truck.

    Raises:
        StoreAway: the store does not answer.
    """
    with store_errors(), connect(database_url, name="bridge") as connection:
        rows = connection.execute(SQL["list_devices"]).fetchall()
    return frozenset(DeviceTopic(row["city_id"], row["kind"], row["device_id"]) for row in rows)
