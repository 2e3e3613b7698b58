"""A network's message at the bridge: several events, one acknowledgement, and only when Kafka has them all."""

from collections.abc import Iterable
from datetime import timedelta

from services.bridge.bridge import Bridge
from services.bridge.devices import KnownDevices
from services.bridge.intake import Keep as KeepOfDevices
from services.contracts.devices import DeviceTopic
from services.edges.choosing import DECODERS
from services.edges.door_registry import FreshDoorRegistry
from services.edges.doorkeeper import DoorKeeper
from services.edges.taking import Taker
from services.errors import StreamAway
from services.stream.mqtt import Arrival
from tests.support.published import chirpstack, payload
from tests.unit.edges.test_taking import KEEP, REGISTRY, STRAIGHT, Fixed

UP = b"tournee/v1/cotonou/chirpstack/main/up"
TXACK = b"tournee/v1/cotonou/chirpstack/main/txack"


class Held:
    def __init__(self) -> None:
        self.is_done = False
        self.exception: BaseException | None = None


class SlowKafka:
    """Holds each event until the test says what became of it."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Held]] = []
        self.away = False

    def send(self, topic: str, key: bytes, value: bytes) -> Held:
        assert key
        assert value
        if self.away:
            raise StreamAway("no Kafka")
        self.sent.append((topic, Held()))
        return self.sent[-1][1]


def bridge_on(kafka: SlowKafka, acknowledged: list[int]) -> Bridge:
    def acknowledge(message_ids: Iterable[int]) -> None:
        acknowledged.extend(message_ids)

    doorkeeper = DoorKeeper(FreshDoorRegistry(lambda: REGISTRY), Fixed(), Taker(DECODERS, KEEP))
    keep = KeepOfDevices(timedelta(days=1), timedelta(days=1))
    return Bridge(kafka, Fixed(), KnownDevices(list).find, acknowledge, keep=keep, doorkeeper=doorkeeper)


def test_acknowledged_when_kafka_has_distance_and_reading() -> None:
    kafka, acknowledged = SlowKafka(), list[int]()
    bridge = bridge_on(kafka, acknowledged)
    bridge.on_arrivals([Arrival(UP, payload(chirpstack(object=STRAIGHT)), 1), Arrival(TXACK, b"not read", 2)])
    assert [topic for topic, _ in kafka.sent] == ["uplinks", "readings"]
    assert bridge.meter.taken["uplinks"] == 1
    kafka.sent[0][1].is_done = True
    bridge.settle()
    assert acknowledged == []
    kafka.sent[1][1].is_done = True
    bridge.settle()
    assert acknowledged == [1, 2]


def test_sent_again_whole_where_kafka_has_only_half_of_it() -> None:
    kafka, acknowledged = SlowKafka(), list[int]()
    bridge = bridge_on(kafka, acknowledged)
    bridge.on_arrivals([Arrival(UP, payload(chirpstack(object=STRAIGHT)), 1)])
    for _, held in kafka.sent:
        held.is_done = True
    kafka.sent[1][1].exception = StreamAway("not confirmed")
    bridge.settle()
    assert (acknowledged, bridge.retry()) == ([], 1)
    assert [topic for topic, _ in kafka.sent] == ["uplinks", "readings"] * 2
    for _, held in kafka.sent[2:]:
        held.is_done = True
    bridge.settle()
    assert acknowledged == [1]


def test_messages_of_networks_do_not_have_the_devices_of_our_own_read_anew() -> None:
    """An unknown device has them read within 2 s; a network that sends all day did so all day, 5,000 rows each time."""
    read, now_s = list[float](), [0.0]

    def load() -> list[DeviceTopic]:
        read.append(now_s[0])
        return []

    devices = KnownDevices(load, lambda: now_s[0])
    doorkeeper = DoorKeeper(FreshDoorRegistry(lambda: REGISTRY), Fixed(), Taker(DECODERS, KEEP))
    keep = KeepOfDevices(timedelta(days=1), timedelta(days=1))
    bridge = Bridge(SlowKafka(), Fixed(), devices.find, lambda _ids: None, keep=keep, doorkeeper=doorkeeper)
    bridge.on_arrivals([Arrival(UP, payload(chirpstack(object=STRAIGHT)), 1), Arrival(TXACK, b"not read", 2)])
    now_s[0] = 3.0
    devices.refresh_if_due()
    assert read == [0.0]
    bridge.on_arrivals([Arrival(b"tournee/v1/cotonou/containers/NEW/reading", b"{}", 3)])
    devices.refresh_if_due()
    assert read == [0.0, 3.0]


def test_not_acknowledged_while_kafka_takes_nothing() -> None:
    kafka, acknowledged = SlowKafka(), list[int]()
    kafka.away = True
    bridge = bridge_on(kafka, acknowledged)
    bridge.on_arrivals([Arrival(UP, payload(chirpstack(object=STRAIGHT)), 1)])
    bridge.settle()
    kafka.away = False
    assert (acknowledged, bridge.retry()) == ([], 1)
