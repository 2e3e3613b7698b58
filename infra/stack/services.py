"""Our own services as processes of a stack."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from infra.stack.server import Server

SERVICES = ("bridge", "writer", "planner", "ledger", "web")


READY_LINES = {"bridge": "subscribed to", "planner": "takes orders", "writer": "takes events"}
"""What a service logs once it does its work: messages published before the bridge has subscribed are nobody's."""


def service(name: str, environment: Mapping[str, str], log_folder: Path) -> Server:
    """One service, not started; it logs to `<log_folder>/<name>.log`."""
    # A named member is handed its partitions back at once after a restart.
    env = {**os.environ, "TOURNEE_MEMBER": f"{name}-1", **environment}
    log = log_folder / f"{name}.log"
    line = READY_LINES.get(name)
    ready = None if line is None else lambda: log.exists() and line in log.read_text(errors="replace")
    return Server(name, [sys.executable, "-m", f"services.{name}.main"], log, env=env, ready=ready)


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
