"""Traccar's position forwarding as JSON: `{"position": {...}, "device": {...}}`, speed in knots.

So the trackers that a city already has come in through the Traccar that it already runs.
"""

from collections.abc import Mapping

from services.edges.door import Door, Moment
from services.edges.doors.places import KMH_PER_KNOT, take_alarm, take_counters, take_motion, take_place
from services.edges.heard import MISSING, Faults, Heard, Refused
from services.edges.values import Fields, Object, judged, text_of


def _recognises(message: Object) -> bool:
    return "position" in message and ("device" in message or isinstance(message["position"], Mapping))


def _read(message: Object, heard: Heard, moment: Moment) -> None:
    fields = Fields(message, heard)
    device = fields.inside("device").fields
    heard.device = text_of(device.get("uniqueId"))
    told = message.get("position")
    if not isinstance(told, Mapping):
        raise Refused("position", MISSING if told is None else told, "an object")
    position = Fields(told, heard, "position.")
    _take_extras(position)
    faults = Faults()
    if heard.device is None:
        faults.add(Refused("device.uniqueId", device.get("uniqueId", MISSING), "the name of the device"))
    names = ("fixTime", "deviceTime", "serverTime")
    with faults:
        heard.happened_at = judged(heard, [(f"position.{name}", told.get(name)) for name in names], moment.now)
    for name, wrong in (("valid", False), ("outdated", True)):
        if told.get(name) is wrong:
            faults.add(
                Refused(f"position.{name}", wrong, f"{not wrong}: this is no fix, or that of an earlier message")
            )
    with faults:
        take_place(position, "latitude", "longitude")
    faults.tell()


def _take_extras(position: Fields) -> None:
    heard = position.heard
    take_motion(position, "speed", "course", "accuracy", KMH_PER_KNOT)
    if heard.accuracy_m == 0:  # Traccar's word for not told
        heard.accuracy_m = None
    attributes = position.inside("attributes")
    battery = attributes.take("batteryLevel", {"": 1, "%": 1}, 0, 100, "0 to 100 %")
    heard.battery_ratio = None if battery is None else battery / 100
    take_counters(attributes)
    take_alarm(attributes.fields.get("alarm") or None, heard)


DOOR = Door("traccar-forward", "trucks", _recognises, _read)
