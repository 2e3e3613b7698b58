"""What the bridge makes of one message."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.bridge.intake import take_in
from services.contracts import topics
from services.contracts.telemetry import MAX_PAYLOAD_BYTES, MessageRejected, PositionReceived, ReadingReceived

NOW = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
TOPIC = "tournee/v1/porto/containers/C1/reading"


def knows_c1_and_t1(device: topics.DeviceTopic) -> bool:
    return device.device in {"C1", "T1"}


def take(topic: str, payload: bytes) -> tuple[str, bytes, object]:
    return take_in(topic, payload, now=NOW, knows=knows_c1_and_t1)


def body(**fields: object) -> bytes:
    return json.dumps({"happened_at": "2026-03-02T04:50:00Z", "fill_ratio": 0.5} | fields).encode()


def test_good_reading_goes_to_readings_under_its_containers_key() -> None:
    """City and container come from the topic, the rest from the payload; what the store needs is complete."""
    topic, key, message = take(TOPIC, body(battery_ratio=0.8, firmware="ignored"))
    assert (topic, key) == ("readings", b"porto/C1")
    assert isinstance(message, ReadingReceived)
    again = ReadingReceived.model_validate_json(message.to_bytes())
    assert again == ReadingReceived(
        city="porto",
        container="C1",
        happened_at=datetime(2026, 3, 2, 4, 50, tzinfo=UTC),
        received_at=NOW,
        fill_ratio=0.5,
        battery_ratio=0.8,
    )


def test_good_position_goes_to_positions_under_its_trucks_key() -> None:
    """Trucks travel the same way."""
    payload = b'{"happened_at": "2026-03-02T04:50:00Z", "lon": 2.4, "lat": 6.4, "speed_kmh": 20}'
    topic, key, message = take("tournee/v1/porto/trucks/T1/position", payload)
    assert (topic, key) == ("positions", b"porto/T1")
    assert isinstance(message, PositionReceived)


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        (b"", "payload"),
        (b"[1]", "payload"),
        (body(fill_ratio=1.21), "fill_ratio"),
        (body(fill_ratio=-0.01), "fill_ratio"),
        (body(fill_ratio="NaN"), "fill_ratio"),
        (body(happened_at="2026-03-02T04:50:00"), "happened_at"),  # no time zone
        (body(happened_at="2026-03-02T05:05:01Z"), "happened_at"),  # 5 min 1 s ahead
        (body(battery_ratio=3), "battery_ratio"),
    ],
)
def test_wrong_field_is_named_in_the_rejection(payload: bytes, told: str) -> None:
    """The technician reads which field is wrong; the raw bytes are there to look at."""
    topic, _, message = take(TOPIC, payload)
    assert topic == "rejected"
    assert isinstance(message, MessageRejected)
    assert message.reason == "malformed"
    assert told in message.detail
    assert base64.b64decode(json.loads(message.to_bytes())["payload"]) == payload


def test_clock_ahead_by_five_minutes_is_forgiven() -> None:
    """Device clocks drift; the limit is five minutes, the limit included."""
    ahead = (NOW + timedelta(minutes=5)).isoformat()
    assert take(TOPIC, body(happened_at=ahead))[0] == "readings"


def test_oversized_payload_is_cut_not_carried() -> None:
    """A megabyte of nonsense must not travel through Kafka."""
    _, _, message = take(TOPIC, b"x" * 1_000_000)
    assert isinstance(message, MessageRejected)
    assert (message.reason, len(message.payload)) == ("oversized", MAX_PAYLOAD_BYTES)


@given(st.text(max_size=200), st.binary(max_size=300))
def test_whatever_comes_is_answered(topic: str, payload: bytes) -> None:
    """No message may stop the bridge: each becomes an event that can travel."""
    event = take_in(topic, payload, now=NOW, knows=lambda _device: True)
    assert event.topic in topics.ALL
    assert MessageRejected.model_validate_json(event.message.to_bytes()).received_at == NOW
