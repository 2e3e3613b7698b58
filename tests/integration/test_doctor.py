"""`tournee doctor` tells what is wrong and what to do, whatever is away."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from infra.doctor.store import check_store, clock_finding
from infra.doctor.stream import check_topics
from infra.migrate import all_migrations, migrate
from infra.stack.stack import Stack
from services.contracts import topics
from services.operations.kafka_admin import Partition, Place
from services.store.connection import Connection, connect
from services.writer.beliefs import keep_beliefs
from services.writer.telemetry import store_reading_rows
from tests.support.web_seed import CITY, NOW, plan_of_fleet, put_city, put_everything, put_fleets, put_plan
from tests.support.web_server import SetClock


def doctor(environment: Mapping[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from services.cli import main; main()", "doctor", *options],
        env=os.environ | environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def told(ended: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    return {finding["what"]: finding for finding in json.loads(ended.stdout)["findings"]}


@pytest.fixture(scope="module")
def seeded_url(database_url: str) -> str:
    """A small city amid its day."""
    put_everything(database_url)
    return database_url


def test_sound_stack_is_told_line_by_line(stack: Stack, seeded_url: str) -> None:
    """Every server and everything that can grow, age or wait has its line; nothing fails, so the exit code is 0."""
    ended = doctor(stack.environment() | {"TOURNEE_DATABASE_URL": seeded_url}, "--json")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    findings = told(ended)
    assert list(findings) == [
        "MQTT", "MQTT readers", "Kafka", "topics", "lag of writer", "lag of planner", "lag of worker", "store",
        "TimescaleDB", "schema", "clocks", "size", f"plan of {CITY}", f"readings of {CITY}", "rejected", "rollups",
        "beliefs", "ledger", "disk",
    ]  # fmt: skip
    for what in ("MQTT", "MQTT readers", "Kafka", "topics", "store", "schema", "clocks", "size"):
        assert findings[what]["status"] == "ok", findings[what]
    assert "brokers 1" in findings["Kafka"]["detail"]
    assert "PostgreSQL" in findings["store"]["detail"]
    assert json.loads(ended.stdout)["healthy"] is True


def test_servers_that_are_away_each_have_a_line_with_what_to_do() -> None:
    """On the worst day the doctor must work best: no traceback, no password, no long wait."""
    began_s = time.monotonic()
    away = {
        "TOURNEE_DATABASE_URL": "postgresql://tournee:geheim99@127.0.0.1:1/tournee",
        "TOURNEE_KAFKA": "127.0.0.1:2",
        "TOURNEE_MQTT_HOST": "127.0.0.1",
        "TOURNEE_MQTT_PORT": "3",
    }
    ended = doctor(away)
    assert ended.returncode == 1
    assert time.monotonic() - began_s < 20
    begins = [line.split()[0] for line in ended.stdout.splitlines()]
    assert (begins.count("fail"), begins.count("ok"), ended.stdout.count("-> start it")) == (3, 1, 3)
    assert "geheim99" not in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.fixture
def deaf_ports() -> Iterator[list[int]]:
    """Three ports that take connections and never say a word."""
    with ExitStack() as servers:
        yield [servers.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _ in range(3)]


def test_servers_that_hang_are_not_waited_for(deaf_ports: list[int]) -> None:
    """A held server has an open port: the doctor must not hang with it."""
    began_s = time.monotonic()
    store, kafka, mqtt = deaf_ports
    hung = {
        "TOURNEE_DATABASE_URL": f"postgresql://tournee:geheim99@127.0.0.1:{store}/tournee",
        "TOURNEE_KAFKA": f"127.0.0.1:{kafka}",
        "TOURNEE_MQTT_HOST": "127.0.0.1",
        "TOURNEE_MQTT_PORT": str(mqtt),
    }
    ended = doctor(hung, "--json")
    assert ended.returncode == 1
    assert time.monotonic() - began_s < 30
    findings = told(ended)
    assert [findings[what]["status"] for what in ("MQTT", "Kafka", "store")] == ["fail"] * 3


def store_findings(url: str, now: datetime = NOW) -> dict[str, tuple[str, str, str]]:
    return {f.what: (f.status, f.detail, f.next) for f in check_store(url, SetClock(now))}


def test_schema_that_waits_is_told_with_the_command(empty_url: str) -> None:
    """After an upgrade without its migration everything else would only confuse."""
    assert store_findings(empty_url)["schema"][0] == "fail"
    migrate(empty_url, all_migrations()[:2])
    status, detail, next_ = store_findings(empty_url)["schema"]
    assert (status, next_) == ("fail", "run: tournee db migrate")
    assert all_migrations()[2].name in detail
    migrate(empty_url)
    findings = store_findings(empty_url)
    assert findings["schema"][0] == "ok"
    assert findings["cities"] == ("look", "none is loaded", "run: tournee city load FOLDER")


def test_schema_of_a_newer_tournee_is_told(empty_url: str) -> None:
    """An old program on a new store would write what nobody expects."""
    migrate(empty_url)
    with psycopg.connect(empty_url) as connection:
        connection.execute("INSERT INTO schema_migration VALUES ('9999_future.sql', 'x', now())")
    assert store_findings(empty_url)["schema"][:2] == ("fail", "made by a newer Tournée: 9999_future.sql")


def test_old_plan_silent_sensors_and_many_rejections_are_told(seeded_url: str) -> None:
    """Three days after the last sign of life the technician sees which part is silent."""
    with psycopg.connect(seeded_url) as connection:
        connection.execute("TRUNCATE rejected")
        for n in range(150):
            reason = "malformed" if n % 3 else "unknown_device"
            connection.execute(
                "INSERT INTO rejected VALUES (%s, %s, %s, '', 't', '')", (uuid4(), NOW + timedelta(days=3), reason)
            )
    findings = store_findings(seeded_url, NOW + timedelta(days=3, hours=1))
    status, detail, _ = findings[f"plan of {CITY}"]
    assert status == "look"
    assert detail.startswith("made 3 days ago; today's is ")
    assert findings[f"readings of {CITY}"][0] == "look"
    assert findings["rejected"][:2] == ("look", "malformed 100, unknown_device 50 in the last day")
    assert store_findings(seeded_url, NOW)[f"plan of {CITY}"][0] == "ok"


def test_days_that_the_ledger_has_not_counted_are_told(seeded_url: str) -> None:
    """A ledger that is down keeps positions for ever: the technician hears of it before the disk is full."""
    assert store_findings(seeded_url)["ledger"] == ("ok", "every day that is over is counted", "")
    with psycopg.connect(seeded_url) as connection:
        for days in (0, 1, 2):
            connection.execute(
                "INSERT INTO ledger_touched (city_id, day) VALUES (%s, %s)", (CITY, NOW.date() - timedelta(days=days))
            )
    status, detail, next_ = store_findings(seeded_url)["ledger"]
    first = NOW.date() - timedelta(days=2)
    assert (status, detail.split(";")[0]) == ("look", f"2 days not counted, the first {first} of {CITY}")
    assert "ledger running" in next_


def test_each_fleets_plan_has_its_line(empty_url: str) -> None:
    """One contractor's day is planned, the other's is late: only the other's line asks for a look."""
    migrate(empty_url)
    with connect(empty_url, name="seed") as connection:
        put_city(connection)
        put_fleets(connection)
        put_plan(connection, plan_of_fleet("est", UUID(int=1)))
    # 06:00 in Port-Azur; plans are due at 04:30.
    findings = store_findings(empty_url, NOW)
    assert findings[f"plan of {CITY}/est"][0] == "ok"
    status, detail, _ = findings[f"plan of {CITY}/ouest"]
    assert (status, detail) == ("look", "never planned; today's is 90 min late")
    assert [what for what in findings if what.startswith("readings of")] == [f"readings of {CITY}"]


@pytest.mark.parametrize(("skew_s", "status"), [(0.4, "ok"), (-1.9, "ok"), (2.5, "look"), (-400, "fail")])
def test_clocks_that_differ_are_told(skew_s: float, status: str) -> None:
    """Beyond five minutes, right readings are refused as those of the future."""
    finding = clock_finding(skew_s)
    assert finding.status == status
    assert (finding.next != "") == (status != "ok")
    assert ("ahead of" if skew_s > 0 else "behind") in finding.detail


def test_missing_topic_and_leaderless_partition_are_told() -> None:
    """Each has another remedy."""
    whole = [Partition(Place(topic, n), 1) for topic in topics.ALL for n in range(4)]
    assert check_topics(whole).status == "ok"
    missing = check_topics([p for p in whole if p.place.topic != topics.LEDGER])
    assert (missing.status, missing.detail, missing.next) == ("fail", "missing: ledger", "run: tournee db topics")
    orphaned = check_topics([p._replace(leader=-1) if p.place == Place("plans", 2) else p for p in whole])
    assert (orphaned.status, orphaned.detail) == ("fail", "nobody serves plans/2")


def test_beliefs_that_nobody_folds_are_told(empty_url: str) -> None:
    """A writer whose folding died: planners get slower every day and nothing is dropped, until the disk is full."""
    migrate(empty_url)
    at = NOW - timedelta(hours=1)

    def beliefs() -> str:
        return store_findings(empty_url)["beliefs"][0]

    def hear(connection: Connection, instant: datetime, containers: int) -> None:
        rows = [("town", f"C{n}", instant, instant, 0.5, None, None) for n in range(containers)]
        with connection.transaction():
            store_reading_rows(connection, rows)

    with connect(empty_url, name="test") as connection:
        hear(connection, at, containers=8)
        assert beliefs() == "look"  # a writer there never was
        keep_beliefs(connection, now=at, keep_readings_days=730)
        assert beliefs() == "ok"
        hear(connection, at + timedelta(minutes=20), containers=2)  # a quarter of them, after a long silence
        assert beliefs() == "ok"
        hear(connection, at + timedelta(minutes=20), containers=8)
        assert beliefs() == "look"
        keep_beliefs(connection, now=at, keep_readings_days=730)
        assert beliefs() == "ok"
