"""The store's upkeep: rollups that equal the readings, retention that loses no hour, compression where it may be."""

import random
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from infra.migrate import all_migrations, migrate
from services.contracts.telemetry import PositionReceived
from services.store.connection import Connection, connect
from services.store.upkeep import COMPRESS_AFTER, UpkeepDone, run_upkeep
from services.writer.beliefs import keep_beliefs
from services.writer.telemetry import ReadingRow, store_positions, store_reading_rows

pytestmark = pytest.mark.parametrize("stack", ["embedded", "real"], indirect=True)

START = datetime(2026, 11, 2, tzinfo=UTC)
"""A Monday, long enough after the epoch's Thursday that weekly chunks begin elsewhere."""
DAY = timedelta(days=1)
KEEP = 10_000


@pytest.fixture
def connection(empty_url: str) -> Iterator[Connection]:
    """To a migrated store of this test's own."""
    migrate(empty_url)
    with connect(empty_url, name="test") as connection:
        yield connection


def add_city(connection: Connection, city: str, zone: str) -> None:
    with connection.transaction():
        connection.execute("INSERT INTO city VALUES (%s, %s, %s, '{}', NULL, now())", [city, city, zone])


def put(connection: Connection, rows: Sequence[ReadingRow]) -> None:
    with connection.transaction():
        store_reading_rows(connection, rows)


def upkeep(connection: Connection, now: datetime, keep_days: int = KEEP, keep_positions_days: int = KEEP) -> UpkeepDone:
    """As the writer does it: readings are dropped when beliefs stand for them."""
    keep_beliefs(connection, now=now, keep_readings_days=keep_days)
    done = run_upkeep(connection, now=now, keep_readings_days=keep_days, keep_positions_days=keep_positions_days)
    assert done is not None
    return done


def some_rows(city: str, days: float, count: int, seed: int = 1) -> list[ReadingRow]:
    """Fills are sums of powers of two, which are exact in 32 bits."""
    chance = random.Random(seed)
    instants = sorted({START + timedelta(seconds=round(chance.random() * days * 86400)) for _ in range(count)})
    return [
        (city, f"C{chance.randrange(5)}", at, at, chance.randrange(128) / 128, chance.choice([None, 0.5, 0.25]), None)
        for at in instants
    ]


def read(connection: Connection, query: str, *values: object) -> list[dict[str, Any]]:
    with connection.transaction():
        return connection.execute(query, values).fetchall()


def rolled_up(rows: Iterable[ReadingRow], bucket: Callable[[datetime], Hashable]) -> dict[tuple[Hashable, str], Any]:
    """Plainly worked out, by container and whatever `bucket` says: count, least, most, mean, last, weakest battery."""
    groups: dict[tuple[Hashable, str], list[ReadingRow]] = defaultdict(list)
    for row in sorted(rows, key=lambda r: r[2]):
        groups[bucket(row[2]), row[1]].append(row)
    return {key: _line([r[4] for r in own], [r[5] for r in own if r[5] is not None]) for key, own in groups.items()}


def _line(fills: list[float], batteries: list[float]) -> tuple[Any, ...]:
    mean = pytest.approx(sum(fills) / len(fills), abs=1e-12)
    return len(fills), min(fills), max(fills), mean, fills[-1], min(batteries, default=None)


VALUES = ("readings", "min_fill_ratio", "max_fill_ratio", "mean_fill_ratio", "last_fill_ratio", "min_battery_ratio")


def hours(connection: Connection, city: str) -> dict[tuple[Hashable, str], Any]:
    found = read(connection, "SELECT * FROM reading_hour WHERE city_id = %s", city)
    return {(row["started_at"], row["container_id"]): tuple(row[v] for v in VALUES) for row in found}


def days(connection: Connection, city: str) -> dict[tuple[Hashable, str], Any]:
    found = read(connection, "SELECT * FROM reading_day WHERE city_id = %s", city)
    return {(row["day"], row["container_id"]): tuple(row[v] for v in VALUES) for row in found}


def hour_in(zone: ZoneInfo) -> Callable[[datetime], Hashable]:
    return lambda at: at.astimezone(zone).replace(minute=0, second=0, microsecond=0).astimezone(UTC)


def day_in(zone: ZoneInfo) -> Callable[[datetime], Hashable]:
    return lambda at: at.astimezone(zone).date()


@pytest.mark.parametrize("zone", ["Africa/Porto-Novo", "Asia/Kathmandu", "Europe/Paris"])
def test_rollups_equal_the_readings_however_late_they_came(connection: Connection, zone: str) -> None:
    """Hours and days are the city's own (Kathmandu is 5:45 ahead), and late readings change those already made."""
    add_city(connection, "town", zone)
    rows = some_rows("town", days=6, count=2000)
    chance = random.Random(2)
    late = set(chance.sample(range(len(rows)), 300))
    put(connection, [row for n, row in enumerate(rows) if n not in late])
    upkeep(connection, START + 4 * DAY)
    for part in range(3):
        put(connection, [rows[n] for n in late if n % 3 == part])
        upkeep(connection, START + 8 * DAY)
    assert hours(connection, "town") == rolled_up(rows, hour_in(ZoneInfo(zone)))
    assert days(connection, "town") == rolled_up(rows, day_in(ZoneInfo(zone)))


def test_only_what_is_over_is_rolled_up(connection: Connection) -> None:
    """An hour under way would be rolled up again with every reading."""
    put(connection, [("town", "C1", START + timedelta(minutes=m), START, 0.5, None, None) for m in (5, 50, 65, 130)])
    assert upkeep(connection, START + timedelta(minutes=125)).hours_rolled_up == 2
    assert {at for at, _ in hours(connection, "town")} == {START, START + timedelta(hours=1)}
    assert days(connection, "town") == {}
    assert upkeep(connection, START + DAY).days_rolled_up == 1


def test_second_run_changes_nothing(connection: Connection) -> None:
    """It may be called by two services and by hand."""
    put(connection, some_rows("town", days=3, count=500))
    upkeep(connection, START + 5 * DAY)
    seen = hours(connection, "town"), days(connection, "town")
    again = replace(upkeep(connection, START + 5 * DAY), took_s=0, compression="")
    assert again == UpkeepDone()
    assert (hours(connection, "town"), days(connection, "town")) == seen


def test_old_readings_go_and_their_rollups_stay(connection: Connection) -> None:
    """Retention must free the disk, never the history that the figures need."""
    rows = some_rows("town", days=30, count=2000)
    put(connection, rows)
    now, keep_days = START + 31 * DAY, 10
    done = upkeep(connection, now, keep_days)
    left = read(connection, "SELECT min(happened_at) AS oldest, count(*) AS n FROM reading")[0]
    # A chunk of seven days goes when all of it is too old; rows go one by one.
    slack = timedelta(days=7) if done.chunks_dropped else timedelta(0)
    assert done.chunks_dropped > 0 or done.rows_deleted > 0
    assert now - keep_days * DAY - slack <= left["oldest"]
    assert left["n"] >= len([r for r in rows if r[2] >= now - keep_days * DAY])
    assert hours(connection, "town") == rolled_up(rows, hour_in(ZoneInfo("UTC")))
    assert days(connection, "town") == rolled_up(rows, day_in(ZoneInfo("UTC")))


def test_reading_of_an_hour_that_is_dropped_already_leaves_its_rollup(connection: Connection) -> None:
    """A sensor that finds its memory again must not replace an hour of many readings with its one."""
    rows = [("town", "C1", START + timedelta(minutes=10 * n), START, 0.5, None, None) for n in range(6)]
    put(connection, rows)
    upkeep(connection, START + 30 * DAY, keep_days=10)
    assert read(connection, "SELECT * FROM reading") == []
    late: list[ReadingRow] = [
        ("town", who, START + timedelta(minutes=59), START, 1.0, None, None) for who in ("C1", "C2")
    ]
    put(connection, late)
    upkeep(connection, START + 30 * DAY, keep_days=10)
    counted = {who: line[0] for (_, who), line in hours(connection, "town").items()}
    assert counted == {"C1": 6, "C2": 1}


def test_reading_that_comes_between_rollup_and_retention_is_not_dropped(connection: Connection, empty_url: str) -> None:
    """The stream does not stop for upkeep: what arrives after its hour was rolled up keeps the hour's readings."""
    put(connection, [("town", "C1", START + timedelta(minutes=n), START, 0.5, None, None) for n in range(50)])
    late: ReadingRow = ("town", "C2", START + timedelta(minutes=30), START, 1.0, None, None)

    def late_one_comes() -> bool:
        with connect(empty_url, name="test") as writer:
            if not read(writer, "SELECT FROM reading_touched"):
                put(writer, [late])
        return False

    now = START + 40 * DAY
    keep_beliefs(connection, now=now, keep_readings_days=1)
    run_upkeep(connection, now=now, keep_readings_days=1, keep_positions_days=KEEP, stopping=late_one_comes)
    assert len(read(connection, "SELECT * FROM reading")) == 51
    upkeep(connection, now, keep_days=1)
    assert read(connection, "SELECT * FROM reading") == []
    assert {who: line[0] for (_, who), line in hours(connection, "town").items()} == {"C1": 50, "C2": 1}


def put_fixes(connection: Connection, days: Iterable[int]) -> list[datetime]:
    """A position at noon of each of these days after the start."""
    instants = [START + n * DAY + DAY / 2 for n in days]
    fixes = [("town", "T1", at, START, 2.4, 6.4) for at in instants]
    with connection.transaction(), connection.cursor() as cursor:
        columns = "city_id, truck_id, happened_at, received_at, lon, lat"
        cursor.executemany(f"INSERT INTO position ({columns}) VALUES (%s, %s, %s, %s, %s, %s)", fixes)
    return instants


def test_old_positions_go(connection: Connection) -> None:
    """Tracks of crews are kept no longer than the city decided."""
    instants = put_fixes(connection, range(60))
    now = START + 60 * DAY
    upkeep(connection, now, keep_positions_days=30)
    left = {row["happened_at"] for row in read(connection, "SELECT happened_at FROM position")}
    assert {at for at in instants if at >= now - 30 * DAY} <= left
    assert min(left) >= now - 37 * DAY


@pytest.mark.parametrize("zone", ["Africa/Porto-Novo", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_positions_that_the_ledger_has_not_counted_stay(connection: Connection, zone: str) -> None:
    """The ledger was down for a season: its days are kept and told, all others go; counted, they go too."""
    add_city(connection, "town", zone)
    instants = put_fixes(connection, range(60))
    waiting = {at for at in instants if day_in(ZoneInfo(zone))(at) == date(2026, 11, 12)}
    assert len(waiting) == 1
    with connection.transaction():
        connection.execute("INSERT INTO ledger_touched (city_id, day) VALUES ('town', '2026-11-12')")
    now = START + 60 * DAY
    done = upkeep(connection, now, keep_positions_days=30)
    assert done.days_kept == 1
    left = {row["happened_at"] for row in read(connection, "SELECT happened_at FROM position")}
    assert waiting <= left
    # On plain tables that day alone; else its chunk of seven days, and the one beside it that the day may reach into.
    assert len([at for at in left if at < now - 37 * DAY]) <= (14 if done.chunks_dropped else 1)
    assert done.chunks_dropped + done.rows_deleted > 0
    with connection.transaction():
        connection.execute("DELETE FROM ledger_touched")
    assert upkeep(connection, now, keep_positions_days=30).days_kept == 0
    assert min(row["happened_at"] for row in read(connection, "SELECT happened_at FROM position")) >= now - 37 * DAY


def test_position_that_comes_while_its_day_is_dropped_is_not_lost(connection: Connection, empty_url: str) -> None:
    """A phone that was away for months delivers while retention runs: its day is marked, and stays for the ledger."""
    add_city(connection, "town", "UTC")
    put_fixes(connection, range(10))
    late = PositionReceived(
        city="town", truck="T9", happened_at=START + 2 * DAY, received_at=START + 50 * DAY, lon=2.4, lat=6.4
    )

    def late_one_comes() -> bool:
        with connect(empty_url, name="test") as writer:
            if not read(writer, "SELECT FROM ledger_touched"):
                with writer.transaction():
                    store_positions(writer, [late])
        return False

    now = START + 50 * DAY
    run_upkeep(connection, now=now, keep_readings_days=KEEP, keep_positions_days=30, stopping=late_one_comes)
    assert "T9" in {row["truck_id"] for row in read(connection, "SELECT truck_id FROM position")}


def test_upkeep_leaves_another_at_it_alone(connection: Connection, empty_url: str) -> None:
    """Two writers must not do the same work twice, nor wait for each other."""
    put(connection, some_rows("town", days=1, count=50))

    def other_tries() -> bool:
        with connect(empty_url, name="test") as other:
            tried.append(run_upkeep(other, now=START, keep_readings_days=KEEP, keep_positions_days=KEEP))
        return False

    tried: list[UpkeepDone | None] = []
    done = run_upkeep(
        connection, now=START + 2 * DAY, keep_readings_days=KEEP, keep_positions_days=KEEP, stopping=other_tries
    )
    assert done is not None
    assert done.hours_rolled_up > 0
    assert set(tried) == {None}


def test_chunks_shrink_with_the_city(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """A town's years must not be a thousand chunks, nor a large city's latest chunk outgrow the memory."""
    put(connection, some_rows("town", days=1, count=100))
    upkeep(connection, START + 20 * DAY)
    before = chunk_days(connection)
    monkeypatch.setattr("services.store.upkeep.CHUNK_BYTES", 1)
    upkeep(connection, START + 20 * DAY)
    assert (before, chunk_days(connection)) in {(7, 1), (None, None)}


def chunk_days(connection: Connection) -> int | None:
    """None on plain PostgreSQL."""
    if read(connection, "SELECT to_regclass('timescaledb_information.dimensions') AS view")[0]["view"] is None:
        return None
    query = "SELECT time_interval FROM timescaledb_information.dimensions WHERE hypertable_name = 'reading'"
    return int(read(connection, query)[0]["time_interval"].days)


def test_compression_only_where_the_licence_allows(connection: Connection) -> None:
    """Debian's TimescaleDB is the Apache edition: it refuses compression, and the job says so instead of failing."""
    old = START - COMPRESS_AFTER - 30 * DAY
    put(connection, [("town", "C1", old + timedelta(minutes=n), old, 0.5, None, None) for n in range(100)])
    done = upkeep(connection, START)
    licence = read(connection, "SELECT current_setting('timescaledb.license', true) AS licence")[0]["licence"]
    if licence is None:
        assert (done.compression, done.chunks_compressed) == ("none: plain PostgreSQL", 0)
        return
    chunks = read(
        connection, "SELECT is_compressed FROM timescaledb_information.chunks WHERE hypertable_name = 'reading'"
    )
    assert chunks
    if licence == "timescale":
        assert all(chunk["is_compressed"] for chunk in chunks)
        assert done.chunks_compressed == len(chunks)
    else:
        assert not any(chunk["is_compressed"] for chunk in chunks)
        assert (done.compression, done.chunks_compressed) == (f"none: timescaledb.license is {licence}", 0)


def test_readings_from_before_the_rollups_are_rolled_up_too(empty_url: str) -> None:
    """A city that ran the first release keeps its history."""
    migrate(empty_url, [m for m in all_migrations() if m.name < "0003"])
    rows = some_rows("town", days=2, count=300)
    with psycopg.connect(empty_url) as old, old.cursor() as cursor:
        cursor.executemany("INSERT INTO reading VALUES (%s, %s, %s, %s, %s, %s, %s)", rows)
    migrate(empty_url)
    with connect(empty_url, name="test") as connection:
        upkeep(connection, START + 3 * DAY)
        assert days(connection, "town") == rolled_up(rows, day_in(ZoneInfo("UTC")))
        assert date(2026, 11, 2) in {day for day, _ in days(connection, "town")}
