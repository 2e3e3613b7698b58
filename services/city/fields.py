"""What a cell of the city folder may hold, whichever file it stands in. `services.city.cells` reads its text."""

from collections.abc import Callable
from datetime import time
from functools import cache, lru_cache
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from services.contracts.fields import Id, Lat, Lon

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

# No control characters: they cannot be seen in a spreadsheet, and PostgreSQL's jsonb refuses NUL.
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=500)]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")
]
Positive = Annotated[float, Field(gt=0, le=1e7, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, le=1e7, allow_inf_nan=False)]
Seconds = Annotated[int, Field(ge=0, le=86_400)]
East = Annotated[Lon, Field(description="degrees east, -180 to 180 (WGS 84)")]
North = Annotated[Lat, Field(description="degrees north, -90 to 90 (WGS 84)")]


@cache
def _timezones() -> set[str]:
    return available_timezones()


def _known_timezone(name: str) -> str:
    if name not in _timezones():
        raise ValueError("not a time zone of the IANA database")
    return name


TimeZoneName = Annotated[str, AfterValidator(_known_timezone)]


@lru_cache(maxsize=4096)  # a city has few opening hours and many containers
def _with_two_digits(text: str) -> str:
    if text.count(":") not in {1, 2}:
        raise ValueError("not a time")
    hours, colon, rest = text.strip().partition(":")
    return f"{hours.zfill(2)}{colon}{rest}"


def _as_clock_time(value: object) -> object:
    """Take "4:30", "04:30" or "04:30:00". Pydantic alone would read 430 as seconds, and as UTC."""
    if isinstance(value, str):
        return _with_two_digits(value)
    if isinstance(value, time):
        return value
    raise ValueError("not a time")


def _without_zone(value: time) -> time:
    """Times of a folder are the city's own clock; seconds are the finest that a file shows."""
    if value.tzinfo is not None or value.microsecond:
        raise ValueError("not a time HH:MM")
    return value


ClockTime = Annotated[time, BeforeValidator(_as_clock_time), AfterValidator(_without_zone)]


def _without_doubles[T](values: tuple[T, ...]) -> tuple[T, ...]:
    if len(set(values)) != len(values):
        raise ValueError("a value stands twice")
    return values


Ids = Annotated[tuple[Id, ...], AfterValidator(_without_doubles)]
Streams = Annotated[tuple[Id, ...], Field(min_length=1), AfterValidator(_without_doubles)]
Weekdays = Annotated[tuple[Weekday, ...], Field(min_length=1), AfterValidator(_without_doubles)]


def unless[T](usual: T) -> Callable[[T], bool]:
    """For `exclude_if`: the usual value is not kept, so that a city that never said it is the same city as before."""
    return lambda value: value == usual


ControlLevel = Literal["none", "limited", "basic", "improved", "full"]
Millimetres = Annotated[int | None, Field(ge=1, le=15_000, exclude_if=unless(None))]
StreamDays = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}:([1-9]|[12][0-9]|3[01])$")]
LevelText = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,5}:[0-9]{1,6}$")]

FleetName = Annotated[Id | None, Field(exclude_if=unless(None), description="an id of fleets.csv")]
