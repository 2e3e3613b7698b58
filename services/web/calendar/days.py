"""On which days a district's waste is collected: what was sent says so for its day, fixed circuits for days ahead.

A city that chooses each morning what is emptied knows no more: its calendar holds the days that were sent.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

BACK = timedelta(days=30)
AHEAD = timedelta(days=60)

State = Literal["usual", "confirmed", "cancelled"]
"""`usual`: a day of the fixed circuits, for which nothing is sent yet; `cancelled`: one on which no truck comes."""


class Round(NamedTuple):
    """A district and a kind of waste."""

    zone: str
    stream: str


class SentDay(NamedTuple):
    """What the plans that were sent say of a day."""

    day: date
    sent_at: datetime
    containers: int
    """That are emptied."""
    is_whole: bool
    """Whether nothing is still to be sent that could empty others."""


@dataclass(frozen=True)
class CollectionDay:
    day: date
    state: State
    said_at: datetime | None = None
    """When it was sent; None: it is as usual."""
    containers: int = 0


def collection_days(weekdays: Collection[int], sent: Iterable[SentDay], today: date) -> list[CollectionDay]:
    """From a month back to two ahead, in order. Of a day behind of which nothing was sent, nothing is said."""
    days: dict[date, CollectionDay] = {}
    day = today
    while day <= today + AHEAD:
        if day.weekday() in weekdays:
            days[day] = CollectionDay(day, "usual")
        day += timedelta(days=1)
    for told in sent:
        if told.containers:
            days[told.day] = CollectionDay(told.day, "confirmed", told.sent_at, told.containers)
        elif told.is_whole and told.day.weekday() in weekdays:
            days[told.day] = CollectionDay(told.day, "cancelled", told.sent_at)
    return [days[day] for day in sorted(days)]
