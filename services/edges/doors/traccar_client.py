"""Traccar Client's newer JSON: metres a second, and -1 for what the phone does not know."""

from collections.abc import Mapping

from services.edges.door import Door, Moment
from services.edges.doors.places import KMH_PER_MS, take_alarm, take_motion, take_place, without_unknown
from services.edges.heard import MISSING, Faults, Heard, Refused
from services.edges.values import PLAIN, Fields, Object, judged, text_of


def _recognises(message: Object) -> bool:
    location = message.get("location")
    return isinstance(location, Mapping) and ("device_id" in message or bool({"coords", "timestamp"} & location.keys()))


def _read(message: Object, heard: Heard, moment: Moment) -> None:
    heard.device = text_of(message.get("device_id"))
    location = Fields(message, heard).inside("location")
    _take_extras(location)
    faults = Faults()
    if heard.device is None:
        faults.add(Refused("device_id", message.get("device_id", MISSING), "the name of the device"))
    with faults:
        heard.happened_at = judged(heard, [("location.timestamp", location.fields.get("timestamp"))], moment.now)
    with faults:
        coords = location.fields.get("coords")
        if not isinstance(coords, Mapping):
            expected = "an object with latitude and longitude"
            raise Refused("location.coords", MISSING if coords is None else coords, expected)
        place = Fields(coords, heard, "location.coords.")
        take_motion(place, "speed", "heading", "accuracy", KMH_PER_MS)
        take_place(place, "latitude", "longitude")
    faults.tell()


def _take_extras(location: Fields) -> None:
    heard, told = location.heard, location.fields
    battery = without_unknown(location.inside("battery"), ("level",))
    heard.battery_ratio = battery.take("level", PLAIN, 0, 1, "a share, 0 to 1")
    if told.get("mock") is True:
        heard.alarms.append("mock")
    take_alarm(told.get("alarm") or None, heard)


DOOR = Door("traccar-client", "trucks", _recognises, _read)
