"""Our own services as processes of a stack."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from infra.accounts.local import as_account
from infra.stack.server import Server
from services.operations.processes import MAINS

SERVICES = ("bridge", "writer", "planner", "ledger", "web")
"""Planner workers, the doors over HTTP and the sender of webhooks run only where a test, the demo or somebody asks."""


READY_LINES = {
    "bridge": "subscribed to",
    "edges": "doors open at",
    "planner": "takes orders",
    "webhook": "tells webhooks",
    "worker": "takes districts",
    "writer": "takes events",
}
"""What a service logs once it does its work: messages published before the bridge has subscribed are nobody's."""


def service(name: str, environment: Mapping[str, str], log_folder: Path) -> Server:
    """One service, not started; it logs to `<log_folder>/<name>.log`.

    `bridge` is the first of its kind; `bridge-2` is a second that shares its work. Where the environment holds the
    owner's logins, the service is given its own in their place, which may do what `infra.accounts` says and no more.
    """
    kind, _, member = name.partition("-")
    env = {**os.environ, **as_account(kind, environment), "TOURNEE_MEMBER": member or "1"}
    command = [sys.executable, "-m", MAINS[kind]]
    return Server(name, command, log_folder / f"{name}.log", env=env, ready_line=READY_LINES.get(kind))


@contextmanager
def running_services(
    environment: Mapping[str, str], log_folder: Path, names: tuple[str, ...] = SERVICES
) -> Iterator[dict[str, Server]]:
    """Start services, hand them over by name, and stop them in the reverse order."""
    with ExitStack() as cleanup:
        started = {name: service(name, environment, log_folder) for name in names}
        for server in started.values():
            cleanup.callback(server.stop)
            server.launch()
        for server in started.values():
            server.wait_until_ready()
        yield started
