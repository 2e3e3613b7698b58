"""What Milesight's sensors have in common: bytes as channels, each an id, a type and so many bytes.

After Milesight-IoT/SensorDecoders, em-series: README and decoder of each model.
"""

from collections.abc import Callable, Mapping

from services.edges.decoder import take_distance, take_percent
from services.edges.heard import Heard, Refused
from services.edges.values import CELSIUS, Fields

NUMBERS: Mapping[str, Callable[[bytes], float]] = {
    "battery": lambda data: data[0],
    "distance": lambda data: int.from_bytes(data, "little"),
    "temperature": lambda data: int.from_bytes(data, "little", signed=True) / 10,
}

type Channels = Mapping[tuple[int, int], tuple[str, int]]
"""By id and type: what the channel holds, and in how many bytes."""

POSITIONS = {0: "normal", 1: "tilt"}
ALARMS = {0: "threshold_alarm_release", 1: "threshold_alarm"}

ABOUT: Channels = {
    (0xFF, 0x01): ("ipso_version", 1),
    (0xFF, 0x09): ("hardware_version", 2),
    (0xFF, 0x0A): ("firmware_version", 2),
    (0xFF, 0xFF): ("tsl_version", 2),
    (0xFF, 0x16): ("sn", 8),
    (0xFF, 0x0F): ("lorawan_class", 1),
    (0xFF, 0xFE): ("reset_event", 1),
    (0xFF, 0x0B): ("device_status", 1),
}
"""What a sensor tells of itself when it joins."""
BATTERY: Channels = {(0x01, 0x75): ("battery", 1)}


def unpack(raw: bytes, heard: Heard, channels: Channels) -> dict[str, object]:
    """Channel by channel; from one that is unknown or cut off the rest is dropped, as the maker's decoder does."""
    found: dict[str, object] = {}
    at = 0
    while at < len(raw):
        name, length = channels.get((raw[at], raw[at + 1] if at + 1 < len(raw) else -1), ("", 0))
        data = raw[at + 2 : at + 2 + length]
        if not name or len(data) < length:
            heard.drop("data", raw[at:].hex(), "channels of this model from here on, whole")
            break
        found.update(_value(name, data))
        at += 2 + length
    if not found:
        raise Refused("data", raw.hex(), "channels of this model (01 75 is its battery)")
    return found


def fits(raw: bytes, channels: Channels) -> bool:
    """Whether the bytes are channels of this model, to the last."""
    at = 0
    while at + 2 <= len(raw):
        name, length = channels.get((raw[at], raw[at + 1]), ("", 0))
        if not name:
            return False
        at += 2 + length
    return at == len(raw) > 0


def read(fields: Fields) -> None:
    """Battery, temperature, alarms, position, and last the distance that the message cannot do without."""
    heard = fields.heard
    take_percent(fields, "battery")
    heard.temperature_c = fields.take("temperature", CELSIUS, -50, 150, "-50 to 150 degrees")
    for alarm in ("temperature_alarm", "distance_alarm"):
        _take_alarm(fields, alarm)
    _take_position(fields)
    take_distance(fields, "distance")


def _value(name: str, data: bytes) -> dict[str, object]:
    """What a channel holds; those of an alarm hold the number before it."""
    plain = name.removesuffix("_alarm")
    if plain != name:
        return {plain: NUMBERS[plain](data[:2]), name: ALARMS.get(data[2], "unknown")}
    if name == "position":
        return {name: POSITIONS.get(data[0], "unknown")}
    return {name: NUMBERS[name](data) if name in NUMBERS else data.hex()}


def _take_alarm(fields: Fields, name: str) -> None:
    value = fields.fields.get(name)
    if value in ("threshold_alarm", 1):
        fields.heard.alarms.append(name)
    elif value not in (None, "threshold_alarm_release", 0):
        fields.heard.drop(fields.within + name, value, "threshold_alarm or threshold_alarm_release")


def _take_position(fields: Fields) -> None:
    value = fields.fields.get("position")
    if value in ("tilt", 1):
        fields.heard.alarms.append("tilt")
    elif value not in (None, "normal", 0):
        fields.heard.drop(fields.within + "position", value, "normal or tilt")
