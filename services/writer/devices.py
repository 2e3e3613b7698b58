"""What scales have weighed and what was noted of devices, into the store, each counted once."""

from collections.abc import Sequence
from uuid import NAMESPACE_URL, uuid5

from services.contracts.telemetry import DeviceNoted, WeighingReceived
from services.store.connection import Connection
from services.store.queries import load_queries
from services.writer.evidence import Observation, store_observations

SQL = load_queries(__name__)


def store_weighings(connection: Connection, weighings: Sequence[WeighingReceived]) -> None:
    """Each into the account of evidence, once however often its scale says it: its id is made of scale and instant."""
    rows = connection.execute(SQL["list_truck_scales"], {"scales": [w.scale for w in weighings]}).fetchall()
    of_trucks = {(row["city"], row["scale"]) for row in rows}
    store_observations(connection, [_weight(w, is_truck=(w.city, w.scale) in of_trucks) for w in weighings])


def _weight(weighing: WeighingReceived, *, is_truck: bool) -> Observation:
    return Observation(
        id=uuid5(NAMESPACE_URL, f"weighing {weighing.trace_id}"),
        city=weighing.city,
        kind="weight",
        container=weighing.from_container,
        truck=weighing.scale if is_truck else weighing.from_truck,
        site=None if is_truck else weighing.scale,
        happened_at=weighing.happened_at,
        received_at=weighing.received_at,
        fill_ratio=None,
        weight_kg=weighing.net_kg,
        reason=None,
        remark=None,
        said_by=weighing.scale,
    )


def store_device_notes(connection: Connection, notes: Sequence[DeviceNoted]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(SQL["insert_device_note"], [dict(note) for note in notes])
