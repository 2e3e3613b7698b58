"""Uplinks through the ChirpStack door: by MQTT through the bridge, and over HTTP."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

from infra.stack.ports import free_port
from infra.stack.services import running_services
from services.edges.store import make_key
from services.store.connection import connect
from tests.benchmarks.stream.rig import CITY, Rig, fresh_rig
from tests.benchmarks.stream.runs import Outcome, outcome_of, wait_until
from tests.benchmarks.stream.watch import Watch
from tests.load.uplinks import Uplinks

WARM_UP = 20_000
EARLIER = timedelta(days=2)
"""How far what warms up lies before what is measured: nothing of it comes twice."""
CALLERS = 64
"""Connections of a network's HTTP integration, each with one request at a time."""


def by_mqtt(count: int) -> Outcome:
    """Flat out, from the first publish to the last commit of distance and reading."""
    names = ("bridge", "writer")
    with fresh_rig() as rig, running_services(rig.stack.environment(), rig.log_folder, names) as services:
        with rig.sensors(_earlier(rig, WARM_UP)):
            wait_until(lambda: _stored(rig) >= WARM_UP, time.monotonic(), None)
        watch, began_s = Watch.of(services, rig.stack), time.monotonic()
        with rig.sensors(rig.uplinks(count)):
            took_s = wait_until(lambda: _stored(rig) >= WARM_UP + count, began_s, watch)
        return outcome_of("ChirpStack by MQTT, to committed rows", count, took_s, watch)


def at_the_door(count: int) -> Outcome:
    """By MQTT until Kafka has distance and reading: the door alone, without the writer behind it."""
    with fresh_rig() as rig, running_services(rig.stack.environment(), rig.log_folder, ("bridge",)) as services:
        with rig.sensors(_earlier(rig, WARM_UP)):
            wait_until(lambda: rig.in_kafka() >= WARM_UP, time.monotonic(), None)
        watch, began_s = Watch.of(services, rig.stack), time.monotonic()
        with rig.sensors(rig.uplinks(count)):
            took_s = wait_until(lambda: rig.in_kafka() >= WARM_UP + count, began_s, watch)
        return outcome_of("ChirpStack by MQTT, into Kafka", count, took_s, watch)


def over_http(count: int) -> Outcome:
    """With 64 connections: each request is answered when Kafka has distance and reading."""
    with fresh_rig() as rig:
        with connect(rig.stack.database_url, name="bench") as connection:
            key = make_key(connection, CITY, "chirpstack", None, datetime.now(UTC))
        port = free_port()
        environment = rig.stack.environment() | {"TOURNEE_EDGES_PORT": str(port)}
        with running_services(environment, rig.log_folder, ("edges",)) as services:
            asyncio.run(_post(port, key, _earlier(rig, WARM_UP // 10)))
            watch, began_s = Watch.of(services, rig.stack), time.monotonic()
            asyncio.run(_post(port, key, rig.uplinks(count)))
            took_s = time.monotonic() - began_s
            return outcome_of("ChirpStack over HTTP, into Kafka", count, took_s, watch)


def _earlier(rig: Rig, count: int) -> Uplinks:
    plan = rig.uplinks(count)
    return Uplinks(plan.city, count, plan.containers, plan.first_at - EARLIER)


def _stored(rig: Rig) -> int:
    """Committed both as a distance and as a reading."""
    row = rig.store.execute("SELECT count(*) FROM uplink").fetchone()
    return min(int(row[0]), rig.stored()) if row else 0


async def _post(port: int, key: str, plan: Uplinks) -> None:
    """Every message of the plan.

    Raises:
        RuntimeError: one was not answered with 200.
    """
    head = (
        f"POST /{CITY}/chirpstack HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
        "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    )

    async def call(first: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for index in range(first, plan.count, CALLERS):
            body = plan.payload(index)
            writer.write((head % len(body)).encode() + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            if not answer.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(f"the door answers {answer[:200]!r}")
            length = next(line for line in answer.split(b"\r\n") if line.lower().startswith(b"content-length:"))
            await reader.readexactly(int(length.partition(b":")[2]))
        writer.close()
        await writer.wait_closed()

    async with asyncio.TaskGroup() as calls:
        for first in range(CALLERS):
            calls.create_task(call(first))
