"""Who may enter: passwords as Argon2id, five wrong guesses and the account rests for five minutes."""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from services.errors import TourneeError
from services.store.connection import Connection, store_errors
from services.store.queries import load_queries

Role = Literal["operator", "driver", "municipality"]

GUESSES = 5
FIRST_REST = timedelta(minutes=5)
LONGEST_REST = timedelta(hours=1)
SHORTEST_PASSWORD: dict[Role, int] = {"operator": 8, "municipality": 8, "driver": 4}  # a driver types digits, in gloves

SQL = load_queries(__name__)
_hasher = PasswordHasher()
_NOBODY = _hasher.hash("nobody")
# Each check takes 64 MB for a moment: two at a time keep a small server alive when many knock.
_at_once = threading.BoundedSemaphore(2)


class AccountRefused(TourneeError):
    """An account that would not be safe or could not work; the message says what to change."""


@dataclass(frozen=True)
class Account:
    city: str
    login: str
    role: Role
    truck: str | None
    session_epoch: int


def add_account(
    connection: Connection, city: str, login: str, role: Role, password: str, truck: str | None = None
) -> None:
    """Make an account, or give an existing one a new password and end its sessions. The transaction is the caller's.

    Raises:
        AccountRefused: the password is too short, or the truck is missing or superfluous.
    """
    shortest = SHORTEST_PASSWORD[role]
    if len(password) < shortest:
        raise AccountRefused(f"{login}: the password needs at least {shortest} characters")
    if (role == "driver") != (truck is not None):
        raise AccountRefused(f"{login}: a driver has a truck, and only a driver has one")
    row = {"city": city, "login": login, "role": role, "hash": _hasher.hash(password), "truck": truck}
    with store_errors():
        connection.execute(SQL["put_account"], row)


def find_account(connection: Connection, city: str, login: str) -> Account | None:
    row = connection.execute(SQL["find_account"], {"city": city, "login": login}).fetchone()
    if row is None:
        return None
    return Account(row["city_id"], row["login"], row["role"], row["truck_id"], row["session_epoch"])


def end_sessions(connection: Connection, city: str, login: str) -> None:
    """Every session of the account ends at its next request."""
    connection.execute(SQL["end_sessions"], {"city": city, "login": login})


def check_password(connection: Connection, city: str, login: str, password: str, now: datetime) -> Account | None:
    """The account, or None: unknown, wrong and resting look and last alike. Commit afterwards in either case."""
    row = connection.execute(SQL["lock_account"], {"city": city, "login": login}).fetchone()
    right = _is_right(row["password_hash"] if row else _NOBODY, password)
    if row is None or (row["locked_until"] is not None and row["locked_until"] > now):
        return None
    if not right:
        attempts = row["failed_attempts"] + 1
        wrong = {"city": city, "login": login, "attempts": attempts, "locked_until": _rest_until(attempts, now)}
        connection.execute(SQL["record_wrong_password"], wrong)
        return None
    stored = row["password_hash"]
    kept = _hasher.hash(password) if _hasher.check_needs_rehash(stored) else stored
    connection.execute(SQL["record_right_password"], {"city": city, "login": login, "hash": kept})
    return Account(row["city_id"], row["login"], row["role"], row["truck_id"], row["session_epoch"])


def _is_right(password_hash: str, password: str) -> bool:
    with _at_once:
        try:
            return _hasher.verify(password_hash, password)
        except (VerifyMismatchError, InvalidHashError):
            return False


def _rest_until(attempts: int, now: datetime) -> datetime | None:
    """After every fifth wrong guess in a row a rest, each twice as long as the one before, at most an hour."""
    rounds, rest = divmod(attempts, GUESSES)
    if rest:
        return None
    doublings = min(rounds - 1, 10)
    return now + min(FIRST_REST * (1 << doublings), LONGEST_REST)
