"""Checking passwords: after five wrong guesses in a row a name rests for five minutes, then twice as long."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.store.connection import Connection
from services.store.queries import load_queries
from services.web.accounts import Account
from services.web.hashing import NOBODY, is_right, renewed

GUESSES = 5
FIRST_REST = timedelta(minutes=5)
LONGEST_REST = timedelta(hours=1)
NAMES_KEPT = 10_000

SQL = load_queries(__name__)

type Looking = Callable[[], AbstractContextManager[Connection]]
"""Opens a short transaction: one before the hash is computed, one after, none meanwhile."""

_one_at_a_time = [threading.Lock() for _ in range(64)]
"""By name, so that guesses made together are counted one by one; several web processes let through one each."""


@dataclass(frozen=True)
class Resting:
    """Too many wrong guesses: nothing is checked until then, not even the right one."""

    until: datetime


class UnknownNames:
    """Wrong guesses at names without an account: they rest like accounts, so that nobody finds out which is which."""

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
            until = _rest_until(attempts, now)
            self._guessed[name] = (attempts, until)
            while len(self._guessed) > NAMES_KEPT:
                self._guessed.popitem(last=False)
            return until


def check_password(
    looking: Looking, unknown: UnknownNames, city: str, login: str, password: str, now: datetime
) -> Account | Resting | None:
    """The account; or that the name rests; or None for a wrong password as for an unknown name, which last alike."""
    login = login.strip()
    with _one_at_a_time[hash((city, login.casefold())) % len(_one_at_a_time)]:
        with looking() as connection:
            row = _find_password(connection, city, login)
        until = row["locked_until"] if row else unknown.rest_of(city, login)
        if until is not None and until > now:
            return Resting(until)
        if row is None:
            is_right(NOBODY, password)
            return _resting(unknown.record_wrong(city, login, now))
        if not is_right(row["password_hash"], password):
            with looking() as connection:
                return _resting(_record_wrong(connection, city, row["login"], now))
        kept = renewed(row["password_hash"], password)
        with looking() as connection:
            return _record_right(connection, row, kept)


def _resting(until: datetime | None) -> Resting | None:
    return None if until is None else Resting(until)


def _record_right(connection: Connection, row: dict[str, Any], kept: str) -> Account | None:
    """None where the password was changed while this one was checked."""
    named = {"city": row["city_id"], "login": row["login"]}
    right = named | {"checked": row["password_hash"], "hash": kept}
    if connection.execute(SQL["record_right_password"], right).fetchone() is None:
        return None
    return Account(row["city_id"], row["login"], row["role"], row["truck_id"], row["session_epoch"])


def _find_password(connection: Connection, city: str, login: str) -> dict[str, Any] | None:
    """The account written so, else the only one written so in other letters."""
    rows = connection.execute(SQL["find_password"], {"city": city, "login": login}).fetchall()
    return rows[0] if len(rows) == 1 or (rows and rows[0]["login"] == login) else None


def _record_wrong(connection: Connection, city: str, login: str, now: datetime) -> datetime | None:
    """Until when the account rests now, if it does."""
    name = {"city": city, "login": login}
    row = connection.execute(SQL["lock_attempts"], name).fetchone()
    if row is None:
        return None
    until: datetime | None = row["locked_until"]
    if until is not None and until > now:
        return until  # another process counted the fifth meanwhile
    attempts = row["failed_attempts"] + 1
    until = _rest_until(attempts, now)
    connection.execute(SQL["record_wrong_password"], name | {"attempts": attempts, "locked_until": until})
    return until


def _rest_until(attempts: int, now: datetime) -> datetime | None:
    """After every fifth wrong guess in a row a rest, each twice as long as the one before, at most an hour."""
    rounds, rest = divmod(attempts, GUESSES)
    if rest:
        return None
    doublings = min(rounds - 1, 10)
    return now + min(FIRST_REST * (1 << doublings), LONGEST_REST)
