"""ChirpStack v4: the JSON of its events, by MQTT or by its HTTP integration.

After chirpstack/chirpstack, api/proto/integration/integration.proto. JSON from protobuf leaves out 0, false and "": a
missing fCnt is 0, and which event it is shows in what only that event has.
"""

import base64
import binascii
import re
from collections.abc import Iterator

from services.edges.choosing import read_sensor
from services.edges.door import Door, Moment
from services.edges.heard import MISSING, Faults, Heard, NotAReading, Refused
from services.edges.values import PLAIN, Fields, Object, judged, text_of

DEV_EUI = re.compile(r"[0-9A-Fa-f]{16}")
BETWEEN = re.compile(r"[-: ]")
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
    if not isinstance(value, str) or len(value) > 32:
        return None
    plain = value if len(value) == 16 else BETWEEN.sub("", value)
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
    if isinstance(value, dict):
        return value or None
    if value is not None:
        heard.drop(field, value, "an object")
    return None


def take_port(fields: Fields, port: str, count: str, ways: str) -> int | None:
    """A LoRaWAN port, None where it is not told. What else of the envelope is wrong, and not needed, is dropped too."""
    number = fields.take(port, PLAIN, 0, 255, "a port, 0 to 255")
    fields.take(count, PLAIN, 0, 2**32 - 1, "a count of messages, 0 to 4294967295")
    if not isinstance(fields.fields.get(ways, []), list):
        fields.heard.drop(fields.within + ways, fields.fields[ways], "a list")
    return None if number is None else int(number)


def _recognises(message: Object) -> bool:
    named = bool({"deviceInfo", "deduplicationId"} & message.keys()) or ("devEUI" in message and "fPort" in message)
    return named or len({"devAddr", "fCnt", "fPort", "rxInfo", "txInfo", "data"} & message.keys()) >= 3


def _read(message: Object, heard: Heard, moment: Moment) -> None:
    if "devEUI" in message and "deviceInfo" not in message:
        raise Refused("devEUI", message["devEUI"], "an event of ChirpStack 4, which has deviceInfo.devEui")
    fields = Fields(message, heard)
    about = fields.inside("deviceInfo")
    heard.device = eui_of(about.fields.get("devEui"))
    heard.label = text_of(about.inside("tags").fields.get("container"))
    event = event_of(message)
    if event != "up":
        raise NotAReading("event", event, "up: the others say nothing of a container")
    faults = Faults()
    if heard.device is None:
        faults.add(Refused("deviceInfo.devEui", about.fields.get("devEui", MISSING), EUI))
    with faults:
        heard.happened_at = judged(heard, _times(message), moment.now)
    port = take_port(fields, "fPort", "fCnt", "rxInfo")
    with faults:
        read_sensor(
            heard,
            moment.decoders_of(heard.device or ""),
            decoded=object_of(message.get("object"), "object", heard),
            raw=bytes_of(message.get("data"), "data", heard),
            port=port,
            profile=text_of(about.fields.get("deviceProfileName"), 200) or "",
        )
    faults.tell()


def event_of(message: Object) -> str:
    """Which of ChirpStack's events it is, `unknown` where nothing tells."""
    return next((event for event, signs in SIGNS if signs & message.keys()), "unknown")


def _times(message: Object) -> Iterator[tuple[str, object]]:
    """When it happened as ChirpStack says, else as the network and the gateways say that they heard it."""
    yield "time", message.get("time")
    received = message.get("rxInfo")
    ways = [way for way in received if isinstance(way, dict)] if isinstance(received, list) else []
    yield from ((f"rxInfo.{name}", way.get(name)) for way in ways[:8] for name in ("nsTime", "gwTime"))


DOOR = Door("chirpstack", "containers", _recognises, _read)
