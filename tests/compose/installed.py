"""A city's machine as docs/deployment.md makes it, and what its people and devices do with it from outside."""

import csv
import io
import json
import re
import resource
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from services.web.one_time import STEP_S, code_at
from simulators.trucks.phone import DriverClient
from tests.compose.engine import Engine
from tests.compose.stand_ins import ROOT, stand_in_of
from tests.support.example_town import EXAMPLE, FLEET_OF_TRUCK

ADDRESS = "127.0.0.1"
URL = f"https://{ADDRESS}"
CITY = "houeyogbe"
OPERATOR, PASSWORD = "amina", "une-longue-matinee"
TRUCKS = tuple(FLEET_OF_TRUCK)
PATIENCE_S = 180.0
DAWN_H = 6
MQTT_FILES = 200_000


def eventually(is_so: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
    """Wait until it is. Raises: AssertionError."""
    deadline_s = time.monotonic() + patience_s
    while not is_so():
        assert time.monotonic() < deadline_s, f"not within {patience_s:.0f} s: {what}"
        time.sleep(0.5)


class Installed:
    """One project of docker-compose.yml, in a folder that holds what a clone would."""

    def __init__(self, engine: Engine, folder: Path, project: str = "tournee") -> None:
        self.engine, self.folder = engine, folder
        self._project = project
        self._codes: dict[str, str] = {}
        self._secret = ""
        _copy_checkout(folder)
        (folder / "docker-compose.override.yml").write_text(_bases(folder))

    def compose(self, *arguments: str, patience_s: float = 600, env: Mapping[str, str] | None = None) -> str:
        """Raises: CommandFailed."""
        return self.engine.compose(self.folder, *arguments, patience_s=patience_s, env=env)

    def make_secrets(self) -> None:
        """Steps 2 and 3."""
        self._sh("sh", "infra/compose/new_env.sh", ADDRESS, "internal")
        self._sh("sh", "infra/compose/mqtt/certificates.sh", ADDRESS)

    def start(self, *profiles: str) -> None:
        """Step 4; the images are built already."""
        (self.folder / "cities").mkdir(exist_ok=True)
        self._sh("install", "-d", "-o", "10001", "-m", "0700", "backups")
        asked = [part for profile in profiles for part in ("--profile", profile)]
        self.compose(*asked, "up", "--detach", "--no-build", "--wait", "--wait-timeout", "300", patience_s=400)

    def install(self) -> None:
        """All steps, with a town where the day has just begun."""
        self.make_secrets()
        self.start()
        self._lay_city()
        self.tool("city", "check", f"/cities/{CITY}")
        self.tool("city", "load", f"/cities/{CITY}")
        self.compose(
            *("run", "--rm", "--no-TTY", "tool", "account", "add", CITY, OPERATOR, "--role", "operator"),
            *("--password-file", f"/cities/{OPERATOR}"),
        )
        told = self.tool("account", "one-time", CITY, OPERATOR)
        self._secret = _found(r"secret (\w+)", told)
        for truck in TRUCKS:
            told = self.tool("account", "add", CITY, truck, "--role", "driver", "--truck", truck)
            self._codes[truck] = _found(r"its code is (\d+)", told)

    def tool(self, *arguments: str) -> str:
        """Raises: CommandFailed."""
        return self.compose("run", "--rm", "--no-TTY", "tool", *arguments)

    def states(self) -> list[dict[str, Any]]:
        """A row a container, those that have ended too."""
        told = self.compose("ps", "--all", "--format", "json")
        return [json.loads(line) for line in told.splitlines()]

    def container(self, service: str) -> str:
        """Its id."""
        return self.compose("ps", "--quiet", service).strip()

    def sql(self, query: str) -> str:
        """What the superuser is answered, on the store's socket."""
        return self.compose(
            *("exec", "--no-TTY", "store", "psql", "-U", "postgres", "-d", "tournee", "-At", "-c", query)
        ).strip()

    def count(self, table: str) -> int:
        return int(self.sql(f"SELECT count(*) FROM {table}"))

    def devices(self, kind: str) -> dict[str, tuple[str, str]]:
        """Login and password of each, by id, after `devices add --all` and the signal."""
        told = self.compose("run", "--rm", "--no-TTY", "devices", "add", CITY, "--all", "--renew")
        self.compose("exec", "--no-TTY", "mqtt", "kill", "-HUP", "1")
        rows = csv.DictReader(io.StringIO(told))
        return {row["id"]: (row["username"], row["password"]) for row in rows if row["username"].split("/")[1] == kind}

    def browser(self) -> httpx.Client:
        """With the authority of the pages' certificates, as it is installed on phones and PCs."""
        into = self.folder / "caddy-root.crt"
        self.compose("cp", "front:/data/caddy/pki/authorities/local/root.crt", str(into))
        trusting = ssl.create_default_context(cafile=into)
        return httpx.Client(base_url=URL, verify=trusting, timeout=30, headers={"Origin": URL})

    def log_in(self, client: httpx.Client) -> None:
        """As operator, with the password and the code of the moment."""
        code = code_at(self._secret, int(time.time()) // STEP_S)
        who = {"city": CITY, "login": OPERATOR, "password": PASSWORD, "one_time": code}
        answer = client.post("/api/v1/session", json=who)
        assert answer.status_code == 200, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]

    def phone(self, truck: str) -> DriverClient:
        """A phone that its truck's link has made the truck's."""
        link = self.tool("account", "enrol", CITY, truck, "--url", URL).strip()

        with self.browser() as http:
            answer = http.post("/api/v1/phone", json={"code": link.rpartition("/")[2]})
        assert answer.status_code < 300, answer.text
        return DriverClient(self.browser(), CITY, truck, self._codes[truck], str(answer.json()["key"]))

    def _lay_city(self) -> None:
        laid = self.folder / "cities" / CITY
        shutil.copytree(EXAMPLE, laid)
        toml = laid / "city.toml"
        toml.write_text(re.sub(r'timezone = ".*"', f'timezone = "{zone_where_it_is(DAWN_H)}"', toml.read_text()))
        (self.folder / "cities" / OPERATOR).write_text(f"{PASSWORD}\n")

    def _sh(self, *command: str) -> None:
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)


def zone_where_it_is(hour: int) -> str:
    """A time zone in which that hour of a day has begun: a town's trucks are about to leave, whenever this runs."""
    ahead_h = (hour - datetime.now(UTC).hour + 12) % 24 - 12
    return f"Etc/GMT{-ahead_h:+d}" if ahead_h else "Etc/GMT"


def confirmation(circuit: Mapping[str, Any], number: int) -> dict[str, Any]:
    """What a crew says about its stop of that number, now."""
    stops = [visit for visit in circuit["visits"] if visit["kind"] == "stop"]
    return {
        "id": str(uuid4()), "plan_id": circuit["plan_id"], "kind": "stop", "place": stops[number]["place"],
        "outcome": "done", "happened_at": datetime.now(UTC).isoformat(),
    }  # fmt: skip


def _found(pattern: str, told: str) -> str:
    found = re.search(pattern, told)
    assert found, told
    return found[1]


def is_open(port: int, address: str = ADDRESS) -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex((address, port)) == 0


def _copy_checkout(folder: Path) -> None:
    """What git has, and what is new here and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    for name in listed:
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def _bases(folder: Path) -> str:
    """The images of docker-compose.yml that are not ours, by their stand-ins."""
    text = (folder / "docker-compose.yml").read_text()
    found: dict[str, str] = {}
    service = ""
    for line in text.splitlines():
        if named := re.fullmatch(r"  ([a-z0-9-]+):", line):
            service = named[1]
        elif (image := re.fullmatch(r"    image: (\S+)", line)) and not image[1].startswith(("tournee", "grafana/")):
            found[service] = stand_in_of(image[1])
    services: dict[str, dict[str, Any]] = {name: {"image": image} for name, image in found.items()}
    # A container has no more open files than whoever starts the engine may give it.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    services["mqtt"] = {"ulimits": {"nofile": min(most, MQTT_FILES)}}
    return json.dumps({"services": services})
