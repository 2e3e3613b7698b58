"""A newcomer plugs in a device by docs/devices.md: key, list, message, and the container has its level."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from typer.testing import CliRunner, Result

from infra.stack.ports import free_port
from infra.stack.stack import Stack
from services.cli.app import app
from services.settings import settings
from tests.support.example_town import example_town
from tests.support.live_town import LiveTown, eventually, live_town

GUIDE = Path(__file__).parents[2] / "docs" / "devices.md"
LONG_AGO = datetime(2026, 3, 3, 4, tzinfo=UTC)
"""The city's clock: none that a device of today knows."""


class Guide(NamedTuple):
    """What the page has a newcomer write."""

    devices: str
    uplink: dict[str, object]

    @property
    def eui(self) -> str:
        return str(self.uplink["deviceInfo"]["devEui"])  # type: ignore[index]


@pytest.fixture(scope="module")
def guide() -> Guide:
    """Its two files, as it has them made."""
    text = GUIDE.read_text()
    listed = re.search(r"^\$ printf '(DevEUI.*?)' > devices\.csv$", text, re.MULTILINE)
    message = re.search(r"^\$ cat > uplink\.json <<END\n(.*?)^END$", text, re.MULTILINE | re.DOTALL)
    assert listed, "docs/devices.md makes no devices.csv"
    assert message, "docs/devices.md makes no uplink.json"
    return Guide(listed[1].replace("\\n", "\n"), json.loads(message[1]))


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def town(embedded_stack_running: Stack, port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveTown]:
    """The example town behind the demo's services, its clock another than the machine's; its bins have an inside."""
    registry = example_town()
    kinds = tuple(kind.model_copy(update={"mount_mm": 1400, "blind_mm": 280}) for kind in registry.container_kinds)
    registry = registry.model_copy(update={"container_kinds": kinds})
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TOURNEE_EDGES_PORT", str(port))
        folder = tmp_path_factory.mktemp("town")
        with live_town(embedded_stack_running, registry, folder, ("edges", "writer", "web"), LONG_AGO) as running:
            yield running


@pytest.fixture(autouse=True)
def _newcomers_shell(embedded_stack_running: Stack, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `. FOLDER/environment` sets, in a folder of one's own."""
    for name, value in (embedded_stack_running.environment() | {"TOURNEE_EDGES_PORT": str(port)}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    settings.cache_clear()


def device(*words: str) -> Result:
    ran = CliRunner().invoke(app, ["device", *words])
    assert ran.exit_code == 0, ran.output
    return ran


def test_device_is_plugged_in_as_the_guide_says(town: LiveTown, guide: Guide, tmp_path: Path) -> None:
    """1200 mm under a sensor at 1400 mm that is blind for 280: 200 of 1120 mm, 18 %, of the city's now."""
    registry = example_town()
    city, container = registry.city.id, registry.containers[0].id
    made = device("key", city, "chirpstack")
    key, address = made.stdout.strip(), re.search(r"http://\S+/chirpstack", made.stderr)
    assert address
    tmp_path.joinpath("devices.csv").write_text(re.sub(r",[^,\n]+\n$", f",{container}\n", guide.devices))
    listed = device("add", city, "--from-chirpstack", "devices.csv", "--apply").stdout
    assert f"{guide.eui} is of {container}" in " ".join(listed.split())
    message = guide.uplink | {"time": datetime.now(UTC).isoformat()}
    tmp_path.joinpath("uplink.json").write_text(json.dumps(message))
    tried = json.loads(device("try", "uplink.json", "--json").stdout)
    assert (tried["rejected"], tried["distance_mm"], tried["device"]) == (None, 1200, guide.eui)

    def answer() -> httpx.Response:
        return httpx.post(address[0], json=message, headers={"Authorization": f"Bearer {key}"}, timeout=30)

    eventually(lambda: answer().status_code == 200, "the door does not know the key")
    eventually(lambda: answer().json()["outcome"] == "taken", "the door does not know the device")

    def told() -> dict[str, Any]:
        answered: dict[str, Any] = town.office.get(f"/api/v1/containers/{container}").json()
        return answered

    eventually(lambda: "0.178" in json.dumps(told()), f"{container} has no level")
    eventually(lambda: guide.eui in town.office.get("/technicien").text, "the technician's page does not tell it")
