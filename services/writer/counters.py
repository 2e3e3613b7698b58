"""What engines count, of each truck the latest of every hour: enough to say what a day has burnt, and kept for ever."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from services.contracts.telemetry import PositionReceived
from services.store.connection import Connection
from services.store.queries import load_queries

SQL = load_queries(__name__)

COUNTERS = ("fuel_used_l", "odometer_m", "engine_s")


def store_counters(connection: Connection, positions: Sequence[PositionReceived]) -> None:
    """Keep what these positions say of their engines; most say nothing."""
    if rows := hours_of(positions):
        with connection.cursor() as cursor:
            cursor.executemany(SQL["put_counters"], rows)


def hours_of(positions: Iterable[PositionReceived]) -> list[dict[str, Any]]:
    """One row a truck and hour (UTC), in the order in which every writer takes them."""
    rows: dict[tuple[str, str, datetime], dict[str, Any]] = {}
    telling = [p for p in positions if any(getattr(p, name) is not None for name in COUNTERS)]
    for position in sorted(telling, key=lambda each: each.happened_at):
        hour = position.happened_at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        key = (position.city, position.truck, hour)
        row = rows.setdefault(key, {"city": key[0], "truck": key[1], "hour": hour, **dict.fromkeys(COUNTERS)})
        row["happened_at"] = position.happened_at
        row |= {name: told for name in COUNTERS if (told := getattr(position, name)) is not None}
    return [rows[key] for key in sorted(rows)]
