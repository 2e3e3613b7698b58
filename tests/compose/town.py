"""A city on an installed machine: its people, and what they do from outside."""

import csv
import io
import re
import shutil
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx

from services.web.entry.one_time import STEP_S, code_at
from simulators.trucks.phone import DriverClient
from tests.compose.installed import URL, Installed, eventually
from tests.support.example_town import EXAMPLE, FLEET_OF_TRUCK

OPERATOR, PASSWORD = "amina", "une-longue-matinee"
DAWN_H = 6


class Town:
    """By the commands of step 5, and then by HTTPS."""

    def __init__(self, installed: Installed, city: str, folder: Path, trucks: tuple[str, ...] = ()) -> None:
        """`folder`: its city folder, copied to where the machine has them. `trucks`: those that get a login."""
        self.id = city
        self._installed, self._folder, self._trucks = installed, folder, trucks
        self._codes: dict[str, str] = {}
        self._secret = ""
        self._step = 0
        self._zone = zone_where_it_is(DAWN_H)

    @classmethod
    def of_the_documentation(cls, installed: Installed) -> "Town":
        return cls(installed, "houeyogbe", EXAMPLE, tuple(FLEET_OF_TRUCK))

    def today(self) -> date:
        return datetime.now(ZoneInfo(self._zone)).date()

    def settle(self) -> None:
        """Loaded, where the day has just begun, with an operator and a crew for each truck."""
        self.load()
        self.add_operator()
        self.give_one_time_codes()
        for truck in self._trucks:
            told = self._installed.tool("account", "add", self.id, truck, "--role", "driver", "--truck", truck)
            self._codes[truck] = _found(r"its code is (\d+)", told)

    def load(self) -> None:
        laid = self._installed.folder / "cities" / self.id
        shutil.copytree(self._folder, laid)
        toml = laid / "city.toml"
        toml.write_text(re.sub(r'timezone = ".*"', f'timezone = "{self._zone}"', toml.read_text()))
        self._installed.tool("city", "check", f"/cities/{self.id}")
        self._installed.tool("city", "load", f"/cities/{self.id}")

    def add_operator(self) -> None:
        (self._installed.folder / "cities" / OPERATOR).write_text(f"{PASSWORD}\n")
        password = ("--password-file", f"/cities/{OPERATOR}")
        self._installed.tool("account", "add", self.id, OPERATOR, "--role", "operator", *password)

    def give_one_time_codes(self) -> None:
        self._secret = _found(r"secret (\w+)", self._installed.tool("account", "one-time", self.id, OPERATOR))

    def devices(self, kind: str) -> dict[str, tuple[str, str]]:
        """Login and password of each, by id; Mosquitto knows them from now on."""
        run = ("run", "--rm", "--no-TTY", "devices")
        told = self._installed.compose(*run, "add", self.id, "--all", "--renew")
        self._installed.compose("exec", "--no-TTY", "mqtt", "kill", "-HUP", "1")
        rows = csv.DictReader(io.StringIO(told))
        return {row["id"]: (row["username"], row["password"]) for row in rows if row["username"].split("/")[1] == kind}

    @contextmanager
    def office(self) -> Iterator[httpx.Client]:
        """A browser in which the operator has logged in, with the password and a code that was not used yet."""
        self._step = max(int(time.time()) // STEP_S, self._step + 1)
        code = code_at(self._secret, self._step)
        who = {"city": self.id, "login": OPERATOR, "password": PASSWORD, "one_time": code}
        with self._browser() as client:
            answer = client.post("/api/v1/session", json=who)
            assert answer.status_code == 200, answer.text
            client.headers["X-CSRF-Token"] = answer.json()["csrf"]
            yield client

    def phone(self, truck: str) -> DriverClient:
        """A phone that its truck's link has made the truck's."""
        link = self._installed.tool("account", "enrol", self.id, truck, "--url", URL).strip()
        with self._browser() as http:
            answer = http.post("/api/v1/phone", json={"code": link.rpartition("/")[2]})
        assert answer.status_code < 300, answer.text
        return DriverClient(self._browser(), self.id, truck, self._codes[truck], str(answer.json()["key"]))

    def _browser(self) -> httpx.Client:
        """With the authority of the pages' certificates, as it is installed on phones and PCs."""
        into = self._installed.folder / "caddy-root.crt"
        self._installed.compose("cp", "front:/data/caddy/pki/authorities/local/root.crt", str(into))
        trusting = ssl.create_default_context(cafile=into)
        return httpx.Client(base_url=URL, verify=trusting, timeout=30, headers={"Origin": URL})


def plan_day(office: httpx.Client, day: date, limit_s: int) -> dict[str, Any]:
    """Order the day's plan and wait for it."""
    ordered = office.post("/api/v1/plan", json={"day": day.isoformat(), "time_limit_s": limit_s})
    assert ordered.status_code == 202, ordered.text
    progress: dict[str, str] = {}

    def is_planned() -> bool:
        progress.update(office.get(f"/api/v1/planning/{ordered.json()['request_id']}").json())
        assert progress["state"] != "failed", progress
        return progress["state"] == "finished"

    eventually(is_planned, "the day is planned")
    path = f"/api/v1/plans/{progress['plan_id']}"
    eventually(lambda: office.get(path).is_success, "the plan is in the store")
    plan: dict[str, Any] = office.get(path).json()
    return plan | {"id": progress["plan_id"]}


def confirmation(circuit: Mapping[str, Any], number: int) -> dict[str, Any]:
    """What a crew says about its stop of that number, now."""
    stops = [visit for visit in circuit["visits"] if visit["kind"] == "stop"]
    return {
        "id": str(uuid4()), "plan_id": circuit["plan_id"], "kind": "stop", "place": stops[number]["place"],
        "outcome": "done", "happened_at": datetime.now(UTC).isoformat(),
    }  # fmt: skip


def zone_where_it_is(hour: int) -> str:
    """A time zone in which that hour of a day has begun: a town's trucks are about to leave, whenever this runs."""
    ahead_h = (hour - datetime.now(UTC).hour + 12) % 24 - 12
    return f"Etc/GMT{-ahead_h:+d}" if ahead_h else "Etc/GMT"


def _found(pattern: str, told: str) -> str:
    found = re.search(pattern, told)
    assert found, told
    return found[1]
