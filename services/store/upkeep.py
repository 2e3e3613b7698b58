"""What the store needs now and then: rollups, retention, chunk sizes, compression. Any time will do, and twice."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from psycopg.errors import LockNotAvailable

from services.store.alone import alone
from services.store.connection import Connection, store_errors
from services.store.queries import load_queries

log = logging.getLogger(__name__)

SQL = load_queries(__name__)

LOCK = 7_421_002
"""Advisory lock of the session: one upkeep at a time, whoever runs it."""
DELETED_AT_ONCE = 20_000
"""Rows, where there are no chunks to drop: well under a second, so that nobody waits for the locks and the log."""
CHUNK_BYTES = 512 * 1024**2
"""Of readings with their indexes. New ones land all over the index of the latest chunk, which should stay in memory,
and a small server gives the store that much. Measured: docs/store.md."""
LONGEST_CHUNK_DAYS = 7
"""Of a small town: two years are a hundred chunks, which each query that names no time opens."""
COMPRESS_AFTER = timedelta(days=14)
"""Late readings come within hours or days; into a compressed chunk each would cost more."""

NEVER = datetime(1, 1, 1, tzinfo=UTC)

type Relation = Literal["reading", "position"]


@dataclass(frozen=True)
class UpkeepDone:
    """What one run did."""

    hours_rolled_up: int = 0
    days_rolled_up: int = 0
    chunks_dropped: int = 0
    rows_deleted: int = 0
    """On plain PostgreSQL, which has no chunks."""
    days_kept: int = 0
    """Days whose positions are older than they are kept and stay, because the ledger has not counted them."""
    chunks_compressed: int = 0
    compression: str = ""
    """Whether anything may be compressed here, and why not."""
    took_s: float = 0.0


@dataclass
class _Run:
    """One run: every method works in short transactions of its own and ends early when told to stop."""

    connection: Connection
    now: datetime
    stopping: Callable[[], bool]
    counts: dict[str, int] = field(default_factory=dict)

    def ask(self, query: str, **values: object) -> list[dict[str, Any]]:
        with store_errors(), self.connection.transaction():
            # Planned for these very instants, not prepared: a plan for any instant would open every chunk.
            return self.connection.execute(SQL[query], values, prepare=False).fetchall()

    def count(self, what: str, more: int = 1) -> None:
        self.counts[what] = self.counts.get(what, 0) + more


def run_upkeep(
    connection: Connection,
    *,
    now: datetime,
    keep_readings_days: int,
    keep_positions_days: int,
    stopping: Callable[[], bool] = lambda: False,
) -> UpkeepDone | None:
    """Roll up what has changed, drop what is older than it is kept, compress where the licence allows.

    Rollups come first, and what is not rolled up is never dropped, nor a reading for which no kept belief stands
    (`services.writer.beliefs`). Every step is a transaction of its own, so a run that ends in the middle (killed, told
    to stop, the server gone) has done whole steps, and the next does the rest.

    Args:
        connection: with no transaction open; it is held for minutes where much is to do, so not one of the stream's.
        now: timezone-aware; hours and days that are not over by then wait.
        keep_readings_days: raw readings older than this go; their rollups and what was learned from them stay.
        keep_positions_days: positions older than this go, but of days that the ledger has counted only.
        stopping: asked between transactions.

    Returns:
        What was done; None if another process is at it.

    Raises:
        StoreAway, StoreRefused: what was done before stays.
    """
    with alone(connection, LOCK) as is_alone:
        if not is_alone:
            return None
        started_s = time.monotonic()
        run = _Run(connection, now, stopping)
        _roll_up(run)
        has_chunks = _has_chunks(run)
        drop_old = _drop_old_chunks if has_chunks else _delete_old_rows
        drop_old(run, "reading", _settled(run, now - timedelta(days=keep_readings_days)))
        drop_old(run, "position", now - timedelta(days=keep_positions_days))
        _tell_kept(run, now - timedelta(days=keep_positions_days))
        if has_chunks:
            _size_chunks(run)
        compression = _compress(run) if has_chunks else "none: plain PostgreSQL"
        return UpkeepDone(compression=compression, took_s=time.monotonic() - started_s, **run.counts)


def _roll_up(run: _Run) -> None:
    """Hours that are over, then days that are over."""
    for hour in run.ask("list_touched_hours", now=run.now):
        if run.stopping():
            return
        with store_errors(), run.connection.transaction():
            for step in ("take_touched_hour", "roll_up_hour", "touch_days"):
                run.connection.execute(SQL[step], hour, prepare=False)
        run.count("hours_rolled_up")
    for day in run.ask("list_touched_days", now=run.now):
        if run.stopping():
            return
        with store_errors(), run.connection.transaction():
            for step in ("take_touched_day", "roll_up_day"):
                run.connection.execute(SQL[step], day, prepare=False)
        run.count("days_rolled_up")


def _settled(run: _Run, before: datetime) -> datetime:
    """This instant, or the earlier one before which beliefs stand for the readings; the others stay."""
    horizon = next((row["until_at"] + timedelta(microseconds=1) for row in run.ask("find_horizon")), NEVER)
    return min(before, horizon)


def _has_chunks(run: _Run) -> bool:
    return bool(run.ask("has_timescale")[0]["there"] and run.ask("is_hypertable")[0]["there"])


def _drop_old_chunks(run: _Run, relation: Relation, before: datetime) -> None:
    for chunk in run.ask("list_old_chunks", relation=relation, before=before):
        if run.stopping():
            return
        _drop_chunk(run, relation, chunk["range_start"], chunk["range_end"])


def _drop_chunk(run: _Run, relation: Relation, from_: datetime, until: datetime) -> None:
    """One that nobody needs any more; else it is left for the next run."""
    values = {"relation": relation, "from": from_, "until": until}
    with store_errors():
        try:
            with run.connection.transaction():
                run.connection.execute(SQL["be_impatient"])
                # Asked while writers wait, so that the answer still holds when the chunk is dropped.
                run.connection.execute(SQL[f"hold_{relation}s"])
                needed = run.connection.execute(SQL[f"are_{relation}s_needed"], values).fetchone()
                if needed and needed["needed"]:
                    log.info("%ss of %s to %s stay: not all are counted", relation, from_, until)
                    return
                row = run.connection.execute(SQL["drop_chunk"], values, prepare=False).fetchone()
        except LockNotAvailable:
            log.warning("%ss of %s to %s stay for now: somebody is at them", relation, from_, until)
            return
    run.count("chunks_dropped", row["dropped"] if row else 0)


def _tell_kept(run: _Run, before: datetime) -> None:
    for day in run.ask("list_kept_days", before=before):
        log.warning("%s: positions of %s stay: the ledger has not counted them. Does it run?", day["city"], day["day"])
        run.count("days_kept")


def _delete_old_rows(run: _Run, relation: Relation, before: datetime) -> None:
    deleted = DELETED_AT_ONCE
    while deleted == DELETED_AT_ONCE and not run.stopping():
        with store_errors(), run.connection.transaction():
            values = {"before": before, "rows": DELETED_AT_ONCE}
            deleted = run.connection.execute(SQL[f"delete_{relation}s"], values, prepare=False).rowcount
        run.count("rows_deleted", deleted)


def _size_chunks(run: _Run) -> None:
    """A week of a small town in one, a day of a large city; those that are there stay as they are."""
    for days in run.ask("find_chunk_days", now=run.now, bytes=CHUNK_BYTES, longest=LONGEST_CHUNK_DAYS):
        if days["are"] != days["should_be"]:
            run.ask("set_chunk_days", days=days["should_be"])
            log.info("chunks of readings span %s days from now on, not %s", days["should_be"], days["are"])


def _compress(run: _Run) -> str:
    """What TimescaleDB's own licence allows and the Apache edition, which Debian packages, does not."""
    licence = run.ask("read_licence")[0]["licence"]
    if licence != "timescale":
        return f"none: timescaledb.license is {licence}"
    if not run.ask("is_compressed", relation="reading")[0]["enabled"]:
        with store_errors(), run.connection.transaction():
            run.connection.execute(SQL["allow_compression"])
    for row in run.ask("list_uncompressed_chunks", before=run.now - COMPRESS_AFTER):
        if run.stopping():
            break
        run.ask("compress_chunk", chunk=row["chunk"])
        run.count("chunks_compressed")
    return f"readings older than {COMPRESS_AFTER.days} days"
