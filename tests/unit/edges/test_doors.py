"""What each door makes of its network's messages, whole and broken."""

import json
from datetime import UTC, datetime

import pytest

from services.edges.door import Moment
from services.edges.heard import Heard
from services.edges.hearing import DOORS, hear
from tests.support import published
from tests.support.published import NOW, chirpstack, client, forwarded, payload, ttn

MOMENT = Moment(NOW)


def heard(message: object, door: str | None = None) -> Heard:
    data = message if isinstance(message, bytes) else payload(message)
    return hear(data, MOMENT, door=DOORS[door] if door else None)


def test_chirpstack_up_is_a_distance_of_a_device_at_an_instant() -> None:
    found = heard(chirpstack())
    assert (found.door, found.device, found.label) == ("chirpstack", "24e124713c141234", "COT-0412")
    assert (found.kind, found.decoder, found.rejected) == ("containers", "em400-mud", None)
    assert found.happened_at == datetime(2026, 11, 22, 5, 1, 7, 123000, tzinfo=UTC)
    assert (found.distance_mm, found.battery_ratio, found.alarms) == (2116, 0.92, ["tilt"])
    assert found.dropped == []


def test_chirpstack_without_a_codec_is_read_from_its_bytes() -> None:
    assert heard(chirpstack(object=None)).distance_mm == 2116


def test_fields_that_are_zero_are_left_out_by_protobuf_and_missed_by_nobody() -> None:
    """The first message of a session has no fCnt, and on the slowest rate no dr."""
    found = heard(chirpstack(fCnt=None, dr=None, fPort=None, rxInfo=None))
    assert (found.rejected, found.distance_mm) == (None, 2116)


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        ("join", {"devAddr": "00189440"}),
        ("status", {"margin": 10, "batteryLevel": 87.5}),
        ("status", {"batteryLevelUnavailable": True}),
        ("ack", {"queueItemId": "x", "acknowledged": True, "fCntDown": 4}),
        ("txack", {"downlinkId": 1, "gatewayId": "0016c001f153a14c", "txInfo": {}}),
        ("log", {"description": "UPLINK_F_CNT_RETRANSMISSION", "code": "UPLINK_F_CNT_RETRANSMISSION"}),
        ("location", {"location": {"latitude": 6.3, "longitude": 2.3}}),
        ("integration", {"integrationName": "loracloud", "eventType": "x", "object": {"distance": 3}}),
    ],
)
def test_other_events_of_chirpstack_are_dropped_by_name(event: str, fields: dict[str, object]) -> None:
    about = {name: chirpstack()[name] for name in ("deduplicationId", "time", "deviceInfo")}
    found = heard(about | fields)
    assert found.rejected is not None
    assert found.rejected.startswith(f"event: '{event}'; expected up")
    assert found.device == "24e124713c141234"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"deviceInfo": {"devEui": "24e1"}}, "deviceInfo.devEui"),
        ({"deviceInfo": None}, "deviceInfo.devEui"),
        ({"time": "yesterday", "rxInfo": None}, "time"),
        ({"time": None, "rxInfo": None}, "time"),
        ({"time": "2031-01-01T00:00:00Z", "rxInfo": None}, "time"),
        ({"object": {"distance": "far", "battery": 9}, "data": None}, "object.distance"),
        ({"object": None, "data": None}, "data"),
        ({"object": None, "data": "$$$"}, "data"),
        ({"object": None, "data": "//8="}, "data"),
        ({"object": {"pressure": 1}, "data": None, "deviceInfo": {"devEui": "24e124713c141234"}}, "object"),
    ],
)
def test_what_a_message_cannot_do_without_is_told_with_what_is_expected(changed: dict[str, object], field: str) -> None:
    rejected = heard(chirpstack(**changed)).rejected
    assert rejected is not None
    assert rejected.startswith(f"{field}: ")
    assert "; expected " in rejected


def test_wrong_time_of_the_network_is_replaced_by_the_gateways() -> None:
    found = heard(chirpstack(time="1970-01-01T00:00:12Z"))
    assert found.happened_at == datetime(2026, 11, 22, 5, 1, 7, 200000, tzinfo=UTC)
    assert [name for name, _ in found.dropped] == ["time"]


def test_message_with_a_wrong_time_still_shows_what_its_sensor_says() -> None:
    found = heard(chirpstack(time=5, rxInfo="none"))
    assert (found.distance_mm, found.battery_ratio) == (2116, 0.92)
    assert found.rejected is not None


def test_whatever_is_refused_the_rest_is_shown() -> None:
    """Nobody's device, at no time: its distance is what a technician needs to find it."""
    found = heard(chirpstack(deviceInfo={"devEui": "none"}, time=None, rxInfo=None))
    assert (found.distance_mm, found.battery_ratio, found.happened_at) == (2116, 0.92, None)
    assert found.rejected == "deviceInfo.devEui: 'none'; expected 16 hexadecimal digits"
    place = heard(client(timestamp="soon"))
    assert (place.lat, place.rejected is None) == (6.3703, False)


def test_bad_fields_that_nobody_needs_cost_nothing() -> None:
    found = heard(chirpstack(rxInfo=7, fPort="eighty", data=12, object={"battery": "low", "distance": 2116}))
    assert (found.rejected, found.distance_mm, found.battery_ratio) == (None, 2116, None)
    assert [name for name, _ in found.dropped] == ["fPort", "rxInfo", "data", "object.battery"]


def test_chirpstack_3_is_told_that_it_is_not_4() -> None:
    rejected = heard({"applicationID": "1", "devEUI": "JOEkcTwUEjQ=", "fPort": 85, "data": "AXVk"}).rejected
    assert rejected is not None
    assert "ChirpStack 4" in rejected


def test_things_stack_uplink_is_read_with_numbers_in_any_shape() -> None:
    found = heard(ttn())
    assert (found.door, found.device, found.label) == ("ttn", "24e124713c141234", "cot-0412")
    assert (found.distance_mm, found.rejected) == (1200, None)
    assert found.happened_at == datetime(2026, 11, 22, 5, 1, 7, 505123, tzinfo=UTC)
    with_units = heard(ttn(decoded_payload=published.LDDS75_WITH_UNITS))
    assert (with_units.decoder, with_units.distance_mm) == ("ldds75", 1200)
    assert heard(ttn(decoded_payload=None)).distance_mm == 1200


@pytest.mark.parametrize("where", ["message", "uplink"])
def test_simulated_uplinks_are_never_counted(where: str) -> None:
    message = ttn() | {"simulated": True} if where == "message" else ttn(simulated=True)
    rejected = heard(message).rejected
    assert rejected is not None
    assert rejected.startswith("simulated: True; expected a message of a real device")


def test_other_events_of_the_things_stack_are_dropped_by_name() -> None:
    message = {name: ttn()[name] for name in ("end_device_ids", "received_at")} | {"join_accept": {}}
    assert (
        heard(message).rejected
        == "event: 'join_accept'; expected uplink_message: the others say nothing of a container"
    )


def test_networks_battery_is_used_where_the_sensor_tells_none() -> None:
    object_ = {"Distance": 1200, "Interrupt_flag": 0, "Node_type": "DDS75-LB"}
    found = heard(ttn(decoded_payload=object_, last_battery_percentage={"value": 61.5}))
    assert (found.distance_mm, found.battery_ratio) == (1200, 0.615)


@pytest.mark.parametrize("query", published.OSMAND_POSITIONS)
def test_osmand_queries_that_traccar_takes_are_taken(query: str) -> None:
    found = heard(query.encode())
    assert (found.door, found.kind, found.rejected) == ("osmand", "trucks", None)
    assert found.lat is not None
    assert found.happened_at is not None
    assert found.dropped == []


def test_osmand_speed_is_in_knots() -> None:
    """40 knots are 74.08 km/h; 7.199 degrees are a little east of north."""
    found = heard(published.OSMAND_POSITIONS[-1].encode())
    assert found.speed_kmh == pytest.approx(74.08)
    assert found.heading_deg == pytest.approx(7.199, abs=1e-3)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        (published.OSMAND_WITHOUT_ID, "id"),
        (published.OSMAND_WITHOUT_PLACE, "lat"),
        ("/?id=1&lat=91&lon=2", "lat"),
        ("/?id=1&lat=0&lon=0", "lat, lon"),
        ("/?id=1&lat=6.3&lon=2.4&timestamp=soon", "timestamp"),
        ("/?id=1&lat=6.3&lon=2.4&timestamp=4102444800", "timestamp"),
        ("/?id=1&lat=6.3&lon=2.4&valid=false", "valid"),
    ],
)
def test_osmand_without_name_place_or_time_is_refused(query: str, field: str) -> None:
    rejected = heard(query.encode()).rejected
    assert rejected is not None
    assert rejected.startswith(f"{field}: ")


def test_osmand_as_an_object_of_its_fields() -> None:
    found = heard({"id": "T01", "lat": "6.37", "lon": "2.39", "speed": "-1", "batt": "81", "timestamp": "1764000000"})
    assert (found.door, found.device, found.battery_ratio, found.speed_kmh) == ("osmand", "T01", 0.81, None)
    assert found.dropped == []


def test_traccar_client_tells_metres_a_second() -> None:
    """4.2 m/s are 15.12 km/h."""
    found = heard(client())
    assert (found.door, found.device, found.rejected) == ("traccar-client", "T01", None)
    assert (found.speed_kmh, found.battery_ratio, found.accuracy_m) == (pytest.approx(15.12), 0.79, 5)


def test_minus_one_of_a_phone_is_unknown_and_no_fault() -> None:
    found = heard(published.CLIENT_SIMULATOR)
    assert found.rejected is None
    assert (found.speed_kmh, found.heading_deg, found.battery_ratio) == (None, None, None)
    assert (found.alarms, found.dropped) == (["mock"], [])


def test_phone_without_a_place_keeps_the_last_one() -> None:
    rejected = heard(client(coords=None)).rejected
    assert rejected == "location.coords: missing; expected an object with latitude and longitude"


def test_position_that_traccar_forwards_is_that_of_its_device() -> None:
    """10 knots are 18.52 km/h; an accuracy of 0 is Traccar's word for untold."""
    found = heard(forwarded())
    assert (found.door, found.device, found.rejected) == ("traccar-forward", "359633100458592", None)
    assert (found.speed_kmh, found.battery_ratio, found.accuracy_m) == (pytest.approx(18.52), 0.88, None)
    assert found.happened_at == datetime(2026, 11, 22, 6, 12, 44, tzinfo=UTC)
    assert heard(forwarded(fixTime=1_795_327_964_000)).happened_at == found.happened_at
    assert heard(forwarded(attributes={"alarm": "sos,tampering"})).alarms == ["sos", "tampering"]


@pytest.mark.parametrize("changed", [{"valid": False}, {"outdated": True}])
def test_position_without_a_fix_is_none(changed: dict[str, object]) -> None:
    assert heard(forwarded(**changed)).rejected is not None


def test_our_own_messages_are_mended_as_at_the_bridge() -> None:
    found = heard({"happened_at": "2026-03-02T04:50:00Z", "fill_ratio": "0.93", "battery_ratio": 255})
    assert (found.door, found.kind, found.fill_ratio, found.battery_ratio) == ("ours", "containers", 0.93, None)
    assert [name for name, _ in found.dropped] == ["battery_ratio"]
    position = heard({"happened_at": "2026-03-02T04:50:00Z", "lon": 2.43, "lat": 6.37, "speed_kmh": -1})
    assert (position.kind, position.lat, [name for name, _ in position.dropped]) == ("trucks", 6.37, ["speed_kmh"])
    nowhere = heard({"happened_at": "2026-03-02T04:50:00Z", "lon": 0, "lat": 0})
    assert nowhere.rejected is not None
    assert heard({"happened_at": "2026-03-02T04:50:00Z", "fill_ratio": True}).rejected is not None
    weight = heard({"happened_at": "2026-03-02T04:50:00Z", "net_kg": 180})
    assert (weight.kind, weight.rejected) == ("scales", None)


def test_decoders_object_in_no_envelope_is_found_by_its_fields() -> None:
    found = heard(published.EM400_OBJECT)
    assert (found.door, found.device, found.happened_at, found.distance_mm) == ("em400-mud", None, None, 2116)
    nb = heard(published.EM400_NB)
    assert (nb.door, nb.device, nb.distance_mm, nb.alarms) == ("em400-mud", "6749D19054690031", 315, ["tilt"])


@pytest.mark.parametrize(
    "data",
    [b"hello", b"{", b"[]", b"5", b"null", b'"x"', b"\xff\xfe", b"{}", b"[" * 100_000, b'{"a":' * 70 + b"1" + b"}" * 70,
     b"x" * 65_537],
)  # fmt: skip
def test_what_is_no_message_is_refused_with_a_reason(data: bytes) -> None:
    rejected = heard(data).rejected
    assert rejected is not None
    assert "expected" in rejected


def test_bytes_that_some_senders_put_around_a_message_do_not_matter() -> None:
    assert heard(b"\xef\xbb\xbf  " + payload(chirpstack()) + b"\r\n").rejected is None
    found = heard(payload(chirpstack()) + b"\0\0")
    assert (found.rejected, [name for name, _ in found.dropped]) == (None, ["payload"])


def test_uplink_that_eight_gateways_have_heard_passes_4_kb_and_is_taken() -> None:
    ways = [{"gatewayId": f"{n:016x}", "uplinkId": n, "rssi": -97, "metadata": {"x": "y" * 500}} for n in range(8)]
    data = payload(chirpstack(rxInfo=ways))
    assert len(data) > 4096
    assert heard(data).rejected is None
    own = payload({"happened_at": "2026-03-02T04:50:00Z", "fill_ratio": 0.5, "note": "x" * 5000})
    assert heard(own).rejected is not None


def test_named_door_is_the_only_one_asked() -> None:
    rejected = heard(ttn(), door="chirpstack").rejected
    assert rejected is not None
    assert heard(b"?id=1&lat=6.3&lon=2.4", door="chirpstack").rejected is not None


def test_line_for_programs_has_every_field_and_null_for_what_is_unknown() -> None:
    line = heard({"id": "T01", "lat": 6.37, "lon": 2.39, "timestamp": 1764000000}).line()
    assert json.loads(json.dumps(line)) == {
        "door": "osmand",
        "device": "T01",
        "kind": "trucks",
        "happened_at": "2025-11-24T16:00:00+00:00",
        "distance_mm": None,
        "fill_ratio": None,
        "battery_ratio": None,
        "alarms": [],
        "dropped": [],
        "rejected": None,
    }
