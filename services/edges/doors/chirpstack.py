"""ChirpStack v4: the JSON of its events, by MQTT or by its HTTP integration.

After chirpstack/chirpstack, api/proto/integration/integration.proto. JSON from protobuf leaves out 0, false and "": a
missing fCnt is 0, and which event it is shows in what only that event has.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import datetime

from services.edges.choosing import read_sensor
from services.edges.door import Door, Moment
from services.edges.heard import MISSING, Heard, NotAReading, Refused
from services.edges.values import Fields, Object, judged, number_of, text_of

DEV_EUI = re.compile(r"[0-9A-Fa-f]{16}")
EUI = "16 hexadecimal digits"

SIGNS: tuple[tuple[str, frozenset[str]], ...] = (
    ("integration", frozenset({"integrationName", "eventType"})),
    ("up", frozenset({"data", "object", "fPort", "rxInfo"})),
    ("txack", frozenset({"downlinkId", "gatewayId"})),
    ("ack", frozenset({"acknowledged", "queueItemId", "fCntDown"})),
    ("log", frozenset({"description", "code", "level"})),
    ("location", frozenset({"location"})),
    ("status", frozenset({"margin", "batteryLevel", "batteryLevelUnavailable", "externalPowerSource"})),
    ("up", frozenset({"fCnt", "dr", "adr", "txInfo"})),
    ("join", frozenset({"devAddr", "joinServerContext"})),
)
"""Which event it is: the first of which one field is there."""


def eui_of(value: object) -> str | None:
    """A DevEUI in small letters; dashes and colons between its bytes do not matter."""
    plain = re.sub(r"[-: ]", "", value) if isinstance(value, str) and len(value) <= 32 else ""
    return plain.lower() if DEV_EUI.fullmatch(plain) else None


def bytes_of(value: object, field: str, heard: Heard) -> bytes | None:
    """The bytes that the sensor sent, None where they are not there; what is no base64 is dropped."""
    if value is None or value == "":
        return None
    try:
        if isinstance(value, str):
            return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        pass
    heard.drop(field, value, "base64")
    return None


def object_of(value: object, field: str, heard: Heard) -> Object | None:
    """What the network's decoder made, None where it made nothing."""
    if isinstance(value, Mapping):
        return value or None
    if value is not None:
        heard.drop(field, value, "an object")
    return None


def port_of(value: object) -> int | None:
    """A LoRaWAN port, None where it is not told."""
    number = number_of(value)
    return int(number) if number is not None and 0 <= number <= 255 else None


def _recognises(message: Object) -> bool:
    named = bool({"deviceInfo", "deduplicationId"} & message.keys()) or ("devEUI" in message and "fPort" in message)
    return named or len({"devAddr", "fCnt", "fPort", "rxInfo", "txInfo", "data"} & message.keys()) >= 3


def _read(message: Object, heard: Heard, moment: Moment) -> None:
    if "devEUI" in message and "deviceInfo" not in message:
        raise Refused("devEUI", message["devEUI"], "an event of ChirpStack 4, which has deviceInfo.devEui")
    about = Fields(message, heard).inside("deviceInfo").fields
    heard.device = eui_of(about.get("devEui"))
    tags = about.get("tags")
    heard.label = text_of(tags.get("container")) if isinstance(tags, Mapping) else None
    event = event_of(message)
    if event != "up":
        raise NotAReading("event", event, "up: the others say nothing of a container")
    if heard.device is None:
        raise Refused("deviceInfo.devEui", about.get("devEui", MISSING), EUI)
    times = [("time", message.get("time")), *_gateway_times(message.get("rxInfo"))]
    missed = try_time(heard, times, moment.now)
    read_sensor(
        heard,
        moment.decoders_of(heard.device),
        decoded=object_of(message.get("object"), "object", heard),
        raw=bytes_of(message.get("data"), "data", heard),
        port=port_of(message.get("fPort")),
        profile=text_of(about.get("deviceProfileName"), 200) or "",
    )
    if missed is not None:
        raise missed


def event_of(message: Object) -> str:
    """Which of ChirpStack's events it is, `unknown` where nothing tells."""
    return next((event for event, signs in SIGNS if signs & message.keys()), "unknown")


def _gateway_times(received: object) -> list[tuple[str, object]]:
    """When the gateways and the network say that they heard it."""
    ways = [way for way in received if isinstance(way, Mapping)] if isinstance(received, list) else []
    return [(f"rxInfo.{name}", way.get(name)) for way in ways[:8] for name in ("nsTime", "gwTime")]


def try_time(heard: Heard, times: list[tuple[str, object]], now: datetime) -> Refused | None:
    """Set the instant; what is wrong with it is told after the rest has been read."""
    try:
        heard.happened_at = judged(heard, times, now)
    except Refused as refused:
        return refused
    return None


DOOR = Door("chirpstack", "containers", _recognises, _read)
