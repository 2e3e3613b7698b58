"""What all trackers say: a place, and how one goes there."""

from services.contracts.telemetry import MOST_ENGINE_S, MOST_FUEL_USED_L, MOST_ODOMETER_M
from services.edges.heard import Heard, Refused
from services.edges.values import PLAIN, Fields, Units

KMH_PER_KNOT = 1.852
KMH_PER_MS = 3.6
MOST_KMH = 200
LITRES: Units = {"": 1, "l": 1, "ml": 0.001}
METRES: Units = {"": 1, "m": 1, "km": 1000}
ENGINE_S: Units = {"": 0.001, "ms": 0.001, "s": 1, "h": 3600}
"""Seconds. Traccar's `hours` are milliseconds."""
UNKNOWN = (-1, "-1", "-1.0")
"""What phones say in place of a speed, a heading or a battery that they do not know: no fault."""


def take_place(fields: Fields, lat: str, lon: str) -> None:
    """The place that a position cannot do without.

    Raises:
        Refused: it is missing, or none on Earth, or the 0, 0 of a receiver that knows no place.
    """
    north = fields.need(lat, PLAIN, -90, 90, "degrees north, -90 to 90")
    east = fields.need(lon, PLAIN, -180, 180, "degrees east, -180 to 180")
    if north == 0 and east == 0:
        raise Refused(f"{fields.within}{lat}, {lon}", "0, 0", "a place: 0, 0 is what a receiver says that knows none")
    fields.heard.lat, fields.heard.lon = north, east


def take_motion(fields: Fields, speed: str, heading: str, accuracy: str, kmh: float) -> None:
    """Speed, heading and accuracy, as far as they are right; `kmh` is what one unit of the speed comes to."""
    known = without_unknown(fields, (speed, heading, accuracy))
    fast = known.take(speed, PLAIN, 0, MOST_KMH / kmh, f"0 to {MOST_KMH / kmh:.0f}")
    heard = fields.heard
    heard.speed_kmh = None if fast is None else round(fast * kmh, 3)
    heard.heading_deg = known.take(heading, PLAIN, 0, 360, "degrees, 0 to 360")
    heard.accuracy_m = known.take(accuracy, PLAIN, 0, 100_000, "metres, 0 to 100000")


def take_counters(fields: Fields) -> None:
    """What the engine has counted in all its life, by Traccar's names and in its units where none is told.

    `odometer` is the tracker's, `obdOdometer` the truck's own. `totalDistance` is Traccar's sum of its fixes, `fuel`
    and `fuelLevel` are the tank's, `fuelConsumption` a rate of this instant: none of them counts what was burnt.
    """
    heard = fields.heard
    known = without_unknown(fields, ("fuelUsed", "obdOdometer", "odometer", "hours"))
    heard.fuel_used_l = known.take("fuelUsed", LITRES, 0, MOST_FUEL_USED_L, "litres since the engine is new")
    metres = [known.take(name, METRES, 0, MOST_ODOMETER_M, "metres") for name in ("obdOdometer", "odometer")]
    heard.odometer_m = next((each for each in metres if each), None)
    heard.engine_s = known.take("hours", ENGINE_S, 0, MOST_ENGINE_S, "milliseconds that the engine has run")


def without_unknown(fields: Fields, names: tuple[str, ...]) -> Fields:
    """The same without those of these fields that say -1."""
    told = {name: value for name, value in fields.fields.items() if name not in names or value not in UNKNOWN}
    return Fields(told, fields.heard, fields.within)


def take_alarm(value: object, heard: Heard) -> None:
    """An alarm by the name that its program gives it."""
    if isinstance(value, str) and 0 < len(value) <= 64 and value.isprintable():
        heard.alarms.extend(part.strip() for part in value.split(",") if part.strip())
    elif value is not None:
        heard.drop("alarm", value, "the name of an alarm")
