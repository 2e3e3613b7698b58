"""What a maker's decoder made, in no envelope: for trying out, and the messages of NB-IoT sensors of Milesight."""

from collections.abc import Mapping

from services.edges.choosing import read_sensor
from services.edges.door import Door, Moment
from services.edges.heard import Heard, Refused
from services.edges.values import Object, text_of


def _inner(message: Object) -> Object:
    """Milesight's NB-IoT sensors wrap a list of what was measured: `{sn, imei, ..., data: [{...}]}`."""
    data = message.get("data")
    if isinstance(data, list) and data and isinstance(data[-1], Mapping):
        return data[-1]
    return message


def _recognises(_message: Object) -> bool:
    return True


def _read(message: Object, heard: Heard, moment: Moment) -> None:
    heard.device = next((name for field in ("sn", "imei") if (name := text_of(message.get(field)))), None)
    inner = _inner(message)
    candidates = moment.decoders_of(heard.device or "")
    if len(candidates) > 1 and not any(each.has_object(inner) for each in candidates):
        names = ", ".join(each.name for each in candidates)
        raise Refused("message", dict(message), f"the envelope of a known door, or what a decoder makes ({names})")
    try:
        read_sensor(heard, candidates, decoded=inner, raw=None, port=None, within="")
    finally:
        heard.door = heard.decoder


DOOR = Door("object", "containers", _recognises, _read)
