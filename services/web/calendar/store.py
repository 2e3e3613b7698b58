"""What calendars alone read of the store."""

from datetime import date, datetime
from typing import NamedTuple, TypedDict

from services.city.fields import WEEKDAYS
from services.store.connection import Connection
from services.store.queries import load_queries
from services.web.calendar.days import Round, SentDay
from services.web.figures.store import rows_of

SQL = load_queries(__name__)


class StreamRow(TypedDict):
    zone: str
    zone_name: str
    stream: str
    containers: int


class Known(NamedTuple):
    """What is known of a city's rounds, by district and stream."""

    loaded_at: datetime
    weekdays: dict[Round, frozenset[int]]
    """Of the fixed circuits, Monday being 0."""
    sent: dict[Round, list[SentDay]]


def list_streams(connection: Connection, city: str) -> list[StreamRow]:
    return rows_of(StreamRow, connection.execute(SQL["list_streams"], {"city": city}))


def load_known(connection: Connection, city: str, first: date, last: date) -> Known:
    """The fixed weekdays, and what was sent for the days from `first` to `last`, both included."""
    key = {"city": city}
    loaded = connection.execute(SQL["find_loaded_at"], key).fetchone()
    assert loaded is not None  # noqa: S101 - the city was found in this very transaction
    weekdays: dict[Round, set[int]] = {}
    for row in connection.execute(SQL["list_fixed_weekdays"], key):
        weekdays.setdefault(Round(row["zone"], row["stream"]), set()).add(WEEKDAYS.index(row["weekday"]))
    sent: dict[Round, list[SentDay]] = {}
    for row in connection.execute(SQL["list_sent_days"], key | {"first": first, "last": last}):
        day = SentDay(row["day"], row["sent_at"], row["containers"], row["is_whole"])
        sent.setdefault(Round(row["zone"], row["stream"]), []).append(day)
    return Known(loaded["loaded_at"], {key: frozenset(days) for key, days in weekdays.items()}, sent)
