"""Names that strangers guess at in vain: those without an account, and trucks from phones that are not theirs."""

import threading
from collections import OrderedDict
from datetime import datetime, timedelta

GUESSES = 5
FIRST_REST = timedelta(minutes=5)
LONGEST_REST = timedelta(hours=1)
NAMES_KEPT = 10_000


class UnknownNames:
    """They rest like accounts, so that nobody finds out which is which."""

    def __init__(self) -> None:
        self._guessed: OrderedDict[tuple[str, str], tuple[int, datetime | None]] = OrderedDict()
        self._lock = threading.Lock()

    def rest_of(self, city: str, login: str) -> datetime | None:
        with self._lock:
            return self._guessed.get((city, login.casefold()), (0, None))[1]

    def record_wrong(self, city: str, login: str, now: datetime) -> datetime | None:
        """Until when the name rests now, if it does."""
        name = (city, login.casefold())
        with self._lock:
            attempts = self._guessed.pop(name, (0, None))[0] + 1
            until = rest_until(attempts, now)
            self._guessed[name] = (attempts, until)
            while len(self._guessed) > NAMES_KEPT:
                self._guessed.popitem(last=False)
            return until


def rest_until(attempts: int, now: datetime) -> datetime | None:
    """After every fifth wrong guess in a row a rest, each twice as long as the one before, at most an hour."""
    rounds, rest = divmod(attempts, GUESSES)
    if rest:
        return None
    doublings = min(rounds - 1, 10)
    return now + min(FIRST_REST * (1 << doublings), LONGEST_REST)
