"""Readings, positions and rejected messages into the store, in batches, each counted once."""

from collections.abc import Iterable, Sequence
from typing import LiteralString

from services.adapters.timescale.connection import Connection
from services.adapters.timescale.queries import load_queries
from services.contracts.telemetry import MessageRejected, PositionReceived, ReadingReceived

SQL = load_queries("telemetry.sql")


def store_readings(connection: Connection, readings: Sequence[ReadingReceived]) -> None:
    """Insert what is new and bring the containers' state up to date, in the caller's transaction."""
    rows = (
        (r.city, r.container, r.happened_at, r.received_at, r.fill_ratio, r.battery_ratio, r.temperature_c)
        for r in readings
    )
    _copy(connection, SQL["make_incoming_readings"], SQL["copy_readings"], rows)
    connection.execute(SQL["insert_readings"])
    connection.execute("TRUNCATE incoming_reading")


def store_positions(connection: Connection, positions: Sequence[PositionReceived]) -> None:
    """Insert what is new and move the trucks, in the caller's transaction."""
    rows = (
        (p.city, p.truck, p.happened_at, p.received_at, p.lon, p.lat, p.speed_kmh, p.heading_deg, p.accuracy_m)
        for p in positions
    )
    _copy(connection, SQL["make_incoming_positions"], SQL["copy_positions"], rows)
    connection.execute(SQL["insert_positions"])
    connection.execute(SQL["update_truck_state"])
    connection.execute("TRUNCATE incoming_position")


def store_rejected(connection: Connection, rejected: Sequence[MessageRejected]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(SQL["insert_rejected"], [dict(message) for message in rejected])


def _copy(connection: Connection, make: LiteralString, copy: LiteralString, rows: Iterable[tuple[object, ...]]) -> None:
    connection.execute(make)
    with connection.cursor() as cursor, cursor.copy(copy) as copying:
        for row in rows:
            copying.write_row(row)
