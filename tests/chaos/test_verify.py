"""The proof that the check can fail: a whole store passes, and each way of breaking it is seen and named."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import LiteralString
from uuid import UUID, uuid4

import psycopg
import pytest

from services.contracts.confirmations import VisitConfirmed
from services.contracts.planning import PlanningProgressed
from services.contracts.telemetry import MessageRejected, PositionReceived, ReadingReceived
from services.store.connection import connect
from services.writer.beliefs import keep_beliefs
from services.writer.day import store_planning
from services.writer.telemetry import store_positions, store_readings, store_rejected
from tests.chaos.claims import Claim, Claims
from tests.chaos.verdict import Verdict
from tests.chaos.verify import Connection, verify
from tests.load.ledger import Ledger
from tests.load.messages import Messages
from tests.support.circuits import confirm_sent

CITY = "v"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PLAN = Messages(CITY, 100, 10, NOW - timedelta(days=1), spacing_s=60, out_of_order=True)
ORDER, VISIT = uuid4(), uuid4()


@dataclass
class Store:
    """A store that holds all it should, in a transaction that is never committed."""

    connection: Connection
    ledger: Ledger
    claims: Claims

    def verdict(self) -> Verdict:
        return verify(self.connection, CITY, [(PLAN, self.ledger)], self.claims)

    def broken_by(self, sql: LiteralString) -> Verdict:
        assert self.connection.execute(sql).rowcount == 1
        return self.verdict()


@pytest.fixture(scope="module")
def url(database_url: str) -> str:
    """A hundred readings of ten containers, one of them emptied amid them; a position, a rejection, an order.

    The beliefs have all readings; the emptying is still news.
    """
    with connect(database_url, name="test") as connection:
        store_readings(connection, [_reading(index) for index in range(PLAN.count)])
        connection.commit()
        kept = keep_beliefs(connection, now=NOW, keep_readings_days=730)
        assert kept is not None
        assert kept.brought_up == PLAN.containers
        confirm_sent(connection, [_visit()])
        fix = PositionReceived(happened_at=NOW, lon=1, lat=2, city=CITY, truck="T1", received_at=NOW)
        store_positions(connection, [fix])
        store_rejected(connection, [_rejected()])
        store_planning(connection, [_failed()])
    return database_url


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """What was promised, and the store that keeps it."""
    ledger = Ledger(PLAN.count)
    for index in range(PLAN.count):
        ledger.acknowledge(index)
    claims = Claims()
    claims.add(
        [
            Claim("confirmation", VISIT),
            Claim("position", ("T1", NOW)),
            Claim("rejected", ("some/topic", b"\x00bad", "malformed")),
            Claim("order", ORDER),
        ]
    )
    with psycopg.connect(url) as connection:
        yield Store(connection, ledger, claims)
        connection.rollback()


def _reading(index: int) -> ReadingReceived:
    return ReadingReceived(
        city=CITY,
        container=PLAN.container(index),
        happened_at=PLAN.happened_at(index),
        fill_ratio=PLAN.fill_ratio(index),
        received_at=NOW,
    )


def _visit() -> VisitConfirmed:
    return VisitConfirmed(
        id=VISIT,
        plan_id=uuid4(),
        kind="stop",
        place="L00003",
        outcome="done",
        happened_at=PLAN.first_at + timedelta(minutes=5),
        city=CITY,
        truck="T1",
        driver="d",
        received_at=NOW,
    )


def _rejected(rejected_id: UUID | None = None) -> MessageRejected:
    return MessageRejected.model_construct(
        id=rejected_id or uuid4(),
        reason="malformed",
        detail="payload: not JSON",
        mqtt_topic="some/topic",
        payload=b"\x00bad",
        received_at=NOW,
    )


def _failed() -> PlanningProgressed:
    return PlanningProgressed(
        request_id=ORDER,
        city=CITY,
        day=NOW.date(),
        state="failed",
        time_limit_s=1,
        detail="the registry has no truck",
        happened_at=NOW,
    )


def test_whole_store_is_clean(store: Store) -> None:
    """A check that cries wolf would be switched off. 100 readings and four other promises, all kept."""
    verdict = store.verdict()
    assert verdict.told() == ""
    assert (verdict.acknowledged, verdict.stored, verdict.lost, verdict.duplicated) == (104, 104, 0, 0)
    assert verdict.is_clean


def test_missing_reading_is_lost_and_named(store: Store) -> None:
    """The one thing that must never happen is seen, with the message that is missing."""
    sql: LiteralString = "DELETE FROM reading WHERE container_id = 'L00007' AND happened_at = '2026-11-19T12:05:00Z'"
    verdict = store.broken_by(sql)
    assert verdict.lost == 1
    # Minute 5 holds round 5 ^ 5 = 0 of container 7, hence message 7.
    assert verdict.examples["lost readings of the sensors"] == ["L00007 2026-11-19T12:05:00+00:00 (message 7)"]


def test_unacknowledged_reading_is_not_claimed(store: Store) -> None:
    """What the device was never promised may be missing: it will send it again."""
    store.ledger.states[7] = 1
    verdict = store.broken_by(
        "DELETE FROM reading WHERE container_id = 'L00007' AND happened_at = '2026-11-19T12:05:00Z'"
    )
    assert (verdict.acknowledged, verdict.lost) == (103, 0)


def test_reading_with_another_fill_is_not_the_one_sent(store: Store) -> None:
    """A row under the right key with a wrong value is no reading of ours."""
    verdict = store.broken_by(
        "UPDATE reading SET fill_ratio = 0.5 WHERE container_id = 'L00007' AND happened_at = '2026-11-19T12:05:00Z'"
    )
    assert verdict.lost == 1
    assert verdict.counts["readings that nobody sent"] == 1


def test_doubled_state_is_seen(store: Store) -> None:
    """A batch that was counted twice changes no row of readings, only the state."""
    verdict = store.broken_by("UPDATE container_state SET readings = readings * 2 WHERE container_id = 'L00002'")
    assert (verdict.lost, verdict.duplicated) == (0, 10)
    assert not verdict.is_clean


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        (
            "UPDATE container_state SET readings = 4 WHERE container_id = 'L00001'",
            "readings missing in container_state",
        ),
        (
            "UPDATE container_belief SET document = jsonb_set(document::jsonb, '{jumps}', '7')"
            " WHERE container_id = 'L00001'",
            "beliefs",
        ),
        (
            "UPDATE container_belief SET document = jsonb_set(document::jsonb, '{tallied}', '20')"
            " WHERE container_id = 'L00002'",
            "beliefs",
        ),
        ("UPDATE container_state SET news_from = NULL WHERE container_id = 'L00003'", "beliefs"),  # emptied since
        ("DELETE FROM container_state WHERE container_id = 'L00009'", "beliefs"),
        (
            "INSERT INTO confirmation SELECT gen_random_uuid(), city_id, truck_id, plan_id, kind, 'L00005', outcome,"
            " reason, fill_ratio_seen, happened_at, received_at, driver FROM confirmation",
            "emptyings that are not in the account of evidence",
        ),
        ("DELETE FROM container_state WHERE container_id = 'L00001'", "readings missing in container_state"),
        (
            "UPDATE container_state SET fill_at = fill_at - interval '1 s' WHERE container_id = 'L00001'",
            "latest reading of container_state",
        ),
        (
            "UPDATE container_state SET last_emptied_at = NULL WHERE container_id = 'L00003'",
            "last emptying of container_state",
        ),
        ("UPDATE truck_state SET happened_at = now()", "trucks that do not stand at their latest position"),
        ("DELETE FROM confirmation", "lost in confirmation"),
        ("DELETE FROM position", "lost in position"),
        ("UPDATE rejected SET reason = 'oversized'", "lost in rejected"),
        ("UPDATE rejected SET payload = 'x'", "lost in rejected"),
        ("UPDATE planning_run SET state = 'started'", "lost in order"),
        ("UPDATE planning_run SET state = 'finished'", "lost in order"),  # no plan answers it
        (
            "INSERT INTO rejected"
            " SELECT gen_random_uuid(), received_at, reason, detail, mqtt_topic, payload FROM rejected",
            "doubled rejected messages",
        ),
        (
            "INSERT INTO plan VALUES (gen_random_uuid(), 'v', '2026-11-20', now(), 'planned', 1, 0, 0, 0, '{}')",
            "plans without all their circuits and stops",
        ),
    ],
)
def test_every_other_breach_is_seen(store: Store, sql: LiteralString, what: str) -> None:
    """Each thing the check looks at can turn it red, by its own name."""
    verdict = store.broken_by(sql)
    assert what in verdict.counts, verdict.told()
    assert not verdict.is_clean
