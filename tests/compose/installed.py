"""A city's machine as docs/deployment.md makes it, by the commands that it shows."""

import json
import re
import resource
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from tests.compose.disk import SmallDisk
from tests.compose.engine import Engine
from tests.compose.releases import Release
from tests.compose.stand_ins import image_here

ADDRESS = "127.0.0.1"
URL = f"https://{ADDRESS}"
SERVERS = ("mqtt", "kafka", "store", "front")
SERVICES = ("bridge", "edges", "writer", "planner", "ledger", "web", "webhook")
PATIENCE_S = 240.0
MQTT_FILES = 200_000


def eventually(is_so: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
    """Wait until it is. Raises: AssertionError."""
    deadline_s = time.monotonic() + patience_s
    while not is_so():
        assert time.monotonic() < deadline_s, f"not within {patience_s:.0f} s: {what}"
        time.sleep(0.5)


class Installed:
    """One project of docker-compose.yml, in a folder that holds what a clone of the repository would."""

    def __init__(self, engine: Engine, release: Release, folder: Path, disk: SmallDisk | None = None) -> None:
        """`disk`: where the store's volume lies, in place of Docker's own folder."""
        self.engine, self.folder, self.disk = engine, folder, disk
        self.profiles: list[str] = []
        self.release = release
        release.check_out(folder)
        self._write_override()

    def compose(self, *arguments: str, patience_s: float = 600) -> str:
        """Raises: CommandFailed."""
        profiles = [part for profile in self.profiles for part in ("--profile", profile)]
        return self.engine.compose(self.folder, *profiles, *arguments, patience_s=patience_s)

    def make_secrets(self) -> None:
        """Steps 2 and 3."""
        self.sh("infra/compose/new_env.sh", ADDRESS, "internal")
        self.sh("infra/compose/mqtt/certificates.sh", ADDRESS)

    def start(self) -> None:
        """Step 4; the images are built already."""
        self._make_folders()
        self.up()

    def make_empty_store(self) -> None:
        """Store and Kafka alone, set up: for what is restored before any service runs."""
        self._make_folders()
        self.compose("run", "--rm", "--no-TTY", "setup")

    def up(self, *services: str) -> None:
        """Until all, or those services, are healthy."""
        self.compose("up", "--detach", "--no-build", "--wait", "--wait-timeout", "300", *services, patience_s=400)

    def sh(self, script: str, *arguments: str) -> None:
        subprocess.run(["sh", script, *arguments], cwd=self.folder, check=True, capture_output=True)

    def switch(self, release: Release) -> None:
        """Its files in place of those that are here, as by `git pull` and `git checkout`; nothing runs it yet."""
        release.check_out(self.folder, instead_of=self.release)
        self.release = release
        self._write_override()

    def tool(self, *arguments: str) -> str:
        """Raises: CommandFailed."""
        return self.compose("run", "--rm", "--no-TTY", "tool", *arguments)

    def set(self, name: str, value: str) -> str:
        """Write it into .env; what stood there."""
        path = self.folder / ".env"
        before, line, after = re.split(rf"^{name}=(.*)$", path.read_text(), flags=re.MULTILINE)
        path.write_text(f"{before}{name}={value}{after}")
        return line

    def states(self) -> dict[str, dict[str, Any]]:
        """What Docker says of each service's container, also of those that have ended."""
        told = self.compose("ps", "--all", "--format", "json")
        return {row["Service"]: row for row in map(json.loads, told.splitlines())}

    def is_healthy(self, *services: str) -> bool:
        states = self.states()
        return all(states[name]["Health"] == "healthy" for name in services)

    def container(self, service: str) -> str:
        """Its id."""
        return self.compose("ps", "--all", "--quiet", service).strip()

    def pid(self, service: str) -> int:
        """Of its first process, on this machine; 0 while it does not run."""
        return int(self.engine.docker("inspect", self.container(service), "--format", "{{.State.Pid}}"))

    def sql(self, query: str) -> str:
        """What the superuser is answered, on the store's socket. Raises: CommandFailed."""
        asked = ("psql", "-U", "postgres", "-d", "tournee", "-At", "-v", "ON_ERROR_STOP=1", "-c", query)
        return self.compose("exec", "--no-TTY", "store", *asked).strip()

    def count(self, table: str) -> int:
        return int(self.sql(f"SELECT count(*) FROM {table}"))

    def figure(self, service: str, name: str) -> float:
        """The sum of a metric over its labels, as the service's probe tells it; 0 where it has none yet."""
        asked = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:9100/metrics').read().decode())"
        told = self.compose("exec", "--no-TTY", service, "python", "-c", asked)
        assert f"# TYPE {name} " in told, f"{service} tells no {name}"
        return sum(float(value) for value in re.findall(rf"^{name}(?:{{.*}})? (\S+)$", told, re.MULTILINE))

    def _make_folders(self) -> None:
        (self.folder / "cities").mkdir(exist_ok=True)
        subprocess.run(["install", "-d", "-o", "10001", "-m", "0700", "backups"], cwd=self.folder, check=True)

    def _write_override(self) -> None:
        """What is other here than in docker-compose.yml: images, and what this machine does not give."""
        services = yaml.safe_load((self.folder / "docker-compose.yml").read_text())["services"]
        images = {name: image_here(service["image"], self.release) for name, service in services.items()}
        override: dict[str, Any] = {"services": {name: {"image": image} for name, image in images.items() if image}}
        # A container has no more open files than whoever starts the engine may give it.
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        override["services"]["mqtt"]["ulimits"] = {"nofile": min(most, MQTT_FILES)}
        if self.disk:
            options = {"type": "none", "o": "bind", "device": str(self.disk.data)}
            override["volumes"] = {"store": {"driver": "local", "driver_opts": options}}
        (self.folder / "docker-compose.override.yml").write_text(json.dumps(override))
