"""The real stack keeps what it promises: its servers are the real ones, on loopback only, and each comes back."""

import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient
from psycopg.sql import SQL, Identifier

from infra.migrate import migrate
from infra.stack.errors import ServerMissing
from infra.stack.postgres import UNPRIVILEGED
from infra.stack.real import fetch_real_stack
from infra.stack.stack import Key, Stack
from services.contracts import topics
from tests.support.databases import new_database

pytestmark = pytest.mark.parametrize("fresh_stack", ["real"], indirect=True)


@pytest.fixture
def later_url(fresh_stack: Stack) -> Iterator[str]:
    """A database made after the stack came up, as tests and `tournee restore` make them."""
    with new_database(fresh_stack) as url:
        yield url


def port_of(stack: Stack, key: Key) -> int:
    ports = {
        "mqtt": stack.mqtt_port,
        "kafka": int(stack.kafka.rpartition(":")[2]),
        "postgres": urlsplit(stack.database_url).port or 0,
    }
    return ports[key]


def test_telemetry_lies_in_hypertables(later_url: str) -> None:
    """The services' own role, no superuser, gets TimescaleDB's chunks in any database."""
    migrate(later_url)
    with psycopg.connect(later_url) as connection:
        assert connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (False,)
        found = connection.execute("SELECT hypertable_name FROM timescaledb_information.hypertables").fetchall()
    assert {"reading", "position"} <= {name for (name,) in found}


def test_durability_is_not_traded_for_speed(fresh_stack: Stack) -> None:
    """A committed reading survives a power cut: every setting that weakens this stays off."""
    with psycopg.connect(fresh_stack.database_url) as connection:
        for setting in ("synchronous_commit", "fsync", "full_page_writes"):
            assert connection.execute(SQL("SHOW {}").format(Identifier(setting))).fetchone() == ("on",), setting


def test_kafka_is_apache_kafka_with_our_topics_only(fresh_stack: Stack) -> None:
    """A topic nobody made is an error, not a new topic; and the broker is Kafka 4, by what it can be asked."""
    admin = KafkaAdminClient(bootstrap_servers=fresh_stack.kafka)
    try:
        assert set(topics.ALL) <= set(admin.list_topics())
        assert len(admin.describe_cluster()["brokers"]) == 1
        log = (fresh_stack.folder / "log" / "kafka.log").read_text()
        assert "KafkaRaftServer nodeId=1] Kafka Server started" in log
    finally:
        admin.close()


@pytest.mark.parametrize("key", ["mqtt", "kafka", "postgres"])
def test_servers_listen_on_loopback_only(fresh_stack: Stack, key: Key) -> None:
    """Nobody on the network reaches them: a server on all addresses would answer on 127.0.0.2 too."""
    port = port_of(fresh_stack, key)
    socket.create_connection(("127.0.0.1", port), timeout=2).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), timeout=2)


def test_killed_kafka_comes_back_with_what_it_confirmed(fresh_stack: Stack) -> None:
    """What was acknowledged before kill -9 is read after it, from the same address."""
    producer = KafkaProducer(bootstrap_servers=fresh_stack.kafka, acks="all", enable_idempotence=False)
    for n in range(200):
        producer.send(topics.REJECTED, value=b"%d" % n, partition=0)
    producer.flush(timeout=20)
    fresh_stack.server("kafka").kill()
    producer.close(timeout=1)
    fresh_stack.server("kafka").start()
    consumer = KafkaConsumer(
        topics.REJECTED, bootstrap_servers=fresh_stack.kafka, auto_offset_reset="earliest", consumer_timeout_ms=5000
    )
    found = []
    for record in consumer:
        found.append(record.value)
        if len(found) == 200:
            break
    consumer.close()
    assert found == [b"%d" % n for n in range(200)]


def test_killed_postgres_comes_back_with_what_it_committed(fresh_stack: Stack) -> None:
    """Its backends die with it, and the next start on the same port finds every committed row."""
    url, server = fresh_stack.superuser_url, fresh_stack.server("postgres")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
        server.kill()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    server.start()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1000,)


def test_lock_of_a_killed_postgres_is_seen_through(fresh_stack: Stack) -> None:
    """Its process id may be another program's by the time it starts again, as after a power cut."""
    server = fresh_stack.server("postgres")
    server.kill()
    lock = fresh_stack.folder / "postgres" / "postmaster.pid"
    user = UNPRIVILEGED if os.geteuid() == 0 else None
    with subprocess.Popen(["sleep", "60"], user=user) as other:
        try:
            lock.write_text("\n".join([str(other.pid), *lock.read_text().splitlines()[1:]]) + "\n")
            server.start()
        finally:
            other.kill()
    with psycopg.connect(fresh_stack.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_held_postgres_answers_nobody_not_even_who_is_connected(fresh_stack: Stack) -> None:
    """A pause reaches its backends, each the leader of a session of its own: else it would be no fault at all."""
    with psycopg.connect(fresh_stack.database_url) as connection:
        answered = threading.Event()

        def ask() -> None:
            connection.execute("SELECT 1")
            answered.set()

        fresh_stack.server("postgres").pause()
        asking = threading.Thread(target=ask)
        asking.start()
        try:
            assert not answered.wait(1)
        finally:
            fresh_stack.server("postgres").resume()
            asking.join(20)
        assert answered.is_set()


def test_what_was_fetched_is_not_fetched_again(fresh_stack: Stack) -> None:
    """A second start needs no network: the parts are in the cache, whole, and outside the stack's folder."""
    places = fetch_real_stack()
    before = [place.stat().st_mtime_ns for place in places]
    assert [place.stat().st_mtime_ns for place in fetch_real_stack()] == before
    assert not any(place.is_relative_to(fresh_stack.folder) for place in places)


def test_missing_maven_is_said_with_what_to_install(
    fresh_stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a bare machine the first error already says which command helps."""
    assert fresh_stack.kind == "real"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServerMissing, match="apt install maven"):
        fetch_real_stack()
