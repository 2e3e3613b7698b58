"""Each request has an id, a line in the log and a bounded place in the metrics."""

import asyncio
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager

import httpx
import pytest
from fastapi import FastAPI

from services.clock import SystemClock
from services.errors import StoreAway
from services.operations.logs import trace_of
from services.operations.web_meter import WebMeter
from services.store.connection import Connection
from services.web.app import make_app
from services.web.requests.deps import Deps
from tests.twins.stream import MemoryStream

OPEN_DATA = "/api/v1/public/savings.json?city=porto"


class AwayStore:
    """A database that does not answer, or worse: something that nobody foresaw."""

    def __init__(self) -> None:
        self.fault: Exception = StoreAway("away: postgresql://u:geheim@h/d")

    def connection(self) -> AbstractContextManager[Connection]:
        raise self.fault


class Traces(logging.Handler):
    """What was logged, with the id that each line carried at that moment."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[str, str | None]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append((record.getMessage(), trace_of(record)))


@pytest.fixture
def traces() -> Iterator[Traces]:
    """The pages' log lines."""
    handler, log = Traces(), logging.getLogger("services.web")
    level, log.level = log.level, logging.INFO
    log.addHandler(handler)
    yield handler
    log.removeHandler(handler)
    log.setLevel(level)


@pytest.fixture
def store() -> AwayStore:
    """The database of the application under test."""
    return AwayStore()


@pytest.fixture
def meter() -> WebMeter:
    """What the application under test counts."""
    return WebMeter()


@pytest.fixture
def app(store: AwayStore, meter: WebMeter) -> FastAPI:
    """The pages, without a database."""
    deps = Deps(store=store, stream=MemoryStream(), clock=SystemClock(), session_secret="x" * 32)
    return make_app(deps, meter=meter)


async def ask(app: FastAPI, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
        return await client.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})


def get(app: FastAPI, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    # On a thread of its own: a browser that another test has opened keeps a loop running on this one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(ask(app, path, method, **headers))).result()


def test_plain_id_of_the_caller_is_kept_and_another_is_replaced(app: FastAPI, traces: Traces) -> None:
    """A phone's id is found in our log; a text that would forge a line, or fill the disk, is not taken."""
    assert get(app, "/health", X_Request_ID="phone-0123_4.5").headers["X-Request-ID"] == "phone-0123_4.5"
    for wrong in ("short", "x" * 65, "with space and more", "-begins-wrongly", 'a"quote-and-more'):
        given = get(app, "/health", X_Request_ID=wrong).headers["X-Request-ID"]
        assert given != wrong
        assert len(given) == 32
    assert traces.lines == []


def test_every_line_of_a_request_carries_its_id(app: FastAPI, traces: Traces) -> None:
    """From the refusal deep down to the line that tells the answer: one id; no password, no query, no line break."""
    answer = get(app, "/api/v1/nowhere%0AERROR-forged?token=geheim", X_Request_ID="phone-0123")
    assert (answer.status_code, answer.headers["X-Request-ID"]) == (404, "phone-0123")
    [(line, trace)] = traces.lines
    assert line.startswith("GET /api/v1/nowhere%0AERROR-forged 404 in ")
    assert "geheim" not in line
    assert trace == "phone-0123"


def test_unforeseen_error_has_an_id_and_every_header_too(app: FastAPI, store: AwayStore, traces: Traces) -> None:
    """The request that went wrong is the one whose id somebody will ask for."""
    store.fault = RuntimeError("a fault of ours")
    answer = get(app, OPEN_DATA, X_Request_ID="phone-0123")
    assert (answer.status_code, answer.json()["code"]) == (500, "unforeseen")
    assert answer.headers["X-Request-ID"] == "phone-0123"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert {trace for _, trace in traces.lines} == {"phone-0123"}
    assert any("failed" in line for line, _ in traces.lines)


def test_metrics_count_templates_and_never_paths(app: FastAPI, meter: WebMeter) -> None:
    """Whoever tries a million addresses, or makes up methods, must not make a million series."""
    for path in ("/no-such/1", "/no-such/2", "/static/abc/x.css", "/static/def/y.css"):
        get(app, path)
    get(app, "/health", "BREW")
    static = ("GET", "/static/{build}/{name:path}", "404")
    assert set(meter._tallies) == {("GET", "none", "404"), static, ("OTHER", "/health", "405")}
    assert meter.in_progress == 0


def test_api_routes_are_told_with_their_prefix(app: FastAPI, meter: WebMeter) -> None:
    """A page and an order of the same name are two lines."""
    get(app, OPEN_DATA)
    [(_, route, status)] = meter._tallies
    assert (route, status) == ("/api/v1/public/savings.json", "503")


def test_not_ready_names_each_server_and_no_reason(app: FastAPI) -> None:
    """The public learns that the store is away, not where it is."""
    answer = get(app, "/ready")
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "servers": {"store": "does not answer", "kafka": "ok"}}


def test_pages_port_tells_no_metrics(app: FastAPI) -> None:
    """Figures are for inside: they are on the probe's port only."""
    assert get(app, "/metrics").status_code == 404
