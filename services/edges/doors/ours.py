"""Our own messages, as a device of ours sends them: which kind it is shows in the field that only that kind has."""

import json

from pydantic import ValidationError

from services.contracts.devices import KINDS, DeviceKind
from services.contracts.telemetry import Position, Reading, Said
from services.edges.door import Door, Moment
from services.edges.heard import Heard, Refused
from services.edges.mending import Unreadable, mend
from services.edges.values import Object, instant_of, number_of

SIGNS = {
    "containers": frozenset({"fill_ratio"}),
    "scales": frozenset({"net_kg"}),
    "trucks": frozenset({"lon", "lat", "speed_kmh", "heading_deg", "accuracy_m"}),
}
PLACE = frozenset({"lon", "lat"})
"""Trackers of others say these too."""


def _recognises(message: Object) -> bool:
    signs = frozenset({"happened_at"}).union(*SIGNS.values()) - PLACE
    return bool(signs & message.keys())


def kind_of(message: Object) -> DeviceKind:
    """What our message is of: a reading where nothing tells."""
    return KINDS[next((kind for kind, signs in SIGNS.items() if signs & message.keys()), "containers")]


def _read(message: Object, heard: Heard, moment: Moment) -> None:
    kind = KINDS[moment.kind] if moment.kind else kind_of(message)
    heard.kind = kind.name
    heard.happened_at = instant_of(message.get("happened_at"))
    said = _said(message, kind, heard, moment)
    heard.happened_at = said.happened_at
    if (fault := said.fault()) is not None:
        raise Unreadable(fault)
    match said:
        case Reading():
            heard.fill_ratio, heard.battery_ratio = said.fill_ratio, said.battery_ratio
            heard.temperature_c = said.temperature_c
        case Position():
            heard.lon, heard.lat = said.lon, said.lat
            heard.speed_kmh, heard.heading_deg = said.speed_kmh, said.heading_deg
            heard.accuracy_m = said.accuracy_m
            heard.fuel_used_l, heard.odometer_m, heard.engine_s = said.fuel_used_l, said.odometer_m, said.engine_s


def _said(message: Object, kind: DeviceKind, heard: Heard, moment: Moment) -> Said:
    try:
        payload, context = json.dumps(dict(message)).encode(), {"now": moment.now}
    except (ValueError, RecursionError) as error:
        raise Refused("payload", str(error), "JSON that can be written again") from error
    try:
        return kind.contract.model_validate_json(payload, context=context)
    except ValidationError as error:
        heard.battery_ratio = _battery(message)
        mended = mend(kind.contract, payload, context, error)
        heard.dropped.extend(mended.left_aside)
        return mended.said


def _battery(message: Object) -> float | None:
    number = number_of(message.get("battery_ratio"))
    return number if number is not None and 0 <= number <= 1 else None


DOOR = Door("ours", "containers", _recognises, _read)
