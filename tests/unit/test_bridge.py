"""The bridge's promises: acknowledged in order, and only after Kafka."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from services.bridge.bridge import Bridge
from services.bridge.devices import REFRESH_FOR_UNKNOWN_S, KnownDevices
from services.bridge.intake import Keep
from services.clock import SimulatedClock
from services.contracts.devices import DeviceTopic
from services.contracts.telemetry import DeviceNoted
from services.errors import StoreAway, StreamAway
from services.stream.mqtt import Arrival

PAYLOAD = b'{"happened_at": "2026-01-01T00:00:00Z", "fill_ratio": 0.5}'
TOPIC = b"tournee/v1/porto/containers/C1/reading"
CLOCK = SimulatedClock(datetime(2026, 1, 1, 0, 1, tzinfo=UTC), wall_s=0, speed=0)
KEEP = Keep(timedelta(days=1), timedelta(days=1))
C1 = DeviceTopic("porto", "containers", "C1")


class Held:
    """A delivery of which the test says what becomes."""

    def __init__(self) -> None:
        self.is_done = False
        self.exception: BaseException | None = None

    def decide(self, exception: BaseException | None = None) -> None:
        self.exception, self.is_done = exception, True


class SlowKafka:
    """Holds each message until the test says what became of it."""

    def __init__(self) -> None:
        self.held: list[Held] = []
        self.away = False

    def send(self, topic: str, key: bytes, value: bytes) -> Held:
        if self.away:
            raise StreamAway("no Kafka")
        assert (topic, key) == ("readings", b"porto/C1")
        assert value
        self.held.append(Held())
        return self.held[-1]


def bridge_on(kafka: SlowKafka, acknowledged: list[int]) -> Bridge:
    def acknowledge(message_ids: Iterable[int]) -> None:
        acknowledged.extend(message_ids)

    return Bridge(kafka, CLOCK, KnownDevices(lambda: [C1]).find, acknowledge, keep=KEEP)


def arrive(bridge: Bridge, *message_ids: int) -> None:
    bridge.on_arrivals([Arrival(TOPIC, PAYLOAD, message_id) for message_id in message_ids])


def test_acknowledged_in_the_order_of_arrival_though_kafka_confirms_in_another() -> None:
    """Out of order, a broker may drop us and deliver the same messages for ever (MQTT 3.1.1, 4.6)."""
    kafka, acknowledged = SlowKafka(), list[int]()
    bridge = bridge_on(kafka, acknowledged)
    arrive(bridge, 1, 2)
    arrive(bridge, 3)
    kafka.held[2].decide()
    kafka.held[1].decide()
    assert bridge.settle() == 0
    kafka.held[0].decide()
    assert bridge.settle() == 3
    assert acknowledged == [1, 2, 3]
    assert bridge.on_their_way == 0


def test_not_acknowledged_while_kafka_is_away_and_sent_again_when_it_is_back() -> None:
    """Nothing counts as safe that Kafka has not confirmed, whether it refuses at once or later."""
    kafka, acknowledged = SlowKafka(), list[int]()
    bridge = bridge_on(kafka, acknowledged)
    arrive(bridge, 1)
    kafka.held.pop().decide(TimeoutError("no broker"))
    kafka.away = True
    arrive(bridge, 2)
    assert bridge.retry() == 2
    assert bridge.settle() == 0
    kafka.away = False
    assert bridge.retry() == 2
    for delivery in kafka.held:
        delivery.decide()
    assert bridge.retry() == 0
    bridge.settle()
    assert acknowledged == [1, 2]


def test_one_failed_message_holds_back_its_followers_and_is_sent_again_in_its_place() -> None:
    """A later acknowledgement would tell the broker to forget the failed one's order."""
    kafka, acknowledged = SlowKafka(), list[int]()
    bridge = bridge_on(kafka, acknowledged)
    arrive(bridge, 1, 2, 3)
    kafka.held[0].decide()
    kafka.held[1].decide(TimeoutError("partition has no leader"))
    kafka.held[2].decide()
    bridge.settle()
    assert acknowledged == [1]
    assert bridge.retry() == 1
    kafka.held[3].decide()
    bridge.settle()
    assert acknowledged == [1, 2, 3]


def test_after_a_lost_connection_old_deliveries_acknowledge_nothing() -> None:
    """The broker delivers again under ids of its own; a late confirmation must not acknowledge a stranger."""
    kafka, acknowledged = SlowKafka(), list[int]()
    bridge = bridge_on(kafka, acknowledged)
    arrive(bridge, 1)
    bridge.on_connection_lost()
    arrive(bridge, 1)
    kafka.held[0].decide()
    assert bridge.settle() == 0
    kafka.held[1].decide()
    bridge.settle()
    assert acknowledged == [1]


def test_new_device_is_let_in_soon_and_a_store_away_forgets_nobody() -> None:
    """A container added at noon reports at noon; a database restart must not reject a whole city."""
    now_s, answers = [0.0], [[C1]]

    def load() -> list[DeviceTopic]:
        if not answers:
            raise StoreAway("restarting")
        return answers[-1]

    devices = KnownDevices(load, lambda: now_s[0])
    added = b"tournee/v1/porto/trucks/T1/position"
    answers.append([C1, DeviceTopic("porto", "trucks", "T1")])
    devices.refresh_if_due()
    assert devices.find(added) is None
    now_s[0] += REFRESH_FOR_UNKNOWN_S + 1
    devices.refresh_if_due()
    assert devices.find(added) is not None
    answers.clear()
    now_s[0] += 3600
    devices.refresh_if_due()
    assert devices.find(added) is not None


class Notes:
    """A Kafka that keeps what it is sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes, bytes]] = []

    def send(self, topic: str, key: bytes, value: bytes) -> Held:
        self.sent.append((topic, key, value))
        return Held()


def test_what_is_left_aside_is_told_once_for_very_many_messages() -> None:
    """A tracker that sends a heading of -1 with each position must not double the stream."""
    kafka = Notes()
    bridge = Bridge(kafka, CLOCK, KnownDevices(lambda: [C1]).find, lambda _: None, keep=KEEP)
    wrong = b'{"happened_at": "2026-01-01T00:00:00Z", "fill_ratio": 0.5, "battery_ratio": %d}'
    bridge.on_arrivals([Arrival(TOPIC, wrong % value, 1) for value in (255, 254, 253)])
    bridge.tell_notes()
    bridge.tell_notes()
    (told,) = [value for topic, _, value in kafka.sent if topic == "device-notes"]
    note = DeviceNoted.model_validate_json(told)
    assert (note.city, note.kind, note.device, note.field, note.messages) == (*C1, "battery_ratio", 3)
    assert "253" in note.example
    assert bridge.meter.noted == 3


class Heard:
    """A doorkeeper's place: what it is told of our own devices' door."""

    def __init__(self) -> None:
        self.notes: list[tuple[str, str, str | None, str | None, str | None]] = []

    def note(
        self, city: str, door: str, _at: datetime, *, device: str | None = None, left_aside: str | None = None,
        rejected: str | None = None,
    ) -> None:  # fmt: skip
        self.notes.append((city, door, device, left_aside, rejected))


class AnyKafka:
    def send(self, _topic: str, _key: bytes, _value: bytes) -> Held:
        return Held()


def test_door_of_our_own_devices_tells_of_each_message_what_was_dropped_and_why() -> None:
    """A whole one, one without its battery, a rejected one, one of nobody we know; a topic of nobody is of no city."""
    heard = Heard()
    bridge = Bridge(
        AnyKafka(), CLOCK, KnownDevices(lambda: [C1]).find, lambda _ids: None, keep=KEEP,
        doorkeeper=heard,  # type: ignore[arg-type]
    )  # fmt: skip
    odd = PAYLOAD[:-1] + b', "battery_ratio": 255}'
    stranger = TOPIC.replace(b"C1", b"C2")
    told = ((TOPIC, PAYLOAD), (TOPIC, odd), (TOPIC, b"{"), (stranger, PAYLOAD), (b"any", b""))
    bridge.on_arrivals([Arrival(topic, payload, n) for n, (topic, payload) in enumerate(told)])
    assert [(city, door, device) for city, door, device, _, _ in heard.notes] == [
        *[("porto", "ours", "C1")] * 3, ("porto", "ours", "C2")
    ]  # fmt: skip
    whole, aside, wrong, nobody = ((left_aside, rejected) for _, _, _, left_aside, rejected in heard.notes)
    assert whole == (None, None)
    assert aside[0] is not None
    assert aside[0].startswith("C1 · battery_ratio: ")
    assert wrong[1] is not None
    assert wrong[1].startswith("C1 · payload: ")
    assert nobody == (None, "C2 · C2 is not among the containers of porto")
