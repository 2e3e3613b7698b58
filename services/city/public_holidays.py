"""Public holidays of a country, and the feasts of the Islamic calendar where they are public ones.

By the `holidays` library, which stops here. Days that follow the moon it estimates by the Umm al-Qura calendar where
nobody has written down which they were: they may be a day off.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import cache
from types import MappingProxyType
from typing import Literal

import holidays

type Feast = Literal["holiday", "ramadan", "korite", "tabaski"]
"""A public holiday; the month of fasting; the end of it (Eid al-Fitr); the feast of sacrifice (Eid al-Adha)."""

RAMADAN_DAYS = 30
"""Before Eid al-Fitr: 29 or 30, and by so much an estimate may be off anyway."""
TABASKI_DAYS = 3
"""From Eid al-Adha on: slaughtering and what comes of it."""
_MOST_FEASTS_APART = timedelta(days=20)
"""Days of one feast lie nearer to each other: a Hijri year has 354."""


def is_known(place: str) -> bool:
    """Whether holidays of it are known: an ISO 3166 country, or one with its subdivision, like GB-SCT."""
    country, _, part = place.partition("-")
    return part in ("", *_places().get(country, ())) and country in _places()


@cache
def _places() -> Mapping[str, list[str]]:
    return MappingProxyType(holidays.list_supported_countries())


def feasts_of(place: str, first_year: int, last_year: int) -> dict[Feast, frozenset[date]]:
    """Days of each kind. A holiday that falls on a feast is of both kinds."""
    country, _, part = place.partition("-")
    # A year more at each end: Ramadan is reckoned back from its end, and a feast may begin in December.
    years = range(first_year - 1, last_year + 2)
    # In English all countries' feasts have their Arabic names.
    found = holidays.country_holidays(country, subdiv=part or None, years=years, language="en_US")
    ends = _firsts(day for day, name in found.items() if "Fitr" in name)
    sacrifices = _firsts(day for day, name in found.items() if "Adha" in name)
    return {
        "holiday": frozenset(found),
        "ramadan": frozenset(end - timedelta(days=n) for end in ends for n in range(1, RAMADAN_DAYS + 1)),
        "korite": frozenset(ends),
        "tabaski": frozenset(first + timedelta(days=n) for first in sacrifices for n in range(TABASKI_DAYS)),
    }


def _firsts(days: Iterable[date]) -> list[date]:
    """Of each feast its first day: some countries have several off, or a Monday after it."""
    firsts: list[date] = []
    latest: date | None = None
    for day in sorted(days):
        if latest is None or day - latest > _MOST_FEASTS_APART:
            firsts.append(day)
        latest = day
    return firsts
