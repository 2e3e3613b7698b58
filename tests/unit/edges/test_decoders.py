"""Each decoder against what its maker publishes, and the traps of the field."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.edges.choosing import DECODERS, named, read_sensor, with_own
from services.edges.decoder import Decoder
from services.edges.heard import Heard, Refused
from services.edges.values import epoch_of, instant_of, number_of
from services.errors import SettingMissing
from tests.support import published


def decoder(name: str) -> Decoder:
    found = named(DECODERS, name)
    assert found is not None
    return found


def sensed(decoded: dict[str, object] | None = None, raw: bytes | None = None, port: int | None = None) -> Heard:
    heard = Heard()
    read_sensor(heard, DECODERS, decoded=decoded, raw=raw, port=port)
    return heard


@pytest.mark.parametrize(
    ("name", "raw", "expected"),
    [
        ("em310-udl", published.EM310, published.EM310_OBJECT),
        ("em400-mud", published.EM400, published.EM400_OBJECT),
        ("em400-mud", published.EM400_ALARM, published.EM400_ALARM_OBJECT),
        (
            "dl-mbx",
            published.DL_MBX,
            {
                "protocol_version": 2,
                "device_id": 303,
                "distance": {"displayName": "Distance", "value": 1234, "unit": "mm"},
                "number_of_valid_samples": {"displayName": "Number of valid samples", "value": 1},
                "battery_voltage": {"displayName": "Battery voltage", "value": 2.993, "unit": "V"},
            },
        ),
        (
            "ldds75",
            published.LDDS75,
            {
                "Node_type": "LDDS75",
                "Bat": 3.353,
                "Distance": 1200,
                "Interrupt_flag": 0,
                "TempC_DS18B20": "0.00",
                "Sensor_flag": 1,
            },
        ),
    ],
)
def test_bytes_give_the_object_that_the_makers_own_decoder_gives(
    name: str, raw: bytes, expected: dict[str, object]
) -> None:
    heard = Heard()
    assert decoder(name).unpack(raw, None, heard) == expected
    assert heard.dropped == []


@pytest.mark.parametrize(
    ("raw", "port", "name", "distance_mm"),
    [
        (published.EM310, 85, "em310-udl", 2116),
        (published.EM400, 85, "em400-mud", 2116),
        (published.DL_MBX, 1, "dl-mbx", 1234),
        (published.LDDS75, 2, "dds75-lb", 1200),  # its bytes are those of its successor
    ],
)
def test_bytes_alone_tell_which_sensor_they_are_of(raw: bytes, port: int, name: str, distance_mm: float) -> None:
    heard = sensed(raw=raw, port=port)
    assert (heard.decoder, heard.distance_mm) == (name, distance_mm)


def test_battery_in_percent_and_in_volts_is_a_share() -> None:
    """92 % is 0.92. LDDS75: (3.353 - 2.5) / 1.1 = 0.775. DL-MBX: (2.993 - 2.1) / 0.9 = 0.992."""
    assert sensed(raw=published.EM310, port=85).battery_ratio == 0.92
    assert sensed(raw=published.LDDS75, port=2).battery_ratio == pytest.approx(0.775, abs=1e-3)
    assert sensed(raw=published.DL_MBX, port=1).battery_ratio == pytest.approx(0.992, abs=1e-3)


def test_numbers_as_text_with_units_are_read() -> None:
    heard = sensed(decoded=published.LDDS75_WITH_UNITS)
    assert (heard.decoder, heard.distance_mm, heard.battery_ratio) == ("ldds75", 1200, 1.0)
    assert heard.dropped == []


@pytest.mark.parametrize("said", ["Invalid Reading", "No Sensor", 0, 20, "20 mm", None, True, -5, 65_535, "1200 °C"])
def test_what_a_dragino_says_in_place_of_a_distance_is_none(said: object) -> None:
    """0 is a probe that is not there, 20 all that is nearer than it can hear; the text names field and value."""
    with pytest.raises(Refused, match=r"^object\.Distance: .*; expected "):
        sensed(decoded={"Bat": 3.3, "Distance": said, "Interrupt_status": 0})


def test_replayed_log_is_no_reading_of_now() -> None:
    """Each of its entries has been sent before, with a clock that nobody has set."""
    log = {"Node_type": "DDS75-LB", "DATALOG": "[1200,0,21.5,NO,FALSE,0,2026-11-20 05:00:00],", "PNACKMD": "True"}
    with pytest.raises(Refused, match=r"DATALOG: .*the past is not counted again"):
        sensed(decoded=log)
    with pytest.raises(Refused, match=r"DATALOG"):
        sensed(raw=bytes(11), port=3)


@pytest.mark.parametrize(
    ("about", "why"),
    [
        ({"SENSOR_MODEL": "DDS75-LB", "FIRMWARE_VERSION": "1.0.0", "BAT": 3.3}, "port 5"),
        ({"Bat": 3.3, "Additional_Distance_Data": [1200, 1201]}, "Additional_Distance_Data"),
    ],
)
def test_dragino_that_tells_no_distance_of_now_is_named(about: dict[str, object], why: str) -> None:
    with pytest.raises(Refused, match=why):
        sensed(decoded=about)


def test_alarms_are_named_and_their_end_is_none() -> None:
    heard = sensed(decoded=published.EM400_ALARM_OBJECT)
    assert (heard.distance_mm, heard.temperature_c) == (1601, 23.2)
    assert heard.alarms == ["temperature_alarm", "distance_alarm"]
    ended = sensed(decoded={"temperature": 23, "distance": 1601, "distance_alarm": "threshold_alarm_release"})
    assert (ended.alarms, ended.dropped) == ([], [])


def test_tilt_is_an_alarm_and_the_distance_is_kept() -> None:
    heard = sensed(decoded=published.EM310_OBJECT)
    assert (heard.alarms, heard.distance_mm) == (["tilt"], 2116)


def test_unknown_battery_and_a_probe_that_is_not_there_are_left_aside_by_name() -> None:
    heard = sensed(decoded={"battery": 255, "temperature": -327.68, "distance": 900})
    assert (heard.battery_ratio, heard.temperature_c, heard.distance_mm) == (None, None, 900)
    assert [name for name, _ in heard.dropped] == ["object.battery", "object.temperature"]


def test_channel_that_nobody_knows_costs_only_what_follows_it() -> None:
    heard = Heard()
    read_sensor(heard, [decoder("em310-udl")], decoded=None, raw=published.EM310[:7] + b"\x09\x99\xff", port=85)
    assert heard.distance_mm == 2116
    assert [name for name, _ in heard.dropped] == ["data"]


def test_bytes_are_asked_where_the_networks_object_cannot_be_used() -> None:
    """A codec that is older than the sensor: its object has no distance, the bytes have."""
    heard = Heard()
    read_sensor(heard, DECODERS, decoded={"battery": 92, "position": "normal", "distance": "NaN"}, raw=published.EM310,
                port=85)  # fmt: skip
    assert heard.distance_mm == 2116
    assert "taken from the bytes" in heard.dropped[0].told


def test_decentlab_without_echo_or_without_distance_is_refused() -> None:
    with pytest.raises(Refused, match="distance: missing"):
        sensed(raw=published.DL_MBX_BATTERY_ONLY, port=1)
    with pytest.raises(Refused, match="no echo"):
        sensed(raw=bytes.fromhex("02012f000304d200000bb1"), port=1)


def test_decentlabs_python_decoder_names_the_same_things_for_people() -> None:
    told = {
        "Device ID": 303,
        "Protocol version": 2,
        "Distance": {"value": 1234, "unit": "mm"},
        "Number of valid samples": {"value": 1, "unit": None},
        "Battery voltage": {"value": 2.993, "unit": "V"},
    }
    assert sensed(decoded=told).distance_mm == 1234


OWN = """
from services.edges.decoder import Decoder, take_distance
DECODER = Decoder(
    name="netvox-r718x", models=("R718X",),
    has_object=lambda fields: "filllevel" in fields,
    has_bytes=lambda raw, port: port == 6,
    unpack=lambda raw, port, heard: {"distance": int.from_bytes(raw[4:6], "big")},
    read=lambda fields: take_distance(fields, "distance"),
)
"""


def test_a_city_adds_its_own_decoder_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "netvox.py"
    file.write_text(OWN)
    heard = Heard()
    read_sensor(heard, with_own([file]), decoded={"filllevel": 40, "distance": "88 cm"}, raw=None, port=6)
    assert (heard.decoder, heard.distance_mm) == ("netvox-r718x", 880)


def test_a_citys_decoder_that_slips_refuses_the_message_and_ends_nothing(tmp_path: Path) -> None:
    file = tmp_path / "netvox.py"
    file.write_text(OWN.replace('int.from_bytes(raw[4:6], "big")', "raw[99]"))
    with pytest.raises(Refused, match=r"bytes that netvox-r718x can read \(IndexError"):
        read_sensor(Heard(), with_own([file])[:1], decoded=None, raw=b"\x01", port=6)


def test_a_decoder_that_others_may_write_is_not_run(tmp_path: Path) -> None:
    """It would run with the rights of the service."""
    file = tmp_path / "netvox.py"
    file.write_text("raise SystemExit")
    file.chmod(0o666)
    with pytest.raises(SettingMissing, match="chmod go-w"):
        with_own([file])
    file.chmod(0o644)
    file.write_text("DECODER = 1")
    with pytest.raises(SettingMissing, match="has no DECODER"):
        with_own([file])
    with pytest.raises(SettingMissing, match="No such file"):
        with_own([tmp_path / "missing.py"])


@pytest.mark.parametrize(
    ("value", "number"),
    [("1200 mm", 1200), ("1,2 m", 1200), (" 120cm ", 1200), (7, 7), ("1e3", 1000), ("12 00", None), (True, None),
     ("NaN", None), (10**400, None), ("", None), ("1200 mm mm", None), ([1], None), ("١٢", None)],
)  # fmt: skip
def test_number_is_read_with_its_unit_or_not_at_all(value: object, number: float | None) -> None:
    assert number_of(value, {"": 1, "mm": 1, "cm": 10, "m": 1000}) == number


def test_instants_have_a_zone_and_are_in_reason() -> None:
    at = datetime(2026, 11, 22, 5, 1, 7, tzinfo=UTC)
    assert instant_of("2026-11-22T05:01:07.000000000Z") == at
    assert instant_of("2026-11-22T06:01:07+0100") == at
    assert epoch_of(at.timestamp()) == at
    assert epoch_of(str(int(at.timestamp() * 1000))) == at
    for wrong in ("2026-11-22T05:01:07", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "soon", 5, None):
        assert instant_of(wrong) is None
    assert epoch_of(0) is None
