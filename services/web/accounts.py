"""Who may enter a city's pages: the accounts, as pages and the command line keep them."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.errors import TourneeError
from services.store.connection import Connection, store_errors
from services.store.queries import load_queries
from services.web.hashing import hash_password

Role = Literal["operator", "driver", "municipality"]

SHORTEST_PASSWORD: dict[Role, int] = {"operator": 8, "municipality": 8, "driver": 4}  # a driver types digits, in gloves
FIRST_EPOCHS = 2**30
MOST_NAMED = 12
"""Trucks or logins that a refusal lists."""

SQL = load_queries(__name__)


class AccountRefused(TourneeError):
    """An account that would not be safe or could not work; the message says what to change."""


@dataclass(frozen=True)
class Account:
    city: str
    login: str
    role: Role
    truck: str | None
    session_epoch: int


@dataclass(frozen=True)
class AccountState(Account):
    """An account, and whether it rests after wrong guesses."""

    failed_attempts: int
    locked_until: datetime | None

    def rests_at(self, now: datetime) -> bool:
        return self.locked_until is not None and self.locked_until > now


def add_account(
    connection: Connection, city: str, login: str, role: Role, password: str, truck: str | None = None
) -> None:
    """Make an account, or give an existing one a new password and end its sessions. The transaction is the caller's.

    Raises:
        AccountRefused: the password is too short, the truck is missing, superfluous or unknown, the city is not loaded,
            or the login is there in other letters.
    """
    shortest = SHORTEST_PASSWORD[role]
    if len(password) < shortest:
        raise AccountRefused(f"{login}: the password needs at least {shortest} characters")
    if (role == "driver") != (truck is not None):
        raise AccountRefused(f"{login}: a driver has a truck, and only a driver has one")
    with store_errors():
        _check_home(connection, city, login, truck)
        row = {"city": city, "login": login, "role": role, "hash": hash_password(password), "truck": truck}
        connection.execute(SQL["put_account"], row | {"epoch": secrets.randbelow(FIRST_EPOCHS) + 1})


def _check_home(connection: Connection, city: str, login: str, truck: str | None) -> None:
    home = connection.execute(SQL["find_home"], {"city": city, "truck": truck}).fetchone()
    if home is None or not home["has_city"]:
        raise AccountRefused(f"{city}: no such city; load its folder first: tournee city load FOLDER")
    if truck is not None and not home["has_truck"]:
        raise AccountRefused(
            f"{login}: {city} has no truck {truck!r}; {_told('trucks', _list_trucks(connection, city))}"
        )
    alike = connection.execute(SQL["find_alike"], {"city": city, "login": login}).fetchone()
    if alike is not None:
        raise AccountRefused(f"{login}: {city} has this login already, written {alike['login']!r}; use that")


def _list_trucks(connection: Connection, city: str) -> list[str]:
    return [row["truck_id"] for row in connection.execute(SQL["list_truck_ids"], {"city": city})]


def _told(kind: str, names: list[str]) -> str:
    if not names:
        return f"it has no {kind}"
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"its {kind} are {', '.join(names[:MOST_NAMED])}{more}"


def find_account(connection: Connection, city: str, login: str) -> Account | None:
    row = connection.execute(SQL["find_account"], {"city": city, "login": login}).fetchone()
    if row is None:
        return None
    return Account(row["city_id"], row["login"], row["role"], row["truck_id"], row["session_epoch"])


def end_sessions(connection: Connection, city: str, login: str) -> None:
    """Every session of the account ends at its next request."""
    connection.execute(SQL["end_sessions"], {"city": city, "login": login})


def list_accounts(connection: Connection, city: str) -> list[AccountState]:
    """Of a city, by role and login; none where no such city is loaded."""
    with store_errors():
        rows = connection.execute(SQL["list_accounts"], {"city": city}).fetchall()
    return [
        AccountState(
            row["city_id"], row["login"], row["role"], row["truck_id"], row["session_epoch"], row["failed_attempts"],
            row["locked_until"],
        )
        for row in rows
    ]  # fmt: skip


def remove_account(connection: Connection, city: str, login: str) -> None:
    """Its sessions end at their next request. What it confirmed or ordered stays, under its name.

    Raises:
        AccountRefused: there is none of that name.
    """
    _change(connection, "remove_account", city, login)


def end_rest(connection: Connection, city: str, login: str) -> None:
    """An account that rests after wrong guesses may be tried again at once.

    Raises:
        AccountRefused: there is none of that name.
    """
    _change(connection, "end_rest", city, login)


def _change(connection: Connection, query: str, city: str, login: str) -> None:
    with store_errors():
        if connection.execute(SQL[query], {"city": city, "login": login}).fetchone() is None:
            logins = [row["login"] for row in connection.execute(SQL["list_logins"], {"city": city})]
            raise AccountRefused(f"{login}: {city} has no such account; {_told('accounts', logins)}")
