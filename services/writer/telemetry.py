"""Readings, positions and rejected messages into the store, in batches, each counted once."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import LiteralString
from weakref import WeakKeyDictionary

from services.contracts.telemetry import MessageRejected, PositionReceived, ReadingReceived
from services.store.connection import Connection
from services.store.queries import load_queries
from services.store.rows import AlreadyThere

SQL = load_queries(__name__)

type ReadingRow = tuple[str, str, datetime, datetime, float, float | None, float | None]
"""City, container, happened_at, received_at, fill_ratio, battery_ratio, temperature_c; both instants aware."""
type ReadingKey = tuple[str, str, datetime]

READING_TYPES = ("text", "text", "timestamptz", "timestamptz", "float4", "float4", "float4")
POINT_TYPES = ("text", "text", "timestamptz", "float4", "float4", "bool")
POSITION_TYPES = ("text", "text", "timestamptz", "timestamptz", "float8", "float8", "float4", "float4", "float4")

WARY_BATCHES = 50
"""After a batch that held something twice. A rebalance or a device that resends brings more of the kind, and what was
copied in vain leaves dead rows behind."""
_wary: WeakKeyDictionary[Connection, int] = WeakKeyDictionary()


class _NotAllCount(Exception):
    """Some readings of the batch are from before their container's last emptying."""


def store_readings(connection: Connection, readings: Sequence[ReadingReceived]) -> None:
    """`store_reading_rows`, from messages."""
    rows = (
        (r.city, r.container, r.happened_at, r.received_at, r.fill_ratio, r.battery_ratio, r.temperature_c)
        for r in readings
    )
    store_reading_rows(connection, rows)


def store_reading_rows(connection: Connection, rows: Iterable[ReadingRow]) -> None:
    """Insert what is new and bring the containers' state up to date, in the caller's transaction.

    Nearly always everything is new, and no container was emptied after its reading: then the rows go into the table by
    COPY, at a third of the cost of INSERT .. ON CONFLICT, and into the states by their sums alone. Where that turns
    out to be wrong it is taken back, and each reading is asked for.
    """
    batch, latest = _in_order(rows)
    if not batch:
        return
    _make_room(connection)
    if _wary.get(connection, 0) > 0:
        _wary[connection] -= 1
        _store_doubtful(connection, batch)
        return
    try:
        with connection.transaction():
            _store_new(connection, batch, latest)
    except AlreadyThere:
        _wary[connection] = WARY_BATCHES
        _store_doubtful(connection, batch)
    except _NotAllCount:
        _store_doubtful(connection, batch)


def store_positions(connection: Connection, positions: Sequence[PositionReceived]) -> None:
    """Insert what is new, move the trucks, and say of which days the ledger has positions to count.

    In the caller's transaction.
    """
    rows = (
        (p.city, p.truck, p.happened_at, p.received_at, p.lon, p.lat, p.speed_kmh, p.heading_deg, p.accuracy_m)
        for p in positions
    )
    connection.execute(SQL["make_incoming_positions"])
    _copy(connection, SQL["copy_positions"], POSITION_TYPES, rows)
    connection.execute(SQL["insert_positions"])
    connection.execute(SQL["update_truck_state"])
    connection.execute(SQL["touch_driven_days"])
    connection.execute("TRUNCATE incoming_position")


def store_rejected(connection: Connection, rejected: Sequence[MessageRejected]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(SQL["insert_rejected"], [dict(message) for message in rejected])


def _in_order(rows: Iterable[ReadingRow]) -> tuple[list[ReadingRow], set[int]]:
    """By container, city and instant, as every writer does; a reading that stands twice stays once, the first.

    Containers alone are sorted first: whole keys cost five times as much, and few containers speak twice in a batch.

    Returns:
        The rows, and the places among them of each container's last.
    """
    ordered: list[ReadingRow] = []
    latest: set[int] = set()
    for _, same in groupby(sorted(rows, key=itemgetter(1)), key=itemgetter(1)):
        group = list(same)
        if len(group) > 1:
            first: dict[ReadingKey, ReadingRow] = {}
            for row in group:
                first.setdefault(row[:3], row)
            group = [first[key] for key in sorted(first)]
            latest.update(len(ordered) + n for n, row in enumerate(group[:-1]) if row[0] != group[n + 1][0])
        ordered += group
        latest.add(len(ordered) - 1)
    return ordered, latest


def _make_room(connection: Connection) -> None:
    """The batch's own tables, empty. They empty themselves at the end of a transaction, which may hold many batches."""
    connection.execute(SQL["make_incoming_readings"])
    left = connection.execute(SQL["has_incoming_readings"]).fetchone()
    if left and left["left_over"]:
        connection.execute(SQL["clear_incoming_readings"])


def _store_new(connection: Connection, batch: Sequence[ReadingRow], latest: Collection[int]) -> None:
    """All of it, as new.

    Raises:
        AlreadyThere: some of it is in the store.
        _NotAllCount: some of it was read before its container was emptied.
    """
    _copy(connection, SQL["copy_readings"], READING_TYPES, batch)
    points = ((r[0], r[1], r[2], r[4], r[5], n in latest) for n, r in enumerate(batch))
    _copy(connection, SQL["copy_incoming_readings"], POINT_TYPES, points)
    if _add_to_states(connection, batch) != len(latest):
        raise _NotAllCount


def _store_doubtful(connection: Connection, batch: Sequence[ReadingRow]) -> None:
    """What is not there yet, whatever others are doing to the same containers meanwhile."""
    _copy(connection, SQL["copy_doubtful_readings"], READING_TYPES, batch)
    connection.execute(SQL["insert_doubtful_readings"])
    connection.execute(SQL["claim_states"])
    connection.execute(SQL["leave_out_emptied"])
    _add_to_states(connection, batch)


def _add_to_states(connection: Connection, batch: Sequence[ReadingRow]) -> int:
    """What is incoming, into the states; how many containers' states took it."""
    updated = connection.execute(SQL["add_to_states"], {"instant": batch[0][2]}).rowcount
    connection.execute(SQL["touch_hours"])
    return updated


def _copy(
    connection: Connection, copy: LiteralString, types: Sequence[str], rows: Iterable[tuple[object, ...]]
) -> None:
    """Binary: a tenth of the text format's cost on our side, half of it on the server's."""
    with connection.cursor() as cursor, cursor.copy(copy) as copying:
        copying.set_types(types)
        for row in rows:
            copying.write_row(row)
