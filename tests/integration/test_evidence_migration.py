"""A store from before the account of evidence goes forward and loses nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from infra.migrate import Migration, all_migrations, migrate
from services.fill.belief import Belief
from services.fill.store import load_beliefs
from services.store.connection import Connection, connect
from services.writer.beliefs import BeliefsKept, keep_beliefs
from services.writer.telemetry import store_reading_rows

pytestmark = pytest.mark.parametrize("stack", ["embedded", "real"], indirect=True)

EVIDENCE = "0007_evidence.sql"
NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
DAY = timedelta(days=1)
NOW = NOON + 10 * DAY
OLD_STATE = {
    # Emptied a day after noon and read twice since, half a day and a day later; 0.3 a day was usual.
    "C1": ("town", "C1", 0.5, NOON + 2 * DAY, 0.875, NOON + DAY, NOON + DAY, 2, 1.5, 0.75, 1.25, 0.625, 0.3),
    # Never emptied; 0.1 is no sum of powers of two.
    "C2": ("town", "C2", 0.25, NOON, None, None, NOON - 0.1 * DAY, 2, 0.1, 0.5, 0.01, 0.025, None),
    # No sensor.
    "C3": ("town", "C3", None, None, None, NOON + 3 * DAY, NOON + 3 * DAY, 0, 0.0, 0.0, 0.0, 0.0, None),
}
READINGS = [
    ("C1", 0.25, 0.75), ("C1", 0.5, 0.875), ("C1", 1.5, 0.25), ("C1", 2.0, 0.5), ("C2", -0.1, 0.25), ("C2", 0.0, 0.25),
]  # fmt: skip
"""Container, days after noon, fill ratio. Two of C1's are of the cycle before."""
VISITS = [
    ("stop", "C1", "done", None, None, 1.0),
    ("stop", "C3", "done", None, 0.75, 3.0),
    ("stop", "C2", "skipped", "not_full", None, 0.5),
    ("stop", "C2", "skipped", "blocked", None, 0.6),  # says nothing of how full it is
    ("disposal", "C2", "done", None, None, 0.7),  # a site of that name
]


@pytest.fixture
def old_url(empty_url: str) -> Iterator[str]:
    """A store as the release before has left it."""
    migrate(empty_url, [m for m in all_migrations() if m.name < "0005"])
    with psycopg.connect(empty_url) as old, old.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO container_state VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            OLD_STATE.values(),
        )
        rows = [("town", c, NOON + d * DAY, NOON + d * DAY + timedelta(seconds=1), f) for c, d, f in READINGS]
        cursor.executemany(
            "INSERT INTO reading (city_id, container_id, happened_at, received_at, fill_ratio)"
            " VALUES (%s, %s, %s, %s, %s)",
            rows,
        )
        visits = [
            (UUID(int=n), uuid4(), kind, place, outcome, reason, seen, NOON + d * DAY, NOON + (d + 0.01) * DAY)
            for n, (kind, place, outcome, reason, seen, d) in enumerate(VISITS)
        ]
        cursor.executemany(
            "INSERT INTO confirmation (confirmation_id, city_id, truck_id, plan_id, kind, place, outcome, reason,"
            " fill_ratio_seen, happened_at, received_at, driver)"
            " VALUES (%s, 'town', 'T1', %s, %s, %s, %s, %s, %s, %s, %s, 'awa')",
            visits,
        )
    return empty_url


def read(connection: Connection, query: str) -> list[dict[str, Any]]:
    with connection.transaction():
        return connection.execute(query).fetchall()


def beliefs(connection: Connection, as_of: datetime = NOW) -> dict[str, Belief]:
    with connection.transaction():
        return load_beliefs(connection, "town", as_of)


def test_beliefs_are_learned_anew_from_the_account(old_url: str) -> None:
    """The morning after the upgrade knows the levels and emptyings of the morning before, by the estimator of today."""
    migrate(old_url)
    with connect(old_url, name="test") as connection:
        found = beliefs(connection)
        assert found["C1"].emptied_at == NOON + DAY
        assert (found["C1"].recent, found["C1"].level) == ((0.25, 0.5), 0.25)
        assert found["C2"].recent == (0.25, 0.25)
        assert found["C3"].emptied_at == NOON + 3 * DAY
        assert keep_beliefs(connection, now=NOW, keep_readings_days=730) == BeliefsKept(brought_up=3, learned_anew=3)
        assert beliefs(connection) == found


def test_facts_are_all_in_the_account(old_url: str) -> None:
    """Every reading, and of the confirmations what they say of containers; the states keep their latest."""
    migrate(old_url)
    with connect(old_url, name="test") as connection:
        told = read(connection, "SELECT container_id AS c, kind, fill_ratio AS y, happened_at AS at FROM evidence")
        expected = [(c, "reading", y, NOON + d * DAY) for c, d, y in READINGS] + [
            ("C1", "emptied", None, NOON + DAY),
            ("C3", "emptied", 0.75, NOON + 3 * DAY),
            ("C2", "seen", None, NOON + 0.5 * DAY),
        ]
        assert sorted(map(repr, ((t["c"], t["kind"], t["y"], t["at"]) for t in told))) == sorted(map(repr, expected))
        states = {row["container_id"]: row for row in read(connection, "SELECT * FROM container_state")}
        for container, old in OLD_STATE.items():
            state = states[container]
            latest = ("fill_ratio", "fill_at", "battery_ratio", "last_emptied_at")
            assert tuple(state[name] for name in latest) == old[2:6]
        # All that were ever stored, not those since the last emptying.
        assert {c: state["readings"] for c, state in states.items()} == {"C1": 4, "C2": 2, "C3": 0}
        assert len(read(connection, "SELECT FROM confirmation")) == len(VISITS)
        assert read(connection, "SELECT FROM evidence_horizon") == []


def test_instants_from_before_can_be_asked_for(old_url: str) -> None:
    """Of a time from which no belief is left, the account is folded from its beginning."""
    migrate(old_url)
    with connect(old_url, name="test") as connection:
        then = beliefs(connection, NOON + 0.6 * DAY)
        assert (then["C1"].emptied_at, then["C1"].recent) == (None, (0.75, 0.875))
        assert "C3" not in then or then["C3"] == Belief()


def test_what_comes_late_after_it_is_learned_from_the_account(old_url: str) -> None:
    """A phone that was offline over the upgrade: its emptying ends the cycle when it ended."""
    migrate(old_url)
    with connect(old_url, name="test") as connection:
        late = ("town", "C1", NOON + 1.75 * DAY, NOW, 0.375, None, None)
        with connection.transaction():
            store_reading_rows(connection, [late])
        belief = beliefs(connection)["C1"]
        assert (belief.emptied_at, belief.recent) == (NOON + DAY, (0.25, 0.375, 0.5))


def test_store_that_has_dropped_readings_says_from_when_on_it_knows(old_url: str) -> None:
    """Its rollups are older than its oldest reading: before that nobody can say what was known."""
    with psycopg.connect(old_url) as old:
        old.execute("INSERT INTO reading_hour VALUES ('town', %s, 'C1', 1, 0.5, 0.5, 0.5, 0.5, NULL)", [NOON - DAY])
    migrate(old_url)
    with connect(old_url, name="test") as connection:
        (horizon,) = read(connection, "SELECT until_at FROM evidence_horizon")
    assert horizon["until_at"] == NOON - 0.1 * DAY - timedelta(microseconds=1)


def test_crash_in_the_middle_leaves_the_old_store(old_url: str) -> None:
    """A disk that is full at the last step: the release before goes on, and the next try finds all there."""
    (real,) = (m for m in all_migrations() if m.name == EVIDENCE)
    broken = Migration(real.name, real.sql + "\nSELECT nonsense FROM nowhere")
    others = [m for m in all_migrations() if m.name != EVIDENCE]
    with pytest.raises(psycopg.Error):
        migrate(old_url, sorted([*others, broken]))
    with psycopg.connect(old_url) as old:
        rows = old.execute("SELECT * FROM container_state ORDER BY container_id").fetchall()
        assert rows == list(OLD_STATE.values())
        assert old.execute("SELECT to_regclass('observation'), to_regclass('evidence')").fetchone() == (None, None)
    migrate(old_url)
    with connect(old_url, name="test") as connection:
        assert set(beliefs(connection)) == set(OLD_STATE)
