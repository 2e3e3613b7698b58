"""The store: whether it answers, is up to date, has room and the right time, and what came in lately."""

from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

import psycopg
from psycopg.rows import dict_row

from infra.doctor.brokers import check_brokers
from infra.doctor.cities import check_cities
from infra.doctor.doors import check_doors
from infra.doctor.findings import Finding, fail, in_bytes, look, ok
from infra.doctor.telephones import check_telephones
from infra.doctor.webhooks import check_webhooks
from infra.migrate import all_migrations
from services.clock import Clock
from services.errors import TourneeError
from services.store.connection import Connection, store_errors

PATIENCE_S = 3
SKEW_LOOK_S = 2.0
SKEW_FAIL_S = 300.0
"""`services.contracts.fields.FUTURE_TOLERANCE`: beyond this, what a right clock says is refused as of the future."""
REJECTED_LOOK = 100
LEDGER_LAG = timedelta(hours=1)
"""A day that has been over so long is counted, unless the ledger is down or cannot count it."""
FOLDING_LAG = timedelta(minutes=10)
FOLDING_LAG_SHARE = 0.25
"""What is new is folded in within a minute. Beliefs that are so much older than the readings, of so many containers,
are not being folded at all; of a few it may be news after a long silence."""
WAITING_LOOK = 100_000
"""Hours that wait to be rolled up. A town has some hundred a day, a megacity a million, done within minutes."""


def check_store(database_url: str, clock: Clock) -> list[Finding]:
    """From the connection to the last reading. Where it goes away meanwhile, the finding of that ends the list."""
    findings: list[Finding] = []
    try:
        with store_errors(), _connected(database_url) as connection:
            findings.append(ok("store", f"PostgreSQL {_one(connection, 'SHOW server_version')} answers"))
            schema = _check_schema(connection)
            findings += [_check_timescale(connection), schema, _check_clock(connection), _check_size(connection)]
            if schema.status != "fail":
                findings += check_cities(connection, clock.now())
                findings += check_doors(connection, clock.now())
                findings += check_webhooks(connection)
                findings += check_brokers(connection)
                findings += check_telephones(connection)
                findings += [_check_rejected(connection, clock.now()), *_check_rollups(connection)]
                findings.append(_check_beliefs(connection))
                findings += _check_ledger(connection, clock.now())
    except TourneeError as error:
        findings.append(fail("store", str(error), "start it, or check TOURNEE_DATABASE_URL"))
    return findings


def _connected(database_url: str) -> Connection:
    return psycopg.connect(
        database_url,
        connect_timeout=PATIENCE_S,
        options=f"-c statement_timeout={PATIENCE_S}s",
        application_name="tournee-doctor",
        row_factory=dict_row,
        autocommit=True,
    )


def _one(connection: Connection, query: LiteralString, *args: object) -> Any:
    row = connection.execute(query, args).fetchone()
    return next(iter(row.values())) if row else None


def _check_timescale(connection: Connection) -> Finding:
    version = _one(connection, "SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'")
    if version is None:
        return ok("TimescaleDB", "not there: readings rest in plain tables, which a town never notices")
    licence = _one(connection, "SELECT current_setting('timescaledb.license', true)")
    compresses = "" if licence == "timescale" else ", which does not compress old readings"
    return ok("TimescaleDB", f"{version}, licence {licence}{compresses}")


def _check_schema(connection: Connection) -> Finding:
    migrate = "run: tournee db migrate"
    if _one(connection, "SELECT to_regclass('public.schema_migration')") is None:
        return fail("schema", "this database holds no Tournée store", migrate)
    rows = connection.execute("SELECT name, checksum FROM schema_migration").fetchall()
    done = {row["name"]: row["checksum"] for row in rows}
    ours = {migration.name: migration.checksum for migration in all_migrations()}
    if pending := [name for name in ours if name not in done]:
        return fail("schema", f"waiting: {', '.join(pending)}", migrate)
    if unknown := sorted(set(done) - set(ours)):
        return fail("schema", f"made by a newer Tournée: {', '.join(unknown)}", "upgrade this Tournée too")
    if changed := [name for name, checksum in done.items() if ours[name] != checksum]:
        return fail("schema", f"run with other text: {', '.join(changed)}", "it is not this Tournée's store")
    return ok("schema", f"up to date, {len(done)} migrations")


def _check_clock(connection: Connection) -> Finding:
    asked_at = datetime.now(UTC)
    theirs: datetime = _one(connection, "SELECT clock_timestamp()")
    middle = asked_at + (datetime.now(UTC) - asked_at) / 2
    return clock_finding((theirs - middle).total_seconds())


def clock_finding(skew_s: float) -> Finding:
    """What to say when the store's clock is so many seconds ahead of ours."""
    detail = f"the store's is {abs(skew_s):.1f} s {'ahead of' if skew_s > 0 else 'behind'} ours"
    next_ = "switch on time synchronisation (NTP) on both machines"
    if abs(skew_s) > SKEW_FAIL_S:
        return fail("clocks", detail, next_)
    return look("clocks", detail, next_) if abs(skew_s) > SKEW_LOOK_S else ok("clocks", detail)


def _check_size(connection: Connection) -> Finding:
    return ok("size", f"the store takes {in_bytes(_one(connection, 'SELECT pg_database_size(current_database())'))}")


def _check_rejected(connection: Connection, now: datetime) -> Finding:
    since = now - timedelta(days=1)
    rows = connection.execute(
        "SELECT reason, count(*) AS n FROM rejected WHERE received_at >= %s GROUP BY reason ORDER BY n DESC", (since,)
    ).fetchall()
    if not rows:
        return ok("rejected", "nothing in the last day")
    detail = ", ".join(f"{row['reason']} {row['n']:,}" for row in rows) + " in the last day"
    if sum(row["n"] for row in rows) < REJECTED_LOOK:
        return ok("rejected", detail)
    return look("rejected", detail, "table rejected holds each message with its reason: mend or revoke the device")


def _check_beliefs(connection: Connection) -> Finding:
    """Whether the writer folds what is new in: if it does not, planners do it each time, and no reading is dropped."""
    (row,) = connection.execute(
        "SELECT count(*) AS heard, count(coalesce(news_from, folding_from)) AS waiting, max(fill_at) AS read_at,"
        " (SELECT max(known_at) FROM container_belief) AS folded_at FROM container_state"
    ).fetchall()
    waits_long = row["read_at"] and (row["folded_at"] is None or row["read_at"] - row["folded_at"] > FOLDING_LAG)
    if not waits_long or row["waiting"] <= row["heard"] * FOLDING_LAG_SHARE:
        return ok("beliefs", f"news of {row['waiting']:,} of {row['heard']:,} containers waits to be folded in")
    detail = f"news of {row['waiting']:,} of {row['heard']:,} containers waits, more than 10 minutes of it"
    return look("beliefs", detail, "is a writer running? see its log; by hand: tournee db upkeep")


def _check_rollups(connection: Connection) -> list[Finding]:
    """What waits to be rolled up; nothing to say of a schema without rollups. Counts no further than it must."""
    if _one(connection, "SELECT to_regclass('public.reading_touched')") is None:
        return []
    waiting = _one(
        connection,
        "SELECT count(*) FROM (SELECT FROM reading_touched LIMIT %s) AS waiting",
        WAITING_LOOK,
    )
    if waiting < WAITING_LOOK:
        return [ok("rollups", f"{waiting:,} entries wait to be rolled up")]
    return [look("rollups", f"{waiting:,} entries or more wait to be rolled up", "is the upkeep running? see its log")]


def _check_ledger(connection: Connection, now: datetime) -> list[Finding]:
    """Days that were over a while ago and have events that no line of the ledger counts."""
    if _one(connection, "SELECT to_regclass('public.ledger_touched')") is None:
        return []
    days = connection.execute(
        "SELECT DISTINCT t.city_id, t.day FROM ledger_touched t JOIN city c USING (city_id)"
        " WHERE t.due_at <= %(now)s AND (t.day + 1)::timestamp AT TIME ZONE c.timezone <= %(now)s - %(lag)s"
        " ORDER BY t.day, t.city_id",
        {"now": now, "lag": LEDGER_LAG},
    ).fetchall()
    if not days:
        return [ok("ledger", "every day that is over is counted")]
    first = days[0]
    detail = f"{len(days)} days not counted, the first {first['day']} of {first['city_id']}; their positions are kept"
    return [look("ledger", detail, "is the ledger running? its log says what it cannot count")]
