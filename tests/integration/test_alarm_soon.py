"""A bin that burns or lies on its side stands on the office's page within seconds, on real servers, over MQTT."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from infra.stack.stack import Stack
from tests.support.example_town import example_town
from tests.support.live_town import LiveTown, live_town
from tests.support.published import EM400_ALARM_OBJECT, EM400_OBJECT, chirpstack

pytestmark = pytest.mark.parametrize("fresh_stack", ["embedded", "real"], indirect=True)

DAY = date(2026, 3, 3)
SOON_S = 5.0
"""From the reading to the page."""


@pytest.fixture(scope="module")
def town(fresh_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveTown]:
    with live_town(fresh_stack, example_town(), tmp_path_factory.mktemp("town"), ("writer", "bridge", "web")) as live:
        yield live


@pytest.fixture
def network(fresh_stack: Stack) -> Iterator[paho.Client]:
    """The LoRaWAN network's side of the broker."""
    sender = paho.Client(CallbackAPIVersion.VERSION2, client_id="chirpstack")
    sender.connect(fresh_stack.mqtt_host, fresh_stack.mqtt_port)
    sender.loop_start()
    yield sender
    sender.disconnect()
    sender.loop_stop()


@pytest.mark.parametrize(
    ("words", "told", "device"),
    [("Chaleur dans un bac", EM400_ALARM_OBJECT, "a"), ("Bac renversé", EM400_OBJECT, "b")],
)
def test_alarm_of_a_sensor_stands_on_the_office_s_page_within_five_seconds(
    town: LiveTown, network: paho.Client, words: str, told: dict[str, object], device: str
) -> None:
    """As its browser does it: the line of events says that something changed, and the panel is fetched again."""
    city, container = example_town().city.id, example_town().containers[0].id
    panel = f"/operateur/panneau?jour={DAY}"
    french = {"Accept-Language": "fr"}
    assert words not in town.office.get(panel, headers=french).text
    with town.office.stream("GET", "/api/v1/live", params={"day": DAY.isoformat()}, timeout=30) as line:
        lines = line.iter_lines()
        before = len(_alerts(lines))
        # A device of a real network lives by the machine's clock, also in a city whose clock is simulated.
        read_at, since_s = datetime.now(UTC), time.monotonic()
        about = {"deviceInfo": {"devEui": device * 16, "tags": {"container": container}}, "object": told}
        uplink = chirpstack(
            time=read_at.isoformat(), deduplicationId=f"{device * 8}-4401-4b8d-9386-a5c902f9202d", **about
        )
        network.publish(f"tournee/v1/{city}/chirpstack/main/up", json.dumps(uplink), qos=1)
        while len(_alerts(lines)) <= before:
            assert time.monotonic() - since_s < 30, "the line of events told nothing"
        page = town.office.get(panel, headers=french).text
        took_s = time.monotonic() - since_s
    assert words in page
    print(f"{words}: on the page {took_s:.2f} s after the reading")
    assert took_s < SOON_S


def _alerts(lines: Iterator[str]) -> list[object]:
    """Of the next event that brings them."""
    for line in lines:
        if line.startswith("data:"):
            state = json.loads(line.removeprefix("data:"))
            if "alerts" in state:
                return list(state["alerts"])
    raise AssertionError("the line of events ended")
