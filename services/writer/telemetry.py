"""Readings, positions and rejected messages into the store, in batches, each counted once."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from weakref import WeakKeyDictionary

from services.contracts.telemetry import MessageRejected, PositionReceived, ReadingReceived
from services.store.connection import Connection
from services.store.queries import load_queries
from services.store.rows import AlreadyThere, rows_as_tuples
from services.writer.copying import copy_rows
from services.writer.counters import store_counters

SQL = load_queries(__name__)

type ReadingRow = tuple[str, str, datetime, datetime, float, float | None, float | None]
"""City, container, happened_at, received_at, fill_ratio, battery_ratio, temperature_c; both instants aware."""
type ReadingKey = tuple[str, str, datetime]
type Note = tuple[str, str, float, datetime, float | None, int, datetime]
"""City, container, its latest fill_ratio, when, and battery_ratio; how many readings, and when the first happened."""

READING_TYPES = ("text", "text", "timestamptz", "timestamptz", "float4", "float4", "float4")
NOTE_TYPES = ("text", "text", "float4", "timestamptz", "float4", "int4", "timestamptz")
POSITION_TYPES = ("text", "text", "timestamptz", "timestamptz", "float8", "float8", "float4", "float4", "float4")

HOUR = timedelta(hours=1)
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)

WARY_BATCHES = 50
"""After a batch that held something twice. A rebalance or a device that resends brings more of the kind, and what was
copied in vain leaves dead rows behind."""
_wary: WeakKeyDictionary[Connection, int] = WeakKeyDictionary()


def store_readings(connection: Connection, readings: Sequence[ReadingReceived]) -> None:
    """`store_reading_rows`, from messages."""
    rows = (
        (r.city, r.container, r.happened_at, r.received_at, r.fill_ratio, r.battery_ratio, r.temperature_c)
        for r in readings
    )
    store_reading_rows(connection, rows)


def store_reading_rows(connection: Connection, rows: Iterable[ReadingRow]) -> None:
    """Insert what is new and note it with the containers' states, in the caller's transaction.

    Nearly always everything is new: then the rows go into the table by COPY, at a third of the cost of INSERT .. ON
    CONFLICT. Where that turns out to be wrong it is taken back, and each reading is asked for.
    """
    batch = _in_order(rows)
    if not batch:
        return
    if _wary.get(connection, 0) > 0:
        _wary[connection] -= 1
        _store_doubtful(connection, batch)
        return
    try:
        with connection.transaction():
            copy_rows(connection, SQL["copy_readings"], READING_TYPES, batch)
    except AlreadyThere:
        _wary[connection] = WARY_BATCHES
        _store_doubtful(connection, batch)
    else:
        _note(connection, batch)


def store_positions(connection: Connection, positions: Sequence[PositionReceived]) -> None:
    """Insert what is new, move the trucks, and say of which days the ledger has positions to count.

    What they tell of engines is kept, too. In the caller's transaction.
    """
    rows = (
        (p.city, p.truck, p.happened_at, p.received_at, p.lon, p.lat, p.speed_kmh, p.heading_deg, p.accuracy_m)
        for p in positions
    )
    connection.execute(SQL["make_incoming_positions"])
    copy_rows(connection, SQL["copy_positions"], POSITION_TYPES, rows)
    connection.execute(SQL["insert_positions"])
    connection.execute(SQL["update_truck_state"])
    connection.execute(SQL["touch_driven_days"])
    connection.execute("TRUNCATE incoming_position")
    store_counters(connection, positions)


def store_rejected(connection: Connection, rejected: Sequence[MessageRejected]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(SQL["insert_rejected"], [dict(message) for message in rejected])


def _in_order(rows: Iterable[ReadingRow]) -> list[ReadingRow]:
    """By container, city and instant, as every writer does; a reading that stands twice stays once, the first.

    Containers alone are sorted first: whole keys cost five times as much, and few containers speak twice in a batch.
    """
    ordered: list[ReadingRow] = []
    for _, same in groupby(sorted(rows, key=itemgetter(1)), key=itemgetter(1)):
        group = list(same)
        if len(group) > 1:
            first: dict[ReadingKey, ReadingRow] = {}
            for row in group:
                first.setdefault(row[:3], row)
            group = [first[key] for key in sorted(first)]
        ordered += group
    return ordered


def _store_doubtful(connection: Connection, batch: Sequence[ReadingRow]) -> None:
    """What is not there yet, whatever others are doing to the same containers meanwhile."""
    connection.execute(SQL["make_doubtful_readings"])
    copy_rows(connection, SQL["copy_doubtful_readings"], READING_TYPES, batch)
    with connection.cursor(row_factory=rows_as_tuples, binary=True) as cursor:
        fresh = cursor.execute(SQL["insert_doubtful_readings"]).fetchall()
    connection.execute("TRUNCATE doubtful_reading")
    _note(connection, fresh)


def _note(connection: Connection, fresh: Sequence[ReadingRow]) -> None:
    """Readings just stored, by container and instant: each container's latest and first of them, and their hours."""
    if not fresh:
        return
    connection.execute(SQL["make_notes"])
    copy_rows(connection, SQL["copy_notes"], NOTE_TYPES, _notes(fresh))
    connection.execute(SQL["note_readings"])
    connection.execute(SQL["clear_notes"])
    cities, hours = zip(*sorted(_hours(fresh)), strict=True)
    connection.execute(SQL["touch_hours"], {"cities": list(cities), "hours": list(hours)})


def _notes(fresh: Sequence[ReadingRow]) -> list[Note]:
    """One a container: `fresh` has each container's readings together, oldest first."""
    notes: list[Note] = []
    first = fresh[0]
    count = 0
    for row, following in zip(fresh, [*fresh[1:], None], strict=True):
        count += 1
        if following is None or following[1] != row[1] or following[0] != row[0]:
            notes.append((row[0], row[1], row[4], row[2], row[5], count, first[2]))
            first, count = following or row, 0
    return notes


def _hours(fresh: Sequence[ReadingRow]) -> set[tuple[str, datetime]]:
    """City and whole hour (UTC) of the readings; most lie in the same few hours, so that one is worked out seldom."""
    hours: set[tuple[str, datetime]] = set()
    of_city, hour, until = "", LONG_AGO, LONG_AGO
    for row in fresh:
        if not (hour <= row[2] < until and row[0] == of_city):
            of_city, hour = row[0], row[2].astimezone(UTC).replace(minute=0, second=0, microsecond=0)
            until = hour + HOUR
            hours.add((of_city, hour))
    return hours
