"""What each city's containers teach of one another, learned when somebody first looks at one on a day."""

from collections.abc import Callable
from datetime import date
from threading import Lock

from services.fill.outlook import Outlook

MOST_KEPT = 4
"""Cities: an outlook of a large one takes some tens of megabytes."""


class Outlooks:
    """Of a process. What was learned in the morning is good for the day: a year of days teaches it."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[date, Outlook]] = {}
        self._lock = Lock()

    def find(self, city: str, day: date) -> Outlook | None:
        """None where nobody has asked that day yet."""
        known = self._known.get(city)
        return known[1] if known is not None and known[0] == day else None

    def of(self, city: str, day: date, learn: Callable[[], Outlook]) -> Outlook:
        """Learned where it is not known: one at a time, and who asks meanwhile waits for it."""
        with self._lock:
            found = self.find(city, day)
            if found is None:
                found = learn()
                self._known.pop(city, None)
                self._known[city] = day, found
                while len(self._known) > MOST_KEPT:
                    self._known.pop(next(iter(self._known)))
            return found
