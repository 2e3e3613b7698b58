"""A Docker engine of this run's own: its socket, its data and its containers in one folder, gone in the end."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from infra.stack.cache import cached
from infra.stack.debian import unpack
from infra.stack.errors import ServerDidNotStart, ServerMissing
from infra.stack.server import Server

NEEDED = {"dockerd": "docker.io", "iptables": "iptables", "debootstrap": "debootstrap"}
"""Programs, and Debian's packages that hold them."""
SUITE = "trixie"
COMPOSE = Path("usr/libexec/docker/cli-plugins/docker-compose")


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

    def restart(self) -> None:
        """As after a restart of the machine: containers end with the daemon, and those that are to run come back."""
        self.server.stop()
        self.server.start()


@contextmanager
def running_engine() -> Iterator[Engine]:
    """The engine; nothing is left of it afterwards.

    Raises:
        ServerMissing: it may or can not be had here; the message says why.
    """
    if os.geteuid() != 0:
        raise ServerMissing("a Docker engine wants root, and this is another user")
    for program, package in NEEDED.items():
        if shutil.which(program) is None:
            raise ServerMissing(f"{program} is not here: apt install {package}")
    compose = cached(
        f"compose-{SUITE}", lambda place: unpack(place, SUITE, ["docker-compose"], re.compile("docker-compose$"))
    )
    folder = Path(tempfile.mkdtemp(prefix="tournee-engine-"))
    server = Server(
        "Docker",
        [
            *("dockerd", "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec"),
            *("--host", f"unix://{folder}/docker.sock", "--pidfile", f"{folder}/docker.pid"),
            # No bridge of its own: what builds is on this machine's network, what runs on those of docker-compose.yml.
            *("--storage-driver", "overlay2", "--bridge", "none"),
        ],
        folder / "docker.log",
        ready=lambda: _answers(folder),
        patience_s=60,
    )
    engine = Engine(folder, server, compose / COMPOSE)
    chains = _chains()
    try:
        server.start()
        yield engine
    except ServerDidNotStart as failure:
        raise ServerMissing(f"no Docker engine starts here: {failure}") from failure
    finally:
        _remove_all(engine)
        server.stop()
        _remove_chains(_chains() - chains)
        _unmount(folder)
        shutil.rmtree(folder)


def _answers(folder: Path) -> bool:
    asked = ["docker", "--host", f"unix://{folder}/docker.sock", "info"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def _remove_all(engine: Engine) -> None:
    """Containers with their processes, and networks with their bridges: a daemon that ends leaves both."""
    if not engine.server.is_running:
        return
    if ids := engine.docker("ps", "--all", "--quiet").split():
        engine.docker("rm", "--force", "--volumes", *ids)
    engine.docker("network", "prune", "--force")


def _chains() -> frozenset[tuple[str, str]]:
    """Chains of rules that Docker has in this machine's firewall: (table, chain)."""
    found = set()
    for table in ("filter", "nat"):
        rules = subprocess.run(["iptables", "-t", table, "-S"], capture_output=True, text=True, check=True).stdout
        found |= {(table, line.split()[1]) for line in rules.splitlines() if line.startswith("-N DOCKER")}
    return frozenset(found)


def _remove_chains(chains: frozenset[tuple[str, str]]) -> None:
    for table in {table for table, _ in chains}:
        rules = subprocess.run(["iptables", "-t", table, "-S"], capture_output=True, text=True, check=True).stdout
        ours = {chain for where, chain in chains if where == table}
        jumps = [line.split() for line in rules.splitlines() if line.startswith("-A") and line.split()[-1] in ours]
        for _, *rule in jumps:
            subprocess.run(["iptables", "-t", table, "-D", *rule], check=True)
        for action in ("-F", "-X"):
            for chain in ours:
                subprocess.run(["iptables", "-t", table, action, chain], check=True)


def _unmount(folder: Path) -> None:
    """What the daemon leaves mounted when it ends: the network of builds."""
    mounted = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for place in reversed([place for place in mounted if place.startswith(f"{folder}/")]):
        subprocess.run(["umount", place], check=True)
