"""docs/deployment.md followed to the letter on a Docker engine, and then what may happen to a city's machine.

Run by `make compose-test`, not with the other tests: it wants root, an engine and some minutes. One story, in order.
"""

import os
import re
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.compose.engine import CommandFailed, Engine, running_engine
from tests.compose.installed import Installed, confirmation, eventually, is_open
from tests.compose.stand_ins import PREFIX, ROOT, build_ours, build_stand_ins
from tests.compose.tls_device import TlsDevice

pytestmark = pytest.mark.timeout(1200)  # the first builds all images

PUBLISHED = {80, 443, 8090, 8883}
SERVERS = ("mqtt", "kafka", "store", "front")
SERVICES = ("bridge", "edges", "writer", "planner", "ledger", "web", "webhook")
BITS = {"CHOWN": 0, "DAC_OVERRIDE": 1, "FOWNER": 3, "SETGID": 6, "SETUID": 7, "NET_BIND_SERVICE": 10}
"""Of capabilities, by linux/capability.h."""
CAPABILITIES = {"store": ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"], "front": ["NET_BIND_SERVICE"]}
"""What docker-compose.yml adds; to the others nothing."""
ROOTS = {"front"}
"""Whose processes are root's, without root's capabilities: their image has no other user."""


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with running_engine() as running:
        build_stand_ins(running)
        build_ours(running, ROOT / "infra/compose/mqtt/Dockerfile", "tournee-mqtt:0.1.0")
        build_ours(running, ROOT / "infra/compose/Dockerfile", "tournee:0.1.0")
        yield running


@pytest.fixture(scope="module")
def city(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The town of the documentation's city folder, installed step by step."""
    began_s = time.monotonic()
    installed = Installed(engine, tmp_path_factory.mktemp("checkout"))
    installed.install()
    print(f"\ninstalled in {time.monotonic() - began_s:.0f} s, without the images' build")
    return installed


@pytest.fixture(scope="module")
def device(city: Installed) -> Iterator[TlsDevice]:
    """The first sensor of the town, over TLS with its own password."""
    sensor = TlsDevice(city, *next(iter(city.devices("containers").items())))
    yield sensor
    sensor.leave()


def test_everything_is_up_and_doctor_finds_nothing_wrong(city: Installed) -> None:
    states = {row["Service"]: row for row in city.states()}
    healths = {name: states[name]["Health"] for name in (*SERVERS, *SERVICES)}
    assert healths == dict.fromkeys((*SERVERS, *SERVICES), "healthy")
    assert {name: states[name]["ExitCode"] for name in ("setup", "mqtt-setup")} == {"setup": 0, "mqtt-setup": 0}
    told = city.tool("doctor")
    assert "ok" in told


def test_morning_goes_from_a_bin_to_a_crew_and_back(city: Installed, device: TlsDevice) -> None:
    """A reading over TLS; a plan ordered, made, sent, fetched by the truck's phone, confirmed: all from outside."""
    eventually(lambda: _is_heard(city, device), "a reading is in the store")
    today = datetime.now(UTC).date().isoformat()
    with city.browser() as office:
        city.log_in(office)
        ordered = office.post("/api/v1/plan", json={"day": today, "time_limit_s": 5})
        assert ordered.status_code == 202, ordered.text
        progress: dict[str, str] = {}

        def is_planned() -> bool:
            progress.update(office.get(f"/api/v1/planning/{ordered.json()['request_id']}").json())
            assert progress["state"] != "failed", progress
            return progress["state"] == "finished"

        eventually(is_planned, "the day is planned")
        eventually(lambda: office.get(f"/api/v1/plans/{progress['plan_id']}").is_success, "the plan is stored")
        plan = office.get(f"/api/v1/plans/{progress['plan_id']}").json()
        assert plan["circuits"]
        sent = office.post("/api/v1/dispatches", json={"plan_id": progress["plan_id"]})
        assert sent.status_code == 202, sent.text
    phone = city.phone(plan["circuits"][0]["truck"])
    day = datetime.fromisoformat(today).date()
    eventually(lambda: phone.find_circuit(day) is not None, "the phone has its circuit")
    circuit = phone.find_circuit(day)
    assert circuit is not None
    assert phone.send([confirmation(circuit, 0)]) == 1
    eventually(lambda: city.count("confirmation") == 1, "the confirmation is in the store")
    phone.close()


def test_nothing_else_is_reached_from_outside(city: Installed) -> None:
    shown = city.engine.docker("ps", "--format", "{{.Ports}}")
    assert {int(port) for port in re.findall(r":(\d+)->", shown)} == PUBLISHED
    assert all(is_open(port) for port in PUBLISHED)


@pytest.mark.parametrize("network", ["mqtt", "stream", "data"])
def test_inner_networks_lead_nowhere(city: Installed, network: str) -> None:
    """Whoever gets into a service carries nothing out: no name is found, no address reached."""
    gateway = city.engine.docker("network", "inspect", f"tournee_{network}", "--format", "{{.Internal}}").strip()
    assert gateway == "true"
    asked = "timeout 5 bash -c 'exec 3<>/dev/tcp/1.1.1.1/53' || { echo timed out >&2; exit 1; }"
    with pytest.raises(CommandFailed, match=r"unreachable|timed out"):
        city.engine.docker("run", "--rm", "--network", f"tournee_{network}", f"{PREFIX}/debian", "sh", "-c", asked)


@pytest.mark.parametrize("service", [*SERVERS, *SERVICES])
def test_container_may_what_it_must(city: Installed, service: str) -> None:
    """Capabilities, user and root file system of its processes, as the kernel has them."""
    container = city.container(service)
    pid = city.engine.docker("inspect", container, "--format", "{{.State.Pid}}").strip()
    status = dict(re.findall(r"^(\w+):\t(.*)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE))
    assert int(status["CapBnd"], 16) == sum(1 << BITS[name] for name in CAPABILITIES.get(service, []))
    assert status["NoNewPrivs"] == "1"
    is_root = status["Uid"].split()[1] == "0"
    assert is_root == (service in ROOTS)
    if service in {*SERVICES, "mqtt", "front"}:
        with pytest.raises(CommandFailed, match="Read-only file system"):
            city.compose("exec", "--no-TTY", "--user", "0", service, "sh", "-c", "echo > /written")


def test_figures_are_scraped(city: Installed) -> None:
    city.compose("--profile", "monitoring", "up", "--detach", "--no-build", "--wait", "prometheus")
    asked = f"http://127.0.0.1:9090/api/v1/query?query=sum(up)=={len(SERVICES)}"

    def are_all_up() -> bool:
        return f'"{len(SERVICES)}"' in city.compose("exec", "--no-TTY", "prometheus", "wget", "-q", "-O", "-", asked)

    eventually(are_all_up, "all services' figures are read")


@pytest.mark.parametrize("service", [*SERVERS, *SERVICES])
def test_nothing_acknowledged_is_lost_when_a_container_dies(city: Installed, device: TlsDevice, service: str) -> None:
    container = city.container(service)
    pid = int(city.engine.docker("inspect", container, "--format", "{{.State.Pid}}"))
    stored = city.count("reading")
    device.send(50)
    os.kill(pid, signal.SIGKILL)
    device.send(50)
    eventually(device.all_acknowledged, "all is acknowledged")
    eventually(lambda: _is_healthy(city, service), f"{service} is back")
    eventually(lambda: city.count("reading") == stored + 100, "all that was acknowledged is in the store")


def test_all_comes_back_with_the_machine(city: Installed, device: TlsDevice) -> None:
    """The engine stops and starts, as with a restart: what runs comes back by itself."""
    stored = city.count("reading")
    device.send(50)
    eventually(device.all_acknowledged, "all is acknowledged")
    city.engine.restart()
    for service in (*SERVERS, *SERVICES):
        eventually(lambda name=service: _is_healthy(city, name), f"{service} is back")  # type: ignore[misc]
    device.send(50)
    eventually(lambda: city.count("reading") == stored + 100, "all that was acknowledged is in the store")


def test_backup_of_one_project_is_restored_into_another(city: Installed) -> None:
    before = {table: city.count(table) for table in ("reading", "plan", "confirmation", "account")}
    city.tool("backup", "/backups/all.backup")
    archive = (city.folder / "backups/all.backup").read_bytes()
    city.compose("--profile", "monitoring", "down", "--volumes")
    city.start()
    assert city.count("reading") == 0
    path = city.folder / "backups/all.backup"
    path.write_bytes(archive)
    city.tool("restore", "/backups/all.backup")
    assert {table: city.count(table) for table in before} == before


def _is_heard(city: Installed, device: TlsDevice) -> bool:
    """The bridge looks now and then which cities there are; until then it knows no such container."""
    device.send()
    time.sleep(1)
    return city.count("reading") > 0


def _is_healthy(city: Installed, service: str) -> bool:
    return any(row["Service"] == service and row["Health"] == "healthy" for row in city.states())
