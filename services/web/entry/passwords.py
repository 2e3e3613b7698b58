"""Checking passwords. After five wrong guesses in a row a source rests, five minutes at first, then longer.

A source is a browser or an address from which the account was opened before, a truck's phone, or all strangers
together: so nobody keeps an operator out by guessing, and strangers share five guesses.
"""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.store.connection import Connection
from services.store.queries import load_queries
from services.web.entry import one_time
from services.web.entry.accounts import Account, account_of
from services.web.entry.hashing import NOBODY, is_right, renewed
from services.web.entry.login_limits import LoginLimits, network_of
from services.web.entry.phones import Phone
from services.web.entry.recovery import use_recovery_code
from services.web.entry.rights import Role
from services.web.entry.security_log import NEW_PLACE, note
from services.web.entry.sessions import Origin
from services.web.entry.unknown_names import rest_until

KNOWN_FOR = timedelta(days=90)
"""A browser or an address that the account was not opened from for so long is a stranger's again."""

SQL = load_queries(__name__)

type Looking = Callable[[], AbstractContextManager[Connection]]
"""Opens a short transaction: one before the hash is computed, one after, none meanwhile."""

_one_at_a_time = [threading.Lock() for _ in range(64)]
"""By name, so that guesses made together are counted one by one; several web processes let through one each."""


@dataclass(frozen=True)
class Knock:
    """Somebody at the door, with all that speaks for them."""

    city: str
    login: str
    password: str
    origin: Origin
    browser: str = ""
    """What the browser's cookie says of it; whether the account knows it, the store says."""
    is_new_browser: bool = False
    """It said nothing, and was given this name."""
    phone: Phone | None = None
    one_time: str = ""


@dataclass(frozen=True)
class Resting:
    """Too many wrong guesses: nothing is checked until then, not even the right one."""

    until: datetime


@dataclass(frozen=True)
class OneTimeNeeded:
    """The password is right, and the account wants a one-time code beside it."""


@dataclass(frozen=True)
class OneTimeUnset:
    """The password is right, one-time codes are asked of this role, and the account has none yet."""

    account: Account


type Checked = Account | Resting | OneTimeNeeded | OneTimeUnset | None


@dataclass(frozen=True)
class _Read:
    """What the store says of whoever knocks."""

    row: dict[str, Any] | None
    source: str | None
    """Which of the account's sources; None: a stranger."""
    until: datetime | None
    """Until when the source rests."""

    @property
    def may_open(self) -> bool:
        """A truck's account opens on its phone alone."""
        return self.row is not None and (self.row["role"] != "driver" or self.source is not None)


def check_password(
    looking: Looking, limits: LoginLimits, knock: Knock, now: datetime, one_time_for: frozenset[Role] = frozenset()
) -> Checked:
    """The account; or that it rests, or lacks a one-time code; or None for a wrong password as for an unknown name.

    The last two take alike long. `one_time_for`: roles that need a one-time code, whether they have set one up or not.

    Raises:
        Slowed, Busy: nothing was checked.
    """
    if knock.phone is None and (knock.is_new_browser or not knock.browser):
        limits.check_address(knock.origin.address, now)  # without asking the store: floods come this way
    with looking() as connection:
        is_known = _read(connection, limits, knock).source is not None
    if not is_known:
        limits.check_address(knock.origin.address, now)
        limits.check_city(knock.city, now)
    with limits.place(is_known=is_known):
        answer = _check_in_turn(looking, limits, knock, now, one_time_for)
    limits.outcomes[_outcome(answer)] += 1
    return answer


def _outcome(answer: Checked) -> str:
    if isinstance(answer, Resting):
        return "resting"
    if isinstance(answer, OneTimeNeeded | OneTimeUnset):
        return "one_time"
    return "wrong" if answer is None else "right"


def _check_in_turn(
    looking: Looking, limits: LoginLimits, knock: Knock, now: datetime, one_time_for: frozenset[Role]
) -> Checked:
    with _one_at_a_time[hash((knock.city, knock.login.casefold())) % len(_one_at_a_time)]:
        with looking() as connection:
            read = _read(connection, limits, knock)
        if read.until is not None and read.until > now:
            return Resting(read.until)
        row = read.row if read.may_open else None
        if not is_right(row["password_hash"] if row else NOBODY, knock.password) or row is None:
            return _wrong(looking, limits, knock, read, now)
        step = row["one_time_step"]
        if row["one_time_secret"] is None and row["role"] in one_time_for:
            return OneTimeUnset(account_of(row))
        if row["one_time_secret"] is not None:
            if not knock.one_time:
                return OneTimeNeeded()
            found = _find_step(looking, row, knock, now)
            if found is None:
                return _wrong(looking, limits, knock, read, now)
            step = found
        kept = renewed(row["password_hash"], knock.password)
        with looking() as connection:
            return _record_right(connection, row, kept, step, knock, now, is_new_place=read.source is None)


def _read(connection: Connection, limits: LoginLimits, knock: Knock) -> _Read:
    row = find_password(connection, knock.city, knock.login)
    if row is None:
        return _Read(None, None, limits.unknown_names.rest_of(knock.city, knock.login))
    named = {"city": row["city_id"], "login": row["login"]}
    sources = {source["source"]: source["locked_until"] for source in connection.execute(SQL["list_sources"], named)}
    if row["role"] == "driver":
        phone = knock.phone
        if phone is None or (phone.city, phone.truck) != (row["city_id"], row["truck_id"]):
            return _Read(row, None, limits.unknown_names.rest_of(knock.city, row["login"]))
        own = f"phone {phone.id}"
        return _Read(row, own, sources.get(own))
    mine = [f"browser {knock.browser}", f"address {network_of(knock.origin.address)}"]
    source = next((known for known in mine if known in sources), None)
    return _Read(row, source, sources[source] if source else row["locked_until"])


def find_password(connection: Connection, city: str, login: str) -> dict[str, Any] | None:
    """The account written so, else the only one written so in other letters."""
    rows = connection.execute(SQL["find_password"], {"city": city, "login": login}).fetchall()
    return rows[0] if len(rows) == 1 or (rows and rows[0]["login"] == login) else None


def _record_right(
    connection: Connection,
    row: dict[str, Any],
    kept: str,
    step: int,
    knock: Knock,
    now: datetime,
    *,
    is_new_place: bool,
) -> Account | None:
    """None where the password was changed, or the one-time code used, while this one was checked."""
    right = {
        "city": row["city_id"], "login": row["login"], "checked": row["password_hash"], "hash": kept, "step": step,
        "before": row["one_time_step"],
    }  # fmt: skip
    if connection.execute(SQL["record_right_password"], right).fetchone() is None:
        return None
    account = account_of(row)
    record_login(connection, account, knock, now, place=NEW_PLACE if is_new_place else "")
    return account


def check_one_time(looking: Looking, limits: LoginLimits, knock: Knock, now: datetime) -> Account | Resting | None:
    """The account, of somebody who has shown otherwise who they are, with the code that it asks for beside.

    None for a wrong code, which counts as a wrong password does.

    Raises:
        Slowed, Busy: nothing was checked.
    """
    limits.check_address(knock.origin.address, now)
    with (
        limits.place(is_known=False),
        _one_at_a_time[hash((knock.city, knock.login.casefold())) % len(_one_at_a_time)],
    ):
        with looking() as connection:
            read = _read(connection, limits, knock)
        if read.until is not None and read.until > now:
            return Resting(read.until)
        row = read.row
        step = _find_step(looking, row, knock, now) if row and row["one_time_secret"] is not None else None
        if row is None or step is None:
            return _wrong(looking, limits, knock, read, now)
        with looking() as connection:
            is_new = read.source is None
            return _record_right(connection, row, row["password_hash"], step, knock, now, is_new_place=is_new)


def _find_step(looking: Looking, row: dict[str, Any], knock: Knock, now: datetime) -> int | None:
    """The step of a right code, or the last that was used where it is one for recovery; None for a wrong one."""
    step = one_time.find_step(row["one_time_secret"], knock.one_time, now, row["one_time_step"])
    if step is not None:
        return step
    with looking() as connection:
        recovers = _recovers(connection, row, knock, now)
    return int(row["one_time_step"]) if recovers else None


def _recovers(connection: Connection, row: dict[str, Any], knock: Knock, now: datetime) -> bool:
    if not use_recovery_code(connection, row["city_id"], row["login"], knock.one_time):
        return False
    note(connection, row["city_id"], "recovery_used", now, login=row["login"], origin=knock.origin)
    return True


def record_login(connection: Connection, account: Account, knock: Knock, now: datetime, *, place: str = "") -> None:
    """From where the account was opened it is known from now on."""
    named = {"city": account.city, "login": account.login}
    known = [f"address {network_of(knock.origin.address)}"] if account.role != "driver" else []
    known += [f"browser {knock.browser}"] if knock.browser else []
    known += [f"phone {knock.phone.id}"] if knock.phone and account.role == "driver" else []
    connection.execute(SQL["put_sources"], named | {"sources": known, "now": now})
    connection.execute(SQL["forget_sources"], named | {"before": now - KNOWN_FOR})
    note(connection, account.city, "logged_in", now, login=account.login, origin=knock.origin, detail=place)


def _wrong(looking: Looking, limits: LoginLimits, knock: Knock, read: _Read, now: datetime) -> Resting | None:
    """Counted at its source, and told; a login that is none may be somebody's password in the wrong place."""
    spent = [] if read.source else limits.spend(knock.origin.address, knock.city, now)
    with looking() as connection:
        until = _record_wrong(connection, limits, knock, read, now)
        login = read.row["login"] if read.row else ""
        for what in ["wrong_password", *(["account_rests"] if until else []), *spent]:
            note(connection, knock.city, what, now, login=login, origin=knock.origin)
    return None if until is None else Resting(until)


def _record_wrong(
    connection: Connection, limits: LoginLimits, knock: Knock, read: _Read, now: datetime
) -> datetime | None:
    """Until when the source rests now, if it does."""
    if read.row is None or not read.may_open:
        name = read.row["login"] if read.row else knock.login
        return limits.unknown_names.record_wrong(knock.city, name, now)
    named = {"city": read.row["city_id"], "login": read.row["login"], "source": read.source, "now": now}
    if read.source is not None:
        connection.execute(SQL["add_source"], named)
    kind = "source" if read.source is not None else "account"
    row = connection.execute(SQL[f"lock_{kind}"], named).fetchone()
    if row is None:
        return None
    until: datetime | None = row["locked_until"]
    if until is not None and until > now:
        return until  # another process counted the fifth meanwhile
    attempts = row["failed_attempts"] + 1
    until = rest_until(attempts, now)
    connection.execute(SQL[f"record_wrong_{kind}"], named | {"attempts": attempts, "locked_until": until})
    return until
