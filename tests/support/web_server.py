"""The web service on a real socket in a thread of the test, with a clock that the test sets."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import httpx
import uvicorn
from fastapi import FastAPI
from psycopg_pool import ConnectionPool

from infra.accounts.local import as_role
from services.store.connection import Connection, make_pool
from services.web.app import make_app
from services.web.entry.rights import Role
from services.web.ground.basemaps import Basemaps
from services.web.ground.circuit_lines import CircuitLines
from services.web.ground.kept_places import KeptPlaces
from services.web.rendering.assets import Assets
from services.web.reports.heard import ReportDoors
from services.web.requests.deps import Deps
from services.web.requests.stream import Stream
from services.web.requests.transaction import AT_ONCE
from tests.support.web_seed import CITY, NOW, key_of, put_everything

SECRET = "a secret of at least thirty-two characters"


@dataclass
class SetClock:
    """Says what the test tells it to."""

    at: datetime

    def now(self) -> datetime:
        return self.at


@dataclass(frozen=True)
class Running:
    url: str
    clock: SetClock
    pool: ConnectionPool[Connection]
    app: FastAPI


class LogIn(Protocol):
    def __call__(self, who: tuple[str, str], at: Running = ...) -> httpx.Client: ...


def client_of(web: Running, who: tuple[str, str], city: str = CITY) -> httpx.Client:
    """A client with a session, its CSRF token as a standing header."""
    client = httpx.Client(base_url=web.url, timeout=30)
    order = {"city": city, "login": who[0], "password": who[1]}
    answer = client.post("/api/v1/session", json=order, headers={"X-Truck-Phone": key_of(who[0])})
    assert answer.status_code == 200, answer.text
    client.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return client


@contextmanager
def serve(
    database_url: str,
    stream: Stream,
    now: datetime,
    assets: Assets | None = None,
    data_folder: Path | None = None,
    one_time_for: frozenset[Role] = frozenset(),
    **more: Any,
) -> Iterator[Running]:
    """The pages, which come to the store as in production: with the role that may do what they need and no more."""
    pool = make_pool(as_role(database_url, "web"), name="web-test", size=AT_ONCE)
    pool.open(wait=True)
    clock = SetClock(now)
    deps = Deps(
        store=pool,
        stream=stream,
        clock=clock,
        session_secret=SECRET,
        one_time_for=one_time_for,
        basemaps=Basemaps(data_folder),
        lines=CircuitLines(data_folder),
        places=KeptPlaces(data_folder),
        **more,
    )
    app = make_app(deps, assets)
    app.state.report_doors = ReportDoors(stream, gather_s=3600)  # told when a test asks, and never after its end
    # Named as TCP, else asyncio leaves Nagle's algorithm on and every answer waits 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen()  # now: whoever asks before the thread has begun waits, and is not refused
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield Running(f"http://127.0.0.1:{listening.getsockname()[1]}", clock, pool, app)
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listening.close()
        pool.close()


@contextmanager
def serve_city(database_url: str, stream: Stream, data_folder: Path | None = None) -> Iterator[Running]:
    """The pages of the seeded city, at its hour."""
    put_everything(database_url)
    with serve(database_url, stream, NOW, data_folder=data_folder) as running:
        yield running
