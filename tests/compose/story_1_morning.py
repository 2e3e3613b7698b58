"""docs/deployment.md followed to the letter: from an empty machine to a crew that confirms its stops."""

import json
import time
from collections.abc import Iterable
from itertools import batched
from pathlib import Path

import pytest

from simulators.city import write_city_folder
from tests.compose.engine import Engine
from tests.compose.installed import SERVERS, SERVICES, Installed, eventually
from tests.compose.memory import memory_table, most_taken_mb, taken_mb
from tests.compose.tls_device import TlsDevice
from tests.compose.town import Town, confirmation, plan_day

pytestmark = pytest.mark.timeout(2400)  # the first builds all images

LARGE = "ville-lagune"
"""The city that the demo draws."""
AT_ONCE = 50
FIRST_PLAN_S = 900.0
"""Compiling is a minute or two on a quiet machine, once."""


def test_a_reading_is_stored_minutes_after_the_empty_machine(engine: Engine, request: pytest.FixtureRequest) -> None:
    """Timed without the download and the build of images, which is each machine's own."""
    assert engine.server.is_running
    began_s = time.monotonic()
    for step, told in (
        ("city", "all is healthy"),
        ("town", "the city is loaded and its people have their logins"),
        ("device", "the first reading is in the store"),
    ):
        request.getfixturevalue(step)
        print(f"\n{told} after {time.monotonic() - began_s:.0f} s")


def test_everything_is_up_and_doctor_finds_nothing_wrong(city: Installed, device: TlsDevice) -> None:
    """The planner has planned today by itself, once its search was compiled for this machine."""
    assert device.is_stored()
    assert city.is_healthy(*SERVERS, *SERVICES)
    states = city.states()
    assert {name: states[name]["ExitCode"] for name in ("setup", "mqtt-setup")} == {"setup": 0, "mqtt-setup": 0}

    def is_all_well() -> bool:
        findings = json.loads(city.tool("doctor", "--json"))["findings"]
        # `rejected`: what the sensor said before the bridge knew it.
        return {finding["what"] for finding in findings if finding["status"] != "ok"} <= {"rejected"}

    eventually(is_all_well, "doctor has nothing to say", FIRST_PLAN_S)


def test_morning_goes_from_a_bin_to_a_crew_and_back(city: Installed, town: Town) -> None:
    """A plan ordered, made, sent, fetched by the truck's phone, confirmed: all through Caddy, over HTTPS."""
    today = town.today()
    with town.office() as office:
        plan = plan_day(office, today, limit_s=5)
        assert plan["circuits"]
        sent = office.post("/api/v1/dispatches", json={"plan_id": plan["id"]})
        assert sent.status_code == 202, sent.text
    phone = town.phone(plan["circuits"][0]["truck"])
    eventually(lambda: phone.find_circuit(today) is not None, "the phone has its circuit")
    circuit = phone.find_circuit(today)
    assert circuit is not None
    assert phone.send([confirmation(circuit, 0)]) == 1
    phone.close()
    eventually(lambda: city.count("confirmation") == 1, "the confirmation is in the store")


def test_figures_are_scraped(city: Installed) -> None:
    """Prometheus, which has no way but to the services' probes, hears all of them."""
    city.profiles.append("monitoring")
    city.up("prometheus")
    asked = f"http://127.0.0.1:9090/api/v1/query?query=sum(up)=={len(SERVICES)}"

    def are_all_up() -> bool:
        return f'"{len(SERVICES)}"' in city.compose("exec", "--no-TTY", "prometheus", "wget", "-q", "-O", "-", asked)

    eventually(are_all_up, "all services' figures are read")
    city.compose("stop", "prometheus")
    city.profiles.clear()


def test_memory_is_told(city: Installed, tmp_path: Path) -> None:
    """At rest, and while the demo's city is loaded, heard and planned."""
    rest = taken_mb(city)
    write_city_folder(1, tmp_path / LARGE)
    large = Town(city, LARGE, tmp_path / LARGE)
    with most_taken_mb(city) as load:
        large.load()
        large.add_operator()
        large.give_one_time_codes()
        for some in batched(large.devices("containers").items(), AT_ONCE):
            _hear(city, some)
        with large.office() as office:
            plan = plan_day(office, large.today(), limit_s=60)
    print(f"\n{len(plan['circuits'])} circuits planned\n{memory_table(rest, load)}")
    assert set(rest) == {*SERVERS, *SERVICES}


def _hear(city: Installed, logins: Iterable[tuple[str, tuple[str, str]]]) -> None:
    """A reading of each sensor."""
    sensors = [TlsDevice(city, LARGE, device, login) for device, login in logins]
    for sensor in sensors:
        sensor.send()
    for sensor in sensors:
        sensor.wait_until_acknowledged()
        sensor.leave()
