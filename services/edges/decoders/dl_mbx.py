"""Decentlab DL-MBX: ultrasonic, LoRaWAN.

After decentlab/decentlab-decoders, DL-MBX: each value is an object with its unit, and flags say which there are.
"""

from collections.abc import Mapping

from services.edges.decoder import Decoder, take_distance, take_volts
from services.edges.heard import Heard, Refused
from services.edges.values import PLAIN, Fields, Object

VERSION = 2
EMPTY_V, FULL_V = 2.1, 3.0
"""Of its two alkaline cells in series; linear between them is assumed."""
PYTHON_NAMES = {
    "Distance": "distance",
    "Number of valid samples": "number_of_valid_samples",
    "Battery voltage": "battery_voltage",
    "Device ID": "device_id",
    "Protocol version": "protocol_version",
}
"""The maker's decoder in Python names the same things for people."""


def _unpack(raw: bytes, _port: int | None, _heard: Heard) -> dict[str, object]:
    if len(raw) < 5 or raw[0] != VERSION:
        raise Refused("data", raw.hex(), "bytes of a DL-MBX, which begin with 02 and 4 bytes more")
    flags = int.from_bytes(raw[3:5], "big")
    words = [int.from_bytes(raw[at : at + 2], "big") for at in range(5, len(raw) - 1, 2)]
    if len(words) < 2 * (flags & 1) + (flags >> 1 & 1):
        raise Refused("data", raw.hex(), "as many bytes as its flags announce")
    found: dict[str, object] = {"protocol_version": raw[0], "device_id": int.from_bytes(raw[1:3], "big")}
    if flags & 1:
        distance, samples, *words = words
        found["distance"] = {"displayName": "Distance", "value": distance, "unit": "mm"}
        found["number_of_valid_samples"] = {"displayName": "Number of valid samples", "value": samples}
    if flags & 2:
        found["battery_voltage"] = {"displayName": "Battery voltage", "value": words[0] / 1000, "unit": "V"}
    return found


def _read(fields: Fields) -> None:
    flat = Fields(
        {PYTHON_NAMES.get(n, n): _with_unit(v) for n, v in fields.fields.items()}, fields.heard, fields.within
    )
    take_volts(flat, "battery_voltage", empty=EMPTY_V, full=FULL_V)
    samples = flat.take("number_of_valid_samples", PLAIN, 0, 65_535, "a whole number")
    take_distance(flat, "distance")
    if samples == 0:
        raise Refused(f"{fields.within}number_of_valid_samples", 0, "at least 1: no echo came back")


def _with_unit(value: object) -> object:
    """`{"value": 1234, "unit": "mm"}` as "1234 mm"."""
    if not isinstance(value, Mapping):
        return value
    unit = value.get("unit")
    return f"{value['value']} {unit}" if unit and "value" in value else value.get("value")


def _has_object(fields: Object) -> bool:
    named = {PYTHON_NAMES.get(name, name) for name in fields}
    return "device_id" in named and bool(named & {"protocol_version", "number_of_valid_samples", "battery_voltage"})


def _has_bytes(raw: bytes, _port: int | None) -> bool:
    return len(raw) in {5, 7, 9, 11} and raw[0] == VERSION and raw[3] == 0 and raw[4] <= 3


DECODER = Decoder(
    name="dl-mbx",
    models=("DL-MBX", "DL-MBX-001", "DL-MBX-002", "DL-MBX-003"),
    has_object=_has_object,
    has_bytes=_has_bytes,
    unpack=_unpack,
    read=_read,
)
