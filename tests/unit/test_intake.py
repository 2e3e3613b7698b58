"""What the bridge makes of one message."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.bridge.devices import KnownDevices
from services.bridge.intake import Event, Keep, Moment, take_in
from services.bridge.percent import PercentSensors
from services.contracts import topics
from services.contracts.devices import KINDS, DeviceTopic, mqtt_topic, parse_device_topic, trace_of_value
from services.contracts.telemetry import (
    MAX_PAYLOAD_BYTES,
    MessageRejected,
    PositionReceived,
    ReadingReceived,
    WeighingReceived,
)
from services.writer.handlers import HANDLERS

NOW = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
TOPIC = "tournee/v1/porto/containers/C1/reading"
TRUCK_TOPIC = "tournee/v1/porto/trucks/T1/position"
KEEP = Keep(readings=timedelta(days=730), positions=timedelta(days=90))
SCALE_TOPIC = "tournee/v1/porto/scales/D1/weight"
FIND = KnownDevices(
    lambda: [DeviceTopic("porto", *device) for device in (("containers", "C1"), ("trucks", "T1"), ("scales", "D1"))]
).find


def take(topic: str | bytes, payload: bytes, percent: PercentSensors | None = None) -> Event:
    raw = topic if isinstance(topic, bytes) else topic.encode()
    return take_in(raw, payload, moment=Moment(NOW, KEEP), find=FIND, percent=percent or PercentSensors())


def rejection(event: Event) -> MessageRejected:
    assert event.topic == "rejected"
    return MessageRejected.model_validate_json(event.value)


def body(**fields: object) -> bytes:
    return json.dumps({"happened_at": "2026-03-02T04:50:00Z", "fill_ratio": 0.5} | fields).encode()


def test_good_reading_goes_to_readings_under_its_containers_key() -> None:
    """City and container come from the topic, the rest from the payload; what the store needs is complete."""
    topic, key, value, *_ = take(TOPIC, body(battery_ratio=0.8, firmware="ignored", city="elsewhere"))
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


def test_weight_of_a_scale_goes_to_weighings_under_its_key() -> None:
    """A further kind of device is a row of the table: all else is told by it."""
    payload = b'{"happened_at": "2026-03-02T04:50:00Z", "net_kg": 4380, "from_truck": "T1"}'
    topic, key, value, *_ = take(SCALE_TOPIC, payload)
    assert (topic, key) == ("weighings", b"porto/D1")
    weighing = WeighingReceived.model_validate_json(value)
    assert (weighing.scale, weighing.net_kg, weighing.from_truck) == ("D1", 4380, "T1")
    assert trace_of_value(value) == weighing.trace_id == "porto/D1@2026-03-02T04:50:00Z"


def test_every_kind_of_device_travels_as_its_row_says() -> None:
    """Its topic leads back to it, and its events begin with who said it."""
    for kind in KINDS.values():
        device = DeviceTopic("porto", kind.name, "X1")
        assert parse_device_topic(mqtt_topic(device).decode()) == device
        assert kind.id_field in kind.received.model_fields
        assert HANDLERS[kind.topic].contract is kind.received
        assert kind.topic in topics.STORED


@pytest.mark.parametrize(
    ("topic", "wrong", "field", "shown"),
    [
        (TOPIC, body(temperature_c=-327.68), "temperature_c", "-327.68"),
        (TOPIC, body(battery_ratio=255), "battery_ratio", "255"),
        (TOPIC, body(battery_ratio=1.01), "battery_ratio", "1.01"),
        (TOPIC, body(battery_ratio=True), "battery_ratio", "True"),
        (TOPIC, body(battery_ratio="3.6 V"), "battery_ratio", "'3.6 V'"),
        (TOPIC, body(temperature_c={"value": 21}), "temperature_c", "{'value': 21}"),
        (TRUCK_TOPIC, body(lon=2.43, lat=6.37, speed_kmh=-1), "speed_kmh", "-1"),
        (TRUCK_TOPIC, body(lon=2.43, lat=6.37, heading_deg=-1), "heading_deg", "-1"),
        (TRUCK_TOPIC, body(lon=2.43, lat=6.37, accuracy_m=-1), "accuracy_m", "-1"),
        (TRUCK_TOPIC, body(lon=2.43, lat=6.37, accuracy_m=float("nan")), "accuracy_m", "nan"),
        (SCALE_TOPIC, body(net_kg=12, from_truck="T 1"), "from_truck", "'T 1'"),
        (TRUCK_TOPIC, body(lon=2.43, lat=6.37, speed_kmh="-1"), "speed_kmh", "-1"),
        (TRUCK_TOPIC, body(lon="2.43", lat="6.37", accuracy_m="nan"), "accuracy_m", "nan"),
        (TOPIC, body() + b"\0", "payload", "NUL"),
        (TOPIC, body() + b"\r\n\0\0\n", "payload", "NUL"),
        (TOPIC, body(place="\0")[:-1].replace(b"\\u0000", b"March\xe9") + b"}", "payload", "UTF-8"),
    ],
)
def test_wrong_optional_field_never_costs_the_message(topic: str, wrong: bytes, field: str, shown: str) -> None:
    """A bin 93 % full is seen though its thermometer is broken; what was left aside is told of its device."""
    event = take(topic, wrong)
    assert event.topic != "rejected"
    assert json.loads(event.value).get(field) is None
    (note,) = event.notes
    assert note.about.field == field
    assert shown in note.about.told
    assert topic.encode() == mqtt_topic(note.device)


def test_several_wrong_optional_fields_are_each_left_aside() -> None:
    event = take(TRUCK_TOPIC, body(lon=2.43, lat=6.37, speed_kmh=-1, heading_deg=-1, accuracy_m=3))
    assert {note.about.field for note in event.notes} == {"speed_kmh", "heading_deg"}
    position = PositionReceived.model_validate_json(event.value)
    assert (position.speed_kmh, position.heading_deg, position.accuracy_m) == (None, None, 3)


def test_number_in_quotes_is_a_number() -> None:
    """Some gateways quote everything; nothing is doubtful about it, so nothing is noted."""
    event = take(TOPIC, body(fill_ratio="0.93", battery_ratio="0.5"))
    reading = ReadingReceived.model_validate_json(event.value)
    assert (reading.fill_ratio, reading.battery_ratio, event.notes) == (0.93, 0.5, [])


def test_wrong_optional_field_does_not_save_a_wrong_required_one() -> None:
    message = rejection(take(TOPIC, body(fill_ratio=1.5, battery_ratio=255)))
    assert message.detail == "fill_ratio: Input should be less than or equal to 1.2, not 1.5"


@pytest.mark.parametrize(("lon", "lat"), [(0, 0), (0.0, -0.0), (1e-7, 0), (0.00001, -0.00002), ("0", "0.0")])
def test_receiver_that_knows_no_place_says_so(lon: object, lat: object) -> None:
    """0, 0 lies in the Gulf of Guinea, 700 km from the nearest of these cities."""
    message = rejection(take(TRUCK_TOPIC, body(lon=lon, lat=lat)))
    assert "0, 0" in message.detail
    assert take(TRUCK_TOPIC, body(lon=0, lat=6.4)).topic == "positions"  # the meridian runs through Ghana


def test_one_percent_does_not_read_as_full() -> None:
    """A sensor in percent is told to the technician, and its 1 is not believed until it tells a fraction."""
    percent = PercentSensors()
    assert take(TOPIC, body(fill_ratio=1), percent).topic == "readings"  # nothing is known against it yet
    refused = take(TOPIC, body(fill_ratio=93), percent)
    assert "seems to tell percent" in refused.notes[0].about.told
    assert "told 93 before" in rejection(take(TOPIC, body(fill_ratio=1), percent)).detail
    assert take(TOPIC, body(fill_ratio="77"), percent).notes[0].about.told.startswith("77: it seems to tell percent")
    assert "told 77 before" in rejection(take(TOPIC, body(fill_ratio="1"), percent)).detail
    assert take(TOPIC, body(fill_ratio=0), percent).topic == "readings"  # empty in either
    assert take(TOPIC, body(fill_ratio=0.4), percent).topic == "readings"  # mended meanwhile
    assert take(TOPIC, body(fill_ratio=1), percent).topic == "readings"


def test_good_position_goes_to_positions_under_its_trucks_key() -> None:
    """Trucks travel the same way."""
    payload = b'{"happened_at": "2026-03-02T04:50:00Z", "lon": 2.4, "lat": 6.4, "speed_kmh": 20}'
    topic, key, value, *_ = take(TRUCK_TOPIC, payload)
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
        (body(fill_ratio=True), "fill_ratio: Input should be a valid number, not True"),
        (body(fill_ratio="plein"), "not 'plein'"),
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
