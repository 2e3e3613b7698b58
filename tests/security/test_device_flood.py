"""A stolen sensor that sends without end: it is slowed and told, and what was acknowledged is kept, its own too."""

import secrets
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from infra.stack.ports import LOOPBACK
from infra.stack.stack import MqttLogin, MqttLogins
from services.bridge.bridge import Bridge
from services.bridge.devices import KnownDevices
from services.bridge.intake import Keep
from services.bridge.rates import USUAL_A_MINUTE, Rates
from services.clock import SimulatedClock
from services.contracts import topics
from services.contracts.devices import DeviceTopic
from services.contracts.telemetry import DeviceNoted
from services.stream.mqtt import Arrival
from services.stream.mqtt_passwords import changing
from tests.support.journaled import Broker, running, until

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PAYLOAD = b'{"happened_at": "2026-03-01T11:59:00Z", "fill_ratio": 0.5}'
FLOODER, HONEST = (f"tournee/v1/porto/containers/{name}/reading".encode() for name in ("STOLEN", "HONEST"))
KNOWN = [DeviceTopic("porto", "containers", name) for name in ("STOLEN", "HONEST")]


class Sent:
    """Kafka has it."""

    is_done = True
    exception = None


class Kafka:
    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []

    def send(self, topic: str, key: bytes, value: bytes) -> Sent:  # noqa: ARG002
        self.sent.append((topic, value))
        return Sent()


def test_flood_is_told_and_counted_and_nothing_is_thrown_away() -> None:
    """Acknowledged is kept, a flood too; the note says by how much, once for its minute."""
    kafka, acknowledged = Kafka(), list[int]()
    clock = SimulatedClock(NOON, wall_s=0, speed=0)
    keep = Keep(timedelta(days=1), timedelta(days=1))
    bridge = Bridge(kafka, clock, KnownDevices(lambda: KNOWN).find, acknowledged.extend, keep=keep)
    flood = 3 * USUAL_A_MINUTE
    bridge.on_arrivals([Arrival(FLOODER, PAYLOAD, number) for number in range(flood)])
    bridge.on_arrivals([Arrival(HONEST, PAYLOAD, flood + number) for number in range(10)])
    bridge.settle()
    bridge.tell_notes()
    assert len(acknowledged) == flood + 10
    assert [topic for topic, _ in kafka.sent].count(topics.READINGS) == flood + 10
    (note,) = [DeviceNoted.model_validate_json(value) for topic, value in kafka.sent if topic == topics.DEVICE_NOTES]
    assert (note.device, note.field, note.messages) == ("STOLEN", "rate", 1)
    assert note.example == f"over {USUAL_A_MINUTE} messages in a minute"
    assert bridge.meter.floods == 1


def test_a_flood_is_told_once_a_minute() -> None:
    """Ten minutes of it are ten notes, which the technician's page sums up as one line."""
    rates = Rates(usual=5)
    told = [rates.is_flood(FLOODER, NOON + timedelta(seconds=second)) for second in range(600)]
    assert told.count(True) == 10
    assert not any(rates.is_flood(HONEST, NOON + timedelta(minutes=20 + n)) for n in range(50))


STOLEN, OTHER = "cotonou/containers/STOLEN", "cotonou/containers/OTHER"
BURST, A_SECOND = 100, 50


class Devices(NamedTuple):
    broker: Broker
    logins: dict[str, MqttLogin]
    bridge: MqttLogin


@pytest.fixture
def devices(tmp_path: Path) -> Iterator[Devices]:
    """A broker with production's rights, and two devices' logins; each may send little at once."""
    file, bridge = tmp_path / "devices.passwd", secrets.token_urlsafe(32)
    with changing(file) as passwords:
        passwords.put("bridge", bridge)
        logins = {name: MqttLogin(name, passwords.add(name)) for name in (STOLEN, OTHER)}
    options = {"device_burst": BURST, "device_rate": A_SECOND}
    with running(tmp_path, logins=MqttLogins(file, MqttLogin("bridge", bridge)), **options) as broker:
        yield Devices(broker, logins, MqttLogin("bridge", bridge))


class Sender:
    """A device that keeps what is not acknowledged, comes back and sends it again, as paho does by itself."""

    def __init__(self, broker: Broker, login: MqttLogin, *, last_level: str = "reading") -> None:
        self._topic = f"tournee/v1/{login.username}/{last_level}"
        self.acknowledged = 0
        self.hung_up = 0
        self._client = paho.Client(CallbackAPIVersion.VERSION2, login.username, clean_session=False)
        self._client.username_pw_set(login.username, login.password)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_publish = lambda *_: self._count()
        self._client.on_disconnect = lambda *_: self._lost()
        self._client.connect(LOOPBACK, broker.port)
        self._client.loop_start()

    def _count(self) -> None:
        self.acknowledged += 1

    def _lost(self) -> None:
        self.hung_up += 1

    def send(self, count: int, *, payload: bytes = PAYLOAD, retain: bool = False) -> None:
        for _ in range(count):
            self._client.publish(self._topic, payload, 1, retain)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def test_flooding_device_is_slowed_and_loses_nothing(devices: Devices) -> None:
    """Beyond its burst it is hung up on, unacknowledged; it comes back, and another is not kept waiting."""
    broker, logins, _ = devices
    began_s = time.monotonic()
    flood, other = Sender(broker, logins[STOLEN]), Sender(broker, logins[OTHER])
    with closing(flood), closing(other):
        flood.send(3 * BURST)
        other.send(BURST // 2)
        until(lambda: other.acknowledged == BURST // 2, "the other is served at once", 5)
        until(lambda: flood.acknowledged == 3 * BURST, "all of it is taken in time", 180)
        # 100 at once, then 200 at 50 a second: not before four seconds are over.
        assert time.monotonic() - began_s > (3 * BURST - BURST) / A_SECOND
        assert flood.hung_up > 0
        assert other.hung_up == 0
    assert "a device sends more than it may" in broker.log()


def test_a_device_has_one_measure_over_all_its_topics(devices: Devices) -> None:
    """It may publish below its own name whatever it likes; that opens no second measure. Large messages count more."""
    broker, logins, _ = devices
    flood = Sender(broker, logins[STOLEN], last_level="reading")
    with closing(flood):
        flood.send(BURST)
        until(lambda: flood.acknowledged == BURST, "its burst is taken")
    again = Sender(broker, logins[STOLEN], last_level="elsewhere")
    with closing(again):
        again.send(BURST, payload=b"x" * 16_384)  # five each: 4096 bytes are one more
        until(lambda: again.hung_up > 0, "no second burst")
        assert again.acknowledged < BURST


def test_a_devices_retained_messages_are_not_kept(devices: Devices) -> None:
    """They would be given to every bridge that subscribes, for ever, and fill the broker's memory."""
    broker, logins, _ = devices
    device = Sender(broker, logins[STOLEN])
    with closing(device):
        device.send(5, retain=True)
        until(lambda: device.acknowledged == 5, "they are taken")
    heard: list[paho.MQTTMessage] = []
    login = devices.bridge
    bridge = paho.Client(CallbackAPIVersion.VERSION2, "tournee-bridge-1", clean_session=False)
    bridge.username_pw_set(login.username, login.password)
    bridge.on_connect = lambda client, *_: client.subscribe("tournee/v1/#", 1)
    bridge.on_message = lambda _c, _u, message: heard.append(message)
    bridge.connect(LOOPBACK, broker.port)
    bridge.loop_start()
    try:
        # What waited for a bridge is handed out by the journal; a retained one would come beside it, marked as such.
        until(lambda: len(heard) >= 5, "what waited for a bridge comes")
        time.sleep(1)
        assert [message.retain for message in heard] == [False] * 5
    finally:
        bridge.disconnect()
        bridge.loop_stop()
