"""The load generator against a real Mosquitto: what it says was acknowledged was, and a broken broker loses nothing."""

import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from infra.stack.ports import LOOPBACK, answers, free_port
from infra.stack.server import Server
from services.contracts.devices import parse_device_topic
from services.contracts.telemetry import Reading
from tests.load.messages import PAYLOAD_BYTES, Messages
from tests.load.packets import ProtocolError, connect, remaining_length
from tests.load.process import Orders, SensorsProcess
from tests.load.sensors import Sensors

PLAN = Messages("v", 2000, 50, datetime(2026, 11, 20, tzinfo=UTC), spacing_s=0.5)
MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")


class Broker:
    """Mosquitto on a free port."""

    def __init__(self, folder: Path, *lines: str) -> None:
        assert MOSQUITTO is not None
        self.port = free_port()
        settings = (f"listener {self.port} {LOOPBACK}", "max_queued_messages 0", *lines)
        (folder / "mosquitto.conf").write_text("\n".join(settings) + "\n")
        command = [MOSQUITTO, "-c", str(folder / "mosquitto.conf")]
        self.server = Server("Mosquitto", command, folder / "mosquitto.log", ready=lambda: answers(self.port))


@pytest.fixture
def make_broker(tmp_path: Path) -> Iterator[Callable[..., Broker]]:
    """Starts a Mosquitto with extra lines of configuration."""
    if MOSQUITTO is None:
        pytest.skip("Mosquitto is not installed: apt-get install mosquitto")
    started: list[Broker] = []

    def make(*lines: str) -> Broker:
        started.append(Broker(tmp_path, *lines))
        started[-1].server.start()
        return started[-1]

    yield make
    for broker in started:
        broker.server.stop()


@pytest.fixture
def broker(make_broker: Callable[..., Broker]) -> Broker:
    """A Mosquitto that lets everyone in."""
    return make_broker("allow_anonymous true")


class Listener:
    """A subscriber to everything, counting what came."""

    def __init__(self, port: int) -> None:
        self.came: Counter[tuple[str, bytes]] = Counter()
        self._subscribed = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="listener")
        self._client.on_message = self._take
        self._client.on_subscribe = lambda *_args: self._subscribed.set()
        self._client.connect(LOOPBACK, port)
        self._client.subscribe("#", 1)
        self._client.loop_start()
        assert self._subscribed.wait(10)

    def _take(self, _client: paho.Client, _userdata: object, message: paho.MQTTMessage) -> None:
        self.came[(message.topic, bytes(message.payload))] += 1

    def wait_for(self, messages: int) -> None:
        deadline = time.monotonic() + 15
        while self.came.total() < messages:
            assert time.monotonic() < deadline, f"{self.came.total()} of {messages} came"
            time.sleep(0.02)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def test_every_payload_is_a_reading_that_the_bridge_takes() -> None:
    """A generator whose messages were rejected would measure the wrong path."""
    for index in (0, 1, 1999):
        payload = PLAN.payload(index)
        reading = Reading.model_validate_json(payload, context={"now": datetime(2026, 11, 22, tzinfo=UTC)})
        assert len(payload) == PAYLOAD_BYTES == 200
        assert parse_device_topic(PLAN.topic(index)) == ("v", "containers", PLAN.container(index))
        assert (reading.happened_at, reading.fill_ratio) == (PLAN.happened_at(index), PLAN.fill_ratio(index))


@pytest.mark.parametrize("out_of_order", [False, True])
def test_no_two_messages_share_their_key(*, out_of_order: bool) -> None:
    """The store keeps one row a (container, instant): a plan that repeats itself could not be counted."""
    plan = Messages("v", 2003, 50, PLAN.first_at, out_of_order=out_of_order)
    keys = [(plan.container(i), plan.happened_at(i)) for i in range(plan.count)]
    assert len(set(keys)) == plan.count
    assert (keys[::50] == sorted(keys[::50])) is not out_of_order
    # And each is found again by its key, as the checker of the store does; what is not of the plan is not.
    assert [plan.find(*key) for key in keys] == list(range(plan.count))
    assert plan.span[0] <= min(at for _, at in keys) <= max(at for _, at in keys) <= plan.span[1]
    assert plan.find("L00000", plan.first_at + timedelta(milliseconds=500)) is None
    assert plan.find("L00050", plan.first_at) is None


def test_all_acknowledged_messages_reach_a_subscriber_once(broker: Broker) -> None:
    """On a quiet broker each message comes exactly once, and those asked for twice come twice."""
    listener = Listener(broker.port)
    sensors = Sensors(LOOPBACK, broker.port, PLAN, connections=10, window=20, twice_every=100)
    assert sensors.run() == PLAN.count
    assert list(sensors.iter_acknowledged()) == list(range(PLAN.count))
    listener.wait_for(PLAN.count + 20)  # 2,000 / 100 twice
    listener.close()
    expected = Counter({(PLAN.topic(i), PLAN.payload(i)): 2 if i % 100 == 0 else 1 for i in range(PLAN.count)})
    assert listener.came == expected


def test_killed_broker_is_waited_for_and_unacknowledged_messages_are_sent_again(broker: Broker) -> None:
    """A device keeps what was not acknowledged, and sends it when the broker is back."""
    sensors = Sensors(LOOPBACK, broker.port, PLAN, connections=10, window=20)
    running = threading.Thread(target=sensors.run, args=(2000,))
    running.start()
    while sensors.acknowledged < 200:
        time.sleep(0.005)
    broker.server.kill()
    at_kill = sensors.acknowledged
    time.sleep(0.5)
    assert at_kill <= sensors.acknowledged < PLAN.count
    broker.server.start()
    running.join(20)
    assert sensors.acknowledged == PLAN.count
    assert sensors.lost_connections == 10


def test_sensors_told_to_stop_ends_with_what_it_sent(broker: Broker) -> None:
    """`until` ends a run of unknown length, and nothing is left undecided."""
    sensors = Sensors(LOOPBACK, broker.port, PLAN, connections=5, window=20)
    acknowledged = sensors.run(1000, until=lambda: sensors.acknowledged > 300)
    assert 300 < acknowledged < PLAN.count
    assert not sensors.ledger.states.tobytes().strip(b"\x00\x02")


def test_rate_is_held(broker: Broker) -> None:
    """A target rate is a promise to the measurement: 1,000 messages at 1,000/s take a second, not less."""
    plan = Messages("v", 1000, 50, PLAN.first_at)
    sensors = Sensors(LOOPBACK, broker.port, plan, connections=10)
    start_s = time.monotonic()
    sensors.run(1000)
    assert 1.0 <= time.monotonic() - start_s < 5


def test_process_is_followed_through_its_ledger(broker: Broker, tmp_path: Path) -> None:
    """The other process's acknowledgements and send times are seen here."""
    before_s = time.time()
    orders = Orders(LOOPBACK, broker.port, PLAN, tmp_path / "ledger", connections=10, stamps=True)
    with SensorsProcess(orders) as sensors:
        sensors.wait(20)
    assert sensors.acknowledged == PLAN.count
    assert sensors.ledger.sent_at is not None
    assert all(before_s < sent_s < time.time() for sent_s in sensors.ledger.sent_at)


def test_refused_devices_say_why(make_broker: Callable[..., Broker]) -> None:
    """Sensors that may not connect must not look like slow ones."""
    broker = make_broker("allow_anonymous false")
    with pytest.raises(ProtocolError, match="not authorized"):
        Sensors(LOOPBACK, broker.port, PLAN, connections=1).run()


def test_packets_are_those_of_the_standard() -> None:
    """MQTT 3.1.1, table 2.4 and section 3.1: lengths beyond 127 take two bytes; a CONNECT with login has both flags."""
    assert [remaining_length(n) for n in (0, 127, 128, 16_383, 16_384)] == [
        b"\x00", b"\x7f", b"\x80\x01", b"\xff\x7f", b"\x80\x80\x01",
    ]  # fmt: skip
    # 10 bytes of header and flags, id 2 + 1, user 2 + 1, password 2 + 2.
    assert connect("d", ("u", "pw"), 60) == b"\x10\x14\x00\x04MQTT\x04\xc0\x00\x3c\x00\x01d\x00\x01u\x00\x02pw"
