"""What scales have weighed and what was noted of devices, into the store, each counted once."""

from collections.abc import Sequence
from uuid import NAMESPACE_URL, uuid5

from services.contracts.telemetry import DeviceNoted, WeighingReceived
from services.store.connection import Connection
from services.store.queries import load_queries

SQL = load_queries(__name__)


def store_weighings(connection: Connection, weighings: Sequence[WeighingReceived]) -> None:
    """Each into the account of evidence, once however often its scale says it: its id is made of scale and instant."""
    with connection.cursor() as cursor:
        cursor.executemany(
            SQL["insert_weighing"],
            [dict(w) | {"id": uuid5(NAMESPACE_URL, f"weighing {w.trace_id}")} for w in weighings],
        )


def store_device_notes(connection: Connection, notes: Sequence[DeviceNoted]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(SQL["insert_device_note"], [dict(note) for note in notes])
