"""Numbers and instants as the field writes them: plain, in quotes, with a unit behind; in seconds, in milliseconds."""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from services.contracts.fields import FIRST_DAY, FUTURE_TOLERANCE, LAST_DAY
from services.edges.heard import MISSING, Heard, Refused

type Units = Mapping[str, float]
"""What a number is multiplied by, by the unit behind it in small letters; `""` where it stands alone."""
type Object = Mapping[str, object]

MILLIMETRES: Units = {"": 1, "mm": 1, "cm": 10, "m": 1000}
CELSIUS: Units = {"": 1, "°c": 1, "c": 1, "℃": 1}
VOLTS: Units = {"": 1, "v": 1, "mv": 0.001}
PERCENT: Units = {"": 1, "%": 1}
PLAIN: Units = {"": 1}

LONGEST = 64
"""Characters of a number in quotes."""
NUMBER = re.compile(r"([+-]?[0-9]{1,15}(?:[.,][0-9]{1,20})?(?:[eE][+-]?[0-9]{1,3})?)\s*([^\s0-9.,+-]{0,4})")
PLAINLY = 1e300
"""Below, a number is one whatever the unit: not infinite, nor with more digits than a float has room for."""
MILLISECONDS_FROM = 2**31
"""A number of this size is no instant in seconds (that would be 2038): Traccar reads it as milliseconds."""


def number_of(value: object, units: Units = PLAIN) -> float | None:
    """The number that is meant, None where none can be read. `true` is no number."""
    factor = 1.0
    if (type(value) is int or type(value) is float) and abs(value) < PLAINLY:  # as nearly all come
        return float(value) * units.get("", 1)
    if isinstance(value, str):
        match = NUMBER.fullmatch(value.strip()) if len(value) <= LONGEST else None
        if match is None or match[2].lower() not in units:
            return None
        value, factor = match[1].replace(",", "."), units[match[2].lower()]
    elif isinstance(value, bool) or not isinstance(value, int | float):
        return None
    else:
        factor = units.get("", 1)
    try:
        number = float(value) * factor
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def instant_of(value: object) -> datetime | None:
    """An instant of ISO 8601 with its zone, in UTC; None where it is none, or out of all reason."""
    if not isinstance(value, str) or len(value) > LONGEST:
        return None
    try:
        instant = datetime.fromisoformat(value.strip().upper())
    except ValueError:
        return None
    return _in_reason(instant) if instant.tzinfo is not None else None


def epoch_of(value: object) -> datetime | None:
    """An instant in seconds since 1970, or in milliseconds where it is as large as that."""
    number = number_of(value)
    if number is None or not 0 < number < 1e14:
        return None
    seconds = number / 1000 if number >= MILLISECONDS_FROM else number
    try:
        return _in_reason(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds))
    except OverflowError:
        return None


def _in_reason(instant: datetime) -> datetime | None:
    try:
        at = instant.astimezone(UTC)
    except OverflowError:
        return None
    return at if FIRST_DAY <= at.date() < LAST_DAY else None


def judged(heard: Heard, told: Iterable[tuple[str, object]], now: datetime) -> datetime:
    """When a message happened, by the first of several fields that can be believed; those before it are dropped.

    Raises:
        Refused: by none of them.
    """
    first: tuple[str, object] | None = None
    for name, value in told:
        if value is None:
            continue
        # Some versions write numbers: Traccar's forwarding once told milliseconds.
        at = instant_of(value) if isinstance(value, str) else epoch_of(value)
        if at is not None and at <= now + FUTURE_TOLERANCE:
            if first is not None:
                heard.drop(*first, _expected_instant(now))
            return at
        first = first or (name, value)
    name, value = first or ("time", MISSING)
    raise Refused(name, value, _expected_instant(now))


def _expected_instant(now: datetime) -> str:
    return f"an instant with its time zone, no later than now ({now.isoformat(timespec='seconds')})"


class Fields:
    """The fields of an object, under the name by which they are told: `object.distance`."""

    def __init__(self, fields: Object, heard: Heard, within: str = "") -> None:
        self.fields = fields
        self.heard = heard
        self.within = within

    def take(self, name: str, units: Units, low: float, high: float, expected: str) -> float | None:
        """A number that may be missing; a wrong one is dropped."""
        value = self.fields.get(name)
        if value is None:
            return None
        number = number_of(value, units)
        if number is not None and low <= number <= high:
            return number
        self.heard.drop(self.within + name, value, expected)
        return None

    def need(self, name: str, units: Units, low: float, high: float, expected: str) -> float:
        """A number that has to be there.

        Raises:
            Refused: it is not, or it is wrong.
        """
        value = self.fields.get(name)
        if value is None:
            raise Refused(self.within + name, MISSING, expected)
        number = number_of(value, units)
        if number is None or not low <= number <= high:
            raise Refused(self.within + name, value, expected)
        return number

    def inside(self, name: str) -> "Fields":
        """The object in a field; an empty one where there is none, and something else is dropped."""
        value = self.fields.get(name)
        inner: Object = {}
        if isinstance(value, dict):  # as every reader of JSON makes one
            inner = value
        elif value is not None:
            self.heard.drop(self.within + name, value, "an object")
        return Fields(inner, self.heard, f"{self.within}{name}.")


def text_of(value: object, longest: int = 64) -> str | None:
    """A word or a whole number as a name; None where it is none."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**20:
        return str(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    return text if 0 < len(text) <= longest and text.isprintable() else None
