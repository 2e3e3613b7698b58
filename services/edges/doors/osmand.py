"""The OsmAnd protocol, which Traccar's clients, OsmAnd and many scripts speak: fields in a query or a form.

After traccar/traccar, OsmAndProtocolDecoder: speed in knots, a timestamp in seconds, milliseconds or as a text.
"""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from services.contracts.fields import FUTURE_TOLERANCE
from services.edges.door import Door, Moment
from services.edges.doors.places import (
    KMH_PER_KNOT,
    take_alarm,
    take_counters,
    take_motion,
    take_place,
    without_unknown,
)
from services.edges.heard import MISSING, Faults, Heard, Refused
from services.edges.values import Fields, Object, epoch_of, instant_of, text_of

MOST_FIELDS = 100
TIMESTAMP = "seconds or milliseconds since 1970, or an ISO 8601 instant, no later than now"


def fields_of(text: str) -> dict[str, object]:
    """The fields of a query or a form, the first of each name.

    Raises:
        ValueError: more fields than anybody sends.
    """
    query = urlsplit(text).query if "?" in text else text
    found: dict[str, object] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_FIELDS):
        found.setdefault(name, value)
    return found


def _recognises(message: Object) -> bool:
    has_place = {"lat", "lon"} & message.keys() or isinstance(message.get("location"), str)
    return bool(has_place) or bool({"cell", "wifi"} & message.keys())


def _read(message: Object, heard: Heard, moment: Moment) -> None:
    told = {name: value[0] if isinstance(value, list) and value else value for name, value in message.items()}
    heard.device = text_of(told.get("id")) or text_of(told.get("deviceid"))
    fields = Fields(_with_place(told, heard), heard)
    _take_extras(fields)
    faults = Faults()
    if heard.device is None:
        came = told.get("id", told.get("deviceid", MISSING))
        faults.add(Refused("id", came, "the name of the device, in id or deviceid"))
    with faults:
        heard.happened_at = _instant(told, moment.now)
    if str(told.get("valid", "true")).strip().lower() in {"false", "0"}:
        faults.add(Refused("valid", told["valid"], "true or 1: without a fix the place is none"))
    with faults:
        take_place(fields, "lat", "lon")
    faults.tell()


def _with_place(told: Mapping[str, object], heard: Heard) -> dict[str, object]:
    """`location=lat,lon` as two fields."""
    location = told.get("location")
    if location is None:
        return dict(told)
    north, comma, east = location.partition(",") if isinstance(location, str) else ("", "", "")
    if not comma:
        heard.drop("location", location, "lat,lon")
        return dict(told)
    return {**told, "lat": north.strip(), "lon": east.strip()}


def _take_extras(fields: Fields) -> None:
    told, heard = fields.fields, fields.heard
    heading = "heading" if "bearing" not in told else "bearing"
    take_motion(fields, "speed", heading, "accuracy", KMH_PER_KNOT)
    battery = without_unknown(fields, ("batt",)).take("batt", {"": 1, "%": 1}, 0, 100, "0 to 100 %")
    heard.battery_ratio = None if battery is None else battery / 100
    take_counters(fields)
    take_alarm(told.get("alarm") or None, heard)


def _instant(told: Mapping[str, object], now: datetime) -> datetime:
    value = told.get("timestamp")
    if value is None or value == "":
        return now
    at = epoch_of(value) or instant_of(value) or _plain(value)
    if at is None or at > now + FUTURE_TOLERANCE:
        raise Refused("timestamp", value, TIMESTAMP)
    return at


def _plain(value: object) -> datetime | None:
    """`2014-06-04 09:10:11`, which the protocol says is UTC."""
    return instant_of(f"{value.strip()}Z") if isinstance(value, str) else None


DOOR = Door("osmand", "trucks", _recognises, _read)
