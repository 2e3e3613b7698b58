"""Beliefs in the store: the same from the same evidence, live, late, twice, at once, and as of any instant."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

import services.fill.store as fill_store
from infra.migrate import migrate
from services.contracts.telemetry import WeighingReceived
from services.errors import UnknownInstant
from services.fill.belief import ESTIMATOR, Belief
from services.fill.evidence import Evidence, place_in_time
from services.fill.replay import from_nothing, replay
from services.fill.store import load_beliefs
from services.settings import Settings
from services.store.connection import Connection, connect
from services.store.upkeep import run_upkeep
from services.writer.beliefs import BeliefsKept, keep_beliefs
from services.writer.devices import store_weighings
from services.writer.evidence import Observation, store_observations
from services.writer.telemetry import store_reading_rows
from services.writer.upkeep import start_upkeep
from tests.support.circuits import confirm_sent
from tests.support.evidence import DAY, NOON, accounts, emptied, reading, visit_confirmed

pytestmark = pytest.mark.parametrize("stack", ["embedded", "real"], indirect=True)

NEVER_DROP = 10_000
LATER = NOON + 30 * DAY
"""When everything of a test has been received."""


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """As the writer's."""
    with connect(database_url, name="test") as connection:
        yield connection


@pytest.fixture
def own(empty_url: str) -> Iterator[Connection]:
    """To a store of this test's own, for what concerns all cities of one."""
    migrate(empty_url)
    with connect(empty_url, name="test") as connection:
        yield connection


@pytest.fixture
def city() -> str:
    return f"c{uuid4().hex[:8]}"


def put(connection: Connection, city: str, pieces: Sequence[Evidence], container: str = "C1") -> None:
    """Into the account as the writer does, of one container: readings in a transaction, the others in another."""
    readings = [
        (city, container, p.happened_at, p.received_at, p.fill_ratio or 0.0, None, None)
        for p in pieces if p.kind == "reading"
    ]  # fmt: skip
    if readings:
        with connection.transaction():
            store_reading_rows(connection, readings)
    with connection.transaction():
        store_observations(connection, [_observation(city, container, p) for p in pieces if p.kind != "reading"])


def _observation(city: str, container: str, piece: Evidence) -> Observation:
    # One account is put into many cities, in each under ids of its own that stand in the account's order: by them it is
    # told what comes first of one instant.
    assert piece.id is not None
    own = UUID(bytes=uuid5(NAMESPACE_OID, f"{city}/{container}").bytes[:12] + piece.id.bytes[12:])
    return Observation(
        own, city, piece.kind, container, "T1", None, piece.happened_at, piece.received_at,  # type: ignore[arg-type]
        piece.fill_ratio, piece.weight_kg, piece.reason, None, "driver",
    )  # fmt: skip


def believed(connection: Connection, city: str, as_of: datetime = LATER) -> dict[str, Belief]:
    with connection.transaction():
        return load_beliefs(connection, city, as_of)


def fold(connection: Connection, now: datetime = LATER, keep_days: int = NEVER_DROP) -> BeliefsKept:
    kept = keep_beliefs(connection, now=now, keep_readings_days=keep_days)
    assert kept is not None
    return kept


def replayed(account: Sequence[Evidence], as_of: datetime = LATER) -> Belief:
    """Plainly: what was received by then, in the order in which it happened, from the beginning."""
    known = [piece for piece in account if piece.received_at <= as_of]
    return replay(from_nothing(), sorted(known, key=place_in_time))[0].belief


def read(connection: Connection, query: str, *values: object) -> list[dict[str, Any]]:
    with connection.transaction():
        return connection.execute(query, values).fetchall()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(account=accounts(), data=st.data())
def test_any_way_in_ends_in_the_replay_now_and_as_of_any_instant(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, account: list[Evidence], data: st.DataObject
) -> None:
    """Any order of arrival, any batches, anything twice, folded at any moments: what counts is what happened."""
    keep_every = data.draw(st.integers(1, 6), label="keep every")
    monkeypatch.setattr(fill_store, "replay", lambda base, pieces: replay(base, pieces, keep_every=keep_every))
    city = f"h{uuid4().hex[:8]}"
    arriving = data.draw(st.permutations(account), label="order of arrival")
    arriving = [*arriving, *data.draw(st.lists(st.sampled_from(account), max_size=5), label="again")]
    while arriving:
        size = data.draw(st.integers(1, 12), label="batch")
        put(connection, city, arriving[:size])
        arriving = arriving[size:]
        if data.draw(st.booleans(), label="folded"):
            fold(connection)
    unfolded = believed(connection, city)
    fold(connection)
    assert unfolded == believed(connection, city) == {"C1": replayed(account)}
    for as_of in data.draw(
        st.lists(st.sampled_from([piece.received_at for piece in account]), max_size=4), label="as of"
    ):
        assert believed(connection, city, as_of)["C1"] == replayed(account, as_of)


def test_belief_is_folded_once_and_then_has_no_news(own: Connection) -> None:
    """A second run finds nothing to do, and what comes in order costs no more than itself."""
    put(own, "town", [reading(0, 0.25), reading(1, 0.5)])
    assert fold(own) == BeliefsKept(brought_up=1, learned_anew=1)
    assert fold(own) == BeliefsKept()
    put(own, "town", [reading(2, 0.75)])
    assert fold(own) == BeliefsKept(brought_up=1)
    put(own, "town", [emptied(1.5)])  # late: the reading after it is of the new cycle
    assert fold(own) == BeliefsKept(brought_up=1, learned_anew=1)
    assert believed(own, "town")["C1"].recent == (0.75,)


def test_what_comes_late_goes_back_no_further_than_it_must(connection: Connection, city: str) -> None:
    """A confirmation an hour late must not cost a container's whole life: it starts from the last belief before it."""
    life = [reading(n / 48, 0.5) for n in range(1000)]
    put(connection, city, life)
    fold(connection)
    query = "SELECT until_at FROM kept_belief WHERE city_id = %s ORDER BY until_at"
    kept = [row["until_at"] for row in read(connection, query, city)]
    # before the 129th, 257th, ...: 999 // 128 = 7 of them
    assert kept == [life[128 * n - 1].happened_at for n in range(1, 8)]
    late = emptied(998.5 / 48)
    put(connection, city, [late])
    fold(connection)
    assert [row["until_at"] for row in read(connection, query, city)] == kept
    early = emptied(500.5 / 48, number=2)
    put(connection, city, [early])
    fold(connection)
    again = [row["until_at"] for row in read(connection, query, city)]
    # From the fourth on they lacked the emptying; each now comes a piece earlier.
    assert again == kept[:3] + [life[128 * n - 2].happened_at for n in range(4, 8)]
    assert believed(connection, city) == {"C1": replayed([*life, late, early])}


def test_run_that_is_stopped_in_the_middle_forgets_nothing(own: Connection) -> None:
    """A writer is told to stop while it folds: the next start does the rest, and a planner knows it meanwhile."""
    account = [reading(n / 48, 0.25) for n in range(3000)]
    for container in ("C1", "C2", "C3"):
        put(own, "town", account, container)
    asked = 0

    def after_the_first() -> bool:
        nonlocal asked
        asked += 1
        return asked > 1

    stopped = keep_beliefs(own, now=LATER, keep_readings_days=NEVER_DROP, stopping=after_the_first)
    assert stopped == BeliefsKept()
    taken = read(own, "SELECT news_from, folding_from FROM container_state WHERE city_id = %s", "town")
    assert taken == [{"news_from": None, "folding_from": account[0].happened_at}] * 3
    assert set(believed(own, "town").values()) == {replayed(account)}
    put(own, "town", [reading(100, 0.5)])
    assert fold(own).brought_up == 3
    assert believed(own, "town")["C1"] == replayed([*account, reading(100, 0.5)])


def test_writers_at_once_and_folding_meanwhile_end_in_the_replay(
    database_url: str, connection: Connection, city: str
) -> None:
    """Readings and confirmations travel by partitions of their own, and nobody waits for whoever folds."""
    chance = random.Random(1)
    containers = [f"C{n:02d}" for n in range(12)]
    accounts = {
        container: [reading(n / 96, chance.randrange(128) / 128) for n in range(300)]
        + [emptied(chance.randrange(300) / 96 + 0.001, number) for number in range(4)]
        for container in containers
    }
    done = threading.Event()

    def write(own: Connection, kind: str) -> None:
        own_chance = random.Random(kind)
        pieces = [(c, p) for c in containers for p in accounts[c] if (p.kind == "reading") == (kind == "reading")]
        own_chance.shuffle(pieces)
        for first in range(0, len(pieces), 60):
            for container, piece in pieces[first : first + 60 : 6]:
                put(own, city, [piece], container)
            for container in containers:
                some = [piece for own_container, piece in pieces[first : first + 60] if own_container == container]
                put(own, city, some, container)

    def keep_on_folding(own: Connection) -> None:
        while not done.is_set():
            keep_beliefs(own, now=LATER, keep_readings_days=NEVER_DROP)

    folding = _start(database_url, keep_on_folding)
    writing = [_start(database_url, lambda own, kind=kind: write(own, kind)) for kind in ("reading", "emptied")]
    errors = [_error_of(thread) for thread in writing]
    done.set()
    assert [*errors, _error_of(folding)] == [None, None, None]
    expected = {container: replayed(account) for container, account in accounts.items()}
    assert believed(connection, city) == expected
    fold(connection)
    assert believed(connection, city) == expected


type Running = tuple[threading.Thread, list[Exception]]


def _start(url: str, work: Callable[[Connection], None]) -> Running:
    died_of: list[Exception] = []

    def run() -> None:
        try:
            with connect(url, name="test") as own:
                work(own)
        except Exception as error:  # noqa: BLE001 - told to the test, whatever it is
            died_of.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, died_of


def _error_of(running: Running) -> Exception | None:
    thread, died_of = running
    thread.join(120)
    assert not thread.is_alive(), "somebody hangs"
    return died_of[0] if died_of else None


def test_another_estimator_learns_everything_anew(own: Connection) -> None:
    """A new calibration is a replay: no belief of the old one is gone on from, neither by a planner nor the writer."""
    account = [reading(n / 48, 0.25) for n in range(300)]
    put(own, "town", account)
    fold(own)
    own.execute(  # as an older one would have left them
        "UPDATE container_belief SET estimator = 0, document = '{}' WHERE city_id = %s", ["town"]
    )
    own.execute("UPDATE kept_belief SET estimator = 0, document = '{}' WHERE city_id = %s", ["town"])
    own.commit()
    assert believed(own, "town") == {"C1": replayed(account)}
    assert fold(own) == BeliefsKept(brought_up=1, learned_anew=1)
    assert believed(own, "town") == {"C1": replayed(account)}
    assert {row["estimator"] for row in read(own, "SELECT estimator FROM kept_belief WHERE city_id = %s", "town")} == {
        ESTIMATOR
    }


def test_what_was_learned_outlives_the_readings(own: Connection) -> None:
    """Readings are dropped after two years; what a container usually does must not go with them."""
    account = [emptied(0, 1), *(reading(0.25 * n, 0.125 * n) for n in range(1, 9)), emptied(3, 2)]
    # taught by a cycle that is long over when the readings of it go
    put(own, "town", account)
    put(own, "town", [reading(1, 0.5)], "C2")  # silent ever since
    now = NOON + 40 * DAY
    fresh = [reading(n, 0.25) for n in range(31, 40)]
    put(own, "town", fresh)
    before = believed(own, "town", now)
    assert before["C1"].days
    assert fold(own, now, keep_days=10).settled == 2
    assert run_upkeep(own, now=now, keep_readings_days=10, keep_positions_days=10) is not None
    assert read(own, "SELECT count(*) AS n FROM reading WHERE happened_at < %s", NOON + 20 * DAY)[0]["n"] == 0
    assert believed(own, "town", now) == before
    # Something late sends learning back: to the horizon, no further.
    late = emptied(32.5, 3)._replace(received_at=NOON + 38 * DAY)
    put(own, "town", [late])
    assert believed(own, "town", now)["C1"] == replayed([*account, *fresh, late], now)
    fold(own, now)
    assert believed(own, "town", now)["C1"] == replayed([*account, *fresh, late], now)
    put(own, "town", [emptied(2.5, 4)])  # from before the horizon: in the account, and teaches nothing any more
    fold(own, now)
    assert believed(own, "town", now)["C1"] == replayed([*account, *fresh, late], now)
    # As of an instant after the horizon it still goes by what was received; before it, nobody can say.
    assert believed(own, "town", NOON + 35 * DAY)["C1"] == replayed([*account, *fresh], NOON + 35 * DAY)
    assert believed(own, "town", NOON + 38 * DAY)["C1"] == replayed([*account, *fresh, late], NOON + 38 * DAY)
    with pytest.raises(UnknownInstant, match="kept no longer; give an instant after 2026-03-30"):
        believed(own, "town", NOON + 10 * DAY)


def test_no_reading_is_dropped_for_which_no_belief_stands(own: Connection) -> None:
    """Upkeep by hand, or a writer whose folding fails: rather keep too much than learn less."""
    put(own, "town", [reading(0, 0.5), reading(1, 0.5)])
    now = NOON + 400 * DAY
    run_upkeep(own, now=now, keep_readings_days=10, keep_positions_days=10)
    assert len(read(own, "SELECT FROM reading")) == 2
    fold(own, now, keep_days=10)
    run_upkeep(own, now=now, keep_readings_days=10, keep_positions_days=10)
    assert read(own, "SELECT FROM reading") == []


@pytest.mark.parametrize(
    "sql", ["UPDATE observation SET fill_ratio = 0", "DELETE FROM observation", "TRUNCATE observation"]
)
def test_account_is_append_only(own: Connection, sql: str) -> None:
    """What an auditor replays next year must be what the plan was made from."""
    put(own, "town", [emptied(0)])
    with pytest.raises(psycopg.errors.RaiseException, match="only ever added"), own.transaction():
        own.execute(sql)
    assert len(read(own, "SELECT FROM observation")) == 1


@pytest.mark.parametrize(
    ("outcome", "reason", "seen", "kind"),
    [
        ("done", None, 0.75, "emptied"),
        ("done", None, None, "emptied"),
        ("skipped", "not_full", None, "seen"),
        ("skipped", "blocked", 0.25, "seen"),
        ("skipped", "blocked", None, None),
        ("skipped", "truck_full", None, None),
    ],
)
def test_what_a_confirmation_says_of_its_container(
    connection: Connection, city: str, outcome: str, reason: str | None, seen: float | None, kind: str | None
) -> None:
    """Emptied, or seen without: each with its level, once however often the phone sends it."""
    at = NOON + timedelta(minutes=5)
    said = visit_confirmed(city, "C1", NOON, at, outcome=outcome, reason=reason, seen=seen)  # type: ignore[arg-type]
    for _ in range(2):
        with connection.transaction():
            confirm_sent(connection, [said])
    found = read(connection, "SELECT * FROM evidence WHERE city_id = %s", city)
    if kind is None:
        assert found == []
        return
    (piece,) = found
    assert (piece["kind"], piece["container_id"], piece["fill_ratio"], piece["reason"]) == (kind, "C1", seen, reason)
    assert (piece["happened_at"], piece["received_at"]) == (said.happened_at, said.received_at)
    assert (piece["truck_id"], piece["said_by"], piece["observation_id"]) == ("T1", "awa", said.id)
    (state,) = read(connection, "SELECT * FROM container_state WHERE city_id = %s", city)
    assert state["last_emptied_at"] == (NOON if kind == "emptied" else None)
    assert state["news_from"] == NOON


def test_visit_of_a_disposal_site_is_no_evidence_of_a_container(connection: Connection, city: str) -> None:
    """A site may be called like a container."""
    with connection.transaction():
        confirm_sent(connection, [visit_confirmed(city, "C1", NOON, NOON).model_copy(update={"kind": "disposal"})])
    assert read(connection, "SELECT FROM evidence WHERE city_id = %s", city) == []
    assert believed(connection, city) == {}


def weighing(scale: str, **of: str) -> WeighingReceived:
    return WeighingReceived.model_validate(
        {"city": "town", "scale": scale, "net_kg": 4250.0, "happened_at": NOON, "received_at": NOON, **of}
    )


def test_weights_are_in_the_account_of_truck_site_and_container(own: Connection) -> None:
    """At the landfill a truck is weighed: evidence of its trip. A truck's own scale weighs what it has just emptied."""
    with own.transaction():
        own.execute("INSERT INTO city VALUES ('town', 'Town', 'UTC', '{}', NULL, now())")
        own.execute("INSERT INTO truck VALUES ('town', 'T1', '{}')")
    weighings = [weighing("landfill", from_truck="T2"), weighing("T1", from_container="C1")]
    for _ in range(2):
        with own.transaction():
            store_weighings(own, weighings)
    columns = "kind, container_id, truck_id, site_id, weight_kg, said_by"
    found = read(own, f"SELECT {columns} FROM evidence ORDER BY said_by")
    assert [tuple(row.values()) for row in found] == [
        ("weight", "C1", "T1", None, 4250.0, "T1"),
        ("weight", None, "T2", "landfill", 4250.0, "landfill"),
    ]
    states = read(own, "SELECT container_id, last_emptied_at, news_from FROM container_state")
    assert states == [{"container_id": "C1", "last_emptied_at": None, "news_from": NOON}]
    fold(own)
    assert believed(own, "town") == {"C1": Belief()}


def test_only_one_process_folds_at_a_time(own: Connection, empty_url: str) -> None:
    """Two writers must not put away each other's beliefs."""
    put(own, "town", [reading(0, 0.5)])
    others: list[BeliefsKept | None] = []

    def other_tries() -> bool:
        with connect(empty_url, name="test") as other:
            others.append(keep_beliefs(other, now=LATER, keep_readings_days=NEVER_DROP))
        return False

    kept = keep_beliefs(own, now=LATER, keep_readings_days=NEVER_DROP, stopping=other_tries)
    assert kept == BeliefsKept(brought_up=1, learned_anew=1)
    assert others == [None]


def test_instants_come_in_utc_wherever_the_server_stands(own: Connection, empty_url: str) -> None:
    """Paris, 25 October 2026: 00:30 and 01:30 UTC are both 02:30 on the wall, and an hour apart all the same."""
    own.execute(f"ALTER DATABASE \"{own.info.dbname}\" SET timezone = 'Europe/Paris'")
    own.commit()
    with connect(empty_url, name="test") as later:
        first, second = (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))
        pieces = [Evidence("reading", at, at, fill) for at, fill in ((first, 0.25), (second, 0.5))]
        put(later, "town", pieces)
        belief = believed(later, "town", LATER + 365 * DAY)["C1"]
    assert belief.recent_h[1] - belief.recent_h[0] == pytest.approx(1)


class Asked:
    """As `Stopping`, for threads."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.ask = self._event.set
        self.wait = self._event.wait

    def __call__(self) -> bool:
        return self._event.is_set()

    def is_asked(self, within_s: float = 0) -> bool:
        return self._event.wait(within_s)


def test_running_writer_folds_what_comes(own: Connection, empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside the stream, on a thread of its own that ends when the writer does."""
    monkeypatch.setattr("services.writer.upkeep.BELIEFS_EVERY_S", 0.05)
    asked = Asked()
    threads = start_upkeep(Settings(database_url=SecretStr(empty_url)), asked)  # type: ignore[arg-type]
    put(own, "town", [reading(0, 0.5), reading(1, 0.75)])
    deadline = time.monotonic() + 30
    while not (found := read(own, "SELECT container_id FROM container_belief")):
        assert time.monotonic() < deadline, "nobody folds"
        time.sleep(0.05)
    assert found == [{"container_id": "C1"}]
    asked.ask()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    assert read(own, "SELECT news_from, folding_from FROM container_state") == [
        {"news_from": None, "folding_from": None}
    ]
