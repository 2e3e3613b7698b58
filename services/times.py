"""Between instants and seconds of a local day, the solver's time."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def seconds_of_day(clock_time: time) -> int:
    """Seconds after local midnight."""
    return clock_time.hour * 3600 + clock_time.minute * 60 + clock_time.second


def instant_of(day: date, second: float, zone: ZoneInfo) -> datetime:
    """The instant (UTC) when the city's own clock shows `second` seconds after midnight of `day`.

    The clock on the wall counts, as crews live by it, also on a day when the hour changes.
    """
    on_the_wall = datetime.combine(day, time()) + timedelta(seconds=second)
    return on_the_wall.replace(tzinfo=zone).astimezone(UTC)


def seconds_after_midnight(instant: datetime, day: date, zone: ZoneInfo) -> int:
    """What the city's own clock shows at an instant, in whole seconds after midnight of `day`: `instant_of`, back."""
    on_the_wall = instant.astimezone(zone).replace(tzinfo=None)
    return int((on_the_wall - datetime.combine(day, time())).total_seconds())


def local_day(instant: datetime, zone: ZoneInfo) -> date:
    """The city's date at an instant."""
    return instant.astimezone(zone).date()
