"""A driver's session that empties the whole city: only visits of circuits sent to its truck change anything."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.clock import SystemClock
from services.contracts import topics
from services.contracts.alerts import AlertSeen
from services.contracts.confirmations import VisitConfirmed
from services.contracts.planning import PlanMade
from services.store.connection import Connection, connect
from services.stream.kafka import Record
from services.web.operator.alerts import list_set_aside
from services.writer.aside import forget_old
from services.writer.batch import Batch
from services.writer.day import look_again, store_alerts_seen, store_confirmations, store_dispatches, store_plans
from tests.support.circuits import circuit_of, dispatch_of, send_circuit

DAY = date(2026, 3, 3)
NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


@pytest.fixture
def city(connection: Connection) -> str:
    name = f"c{uuid4().hex[:12]}"
    with connection.transaction():
        connection.execute("INSERT INTO city VALUES (%s, 'Town', 'Africa/Porto-Novo', '{}', NULL, now())", (name,))
    return name


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    with connect(database_url, name="test") as connected:
        yield connected


@pytest.fixture
def plan(connection: Connection, city: str) -> PlanMade:
    with connection.transaction():
        return send_circuit(connection, circuit_of(city, "T1", DAY, ["C1", "C2"]))


def said(plan: PlanMade, named: str, **changes: Any) -> VisitConfirmed:
    return VisitConfirmed.model_validate(
        {
            "id": uuid4(), "plan_id": plan.plan_id, "kind": "stop", "place": named, "outcome": "done",
            "happened_at": NOON, "city": plan.city, "truck": "T1", "driver": "T1", "received_at": NOON, **changes,
        }
    )  # fmt: skip


def store(connection: Connection, *confirmations: VisitConfirmed) -> int:
    with connection.transaction():
        return store_confirmations(connection, confirmations)


def emptied(connection: Connection, city: str) -> set[str]:
    with connection.transaction():
        rows = connection.execute(
            "SELECT container_id FROM container_state WHERE city_id = %s AND last_emptied_at IS NOT NULL", (city,)
        )
        return {row["container_id"] for row in rows}


def aside(connection: Connection, city: str) -> set[UUID]:
    with connection.transaction():
        rows = connection.execute("SELECT confirmation_id FROM confirmation_aside WHERE city_id = %s", (city,))
        return {row["confirmation_id"] for row in rows}


@pytest.mark.parametrize(
    "changes",
    [
        {"plan_id": uuid4()},
        {"place": "C3"},
        {"truck": "T2"},
        {"kind": "disposal"},
        {"happened_at": NOON + timedelta(days=2), "received_at": NOON + timedelta(days=2)},
        {"happened_at": NOON - timedelta(days=1)},
    ],
    ids=["invented-plan", "anothers-place", "anothers-circuit", "no-such-visit", "long-past", "before-its-day"],
)
def test_visit_that_is_not_the_trucks_changes_nothing(
    connection: Connection, city: str, plan: PlanMade, changes: dict[str, Any]
) -> None:
    """Each way in which a stolen phone could speak for what is not its own."""
    foreign = said(plan, "C1", **changes)
    assert store(connection, foreign, said(plan, "C2")) == 1
    assert emptied(connection, city) == {"C2"}
    assert aside(connection, city) == {foreign.id}
    with connection.transaction():
        kept = connection.execute("SELECT FROM confirmation WHERE confirmation_id = %s", (foreign.id,)).fetchone()
    assert kept is None


def test_visit_after_midnight_is_of_the_circuit_of_the_day_before(
    connection: Connection, city: str, plan: PlanMade
) -> None:
    """A crew that comes home at one in the morning has emptied what it emptied. 01:00 in Porto-Novo is 00:00 UTC."""
    late = datetime(2026, 3, 4, 22, 59, tzinfo=UTC)  # 23:59 there, still the day after
    assert store(connection, said(plan, "C1", happened_at=late)) == 0
    assert store(connection, said(plan, "C2", happened_at=late + timedelta(minutes=2))) == 1
    assert emptied(connection, city) == {"C1"}


def test_plan_that_was_never_sent_is_nobodys(connection: Connection, city: str) -> None:
    """A plan on the operator's screen is an idea. Once it is sent, what its crew said of it counts after all."""
    plan = circuit_of(city, "T1", DAY, ["C1"])
    with connection.transaction():
        store_plans(connection, [plan])
    early = said(plan, "C1")
    assert store(connection, early) == 1
    assert emptied(connection, city) == set()
    with connection.transaction():
        store_dispatches(connection, [dispatch_of(plan)])
    assert emptied(connection, city) == {"C1"}
    assert aside(connection, city) == set()


def test_order_of_topics_costs_nothing_when_all_is_read_anew(connection: Connection, city: str) -> None:
    """Kafka from its beginning: confirmations may come first, then the dispatch, then the plan."""
    plan = circuit_of(city, "T1", DAY, ["C1"])
    first = said(plan, "C1")
    assert store(connection, first) == 1
    with connection.transaction():
        store_dispatches(connection, [dispatch_of(plan)])
    assert emptied(connection, city) == set()
    with connection.transaction():
        store_plans(connection, [plan])
    assert emptied(connection, city) == {"C1"}
    with connection.transaction():
        assert look_again(connection) == 0


def test_ten_thousand_invented_places_are_one_alert_and_a_count(
    connection: Connection, city: str, plan: PlanMade
) -> None:
    """The operator is told once a truck, and not again after having looked; nothing of it is in the city's state."""
    invented = [said(plan, f"X{n}") for n in range(10_000)]
    records = [Record(topics.CONFIRMATIONS, 0, n, b"", visit.to_bytes()) for n, visit in enumerate(invented)]
    batch = Batch(records, SystemClock())
    batch.store(connection)
    assert (batch.aside, batch.rejected) == (10_000, 0)
    assert emptied(connection, city) == set()
    with connection.transaction():
        (told,) = list_set_aside(connection, city, "main", NOON)
        assert (told["truck_id"], told["confirmations"]) == ("T1", 10_000)
        seen = AlertSeen(confirmation_id=told["confirmation_id"], city=city, seen_by="awa", seen_at=NOON)
        store_alerts_seen(connection, [seen])
        assert list_set_aside(connection, city, "main", NOON) == []
    store(connection, said(plan, "X", received_at=NOON + timedelta(minutes=1)))
    with connection.transaction():
        (again,) = list_set_aside(connection, city, "main", NOON)
        assert again["confirmations"] == 1
        forget_old(connection, NOON + timedelta(days=91))
    assert aside(connection, city) == set()
