"""The bridge's promises: acknowledged in order, and only after Kafka."""

from services.adapters.clock import SystemClock
from services.adapters.mqtt import Arrival
from services.bridge.acknowledge import InOrder
from services.bridge.bridge import Bridge, OnDone
from services.bridge.devices import REFRESH_FOR_UNKNOWN_S, KnownDevices
from services.contracts.topics import DeviceTopic
from services.errors import StoreAway, StreamAway

PAYLOAD = b'{"happened_at": "2026-01-01T00:00:00Z", "fill_ratio": 0.5}'


class SlowKafka:
    """Holds each message until the test says what became of it."""

    def __init__(self) -> None:
        self.held: list[tuple[bytes, OnDone]] = []
        self.away = False

    def send(self, topic: str, key: bytes, value: bytes, on_done: OnDone | None = None) -> None:
        if self.away:
            raise StreamAway("no Kafka")
        assert topic == "readings"
        assert value
        assert on_done is not None
        self.held.append((key, on_done))


def bridge_on(kafka: SlowKafka, acknowledged: list[int]) -> Bridge:
    in_order = InOrder[Arrival](lambda arrival: acknowledged.append(arrival.message_id))
    return Bridge(kafka, SystemClock(), lambda _device: True, in_order)


def arrive(bridge: Bridge, message_id: int) -> None:
    bridge.on_arrival(Arrival(f"tournee/v1/porto/containers/C{message_id}/reading", PAYLOAD, message_id))


def test_acknowledged_in_the_order_of_arrival_though_kafka_confirms_in_another() -> None:
    """Out of order, a broker may drop us and deliver the same messages for ever (MQTT 3.1.1, 4.6)."""
    kafka, acknowledged = SlowKafka(), list[int]()
    bridge = bridge_on(kafka, acknowledged)
    for message_id in (1, 2, 3):
        arrive(bridge, message_id)
    kafka.held[2][1](None)
    kafka.held[1][1](None)
    assert acknowledged == []
    kafka.held[0][1](None)
    assert acknowledged == [1, 2, 3]


def test_not_acknowledged_while_kafka_is_away_and_sent_again_when_it_is_back() -> None:
    """Nothing counts as safe that Kafka has not confirmed, whether it refuses at once or later."""
    kafka, acknowledged = SlowKafka(), list[int]()
    bridge = bridge_on(kafka, acknowledged)
    arrive(bridge, 1)
    kafka.held.pop()[1](TimeoutError("no broker"))
    kafka.away = True
    arrive(bridge, 2)
    bridge.retry()
    assert acknowledged == []
    kafka.away = False
    bridge.retry()
    for _, done in kafka.held:
        done(None)
    assert acknowledged == [1, 2]


def test_after_a_lost_connection_old_tickets_acknowledge_nothing() -> None:
    """The broker delivers again under new ids; a late confirmation of the old must not acknowledge a stranger."""
    acknowledged: list[int] = []
    in_order = InOrder[int](acknowledged.append)
    old = in_order.arrived(1)
    in_order.forget()
    new = in_order.arrived(1)
    in_order.is_safe(old)
    assert acknowledged == []
    in_order.is_safe(new)
    assert acknowledged == [1]


def test_new_device_is_let_in_soon_and_a_store_away_forgets_nobody() -> None:
    """A container added at noon reports at noon; a database restart must not reject a whole city."""
    now_s, answers = [0.0], [frozenset({DeviceTopic("porto", "containers", "A")})]

    def load() -> frozenset[DeviceTopic]:
        if not answers:
            raise StoreAway("restarting")
        return answers[-1]

    devices = KnownDevices(load, lambda: now_s[0])
    added = DeviceTopic("porto", "containers", "B")
    assert not devices.knows(added)
    answers.append(frozenset({*answers[0], added}))
    assert not devices.knows(added)
    now_s[0] += REFRESH_FOR_UNKNOWN_S + 1
    assert devices.knows(added)
    answers.clear()
    now_s[0] += 3600
    assert devices.knows(added)
