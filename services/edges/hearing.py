"""A message at a door: its JSON read, its door found, and what is made of it. Pure: no sockets here."""

import json
from collections.abc import Mapping

from pydantic_core import from_json

from services.contracts.telemetry import MAX_PAYLOAD_BYTES
from services.edges.door import Door, Moment
from services.edges.doors import bare, chirpstack, osmand, ours, traccar_client, traccar_forward, ttn
from services.edges.heard import Heard, NotAReading, Refused
from services.edges.mending import LeftAside, Unreadable
from services.edges.values import Object

DOORS: Mapping[str, Door] = {
    door.name: door
    for door in (
        chirpstack.DOOR,
        ttn.DOOR,
        traccar_client.DOOR,
        traccar_forward.DOOR,
        ours.DOOR,
        osmand.DOOR,
        bare.DOOR,
    )
}
"""In the order in which they are asked whether a message is theirs."""

MOST_BYTES = 64 * 1024
"""At the doors of networks: an uplink that eight gateways have heard passes 4 KB."""
DEEPEST = 64
QUERY_BEGINS = ("/", "?", "http://", "https://", "GET ", "POST ", "id=", "deviceid=", "lat=", "timestamp=")


def _no_constant(name: str) -> object:
    """NaN and Infinity are no JSON: kept as words, so that the field they stand in is told."""
    return name


READER = json.JSONDecoder(parse_constant=_no_constant)


def hear(payload: bytes, moment: Moment, *, door: Door | None = None) -> Heard:
    """What a message becomes; where it is refused, `rejected` says why and the rest is what could be read.

    Args:
        payload: the message.
        moment: when it came, and who may read it.
        door: whose it is; None: found by what it looks like.
    """
    heard = Heard(door=door.name if door else None, kind=door.kind if door else None)
    try:
        _hear(payload, moment, door, heard)
    except (Refused, Unreadable) as refused:
        heard.rejected = str(refused)
        heard.is_passed_over = isinstance(refused, NotAReading)
    return heard


def _hear(payload: bytes, moment: Moment, door: Door | None, heard: Heard) -> None:
    if len(payload) > MOST_BYTES:
        raise Refused("payload", f"{len(payload)} bytes", f"at most {MOST_BYTES} bytes")
    message = _message(payload, heard, osmand_too=door is None or door is osmand.DOOR)
    found = door or next(each for each in DOORS.values() if each.recognises(message))
    heard.door, heard.kind = found.name, found.kind
    if found is ours.DOOR and len(payload) > MAX_PAYLOAD_BYTES:
        raise Refused("payload", f"{len(payload)} bytes", f"at most {MAX_PAYLOAD_BYTES} bytes")
    try:
        found.read(message, heard, moment)
    except RecursionError as error:
        raise Refused("payload", "an object within an object, and so on", f"at most {DEEPEST} deep") from error


def _message(payload: bytes, heard: Heard, *, osmand_too: bool) -> Object:
    text = _text(payload, heard)
    if osmand_too and text.startswith(QUERY_BEGINS):
        return _query(text)
    try:
        message = read_json(text)
    except ValueError as error:
        raise Refused("payload", text, f"JSON ({error})") from error
    except RecursionError as error:
        raise Refused("payload", text, f"JSON, at most {DEEPEST} deep") from error
    if not isinstance(message, dict):
        raise Refused("payload", message, "a JSON object")
    if text.count("{") + text.count("[") > DEEPEST and _is_too_deep(message):
        raise Refused("payload", text, f"JSON, at most {DEEPEST} deep")
    return message


def read_json(text: str) -> object:
    """As Python's own reader reads it, at a fifth of the time where nothing is odd.

    Raises:
        ValueError, RecursionError: it is none, as the slow reader tells it.
    """
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError:
        return READER.decode(text)


def _text(payload: bytes, heard: Heard) -> str:
    """UTF-8, without what some senders put around it."""
    plain = payload.removeprefix(b"\xef\xbb\xbf").strip()
    without_nul = plain.rstrip(b"\0").rstrip()
    if without_nul != plain:
        heard.dropped.append(LeftAside("payload", "NUL bytes behind the message, which ends with its last brace"))
    try:
        return without_nul.decode()
    except UnicodeDecodeError as error:
        raise Refused("payload", payload[:40], f"UTF-8 (byte {error.start} is none)") from error


def _query(text: str) -> Object:
    method, _, rest = text.partition(" ")
    line = rest.split(" ")[0] if method in {"GET", "POST"} else text.split(" HTTP/", maxsplit=1)[0]
    try:
        return osmand.fields_of(line)
    except ValueError as error:
        raise Refused("payload", text, f"a query of fields ({error})") from error


def _is_too_deep(message: object) -> bool:
    """JSON's own kinds alone: this looks at every value of every message."""
    level: list[object] = [message]
    for _ in range(DEEPEST):
        inner: list[object] = []
        for each in level:
            if type(each) is dict:
                inner += each.values()
            elif type(each) is list:
                inner += each
        if not inner:
            return False
        level = inner
    return True
