"""A town whose services all run, each a process of its own, as its office and its crews meet it."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import httpx

from infra.demo.timepiece import Timepiece
from infra.migrate import migrate
from infra.stack.ports import free_port
from infra.stack.server import Server
from infra.stack.services import running_services
from infra.stack.stack import Stack
from services.city.registry import Registry
from services.city.store import store_registry
from services.clock import SystemClock
from services.store.connection import connect
from services.web.entry.accounts import add_account
from services.web.entry.phones import add_phone
from simulators.trucks.phone import DriverClient
from tests.support.web_seed import key_of

MORNING = datetime(2026, 3, 3, 4, tzinfo=UTC)  # 05:00 in Porto-Novo, half an hour after the town's hour
PATIENCE_S = 120.0
PLAN_S = 2.0
CODE, PASSWORD = "482193", "une-longue-matinee"


class LiveTown(NamedTuple):
    url: str
    office: httpx.Client
    """Logged in as operator."""
    phones: dict[str, DriverClient]
    """By truck."""
    clock: Timepiece
    services: dict[str, Server]
    """By name."""


def eventually(is_so: Callable[[], bool], otherwise: str) -> None:
    """Wait until it is; fail with `otherwise` after two minutes, for waiting ends early anyway."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline_s, otherwise
        time.sleep(0.2)


@contextmanager
def live_town(
    stack: Stack, registry: Registry, folder: Path, services: Iterable[str], begins: datetime = MORNING
) -> Iterator[LiveTown]:
    """The town at five in the morning, its services just started; `folder` takes the clock and the logs."""
    migrate(stack.database_url)
    rules = registry.city.planning.model_copy(update={"time_limit_s": PLAN_S})
    registry = registry.model_copy(update={"city": registry.city.model_copy(update={"planning": rules})})
    city, port = registry.city.id, free_port()
    trucks = [truck.id for truck in registry.trucks]
    with connect(stack.database_url, name="test") as connection:
        store_registry(connection, registry, who="test", now=SystemClock().now())
        add_account(connection, city, "awa", "operator", PASSWORD)
        for truck in trucks:
            add_account(connection, city, truck, "driver", CODE, truck)
            add_phone(connection, city, truck, by="awa", now=datetime.now(UTC), key=key_of(truck))
    clock = Timepiece(folder / "clock", begins)
    clock.run(begins, speed=1.0)  # a day under way: of two plans one is the later
    environment = stack.environment() | {
        "TOURNEE_CLOCK": clock.setting,
        "TOURNEE_SESSION_SECRET": "a secret of at least thirty-two characters",
        "TOURNEE_WEB_PORT": str(port),
        "TOURNEE_DATA_FOLDER": str(stack.folder / "data"),
    }
    url = f"http://127.0.0.1:{port}"
    with ExitStack() as cleanup:
        running = cleanup.enter_context(running_services(environment, folder, tuple(services)))
        eventually(lambda: _is_ready(url), "the pages are not ready")
        office = cleanup.enter_context(httpx.Client(base_url=url, timeout=30, headers={"Origin": url}))
        who = {"city": city, "login": "awa", "password": PASSWORD}
        office.headers["X-CSRF-Token"] = office.post("/api/v1/session", json=who).json()["csrf"]
        phones = {
            truck: cleanup.enter_context(closing(DriverClient.to(url, city, truck, CODE, key_of(truck))))
            for truck in trucks
        }
        yield LiveTown(url, office, phones, clock, running)


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/ready", timeout=2).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
