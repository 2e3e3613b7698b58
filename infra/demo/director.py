"""The demo, as a recipe: servers, city, services, days, the next morning, a table, open for business."""

import json
import os
import secrets
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from infra.demo.city import load_city, read_city
from infra.demo.figures import Figures, count_figures, table_of
from infra.demo.operator import Login, OperatorError, OperatorSession
from infra.demo.replay import Cast, morning_of, plan_morning, replay_day, wait_until_stored
from infra.demo.streets import build_streets
from infra.demo.timepiece import Timepiece
from infra.migrate import migrate
from infra.stack.environment import write_environment
from infra.stack.errors import ServerDidNotStart, StackError
from infra.stack.ports import LOOPBACK, free_port, wait_until
from infra.stack.services import SERVICES, running_services
from infra.stack.stack import Kind, Stack
from infra.stack.start import start_stack
from services.city.registry import Registry
from services.ledger.store import list_days_to_compute
from services.store.connection import Connection, connect
from services.stream.kafka import create_topics
from services.times import local_day
from services.web.entry.phones import invite_phone, path_of
from simulators.live import run_live
from simulators.mqtt import Publisher, PublishError
from simulators.trucks.phone import DriverClient, PhoneError
from simulators.world import World

WITH_DOORS = (*SERVICES, "edges")
"""A newcomer plugs a device into the demo (docs/devices.md)."""
LEDGER_PATIENCE_S = 60.0
WEEK_DAYS = 7
"""One of every weekday: the fixed circuits drive little on a Sunday, and fewer days would tell of where they end."""
HISTORY_DAYS = 6
"""Days before the demo in which the city drove its fixed circuits: nobody starts with empty bins."""

BLOCKED = "L'accès était bloqué, l'équipe l'a noté au bac même. Nous demandons la remise."
HELD_UP = "La circulation était arrêtée sur les ponts ce jour-là. Nous demandons la remise."
"""What the made-up contractor says to the municipality."""

KEPT_LOGS = Path("var/log/demo")


class DemoFailed(StackError):
    """The demo could not go on; the message says at what, and where the logs are."""


@dataclass(frozen=True)
class DemoOptions:
    """What can be asked of the demo."""

    folder: Path | None = None
    days: int = WEEK_DAYS
    seed: int = 1
    speed: float = 30.0
    """How fast the open day runs, times the wall clock."""
    time_limit_s: float | None = None
    """Search time of the last morning; None: the city's own."""
    ends_by_itself: bool = False
    stack: Kind = "embedded"
    with_roads: bool = True
    """Whether to build road graphs first; else distances are straight lines with a detour."""


def run_demo(options: DemoOptions, console: Console) -> None:
    """Run the demo until it has ended by itself or Ctrl-C; whatever it started is stopped."""
    # Also where a shell started us with Ctrl-C ignored, as it does in the background.
    for asked in (signal.SIGINT, signal.SIGTERM):
        signal.signal(asked, signal.default_int_handler)
    try:
        with ExitStack() as cleanup:
            _run(options, console, cleanup)
    except KeyboardInterrupt:
        console.print("Stopped.")


def _run(options: DemoOptions, console: Console, cleanup: ExitStack) -> None:
    began_s = time.monotonic()
    stack = cleanup.enter_context(start_stack(options.stack))
    cleanup.enter_context(_logs_kept(stack))
    folder, registry = read_city(options.folder, options.seed, stack.folder)
    today = local_day(datetime.now(UTC), registry.city.zone_info)
    first = today - timedelta(days=options.days)
    timepiece = Timepiece(stack.folder / "clock", morning_of(registry, first))
    url, environment = _environment(stack, timepiece)
    settings = write_environment(stack.folder, environment)
    migrate(stack.database_url)
    create_topics(stack.kafka)
    store = cleanup.enter_context(connect(stack.database_url, name="demo"))
    logins = load_city(store, registry, morning_of(registry, first))
    data, now = stack.folder / "data", timepiece.now()
    build_streets(folder, registry, data, now=now, with_roads=options.with_roads, console=console)
    cleanup.enter_context(running_services(environment, stack.folder / "log", WITH_DOORS))
    wait_until(lambda: _is_ready(url), what="the web", patience_s=60)
    console.print(f"[bold]{registry.city.name}[/] is open at [link={url}]{url}[/link] ({_seconds(began_s)} s)")
    world = _world(folder, options.seed, first)
    cast = Cast(registry, world, *_hardware(stack, registry, url, logins, cleanup), timepiece, store)
    with _progress(console) as progress:
        plan = _replay(cast, first, options, progress)
    figures = count_figures(store, registry.city.id, url)
    _show(console, figures, plan, registry, _shown(store, registry, logins))
    console.print(
        f"  devices       http://{environment['TOURNEE_EDGES_HOST']}:{environment['TOURNEE_EDGES_PORT']}/"
        f"{registry.city.id}/chirpstack   [bold]docs/devices.md[/] plugs one in, in ten minutes",
        highlight=False,
    )
    console.print(
        f"  In another shell, for every other command: [bold]. {settings}; .venv/bin/tournee doctor[/]",
        highlight=False,
    )
    console.print(f"Ready in {_seconds(began_s)} s.", highlight=False)
    if options.ends_by_itself:
        print(json.dumps(figures.as_json(), ensure_ascii=False), flush=True)
        return
    _open_for_business(cast, today, options, console)


@contextmanager
def _logs_kept(stack: Stack) -> Iterator[None]:
    """When the demo fails, its servers' logs outlive their folder."""
    try:
        yield
    except (OperatorError, PhoneError, PublishError, TimeoutError, ServerDidNotStart) as error:
        KEPT_LOGS.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(KEPT_LOGS, ignore_errors=True)
        shutil.copytree(stack.folder / "log", KEPT_LOGS)
        raise DemoFailed(f"{error}\nThe logs of all servers are in {KEPT_LOGS}.") from error


def _environment(stack: Stack, timepiece: Timepiece) -> tuple[str, dict[str, str]]:
    port = free_port()
    return f"http://{LOOPBACK}:{port}", {
        **stack.environment(),
        "TOURNEE_WEB_HOST": LOOPBACK,
        "TOURNEE_WEB_PORT": str(port),
        # ChirpStack may stand on another machine: a setting of who starts the demo lets it in.
        "TOURNEE_EDGES_HOST": os.environ.get("TOURNEE_EDGES_HOST", LOOPBACK),
        "TOURNEE_EDGES_PORT": os.environ.get("TOURNEE_EDGES_PORT") or str(free_port()),
        "TOURNEE_SESSION_SECRET": secrets.token_urlsafe(32),
        "TOURNEE_CLOCK": timepiece.setting,
        "TOURNEE_DATA_FOLDER": str(stack.folder / "data"),
    }


def _world(folder: Path, seed: int, first: date) -> World:
    """The city with its past: what the fixed circuits emptied in the days before."""
    world = World.from_folder(folder, seed, first - timedelta(days=HISTORY_DAYS))
    for n in range(HISTORY_DAYS, 0, -1):
        world.follow_baseline(first - timedelta(days=n))
    return world


def _hardware(
    stack: Stack, registry: Registry, url: str, logins: list[Login], cleanup: ExitStack
) -> tuple[Publisher, dict[str, DriverClient], OperatorSession]:
    """Devices, phones and an operator, all on the network like everybody."""
    city = registry.city.id
    publisher = cleanup.enter_context(Publisher(stack.mqtt_host, stack.mqtt_port))
    drivers = [login for login in logins if login.role == "driver"]
    phones = {
        login.login: DriverClient.to(url, city, login.login, login.password, login.phone_key) for login in drivers
    }
    operator = OperatorSession(url, city, next(login for login in logins if login.role == "operator"))
    for close in (operator.close, *(client.close for client in phones.values())):
        cleanup.callback(close)
    return publisher, phones, operator


def _replay(cast: Cast, first: date, options: DemoOptions, progress: Progress) -> dict[str, Any]:
    """The days, and then the plan of the morning after them."""
    first_morning = morning_of(cast.registry, first)
    cast.publisher.publish_all(cast.world.readings(first_morning - timedelta(hours=12), first_morning))
    wait_until_stored(cast)
    task = progress.add_task("days replayed", total=options.days)
    for n in range(options.days):
        replay_day(cast, first + timedelta(days=n), progress)
        progress.advance(task)
    morning = first + timedelta(days=options.days)
    cast.timepiece.hold(morning_of(cast.registry, morning))
    time_limit_s = options.time_limit_s or cast.registry.city.planning.time_limit_s
    plan = plan_morning(cast, morning, time_limit_s, progress)
    _wait_for_ledger(cast)
    _answer_a_breach(cast)
    return plan


def _answer_a_breach(cast: Cast) -> None:
    """The contractor answers a breach: one to which its crew has said that the way was blocked, if there is one."""
    charged = [row for row in cast.operator.list_breaches() if row["answer_state"] == "open" and float(row["amount"])]
    blocked = [row for row in charged if row["event"] == "stops_missed" and ":blocked" in row["missed"]]
    for breach in (blocked or charged)[:1]:
        cast.operator.answer_breach(breach, BLOCKED if blocked else HELD_UP)


def _wait_for_ledger(cast: Cast) -> None:
    """The ledger looks every few seconds; wait until no day is left whose events it has not counted."""
    now = cast.timepiece.now()

    def is_done() -> bool:
        with cast.store.transaction():
            return not list_days_to_compute(cast.store, now)

    wait_until(is_done, what="the ledger", patience_s=LEDGER_PATIENCE_S)


def _open_for_business(cast: Cast, morning: date, options: DemoOptions, console: Console) -> None:
    """The morning to come, live: send the plan from the operator's page and the trucks drive it."""
    began_at = morning_of(cast.registry, morning)
    now = cast.timepiece.run(began_at, options.speed)
    console.print(f"The day runs {options.speed:.0f} times as fast as the clock. Ctrl-C stops everything.")
    run_live(cast.world, cast.publisher, list(cast.phones.values()), now, lambda: False, since=began_at)


def _shown(store: Connection, registry: Registry, logins: list[Login]) -> list[Login]:
    """An operator, the municipality and one driver, whose link makes the browser that opens it the truck's phone."""
    driver = next((login for login in logins if login.role == "driver"), None)
    if driver is None:
        return logins[:2]
    with store.transaction():
        code = invite_phone(store, registry.city.id, driver.login, by="demo", now=datetime.now(UTC))
    return [*logins[:2], replace(driver, path=path_of(code))]


def _show(console: Console, figures: Figures, plan: dict[str, Any], registry: Registry, logins: list[Login]) -> None:
    console.print(table_of(figures, plan, simulated=registry.city.simulated))
    for login in logins:
        console.print(
            f"  {login.role:<13} {figures.url}{login.path:<14} login [bold]{login.login}[/]  "
            f"password [bold]{login.password}[/]",
            highlight=False,
        )


@contextmanager
def _progress(console: Console) -> Iterator[Progress]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield progress


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/ready", timeout=2).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def _seconds(began_s: float) -> str:
    return f"{time.monotonic() - began_s:.1f}"
