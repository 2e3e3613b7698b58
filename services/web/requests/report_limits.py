"""How much residents may report: from one address, of one container, in one city. It is this process's memory alone.

Several web processes let through as many times as much, and a new start forgets.
"""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import Literal

from services.web.entry.login_limits import WINDOW, Budget
from services.web.rendering.problems import WebProblem

AN_ADDRESS = 30
"""Reports in ten minutes. A mobile network has thousands of telephones behind one address."""
A_KEY = 600
"""In ten minutes, by a program that has the city's key: it speaks for many."""
A_CITY = 1_200
"""In ten minutes: two a second. Beyond, somebody floods it."""
PHOTOS_OF_A_CITY = 120
"""In ten minutes: 24 MB at most. Further reports are taken without theirs."""
TEXTS_OF_A_TELEPHONE = 20
"""In an hour. Beyond, nothing is answered: a telephone that answers by itself would go on for ever."""
SAME_WITHIN = timedelta(hours=1)
"""The same of the same container from the same address is the same report: it is the one that they made before."""
KEPT = 20_000


class TooManyReports(WebProblem):
    status, code = 429, "too_many_reports"

    def __init__(self, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(minutes=-(-retry_after_s // 60))


class ReportLimits:
    """Of one web process; safe from any thread."""

    def __init__(self, *, an_address: int = AN_ADDRESS, a_key: int = A_KEY, a_city: int = A_CITY) -> None:
        self._addresses = Budget(an_address, WINDOW)
        self._keys = Budget(a_key, WINDOW)
        self._cities = Budget(a_city, WINDOW)
        self._photos = Budget(PHOTOS_OF_A_CITY, WINDOW)
        self._texts = Budget(TEXTS_OF_A_TELEPHONE, timedelta(hours=1))
        self._recent: OrderedDict[Hashable, tuple[str, datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def spend(self, city: str, who: str, now: datetime, *, has_key: bool) -> None:
        """Count a report that is about to be taken.

        Raises:
            TooManyReports: there have been too many from there, or in the city.
        """
        own = self._keys if has_key else self._addresses
        for budget, key in ((own, (city, who)), (self._cities, city)):
            if rest_s := budget.rest_of(key, now):
                raise TooManyReports(rest_s)
        own.spend((city, who), now)
        self._cities.spend(city, now)

    def has_room_for_photo(self, city: str, now: datetime) -> bool:
        """Whether one more photo of the city is kept; counts it."""
        if self._photos.rest_of(city, now):
            return False
        self._photos.spend(city, now)
        return True

    def text_of(self, city: str, telephone: str, now: datetime) -> Literal["heard", "last", "unheard"]:
        """Count a text: whether it is answered, and whether it is the last that is for a while."""
        if self._texts.rest_of((city, telephone), now):
            return "unheard"
        return "last" if self._texts.spend((city, telephone), now) else "heard"

    def find_same(self, what: Hashable, now: datetime) -> str | None:
        """The report that was made of the same a while ago."""
        with self._lock:
            found = self._recent.get(what)
        return found[0] if found is not None and now - found[1] <= SAME_WITHIN else None

    def keep(self, what: Hashable, report: str, now: datetime) -> None:
        with self._lock:
            self._recent[what] = (report, now)
            self._recent.move_to_end(what)
            while len(self._recent) > KEPT:
                self._recent.popitem(last=False)
