"""The store at size: a megacity's readings, and how long the questions that people wait for take.

    python -m tests.benchmarks.store_at_size --readings 100_000_000 --containers 50_000

Where the disk has no room for all of them fewer are made, and the answer at full size is extrapolated with the slope
measured between a half and the whole of what there is. Prints a table, and one line of JSON last.
"""

import argparse
import json
import random
import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from infra.migrate import migrate
from infra.stack.start import start_stack
from services.city.folder import read_folder
from services.city.registry import Registry
from services.city.store import find_registry, store_registry
from services.fill.belief import ESTIMATOR, start, written
from services.fill.store import load_beliefs
from services.store.connection import Connection, connect
from services.store.upkeep import run_upkeep
from services.web.operator.features import containers_geojson
from services.web.operator.store import list_containers
from services.writer.telemetry import ReadingRow, store_reading_rows

CITY_FOLDER = Path(__file__).parents[1] / "data" / "houeyogbe"
EVERY = timedelta(minutes=30)
END = datetime(2026, 11, 1, tzinfo=UTC)
"""Readings end here: a fixed day, so that two runs make the same rows."""
BYTES_PER_READING = 170
"""A little more than was measured: `bytes_per_reading` in the result was 157."""
SPARE_BYTES = 12 * 1024**3
"""For the log of writes, the servers, and whoever else needs the disk."""
RUNS = 25
AS_OF_YESTERDAY, FEW_RUNS = "beliefs as of yesterday", 3
BATCH, BATCHES = 5000, 24

HALF_HOUR = """
    INSERT INTO reading  -- each container fills from its own moment on, and is emptied when it is full
    SELECT %(city)s, id, happened_at, happened_at + interval '1 s', (cycles - floor(cycles))::real, 0.9, 31.5
    FROM (SELECT n, id, %(at)s + n * %(step)s AS happened_at, (%(hours)s + n) / 48.0::float8 AS cycles FROM turn) AS t
    ORDER BY n"""
FOLDED_EVERY = timedelta(minutes=1)
"""What the writer has not folded in yet; it does so twice a minute."""
STATES = """
    INSERT INTO container_state (city_id, container_id, fill_ratio, fill_at, battery_ratio, last_emptied_at, readings,
                                 news_from)
    SELECT city_id, container_id, (array_agg(fill_ratio ORDER BY happened_at DESC))[1], max(happened_at), 0.9, %(from)s,
           count(*), min(happened_at) FILTER (WHERE happened_at >= %(folded)s)
    FROM reading WHERE city_id = %(city)s AND happened_at >= %(from)s AND happened_at < %(until)s
    GROUP BY city_id, container_id"""
BELIEFS = """
    INSERT INTO container_belief (city_id, container_id, estimator, until_at, known_at, since_kept, document)
    SELECT city_id, container_id, %(estimator)s, max(happened_at), max(received_at), count(*),
           %(document)s::jsonb
    FROM reading
    WHERE city_id = %(city)s AND happened_at >= %(from)s AND happened_at < %(folded)s
    GROUP BY city_id, container_id"""
KEPT = """
    INSERT INTO kept_belief (city_id, container_id, estimator, until_at, known_at, document)
    SELECT city_id, container_id, estimator, %(from)s, %(from)s,
           document
    FROM container_belief"""
OLDEST_CHUNK = """
    SELECT min(range_end) AS until FROM timescaledb_information.chunks WHERE hypertable_name = 'reading'"""
HISTORY = """
    SELECT happened_at, fill_ratio FROM reading
    WHERE city_id = %(city)s AND container_id = %(container)s AND happened_at >= %(from)s AND happened_at < %(until)s
    ORDER BY happened_at"""
SIZES = """
    SELECT sum(pg_table_size(oid)) AS rows, sum(pg_indexes_size(oid)) AS indexes FROM pg_class
    WHERE oid = 'reading'::regclass
       OR oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = 'reading'::regclass)"""


@dataclass
class Measured:
    """Seconds of each run of one question; the first is told apart, as its pages and plans are cold."""

    runs_s: list[float] = field(default_factory=list)

    @property
    def first_s(self) -> float:
        return self.runs_s[0]

    @property
    def median_s(self) -> float:
        return statistics.median(self.runs_s[1:] or self.runs_s)

    @property
    def p95_s(self) -> float:
        ordered = sorted(self.runs_s)
        return ordered[round(0.95 * (len(ordered) - 1))]

    @property
    def max_s(self) -> float:
        return max(self.runs_s)


def main() -> None:
    """Make the store, fill it, ask it, print what it took."""
    asked = _arguments()
    with ExitStack() as cleanup:
        if asked.database_url:
            url, disk = asked.database_url, asked.disk
        else:
            stack = cleanup.enter_context(start_stack("real", asked.folder))
            url, disk = stack.database_url, stack.folder
        migrate(url)
        with connect(url, name="benchmark") as connection:
            print(json.dumps(_measure(connection, disk, asked.readings, asked.containers)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readings", type=int, default=100_000_000)
    parser.add_argument("--containers", type=int, default=50_000)
    parser.add_argument("--folder", type=Path, help="where the real stack keeps its data; default: a temporary folder")
    parser.add_argument("--database-url", help="an empty database of a server that runs already, instead of the stack")
    parser.add_argument("--disk", type=Path, default=Path("/"), help="with --database-url: a path on the server's disk")
    return parser.parse_args()


def _measure(connection: Connection, disk: Path, wanted: int, containers: int) -> dict[str, Any]:
    free = shutil.disk_usage(disk).free
    ticks_wanted = max(2, wanted // containers)
    ticks = min(ticks_wanted, int((free - SPARE_BYTES) / BYTES_PER_READING / containers))
    if ticks < 96:
        raise SystemExit(f"{disk} has {free / 1e9:.0f} GB free: too few for two days of {containers} containers")
    registry = _city(containers)
    store_registry(connection, registry, who="benchmark", now=END)
    connection.commit()
    writing = {"empty": _writing_rate(connection, registry, END - EVERY * (ticks + 4))}
    order = [c.id for c in registry.containers]
    random.Random(1).shuffle(order)
    half, steps = ticks // 2, []
    for first, last in ((0, half), (half, ticks)):
        began_s = time.monotonic()
        _fill(connection, registry.city.id, order, END - EVERY * (ticks - first), last - first)
        print(f"{last * containers:,} readings are there ({time.monotonic() - began_s:.0f} s)", flush=True)
        until = END - EVERY * (ticks - last)
        _states(connection, registry.city.id, until)
        steps.append((last * containers, _ask(connection, registry, until)))
    writing["full"] = _writing_rate(connection, registry, END + EVERY)
    result: dict[str, Any] = {
        "readings": ticks * containers,
        "wanted": ticks_wanted * containers,
        "containers": containers,
    }
    print("rows per second of the writer's way in: " + ", ".join(f"{v:,.0f} ({k})" for k, v in writing.items()))
    result |= _sizes(connection) | {"rows_per_s": writing} | _upkeep(connection, registry.city.id)
    return result | {"queries": _report(steps, ticks_wanted * containers)}


def _city(containers: int) -> Registry:
    """A small town's registry with as many containers, spread over a degree."""
    registry = read_folder(CITY_FOLDER).registry
    if registry is None:
        raise SystemExit(f"{CITY_FOLDER} cannot be read: tournee city check {CITY_FOLDER}")
    model, places = registry.containers[0], random.Random(2)
    many = tuple(
        model.model_copy(
            update={
                "id": f"C{n:06d}",
                "name": f"Container {n}",
                "lon": places.uniform(2, 3),
                "lat": places.uniform(6, 7),
            }
        )
        for n in range(containers)
    )
    return registry.model_copy(update={"containers": many, "baseline": ()})


def _fill(connection: Connection, city: str, order: list[str], start: datetime, ticks: int) -> None:
    """One reading of each container every half hour, in the order of time; a day a transaction."""
    with connection.transaction():
        connection.execute("DROP TABLE IF EXISTS turn")
        ranked = "CREATE TEMP TABLE turn AS SELECT * FROM unnest(%s::text[]) WITH ORDINALITY AS ranked (id, n)"
        connection.execute(ranked, [order])
    for first in range(0, ticks, 48):
        with connection.transaction():
            for tick in range(first, min(first + 48, ticks)):
                at = start + EVERY * tick
                half_hour = {
                    "city": city,
                    "at": at,
                    "step": EVERY / len(order),
                    "hours": (at - END) / timedelta(hours=1),
                }
                connection.execute(HALF_HOUR, half_hour, prepare=False)


def _states(connection: Connection, city: str, until: datetime) -> None:
    """What the writer would have kept: each container's latest, what its last two days taught, and the last as news.

    Each was emptied two days ago, and a belief of then is kept, so that an instant of the past has where to begin.
    """
    values = {"city": city, "from": until - timedelta(days=2), "until": until, "folded": until - FOLDED_EVERY,
              "estimator": ESTIMATOR, "document": written(start())}  # fmt: skip
    for table in ("container_state", "container_belief", "kept_belief"):
        connection.execute(f"DELETE FROM {table}")
    for query in (STATES, BELIEFS, KEPT):
        connection.execute(query, values, prepare=False)
    connection.commit()
    with _autocommit(connection):
        connection.execute("VACUUM ANALYZE container_state, container_belief, kept_belief")


@contextmanager
def _autocommit(connection: Connection) -> Iterator[None]:
    connection.autocommit = True
    yield
    connection.autocommit = False


def _ask(connection: Connection, registry: Registry, until: datetime) -> dict[str, Measured]:
    """Every question, each run in a transaction of its own, as the services do."""
    city, a_container = registry.city.id, registry.containers[len(registry.containers) // 2].id
    month = {"city": city, "container": a_container, "from": until - timedelta(days=30), "until": until}
    questions: dict[str, Callable[[], object]] = {
        "morning: registry and beliefs": lambda: (
            find_registry(connection, city),
            load_beliefs(connection, city, until),
        ),
        AS_OF_YESTERDAY: lambda: load_beliefs(connection, city, until - timedelta(days=1)),
        "operator's map": lambda: list_containers(connection, city),
        "operator's map as GeoJSON": lambda: _geojson(connection, registry, until),
        "a container's 30 days": lambda: connection.execute(HISTORY, month, prepare=False).fetchall(),
    }
    measured = {name: Measured() for name in questions}
    for name, question in questions.items():
        for _ in range(FEW_RUNS if name == AS_OF_YESTERDAY else RUNS):
            began_s = time.perf_counter()
            with connection.transaction():
                question()
            measured[name].runs_s.append(time.perf_counter() - began_s)
    return measured


def _geojson(connection: Connection, registry: Registry, now: datetime) -> bytes:
    """What the page's map loads, as the web answers it."""
    return to_json(containers_geojson(registry.city, list_containers(connection, registry.city.id), None, now))


def _writing_rate(connection: Connection, registry: Registry, start: datetime) -> float:
    """Rows per second of the writer's own way in, one connection, batches of random containers."""
    chance, city = random.Random(3), registry.city.id
    ids = [c.id for c in registry.containers]
    for first in range(0, len(ids), BATCH):  # every container has a state already, as in a city that lives
        with connection.transaction():
            store_reading_rows(connection, [_row(city, name, start, 0) for name in ids[first : first + BATCH]])
    rows = [
        [_row(city, chance.choice(ids), start, 1 + batch * BATCH + n) for n in range(BATCH)] for batch in range(BATCHES)
    ]
    began_s = time.perf_counter()
    for batch in rows:
        with connection.transaction():
            store_reading_rows(connection, batch)
    return BATCHES * BATCH / (time.perf_counter() - began_s)


def _row(city: str, container: str, start: datetime, millis: int) -> ReadingRow:
    at = start + timedelta(milliseconds=5 * millis)
    return city, container, at, at, 0.5, 0.9, 31.5


def _upkeep(connection: Connection, city: str) -> dict[str, float | str]:
    """One whole day rolled up; then the oldest chunk dropped."""
    day = END - timedelta(days=1)
    connection.execute("DELETE FROM reading_touched")
    hours = [(city, day + timedelta(hours=n)) for n in range(24)]
    connection.cursor().executemany("INSERT INTO reading_touched VALUES (%s, %s)", hours)
    connection.commit()
    rolled = run_upkeep(connection, now=END, keep_readings_days=10_000, keep_positions_days=10_000)
    oldest = connection.execute(OLDEST_CHUNK).fetchone()
    connection.commit()
    keep_days = max(1, (END - oldest["until"]).days) if oldest else 1
    dropped = run_upkeep(connection, now=END, keep_readings_days=keep_days, keep_positions_days=10_000)
    if rolled is None or dropped is None:
        raise SystemExit("the store is not ours alone: another process does its upkeep")
    return {
        "rollup_of_a_day_s": rolled.took_s,
        "hours_rolled_up": rolled.hours_rolled_up,
        "drop_chunks_s": dropped.took_s,
        "chunks_dropped": dropped.chunks_dropped,
        "compression": dropped.compression,
    }


def _sizes(connection: Connection) -> dict[str, float]:
    """Bytes on disk for each reading: rows, and indexes."""
    row = connection.execute(SIZES).fetchone()
    count = connection.execute("SELECT count(*) AS n FROM reading").fetchone()
    connection.commit()
    if row is None or count is None:
        raise SystemExit("the store says nothing of its tables")
    rows, indexes = row["rows"] / count["n"], row["indexes"] / count["n"]
    print(f"on disk: {rows + indexes:.0f} MB per million readings ({rows:.0f} rows, {indexes:.0f} indexes)")
    return {"bytes_per_reading": round(float(rows + indexes), 1), "of_them_indexes": round(float(indexes), 1)}


def _report(steps: list[tuple[int, dict[str, Measured]]], wanted: int) -> dict[str, dict[str, float]]:
    """The table, and its figures in milliseconds; at the wanted size by the slope between the steps."""
    (few, before), (many, after) = steps
    print(
        f"{'ms at ' + format(many, ','):32}{'first':>9}{'median':>9}{'p95':>9}{'max':>9}{'per 10 M':>10}{'at size':>10}"
    )
    report = {}
    for name, at_end in after.items():
        slope_ms = (at_end.median_s - before[name].median_s) * 1000 / (many - few)
        line = {
            "first_ms": at_end.first_s * 1000,
            "median_ms": at_end.median_s * 1000,
            "p95_ms": at_end.p95_s * 1000,
            "max_ms": at_end.max_s * 1000,
            "slope_ms_per_10m": slope_ms * 10_000_000,
            "extrapolated_ms": at_end.median_s * 1000 + slope_ms * (wanted - many),
        }
        print(f"{name:32}" + "".join(f"{value:{9 if i < 4 else 10}.1f}" for i, value in enumerate(line.values())))
        report[name] = {key: round(value, 2) for key, value in line.items()}
    return report


if __name__ == "__main__":
    main()
