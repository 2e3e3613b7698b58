"""Services as processes: what they say of themselves, and how they end when told to."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest

from infra.stack.ports import free_port
from infra.stack.stack import Stack
from services.city.store import store_registry
from services.clock import SystemClock
from services.contracts import topics
from services.contracts.planning import PlanDay, PlanMade, PlanningProgressed
from services.operations.kafka_admin import KafkaAdmin
from services.operations.processes import MAINS
from services.store.connection import connect
from services.stream.kafka import EventConsumer, EventProducer
from tests.support.example_town import example_town

SECRET = "a secret of at least thirty-two characters"
ENDS_WITHIN_S = 6.0


@dataclass
class Process:
    """A service and its probe."""

    name: str
    popen: subprocess.Popen[bytes]
    probe: str
    web: str
    log: Path

    def get(self, page: str) -> httpx.Response:
        return httpx.get(f"{self.probe}{page}", timeout=10)

    def end(self, times: int = 1) -> tuple[int, float]:
        """Its exit code, and how many seconds it took."""
        began_s = time.monotonic()
        for _ in range(times):
            self.popen.send_signal(signal.SIGTERM)
            time.sleep(0.3)
        return self.popen.wait(30), time.monotonic() - began_s


@contextmanager
def running(name: str, stack: Stack, database_url: str, folder: Path) -> Iterator[Process]:
    """A service of this stack that is ready."""
    probe, web, log = free_port(), free_port(), folder / f"{name}.{uuid4().hex[:6]}.log"
    environment = stack.environment() | {
        "TOURNEE_DATABASE_URL": database_url,
        "TOURNEE_PROBE_PORT": str(probe),
        "TOURNEE_WEB_PORT": str(web),
        "TOURNEE_SESSION_SECRET": SECRET,
        "TOURNEE_MEMBER": f"probe-{name}",
        "TOURNEE_LOG_FORMAT": "json",
    }
    with log.open("wb") as sink:
        popen = subprocess.Popen(
            [sys.executable, "-m", MAINS[name]], env=os.environ | environment, stdout=sink, stderr=sink
        )
    process = Process(name, popen, f"http://127.0.0.1:{probe}", f"http://127.0.0.1:{web}", log)
    try:
        eventually(lambda: is_ready(process), log.read_text)
        yield process
    finally:
        popen.kill()
        popen.wait()


def is_ready(process: Process) -> bool:
    try:
        return process.get("/ready").status_code == 200
    except httpx.HTTPError:
        return False


def eventually(check: Callable[[], bool], told: Callable[[], str] = str, patience_s: float = 30) -> None:
    deadline_s = time.monotonic() + patience_s
    while not check():
        assert time.monotonic() < deadline_s, f"not within its time. {told()}"
        time.sleep(0.1)


@pytest.mark.parametrize("name", ["bridge", "writer", "planner", "ledger", "web", "webhook"])
def test_service_lives_is_ready_tells_its_figures_and_ends_politely(
    name: str, stack: Stack, database_url: str, tmp_path: Path
) -> None:
    """What Docker and Prometheus stand on, for every service; and a stop that takes seconds, not a kill."""
    with running(name, stack, database_url, tmp_path) as process:
        if name == "web":
            eventually(lambda: "Uvicorn running" in process.log.read_text())
        health = process.get("/health")
        assert (health.status_code, health.json()["service"], health.json()["status"]) == (200, name, "up")
        servers = process.get("/ready").json()["servers"]
        others = {"bridge": {"kafka", "mqtt"}, "webhook": set()}.get(name, {"kafka"})
        assert set(servers) == {"store", *others}
        assert set(servers.values()) == {"ok"}
        figures = process.get("/metrics").text
        assert f'tournee_service_info{{member="probe-{name}",service="{name}"' in figures
        assert "tournee_service_alive 1.0" in figures
        code, took_s = process.end()
        assert code == 0, process.log.read_text()
        assert took_s < ENDS_WITHIN_S
        assert "Traceback" not in process.log.read_text()


@pytest.fixture
def town(database_url: str) -> str:
    """The town of the documentation in the store."""
    registry = example_town()
    with connect(database_url, name="test") as connection:
        store_registry(connection, registry, who="test", now=SystemClock().now())
    return registry.city.id


def order_of(city: str, time_limit_s: float) -> PlanDay:
    now = datetime.now(UTC)
    return PlanDay(
        request_id=uuid4(), city=city, day=now.date(), as_of=now, time_limit_s=time_limit_s,
        ordered_by="test", ordered_at=now,
    )  # fmt: skip


def test_planner_stopped_amid_an_order_ends_at_once_and_carries_it_out_next_time(
    stack: Stack, database_url: str, town: str, tmp_path: Path
) -> None:
    """A search may take an hour; a restart must neither wait for it nor lose the order."""
    order, producer = order_of(town, time_limit_s=8), EventProducer(stack.kafka, name="test")
    told = EventConsumer(stack.kafka, group=f"test-{uuid4().hex[:8]}", subscribed=[topics.PLANNING, topics.PLANS])

    def heard(contract: type[PlanningProgressed | PlanMade], **wanted: object) -> bool:
        names = {"PlanningProgressed": topics.PLANNING, "PlanMade": topics.PLANS}
        return any(
            record.topic == names[contract.__name__]
            and {"request_id": order.request_id, **wanted}.items()
            <= dict(contract.model_validate_json(record.value)).items()
            for record in told.poll(0.2)
        )

    with running("planner", stack, database_url, tmp_path) as planner:
        producer.publish(topics.ORDERS, town.encode(), order)
        eventually(lambda: heard(PlanningProgressed, state="started"), planner.log.read_text)
        assert planner.get("/health").status_code == 200
        code, took_s = planner.end()
        assert code == 0
        assert took_s < ENDS_WITHIN_S
        assert "stopped amid an order" in planner.log.read_text()
    with KafkaAdmin(stack.kafka, name="test") as admin:
        # At least: other tests on these servers order too, and not all of them have a planner.
        assert sum(admin.lags("planner", [topics.ORDERS]).values()) >= 1
    with running("planner", stack, database_url, tmp_path) as planner:
        eventually(lambda: heard(PlanMade), planner.log.read_text, patience_s=60)
        eventually(lambda: 'outcome="planned"} 1.0' in planner.get("/metrics").text)
        assert f'"trace": "{order.request_id}"' in planner.log.read_text()
    told.close()
    producer.close()


@contextmanager
def half_a_request(web: str) -> Iterator[socket.socket]:
    """A phone on a bad network: the head of its request is here, its body is not."""
    host, _, port = web.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=15) as phone:
        phone.sendall(
            b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 40\r\n"
            b"X-Request-ID: from-a-phone\r\n\r\n"
        )
        time.sleep(0.3)
        yield phone


def test_web_answers_what_it_has_begun_before_it_ends(stack: Stack, database_url: str, tmp_path: Path) -> None:
    """A deployment at noon must not cut off a phone amid its outbox."""
    with running("web", stack, database_url, tmp_path) as web:
        eventually(lambda: "Uvicorn running" in web.log.read_text())
        with half_a_request(web.web) as phone:
            web.popen.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            phone.sendall(b'{"city": "x", "login": "y", "password":"'[:40])
            answer = phone.recv(4096).decode()
        assert answer.startswith("HTTP/1.1 422")
        assert "x-request-id: from-a-phone" in answer.lower()
        assert web.popen.wait(ENDS_WITHIN_S) == 0


def test_web_told_twice_ends_at_once(stack: Stack, database_url: str, tmp_path: Path) -> None:
    """Whoever insists is obeyed, though somebody's request is still coming in."""
    with running("web", stack, database_url, tmp_path) as web:
        eventually(lambda: "Uvicorn running" in web.log.read_text())
        with half_a_request(web.web):
            code, took_s = web.end(times=2)
        assert code == -signal.SIGTERM
        assert took_s < 2


def test_not_ready_without_the_store_and_says_which(stack: Stack, tmp_path: Path) -> None:
    """The technician reads the reason in one place, without the password in it."""
    with psycopg.connect(stack.superuser_url, autocommit=True) as connection:
        name = f"gone_{uuid4().hex[:8]}"
        connection.execute(f"CREATE DATABASE {name} OWNER tournee")
    url = stack.database_url.rpartition("/")[0] + f"/{name}"
    with running("ledger", stack, url, tmp_path) as ledger:
        with psycopg.connect(stack.superuser_url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        eventually(lambda: ledger.get("/ready").status_code == 503)
        servers = ledger.get("/ready").json()["servers"]
        assert servers["kafka"] == "ok"
        assert f'database "{name}" does not exist' in servers["store"]
        assert ledger.get("/health").status_code == 200
        assert 'tournee_server_answers{server="store"} 0.0' in ledger.get("/metrics").text
        password = url.partition("tournee:")[2].partition("@")[0]
        assert len(password) > 20
        assert password not in ledger.log.read_text() + ledger.get("/ready").text
