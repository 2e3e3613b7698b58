"""What the bridge makes of one message."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.bridge.devices import KnownDevices
from services.bridge.intake import Event, Keep, Moment, take_in
from services.contracts import topics
from services.contracts.telemetry import MAX_PAYLOAD_BYTES, MessageRejected, PositionReceived, ReadingReceived

NOW = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
TOPIC = "tournee/v1/porto/containers/C1/reading"
TRUCK_TOPIC = "tournee/v1/porto/trucks/T1/position"
KEEP = Keep(readings=timedelta(days=730), positions=timedelta(days=90))
FIND = KnownDevices(
    lambda: [topics.DeviceTopic("porto", "containers", "C1"), topics.DeviceTopic("porto", "trucks", "T1")]
).find


def take(topic: str | bytes, payload: bytes) -> Event:
    raw = topic if isinstance(topic, bytes) else topic.encode()
    return take_in(raw, payload, moment=Moment(NOW, KEEP), find=FIND)


def rejection(event: Event) -> MessageRejected:
    assert event.topic == "rejected"
    return MessageRejected.model_validate_json(event.value)


def body(**fields: object) -> bytes:
    return json.dumps({"happened_at": "2026-03-02T04:50:00Z", "fill_ratio": 0.5} | fields).encode()


def test_good_reading_goes_to_readings_under_its_containers_key() -> None:
    """City and container come from the topic, the rest from the payload; what the store needs is complete."""
    topic, key, value, _ = take(TOPIC, body(battery_ratio=0.8, firmware="ignored", city="elsewhere"))
    assert (topic, key) == ("readings", b"porto/C1")
    assert b"firmware" not in value
    assert ReadingReceived.model_validate_json(value) == ReadingReceived(
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
    topic, key, value, _ = take(TRUCK_TOPIC, payload)
    assert (topic, key) == ("positions", b"porto/T1")
    assert PositionReceived.model_validate_json(value).speed_kmh == 20


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
    event = take(TOPIC, payload)
    message = rejection(event)
    assert message.reason == "malformed"
    assert told in message.detail
    assert message.payload == payload


def test_clock_ahead_by_five_minutes_is_forgiven() -> None:
    """Device clocks drift; the limit is five minutes, the limit included."""
    ahead = (NOW + timedelta(minutes=5)).isoformat()
    assert take(TOPIC, body(happened_at=ahead))[0] == "readings"


def aged(topic: str, age: timedelta) -> Event:
    """A good reading and a good position at once: each takes its own fields."""
    return take(topic, body(happened_at=(NOW - age).isoformat(), lon=2.4, lat=6.4))


@pytest.mark.parametrize(("topic", "kept"), [(TOPIC, KEEP.readings), (TRUCK_TOPIC, KEEP.positions)])
def test_what_the_store_no_longer_keeps_is_rejected(topic: str, kept: timedelta) -> None:
    """It would get a chunk of the store of its own, to be dropped with it. Late is not too old, up to the limit."""
    assert aged(topic, kept).topic != "rejected"
    message = rejection(aged(topic, kept + timedelta(microseconds=1)))
    assert message.reason == "too_old"
    assert (NOW - kept).isoformat() in message.detail


@pytest.mark.parametrize("happened_at", ["1970-01-01T00:00:09Z", "0001-01-01T00:00:00+05:00"])
def test_device_without_a_clock_is_rejected_for_that(happened_at: str) -> None:
    """A device that has lost its battery says 1970; one that says a year before the first stops nobody."""
    message = rejection(take(TOPIC, body(happened_at=happened_at)))
    assert (message.reason, message.payload) == ("too_old", body(happened_at=happened_at))
    assert "happened_at" in message.detail


def test_oversized_payload_is_cut_not_carried() -> None:
    """A megabyte of nonsense must not travel through Kafka."""
    message = rejection(take(TOPIC, b"x" * 1_000_000))
    assert (message.reason, len(message.payload)) == ("oversized", MAX_PAYLOAD_BYTES)


@pytest.mark.parametrize(
    ("topic", "reason"),
    [
        ("tournee/v1/porto/containers/C2/reading", "unknown_device"),
        ("tournee/v1/elsewhere", "unknown_topic"),
        (b"tournee/v1/\xff\xfe/containers/C1/reading", "unknown_device"),
    ],
)
def test_stranger_is_rejected_with_the_reason(topic: str | bytes, reason: str) -> None:
    """A container that nobody registered, a device with a wrong topic, a topic that is no text: all are seen."""
    assert rejection(take(topic, body())).reason == reason


@given(st.binary(max_size=200), st.binary(max_size=300))
def test_whatever_comes_is_answered(topic: bytes, payload: bytes) -> None:
    """No message may stop the bridge: each becomes an event that can travel."""
    assert rejection(take(topic, payload)).received_at == NOW
    event = take(TOPIC, payload)
    assert event.topic in {topics.REJECTED, topics.READINGS}
