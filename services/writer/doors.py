"""What came in by the doors of other makers' networks, into the store, each once."""

from collections.abc import Sequence
from datetime import timedelta

from services.contracts.doors import DoorHeard, UplinkReceived
from services.store.connection import Connection
from services.store.queries import load_queries
from services.writer.copying import copy_rows

SQL = load_queries(__name__)

UPLINK_TYPES = (
    *("text", "text", "timestamptz", "timestamptz", "text", "text", "text"),
    *("float4", "float4", "float4", "float4", "text[]"),
)

KEPT = timedelta(days=30)
"""Of what doors told: longer than any page or check looks back."""


def store_uplinks(connection: Connection, uplinks: Sequence[UplinkReceived]) -> None:
    """Add what is new; the same container at the same instant is once. In the caller's transaction."""
    rows = (
        (u.city, u.container, u.happened_at, u.received_at, u.door, u.device, u.decoder, u.distance_mm, u.fill_ratio,
         u.battery_ratio, u.temperature_c, list(u.alarms))
        for u in uplinks
    )  # fmt: skip
    connection.execute(SQL["make_incoming_uplinks"])
    copy_rows(connection, SQL["copy_uplinks"], UPLINK_TYPES, rows)
    connection.execute(SQL["insert_uplinks"])
    connection.execute("TRUNCATE incoming_uplink")


def store_door_states(connection: Connection, states: Sequence[DoorHeard]) -> None:
    """Add what is new, and drop what nobody looks at any more."""
    latest = {(state.city, state.door): state.last_at for state in sorted(states, key=lambda state: state.last_at)}
    old = [{"city": city, "door": door, "before": at - KEPT} for (city, door), at in latest.items()]
    with connection.cursor() as cursor:
        cursor.executemany(SQL["insert_door_heard"], [dict(state) for state in states])
        cursor.executemany(SQL["drop_old_door_heard"], old)
