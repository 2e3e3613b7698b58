"""The stack, a town in its store, our services as watched processes, and a place where the logs are kept."""

import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from infra.migrate import migrate
from infra.stack.ports import LOOPBACK, free_port, wait_until
from infra.stack.real import real_stack
from infra.stack.server import Server
from infra.stack.services import service
from infra.stack.stack import Kind, Stack
from infra.stack.start import start_stack
from services.stream.kafka import create_topics
from tests.chaos.city import Town, put_town
from tests.chaos.disk import DiskMissing, LimitedDisk, limited_disk
from tests.chaos.logins import Logins, make_logins
from tests.chaos.schedule import SERVERS, SERVICES
from tests.chaos.supervisor import Supervisor

THREAD_FELL = ("Exception in thread", "ended by an error")
"""What Python and our own services log of it."""


@dataclass(frozen=True)
class Stage:
    """Everything that runs before anybody publishes."""

    stack: Stack
    town: Town
    supervisor: Supervisor
    disk: LimitedDisk | str
    """Or why there is none."""
    web_url: str
    environment: dict[str, str]
    logins: Logins | None
    """None: this broker knows no logins."""

    def second(self, name: str) -> Server:
        """Another process of a service, not started, with a log of its own."""
        return service(f"{name}-2", self.environment, self.stack.folder / "log")


@contextmanager
def staged(kind: Kind, containers: tuple[str, ...], keep_logs: Path) -> Iterator[Stage]:
    """Start it all; stop it all at the end, and keep the logs in `keep_logs`.

    Raises:
        StackError: the stack cannot be had on this machine.
    """
    with ExitStack() as cleanup:
        folder = Path(tempfile.mkdtemp(prefix="tournee-chaos-"))
        cleanup.callback(shutil.rmtree, folder)
        folder.chmod(0o711)  # PostgreSQL's unprivileged user passes through
        disk = _disk(cleanup, folder / "postgres")
        cleanup.callback(_keep_logs, folder / "log", keep_logs)
        logins = make_logins(folder) if kind == "real" else None
        stack = cleanup.enter_context(real_stack(folder, logins.mqtt) if logins else start_stack(kind, folder))
        migrate(stack.database_url)
        create_topics(stack.kafka)
        town = put_town(stack.database_url, containers)
        environment = _environment(stack)
        supervisor = _start_services(cleanup, stack, environment)
        web_url = f"http://{LOOPBACK}:{environment['TOURNEE_WEB_PORT']}"
        wait_until(lambda: _is_ready(web_url), what="web", patience_s=30, hint=supervisor.server("web").log_tail)
        yield Stage(stack, town, supervisor, disk, web_url, environment, logins)


def _disk(cleanup: ExitStack, folder: Path) -> LimitedDisk | str:
    try:
        return cleanup.enter_context(limited_disk(folder))
    except DiskMissing as missing:
        return str(missing)


def _environment(stack: Stack) -> dict[str, str]:
    return stack.environment() | {
        "TOURNEE_WEB_PORT": str(free_port()),
        "TOURNEE_SESSION_SECRET": secrets.token_urlsafe(48),
    }


def _start_services(cleanup: ExitStack, stack: Stack, environment: dict[str, str]) -> Supervisor:
    supervisor = Supervisor()
    for key, started in stack.servers.items():
        supervisor.watch(key, started)
    cleanup.callback(_stop_services, supervisor)
    for name in SERVICES:
        server = service(name, environment, stack.folder / "log")
        supervisor.add(name, server)
        server.wait_until_ready()
    supervisor.start()
    return supervisor


def _stop_services(supervisor: Supervisor) -> None:
    supervisor.stop()
    for name in reversed(supervisor.names()):
        if name not in SERVERS:
            supervisor.server(name).stop()


def _is_ready(web_url: str) -> bool:
    try:
        return httpx.get(f"{web_url}/ready", timeout=5).is_success
    except httpx.TransportError:
        return False


def _keep_logs(folder: Path, keep: Path) -> None:
    if folder.exists():
        shutil.copytree(folder, keep / "log", dirs_exist_ok=True)


def dead_parts(supervisor: Supervisor, log_folder: Path) -> list[str]:
    """What has died without anybody saying so: processes that ended or are zombies, threads that fell."""
    found = [f"{name} does not run" for name in supervisor.names() if not supervisor.server(name).is_running]
    ours = {supervisor.server(name).pid: name for name in supervisor.names()}
    zombies = _zombies_of(set(ours))
    time.sleep(0.5)  # a parent is given a moment to count its children
    found += [f"a zombie under {ours[parent]} ({pid})" for pid, parent in zombies & _zombies_of(set(ours))]
    for log in sorted(log_folder.rglob("*.log")):
        falls = sum(log.read_text(errors="replace").count(sign) for sign in THREAD_FELL)
        if falls:
            found.append(f"{log.relative_to(log_folder)}: {falls} threads ended by an exception")
    return found


def _zombies_of(parents: set[int | None]) -> set[tuple[int, int]]:
    zombies = set()
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = entry.read_text(errors="replace").rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
        if state == "Z" and int(parent) in parents and int(parent) != os.getpid():
            zombies.add((int(entry.parent.name), int(parent)))
    return zombies
