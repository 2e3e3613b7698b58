"""Records made to break the writer, the planner or the ledger: each goes aside alone, and nobody else waits for it."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from services.clock import SystemClock
from services.contracts import topics
from services.contracts.fields import Message
from services.contracts.planning import PlanDispatched
from services.contracts.telemetry import MessageRejected, ReadingReceived
from services.store.connection import Connection, connect
from services.stream.kafka import Record
from services.writer.batch import Batch
from services.writer.beliefs import keep_beliefs
from services.writer.handlers import HANDLERS, Handler
from tests.support.circuits import circuit_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CLOCK = SystemClock()
LONGER_THAN_A_PAGE = "x" * 20_000


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    with connect(database_url, name="test") as connected:
        yield connected


def record(topic: str, message: Message | bytes, offset: int) -> Record:
    return Record(topic, 0, offset, b"key", message if isinstance(message, bytes) else message.to_bytes())


def reading(city: str, number: int = 1) -> ReadingReceived:
    return ReadingReceived(city=city, container=f"C{number}", happened_at=NOON, received_at=NOON, fill_ratio=0.5)


def rows(connection: Connection, query: str, *values: object) -> list[dict[str, object]]:
    with connection.transaction():
        return connection.execute(query, values).fetchall()  # type: ignore[arg-type]


def test_what_no_code_of_ours_foresaw_is_set_aside_alone(connection: Connection) -> None:
    """A handler that breaks over one record, in a way nobody thought of, keeps nobody else's from the store."""
    poison = reading("poisoned", 3)

    def breaks(connected: Connection, readings: Sequence[ReadingReceived]) -> None:
        if any(r.city == poison.city for r in readings):
            raise OverflowError("date value out of range")
        HANDLERS[topics.READINGS].store(connected, readings)

    handlers = {**HANDLERS, topics.READINGS: Handler(ReadingReceived, breaks)}
    others = [reading("untouched", n) for n in range(10, 17)]
    records = [record(topics.READINGS, m, n) for n, m in enumerate([*others[:4], poison, *others[4:]])]
    batch = Batch(records, CLOCK, handlers)
    batch.store(connection)
    assert batch.rejected == 1
    assert len(rows(connection, "SELECT FROM reading WHERE city_id = 'untouched'")) == len(others)
    (kept,) = rows(connection, "SELECT * FROM rejected WHERE mqtt_topic = %s", f"kafka:{topics.READINGS}/0/4")
    assert (kept["reason"], kept["detail"]) == ("unreadable_record", "date value out of range")
    assert bytes(kept["payload"]) == poison.to_bytes()  # type: ignore[arg-type]


def test_id_too_long_for_an_index_is_refused_and_not_waited_for(connection: Connection) -> None:
    """PostgreSQL calls it an operational error, as if a better day would come: the writer would try for ever."""
    confirmed = circuit_of("long", "T1", date(2026, 3, 1), ["C1"])
    dispatch = PlanDispatched.model_construct(
        dispatch_id=uuid4(), plan_id=confirmed.plan_id, city=_incompressible(), fleet="main", day=date(2026, 3, 1),
        dispatched_by="x", dispatched_at=NOON,
    )  # fmt: skip
    batch = Batch([], CLOCK)
    batch.messages[topics.DISPATCHES] = [dispatch]
    batch._records = [record(topics.DISPATCHES, dispatch, 7)]
    batch.store(connection)
    assert batch.rejected == 1


def _incompressible() -> str:
    """Longer than a third of a page however it is compressed."""
    return "".join(uuid4().hex for _ in range(400))


@pytest.mark.parametrize(
    "value",
    [
        b"[" * 100_000,
        b'{"city":"a","container":"\\ud800","happened_at":"2026-03-01T12:00:00Z","received_at":"2026-03-01T12:00:00Z",'
        b'"fill_ratio":0.5}',
        b'{"city":"a","container":"C","happened_at":"0001-01-01T00:00:00+14:00","received_at":"2026-03-01T12:00:00Z",'
        b'"fill_ratio":NaN}',
        b"\xff\xfe\x00",
        b"",
        b"[]",
    ],
    ids=["deep", "surrogate", "before-time", "bytes", "empty", "list"],
)
def test_record_of_odd_bytes_never_ends_the_writer(connection: Connection, value: bytes) -> None:
    """Straight into Kafka, as a service that was taken over could: kept with its bytes, and the next is stored."""
    offset = abs(hash(value)) % 10**9
    batch = Batch([record(topics.READINGS, value, offset), record(topics.READINGS, reading("after"), 1)], CLOCK)
    batch.store(connection)
    assert batch.rejected == 1
    kept = rows(connection, "SELECT payload FROM rejected WHERE mqtt_topic = %s", f"kafka:readings/0/{offset}")
    assert [bytes(row["payload"]) for row in kept] == [value]  # type: ignore[call-overload]
    assert rows(connection, "SELECT FROM reading WHERE city_id = 'after'")


def test_refusal_of_a_refusal_is_storable(connection: Connection) -> None:
    """What is said of a wrong record may itself hold what no database keeps."""

    def breaks(_connected: Connection, _messages: Sequence[MessageRejected]) -> None:
        raise ValueError("half a character \ud800 and a NUL \0")

    handlers = {**HANDLERS, topics.POSITIONS: Handler(ReadingReceived, breaks)}
    Batch([record(topics.POSITIONS, reading("odd"), 5)], CLOCK, handlers).store(connection)
    (kept,) = rows(connection, "SELECT detail FROM rejected WHERE mqtt_topic = 'kafka:positions/0/5'")
    assert kept["detail"] == "half a character ? and a NUL "


def test_one_containers_evidence_that_breaks_learning_is_nothing_to_the_others(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One city's evidence must not keep every other city's beliefs from being kept."""
    Batch([record(topics.READINGS, reading("kept", n), n) for n in range(20, 25)], CLOCK).store(connection)
    from services.writer import beliefs

    true_bring_up = beliefs.bring_up

    def breaks(connected: Connection, behind: Sequence[beliefs.Behind], *rest: object, **named: object) -> object:
        if any((one.city, one.container) == ("kept", "C22") for one in behind):
            raise ZeroDivisionError("two instants that are one")
        return true_bring_up(connected, behind, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(beliefs, "bring_up", breaks)
    kept = keep_beliefs(connection, now=NOON, keep_readings_days=730)
    assert kept is not None
    assert kept.failed == 1
    known = rows(connection, "SELECT container_id FROM container_belief WHERE city_id = 'kept' ORDER BY 1")
    assert [row["container_id"] for row in known] == ["C20", "C21", "C23", "C24"]
    monkeypatch.undo()
    again = keep_beliefs(connection, now=NOON, keep_readings_days=730)
    assert again is not None
    assert (again.failed, again.brought_up) == (0, 1)
