"""Readings into the store: each counted once, whatever comes twice, late, out of order, or by two writers at once."""

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from services.contracts.confirmations import VisitConfirmed
from services.contracts.telemetry import ReadingReceived
from services.errors import TourneeError
from services.fill.belief import Belief
from services.fill.evidence import Evidence, place_in_time
from services.fill.replay import from_nothing, replay
from services.fill.store import load_beliefs
from services.store.connection import Connection, connect
from services.writer.telemetry import ReadingRow, store_reading_rows, store_readings
from tests.support.circuits import confirm_sent

pytestmark = pytest.mark.parametrize("stack", ["embedded", "real"], indirect=True)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """As the writer's."""
    with connect(database_url, name="test") as connection:
        yield connection


@pytest.fixture
def city() -> str:
    """A city that no other test writes to."""
    return f"c{uuid4().hex[:8]}"


def row(city: str, container: str, at: datetime, fill: float, battery: float | None = 0.5) -> ReadingRow:
    return city, container, at, at + timedelta(seconds=1), fill, battery, None


def random_rows(city: str, count: int, seed: int, containers: int = 20) -> list[ReadingRow]:
    """Distinct readings of three days, oldest first; fills are sums of powers of two, which are exact in 32 bits."""
    chance = random.Random(seed)
    instants = sorted(NOON - 3 * DAY * chance.random() for _ in range(count))
    return [row(city, f"C{chance.randrange(containers):03d}", at, chance.randrange(128) / 128) for at in instants]


def put(connection: Connection, rows: Sequence[ReadingRow]) -> None:
    with connection.transaction():
        store_reading_rows(connection, rows)


def emptied(city: str, container: str, at: datetime) -> VisitConfirmed:
    return VisitConfirmed(
        id=uuid4(),
        plan_id=uuid4(),
        kind="stop",
        place=container,
        outcome="done",
        happened_at=at,
        city=city,
        truck="T1",
        driver="d",
        received_at=at,
    )


def empty(connection: Connection, city: str, container: str, at: datetime) -> VisitConfirmed:
    visit = emptied(city, container, at)
    with connection.transaction():
        confirm_sent(connection, [visit])
    return visit


def states(connection: Connection, city: str) -> dict[str, dict[str, Any]]:
    with connection.transaction():
        rows = connection.execute("SELECT * FROM container_state WHERE city_id = %s", [city]).fetchall()
    return {state["container_id"]: state for state in rows}


def believed(connection: Connection, city: str) -> dict[str, Belief]:
    """As the planner learns it, once everything has been received."""
    with connection.transaction():
        return load_beliefs(connection, city, as_of=NOON + 30 * DAY)


def stored(connection: Connection, city: str) -> int:
    with connection.transaction():
        found = connection.execute("SELECT count(*) AS n FROM reading WHERE city_id = %s", [city]).fetchone()
    assert found is not None
    return int(found["n"])


def check_states(connection: Connection, rows: Sequence[ReadingRow], visits: Sequence[VisitConfirmed] = ()) -> None:
    """Every state is what the distinct readings and the visits say, worked out here one by one."""
    city = rows[0][0]
    distinct = {r[:3]: r for r in rows}.values()
    found = states(connection, city)
    assert set(found) == {r[1] for r in distinct}
    assert stored(connection, city) == len(distinct)
    beliefs = believed(connection, city)
    assert set(beliefs) == set(found)
    for container, state in found.items():
        own = sorted((r for r in distinct if r[1] == container), key=lambda r: r[2])
        assert (state["fill_at"], state["fill_ratio"], state["battery_ratio"]) == (own[-1][2], own[-1][4], own[-1][5])
        assert state["readings"] == len(own)
        belief = beliefs[container]
        assert belief.emptied_at == state["last_emptied_at"]
        account = [Evidence("reading", r[2], r[3], r[4]) for r in own]
        account += [
            Evidence("emptied", visit.happened_at, visit.received_at, id=visit.id)
            for visit in visits if visit.place == container
        ]  # fmt: skip
        assert belief == replay(from_nothing(), sorted(account, key=place_in_time))[0].belief


def test_readings_are_kept_as_they_were_said(connection: Connection, city: str) -> None:
    """Binary COPY must not shift an instant nor lose what is not there."""
    at = datetime(2026, 11, 20, 13, 30, 0, 123456, tzinfo=UTC).astimezone(tz=None)
    said = ReadingReceived(
        city=city, container="C1", happened_at=at, received_at=at + timedelta(minutes=1), fill_ratio=0.25
    )
    with connection.transaction():
        store_readings(connection, [said])
        found = connection.execute("SELECT * FROM reading WHERE city_id = %s", [city]).fetchall()
    assert found == [
        {
            "city_id": city,
            "container_id": "C1",
            "happened_at": at,
            "received_at": at + timedelta(minutes=1),
            "fill_ratio": 0.25,
            "battery_ratio": None,
            "temperature_c": None,
        }
    ]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_state_is_the_same_whatever_comes_twice_late_or_out_of_order(
    connection: Connection, city: str, seed: int
) -> None:
    """The planner's sums must not depend on how the network delivered."""
    rows = random_rows(city, 1500, seed)
    chance = random.Random(seed)
    delivered = rows + chance.choices(rows, k=500)
    delivered = sorted(delivered, key=lambda r: r[2] + DAY * chance.random() * chance.choice([0, 0, 1]))
    while delivered:
        size = chance.randrange(1, 400)
        put(connection, delivered[:size])
        delivered = delivered[size:]
    check_states(connection, rows)


@pytest.mark.parametrize("seed", [1, 2])
def test_state_is_the_same_in_any_order_when_nothing_comes_twice(connection: Connection, city: str, seed: int) -> None:
    """The fast way in, which the one before leaves at its first reading that comes twice."""
    rows = random_rows(city, 1500, seed)
    delivered = random.Random(seed).sample(rows, len(rows))
    for first in range(0, len(rows), 250):
        put(connection, delivered[first : first + 250])
    check_states(connection, rows)


def test_a_batch_with_itself_twice_counts_once(connection: Connection, city: str) -> None:
    """A batch may hold the same message twice, and the first one that came is kept."""
    at = NOON
    first, again = row(city, "C1", at, 0.5), (city, "C1", at, at + DAY, 0.75, None, None)
    put(connection, [first, again, first])
    check_states(connection, [first])


def test_several_batches_in_one_transaction_count_once_each(connection: Connection, city: str) -> None:
    """The tables of a batch are emptied between two batches, not only at the end of the transaction."""
    rows = random_rows(city, 300, 4)
    with connection.transaction():
        for first in range(0, 300, 100):
            store_reading_rows(connection, rows[first : first + 100])
    check_states(connection, rows)


def test_nothing_stays_of_a_transaction_that_failed(connection: Connection, city: str) -> None:
    """Half a batch in the store would be counted again when Kafka hands it over once more."""
    rows = random_rows(city, 50, 5)

    def store_and_fail() -> None:
        with connection.transaction():
            store_reading_rows(connection, rows)
            connection.execute("SELECT 1 / 0")

    with pytest.raises(psycopg.errors.DivisionByZero):
        store_and_fail()
    assert (stored(connection, city), states(connection, city)) == (0, {})
    put(connection, rows)
    check_states(connection, rows)


def test_only_readings_since_the_last_emptying_make_the_line(connection: Connection, city: str) -> None:
    """A reading from before the truck came belongs to the cycle before, even when it is the newest we have."""
    rows = [row(city, "C1", NOON + timedelta(hours=h), 0.125 * h) for h in range(6)]
    put(connection, rows[:2])
    visit = empty(connection, city, "C1", NOON + timedelta(hours=3, minutes=30))
    put(
        connection, [rows[3], rows[5], rows[2], rows[4]]
    )  # 2 and 3 h: before the emptying, and newer than what was there
    assert believed(connection, city)["C1"].recent == (0.5, 0.625)
    check_states(connection, rows, [visit])


def test_store_without_its_state_still_counts_no_reading_twice(connection: Connection, city: str) -> None:
    """What is in the table decides, not what the state says: it may have been restored from an older copy."""
    rows = random_rows(city, 200, 6)
    put(connection, rows)
    with connection.transaction():
        connection.execute("DELETE FROM container_state WHERE city_id = %s", [city])
    put(connection, rows)
    assert (stored(connection, city), states(connection, city)) == (200, {})


def test_two_writers_with_the_same_readings_neither_count_twice_nor_stop_each_other(
    database_url: str, connection: Connection, city: str
) -> None:
    """After a rebalance the old writer may still be storing what the new one already has, in other batches."""
    rows = random_rows(city, 6000, 7, containers=300)
    refused = at_once(database_url, [partial(put_shuffled, rows=rows, seed=seed, again=200) for seed in (1, 2, 3)])
    assert refused == []
    check_states(connection, rows)


def test_two_writers_with_their_own_containers_add_up(database_url: str, connection: Connection, city: str) -> None:
    """As Kafka deals them: the keys of one partition go to one writer."""
    rows = random_rows(city, 4000, 8, containers=200)
    shares = [[r for r in rows if int(r[1][1:]) % 2 == share] for share in (0, 1)]
    refused = at_once(database_url, [partial(put_shuffled, rows=own, seed=1) for own in shares])
    assert refused == []
    check_states(connection, rows)


def test_containers_emptied_while_their_readings_are_stored_keep_right_sums(
    database_url: str, connection: Connection, city: str
) -> None:
    """Confirmations travel by another partition, so another writer may empty what this one is adding to."""
    rows = random_rows(city, 4000, 9, containers=30)

    visits: list[VisitConfirmed] = []

    def empty_all(own: Connection) -> None:
        for hours in range(70, 0, -7):
            at = NOON - timedelta(hours=hours)
            visits.extend(empty(own, city, f"C{container:03d}", at) for container in range(0, 30, 3))

    refused = at_once(database_url, [partial(put_shuffled, rows=rows, seed=1, size=100), empty_all])
    assert (refused, len(visits)) == ([], 100)
    check_states(connection, rows, visits)


def test_emptying_opens_no_chunk_from_before_it(connection: Connection, city: str) -> None:
    """Two years are a hundred chunks or more: a question that names no time locks and plans for each of them."""
    put(connection, [row(city, "C1", NOON - weeks * 7 * DAY, 0.5) for weeks in range(12)])
    confirmation = emptied(city, "C1", NOON - DAY)
    with connection.transaction():
        confirm_sent(connection, [confirmation])
        opened = connection.execute(OPEN_CHUNKS).fetchone()
    assert opened is not None
    assert opened["n"] <= 1  # on plain PostgreSQL there are none


OPEN_CHUNKS = """
    SELECT count(DISTINCT relation) AS n FROM pg_locks JOIN pg_inherits ON inhrelid = relation
    WHERE pid = pg_backend_pid() AND inhparent = 'reading'::regclass"""


def put_shuffled(
    connection: Connection, rows: Sequence[ReadingRow], seed: int, size: int = 500, again: int = 0
) -> None:
    """In batches whose insides are in any order; each brings `again` readings of the next too."""
    chance = random.Random(seed)
    for first in range(0, len(rows), size):
        batch = list(rows[first : first + size + again])
        put(connection, chance.sample(batch, len(batch)))


def at_once(url: str, works: Sequence[Callable[[Connection], None]]) -> list[Exception]:
    """Each in a thread with a connection of its own; what they died of."""
    errors: list[Exception] = []

    def run(work: Callable[[Connection], None]) -> None:
        try:
            with connect(url, name="test") as own:
                work(own)
        except (psycopg.Error, TourneeError) as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive(), "a writer hangs"
    return errors
