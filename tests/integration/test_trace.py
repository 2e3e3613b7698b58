"""One id that follows a message, through real processes."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import paho.mqtt.client as paho
import psycopg
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from infra.migrate import migrate
from infra.stack.services import running_services
from infra.stack.stack import Stack

READINGS = 12_000
"""One in 1,000 is followed; that none of so many is has the chance of exp(-12), one in 160,000."""


@pytest.fixture
def logs(fresh_stack: Stack, tmp_path: Path) -> Iterator[Path]:
    """The folder of bridge's and writer's JSON logs, while both run for a city of one container."""
    migrate(fresh_stack.database_url)
    with psycopg.connect(fresh_stack.database_url) as connection:
        connection.execute("INSERT INTO city VALUES ('porto', 'Porto', 'UTC', '{}', NULL, now())")
        connection.execute("INSERT INTO zone VALUES ('porto', 'z', 'Zone', 10, '{}')")
        connection.execute("INSERT INTO container VALUES ('porto', 'C1', 'C1', 2.4, 6.4, 'bin', 'z', 1100, true, '{}')")
    environment = fresh_stack.environment() | {"TOURNEE_LOG_FORMAT": "json"}
    with running_services(environment, tmp_path, ("bridge", "writer")):
        yield tmp_path


def publish(stack: Stack) -> None:
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="device")
    client.max_inflight_messages_set(200)
    client.connect(stack.mqtt_host, stack.mqtt_port)
    client.loop_start()
    start = datetime.now(UTC) - timedelta(days=1)
    sent = [
        client.publish(
            "tournee/v1/porto/containers/C1/reading",
            json.dumps({"happened_at": (start + timedelta(seconds=n)).isoformat(), "fill_ratio": 0.5}),
            qos=1,
        )
        for n in range(READINGS)
    ]
    for message in sent:
        message.wait_for_publish(60)
    client.disconnect()
    client.loop_stop()


def stored(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT happened_at FROM reading").fetchall()
    return {f"porto/C1@{at.astimezone(UTC).isoformat().replace('+00:00', 'Z')}" for (at,) in rows}


def traces(log: Path, word: str) -> set[str]:
    lines = (json.loads(line) for line in log.read_text().splitlines() if line.startswith("{"))
    return {line["trace"] for line in lines if line["msg"].startswith(word) and line["trace"]}


def test_bridge_and_writer_follow_the_same_messages(fresh_stack: Stack, logs: Path) -> None:
    """A technician who looks for a reading's id finds it in both logs, and in the store."""
    publish(fresh_stack)
    deadline_s = time.monotonic() + 60
    while len(rows := stored(fresh_stack.database_url)) < READINGS:
        assert time.monotonic() < deadline_s, f"{len(rows)} stored"
        time.sleep(0.2)
    time.sleep(1)  # the writer's line comes after its commit
    took, kept = traces(logs / "bridge.log", "took"), traces(logs / "writer.log", "stored")
    assert took == kept
    assert 1 <= len(took) <= 40
    assert took <= rows
