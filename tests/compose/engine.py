"""A Docker engine of this run's own: its socket, its data and its containers in one folder, gone in the end."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from infra.stack.cache import cached
from infra.stack.debian import unpack
from infra.stack.errors import ServerDidNotStart, ServerMissing
from infra.stack.server import Server
from tests.compose.leftovers import Firewall, end_processes, remove_bridges, unmount

NEEDED = {
    "dockerd": "docker.io",
    "iptables": "iptables",
    "debootstrap": "debootstrap",
    "ip": "iproute2",
    "mkfs.ext4": "e2fsprogs",
}
"""Programs, and Debian's packages that hold them."""
SUITE = "trixie"
COMPOSE = Path("usr/libexec/docker/cli-plugins/docker-compose")
ENDINGS = (signal.SIGINT, signal.SIGTERM)
END_PATIENCE_S = 120.0
"""The daemon waits for its containers, and the longest `stop_grace_period` of docker-compose.yml is 90 s."""


class CommandFailed(Exception):
    """A command of Docker ended otherwise than asked."""


class Engine:
    """Commands to the daemon."""

    def __init__(self, folder: Path, server: Server, compose: Path) -> None:
        self.folder, self.server = folder, server
        self._compose = compose
        self.environment = os.environ | {
            "DOCKER_HOST": f"unix://{folder}/docker.sock",
            "DOCKER_CONFIG": str(folder / "config"),
            "DOCKER_BUILDKIT": "0",  # Debian's builder is a package of its own; the classic one reads the same files
        }

    def docker(self, *arguments: str, patience_s: float = 600, stdin: str | None = None) -> str:
        """What the command printed.

        Raises:
            CommandFailed: it ended otherwise than well; the message ends with what it said.
        """
        return self._run(["docker", *arguments], patience_s, stdin)

    def compose(
        self, folder: Path, *arguments: str, patience_s: float = 600, env: Mapping[str, str] | None = None
    ) -> str:
        """As `docker compose` typed in `folder`. Raises: CommandFailed."""
        return self._run([str(self._compose), *arguments], patience_s, None, folder, env)

    def _run(
        self,
        command: Sequence[str],
        patience_s: float,
        stdin: str | None,
        folder: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> str:
        run = subprocess.run(
            command,
            cwd=folder,
            env=self.environment | dict(env or {}),
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=patience_s,
            check=False,
        )
        if run.returncode != 0:
            told = f"{run.stdout}\n{run.stderr}".strip()[-4000:]
            raise CommandFailed(f"`{' '.join(command)}` ended with {run.returncode}: {told}")
        return run.stdout

    def remove_project(self, name: str) -> None:
        """All that Compose made for it, with the data: whatever folder it was started from."""
        label = f"label=com.docker.compose.project={name}"
        for kind, force in (("container", ["--force"]), ("volume", []), ("network", [])):
            listed = self.docker(kind, "ls", *(["--all"] if kind == "container" else []), "--quiet", "--filter", label)
            if listed:
                self.docker(kind, "rm", *force, *listed.split())

    def restart(self) -> None:
        """As after a restart of the machine: containers end with the daemon, and those that are to run come back."""
        self.server.stop(END_PATIENCE_S)
        self.server.start()


@contextmanager
def running_engine() -> Iterator[Engine]:
    """The engine; nothing is left of it afterwards, also after a failure, Ctrl-C or SIGTERM.

    Raises:
        ServerMissing: it may or can not be had here; the message says why.
    """
    compose = _needed()
    folder = Path(tempfile.mkdtemp(prefix="tournee-engine-"))
    engine = Engine(folder, _daemon(folder), compose / COMPOSE)
    firewall = Firewall()
    handlers = {number: signal.signal(number, signal.default_int_handler) for number in ENDINGS}
    try:
        try:
            engine.server.start()
        except ServerDidNotStart as failure:
            raise ServerMissing(f"no Docker engine starts here: {failure}") from failure
        yield engine
    finally:
        for number in ENDINGS:  # who asks twice must not keep us from clearing up
            signal.signal(number, signal.SIG_IGN)
        _remove(engine, firewall)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _needed() -> Path:
    """The folder of Compose, where all else is here too. Raises: ServerMissing."""
    if os.geteuid() != 0:
        raise ServerMissing("a Docker engine wants root, and this is another user")
    for program, package in NEEDED.items():
        if shutil.which(program) is None:
            raise ServerMissing(f"{program} is not here: apt install {package}")
    wanted = re.compile("docker-compose$")
    return cached(f"compose-{SUITE}", lambda place: unpack(place, SUITE, ["docker-compose"], wanted))


def _daemon(folder: Path) -> Server:
    command = [
        *("dockerd", "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec"),
        *("--host", f"unix://{folder}/docker.sock", "--pidfile", f"{folder}/docker.pid"),
        # No bridge of its own: what builds is on this machine's network, what runs on those of docker-compose.yml.
        *("--storage-driver", "overlay2", "--bridge", "none"),
    ]
    return Server("Docker", command, folder / "docker.log", ready=lambda: _answers(folder), patience_s=60)


def _answers(folder: Path) -> bool:
    asked = ["docker", "--host", f"unix://{folder}/docker.sock", "info"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def _remove(engine: Engine, firewall: Firewall) -> None:
    """Containers with their processes, and networks with their bridges: a daemon that ends leaves both."""
    if engine.server.is_running:
        if ids := engine.docker("ps", "--all", "--quiet").split():
            engine.docker("rm", "--force", "--volumes", *ids)
        engine.server.stop(END_PATIENCE_S)
    end_processes(engine.folder)
    remove_bridges(engine.folder / "data")
    firewall.restore()
    unmount(engine.folder)
    shutil.rmtree(engine.folder)
