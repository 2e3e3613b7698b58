"""Savings of months, computed once for each change of the ledger: two years' lines are megabytes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from threading import Lock

from services.ledger.period import Savings

MOST_KEPT = 2_000
"""Months of all cities; beyond it what was kept is forgotten, and computed again when somebody asks."""


@dataclass(frozen=True)
class MonthStamp:
    """What a month's figures were made of: how many lines, and the latest of them; of the days after it, too."""

    month: date
    lines: int
    computed_at: datetime


class KeptMonths:
    """By city and month; None is kept as well: a month in which nothing is compared."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, date], tuple[MonthStamp, Savings | None]] = {}
        self._lock = Lock()

    def get(self, city: str, stamp: MonthStamp, compute: Callable[[], Savings | None]) -> Savings | None:
        """As kept; computed where the month has changed since."""
        with self._lock:
            known = self._known.get((city, stamp.month))
        if known is not None and known[0] == stamp:
            return known[1]
        found = compute()
        with self._lock:
            if len(self._known) >= MOST_KEPT:
                self._known.clear()
            self._known[city, stamp.month] = (stamp, found)
        return found
