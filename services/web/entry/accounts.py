"""Who may enter a city's pages: the accounts, as pages and the command line keep them."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.city.scopes import list_fleets
from services.errors import TourneeError
from services.store.connection import Connection, store_errors
from services.store.queries import load_queries
from services.web.entry.hashing import hash_password
from services.web.entry.rights import OF_A_FLEET, Role
from services.web.entry.strength import fault_of_code, fault_of_password, new_code

FIRST_EPOCHS = 2**30
LONGEST_LOGIN = 64
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
    fleet: str | None = None
    """The only one that it plans, sends and follows; None: all of its city's."""
    language: str | None = None


@dataclass(frozen=True)
class AccountState(Account):
    """An account, and whether it rests after wrong guesses."""

    failed_attempts: int = 0
    locked_until: datetime | None = None
    """The latest of its sources': see `services.web.entry.passwords`."""
    has_one_time: bool = False

    def rests_at(self, now: datetime) -> bool:
        return self.locked_until is not None and self.locked_until > now


def add_account(
    connection: Connection,
    city: str,
    login: str,
    role: Role,
    password: str | None = None,
    truck: str | None = None,
    fleet: str | None = None,
) -> str:
    """Make an account, or give an existing one a new password and end its sessions. The transaction is the caller's.

    Returns:
        The password, or the code that was drawn for a truck: it is told once, and never again.

    Raises:
        AccountRefused: the password is weak or missing, the truck is missing, superfluous or unknown, the fleet is
            superfluous or unknown, the city is not loaded, or the login is there in other letters.
    """
    if password is None and role != "driver":
        raise AccountRefused(f"{login}: give a password; codes are drawn for drivers alone")
    password = password or new_code()
    fault = fault_of_code(password) if role == "driver" else fault_of_password(password, login, city)
    if fault is not None:
        raise AccountRefused(f"{login}: {fault}")
    if not is_login(login):
        raise AccountRefused(f"{login!r}: a login is one line of at most {LONGEST_LOGIN} plain characters")
    if (role == "driver") != (truck is not None):
        raise AccountRefused(f"{login}: a driver has a truck, and only a driver has one")
    with store_errors():
        check_home(connection, city, login, truck)
        check_fleet(connection, city, role, fleet)
        row = {
            "city": city, "login": login, "role": role, "hash": hash_password(password), "truck": truck, "fleet": fleet,
        }  # fmt: skip
        connection.execute(SQL["put_account"], row | {"epoch": new_epoch()})
        # Whoever had the old password is a stranger with the new one.
        connection.execute(SQL["forget_sessions"], row)
        connection.execute(SQL["forget_sources"], row)
    return password


def new_epoch() -> int:
    """A number of a new account's own: cookies of one of the same name that was removed must not open it."""
    return secrets.randbelow(FIRST_EPOCHS) + 1


def check_fleet(connection: Connection, city: str, role: Role, fleet: str | None) -> None:
    """Raises: AccountRefused, where this role is of no fleet, or the city has no such fleet."""
    if fleet is None:
        return
    if role not in OF_A_FLEET:
        raise AccountRefused(f"{role}: only {' and '.join(sorted(OF_A_FLEET))} can be of one fleet")
    fleets = [each.id for each in list_fleets(connection, city)]
    if fleet not in fleets:
        raise AccountRefused(f"{city} has no fleet {fleet!r}; {told_of('fleets', fleets)}")


def is_login(login: str) -> bool:
    """Nothing invisible, nothing that no database holds."""
    return 0 < len(login) <= LONGEST_LOGIN and login.isprintable() and login == login.strip()


def set_one_time_secret(connection: Connection, city: str, login: str, secret: str | None) -> None:
    """Ask for a one-time code at each login from now on; None: no more.

    Raises:
        AccountRefused: there is none of that name, or it is a truck's.
    """
    account = find_account(connection, city, login)
    if account is not None and account.role == "driver":
        raise AccountRefused(f"{login}: a truck's account is bound to its phone, and has no one-time codes")
    _change(connection, "set_one_time_secret", city, login, secret=secret)


def check_home(connection: Connection, city: str, login: str, truck: str | None = None) -> None:
    """Raises: AccountRefused, where no such city is loaded, it has no such truck, or the login in other letters."""
    home = connection.execute(SQL["find_home"], {"city": city, "truck": truck}).fetchone()
    if home is None or not home["has_city"]:
        raise AccountRefused(f"{city}: no such city; load its folder first: tournee city load FOLDER")
    if truck is not None and not home["has_truck"]:
        raise AccountRefused(
            f"{login}: {city} has no truck {truck!r}; {told_of('trucks', _list_trucks(connection, city))}"
        )
    alike = connection.execute(SQL["find_alike"], {"city": city, "login": login}).fetchone()
    if alike is not None:
        raise AccountRefused(f"{login}: {city} has this login already, written {alike['login']!r}; use that")


def set_up_one_time(connection: Connection, city: str, login: str, epoch: int, secret: str, step: int) -> bool:
    """By its owner, where none is set up; whether it was. `step`: whose code was shown, and is used up."""
    values = {"city": city, "login": login, "epoch": epoch, "secret": secret, "step": step}
    return connection.execute(SQL["set_up_one_time"], values).fetchone() is not None


def _list_trucks(connection: Connection, city: str) -> list[str]:
    return [row["truck_id"] for row in connection.execute(SQL["list_truck_ids"], {"city": city})]


def told_of(kind: str, names: list[str]) -> str:
    """Those there are, for whoever named another."""
    if not names:
        return f"it has no {kind}"
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"its {kind} are {', '.join(names[:MOST_NAMED])}{more}"


def find_account(connection: Connection, city: str, login: str) -> Account | None:
    row = connection.execute(SQL["find_account"], {"city": city, "login": login}).fetchone()
    if row is None:
        return None
    return account_of(row)


def account_of(row: Mapping[str, Any]) -> Account:
    return Account(
        row["city_id"], row["login"], row["role"], row["truck_id"], row["session_epoch"], row["fleet_id"],
        row["language"],
    )  # fmt: skip


def end_sessions(connection: Connection, city: str, login: str) -> None:
    """Every session of the account ends at its next request."""
    connection.execute(SQL["end_sessions"], {"city": city, "login": login})


def list_accounts(connection: Connection, city: str) -> list[AccountState]:
    """Of a city, by role and login; none where no such city is loaded."""
    with store_errors():
        rows = connection.execute(SQL["list_accounts"], {"city": city}).fetchall()
    return [
        AccountState(
            row["city_id"], row["login"], row["role"], row["truck_id"], row["session_epoch"], row["fleet_id"],
            row["language"], row["failed_attempts"], row["locked_until"], row["has_one_time"],
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
    with store_errors():
        connection.execute(SQL["end_rest_of_sources"], {"city": city, "login": login})


def _change(connection: Connection, query: str, city: str, login: str, **values: object) -> None:
    with store_errors():
        if connection.execute(SQL[query], {"city": city, "login": login, **values}).fetchone() is None:
            logins = [row["login"] for row in connection.execute(SQL["list_logins"], {"city": city})]
            raise AccountRefused(f"{login}: {city} has no such account; {told_of('accounts', logins)}")


def set_password(connection: Connection, city: str, login: str, password_hash: str) -> None:
    """Another password, hashed before: sessions stay. The transaction is the caller's.

    Raises:
        AccountRefused: there is none of that name.
    """
    _change(connection, "set_password", city, login, hash=password_hash)
