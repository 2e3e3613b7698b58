"""A stolen sensor that sends without end: it is told to its technician, and its own messages and others' are kept."""

from datetime import UTC, datetime, timedelta

from services.bridge.bridge import Bridge
from services.bridge.devices import KnownDevices
from services.bridge.intake import Keep
from services.bridge.rates import USUAL_A_MINUTE, Rates
from services.clock import SimulatedClock
from services.contracts import topics
from services.contracts.devices import DeviceTopic
from services.contracts.telemetry import DeviceNoted
from services.stream.mqtt import Arrival

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
