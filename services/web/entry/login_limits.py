"""Before a password is even looked at: how many may knock at once, and how often one may knock wrongly.

All of it is this process's memory. Several web processes let through as many times as much, and a new start forgets.
"""

import ipaddress
import threading
from collections import Counter, OrderedDict
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from services.web.entry.unknown_names import UnknownNames
from services.web.rendering.problems import WebProblem

PLACES = 16
"""Who may wait for a hash together: at a tenth of a second each, the last waits for about two."""
STRANGERS_PLACES = 8
"""Of these: a flood from outside leaves the other half to phones and browsers that we know."""
BUSY_RETRY_S = 3
WINDOW = timedelta(minutes=10)
WRONG_AN_ADDRESS = 20
"""Wrong guesses that one address may make in ten minutes, over all names: four people who each mistype five times."""
WRONG_A_CITY = 200
"""By strangers, over all addresses. Beyond, only phones, browsers and addresses that we know may try."""
REFUSAL_TOLD_EVERY = timedelta(minutes=1)
KEPT = 20_000

OUTCOMES = ("right", "wrong", "resting", "slowed", "busy", "one_time")


class Slowed(WebProblem):
    """Too many wrong guesses from one address, or in one city: nothing is checked for a while."""

    status, code = 429, "slowed"

    def __init__(self, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(minutes=-(-retry_after_s // 60))


class Busy(WebProblem):
    """Too many log in at this moment; it is over in seconds."""

    status, code, retry_after_s = 429, "busy", BUSY_RETRY_S


class Budget:
    """So many within a window, for each key; the oldest keys are forgotten beyond a number."""

    def __init__(self, most: int, window: timedelta = WINDOW) -> None:
        self._most = most
        self._window = window
        self._spent: OrderedDict[Hashable, tuple[int, datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def rest_of(self, key: Hashable, now: datetime) -> int:
        """Seconds until it may be spent from again; 0: now."""
        with self._lock:
            count, since = self._spent.get(key, (0, now))
        left = since + self._window - now
        return int(left.total_seconds()) + 1 if count >= self._most and left > timedelta(0) else 0

    def spend(self, key: Hashable, now: datetime) -> bool:
        """Whether this was the last of it."""
        with self._lock:
            count, since = self._spent.pop(key, (0, now))
            if since + self._window <= now:
                count, since = 0, now
            self._spent[key] = (count + 1, since)
            while len(self._spent) > KEPT:
                self._spent.popitem(last=False)
            return count + 1 == self._most


class LoginLimits:
    """Of one web process."""

    def __init__(self, *, places: int = PLACES, an_address: int = WRONG_AN_ADDRESS, a_city: int = WRONG_A_CITY) -> None:
        self.unknown_names = UnknownNames()
        self.outcomes = Counter(dict.fromkeys(OUTCOMES, 0))
        """Of those who knocked, for the metric."""
        self._lock = threading.Lock()
        self._places = places
        self._strangers_places = max(1, places * STRANGERS_PLACES // PLACES)
        self._taken = self._taken_by_strangers = 0
        self._addresses = Budget(an_address)
        self._cities = Budget(a_city)
        self._refusals = Budget(1, REFUSAL_TOLD_EVERY)

    def check_address(self, address: str, now: datetime) -> None:
        """Raises: Slowed, where too many wrong guesses came from there."""
        self._refuse(self._addresses.rest_of(network_of(address), now))

    def check_city(self, city: str, now: datetime) -> None:
        """Raises: Slowed, where strangers have guessed wrongly too often in this city."""
        self._refuse(self._cities.rest_of(city, now))

    def _refuse(self, rest_s: int) -> None:
        if rest_s:
            self.outcomes["slowed"] += 1
            raise Slowed(rest_s)

    def spend(self, address: str, city: str, now: datetime) -> list[str]:
        """A stranger has guessed wrongly; which budgets that was the last of: `address_slowed`, `city_slowed`."""
        is_last = {
            "address_slowed": self._addresses.spend(network_of(address), now),
            "city_slowed": self._cities.spend(city, now),
        }
        return [what for what, last in is_last.items() if last]

    def is_first_refusal(self, city: str, login: str, now: datetime) -> bool:
        """Whether a role's refusal is its account's first of this minute."""
        return self._refusals.spend((city, login), now)

    def check_room(self) -> None:
        """For strangers, before anything is asked of the store.

        Raises:
            Busy: no place is free for them.
        """
        if self._taken_by_strangers >= self._strangers_places or self._taken >= self._places:
            self.outcomes["busy"] += 1
            raise Busy

    @contextmanager
    def place(self, *, is_known: bool) -> Iterator[None]:
        """A place among those who wait for their hash. Nobody waits for a place.

        Raises:
            Busy: all are taken.
        """
        strangers = 0 if is_known else 1
        with self._lock:
            if self._taken >= self._places or (strangers and self._taken_by_strangers >= self._strangers_places):
                self.outcomes["busy"] += 1
                raise Busy
            self._taken += 1
            self._taken_by_strangers += strangers
        try:
            yield
        finally:
            with self._lock:
                self._taken -= 1
                self._taken_by_strangers -= strangers


def network_of(address: str) -> str:
    """What one person commands: an address, and of the sixth version a whole /64."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if ip.version == 6 and ip.ipv4_mapped is None:
        return str(ipaddress.ip_network((int(ip), 64), strict=False))
    return str(ip.ipv4_mapped if ip.version == 6 else ip)
