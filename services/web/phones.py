"""Trucks' phones: which browser may open a truck's account, and the invitations that make one such.

A truck's code is six digits, known to a whole crew: alone it opens nothing. The phone holds a key of 256 bits in a
cookie that no script can read; taking its row away ends the phone and its sessions at once.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict
from uuid import UUID, uuid4

from services.store.connection import Connection, store_errors
from services.store.queries import load_queries
from services.web.accounts import AccountRefused, told_of

SQL = load_queries(__name__)

INVITED_FOR = timedelta(hours=48)
"""From the evening before a day off to the morning after it."""
PHONES_A_TRUCK = 6
"""Two crews a day with a spare each; more is a key that somebody forgot to take away."""
_SIGNS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""None that is mistaken for another when it is typed from paper."""
CODE_SIGNS = 16


@dataclass(frozen=True)
class Phone:
    id: UUID
    city: str
    truck: str


class PhoneRow(TypedDict):
    phone_id: UUID
    truck_id: str
    enrolled_by: str
    enrolled_at: datetime
    seen_at: datetime | None


def invite_phone(connection: Connection, city: str, truck: str, *, by: str, now: datetime) -> str:
    """A code that makes whoever opens it first, within two days, the truck's phone; earlier ones of the truck are void.

    Raises:
        AccountRefused: the city has no such truck.
    """
    with store_errors():
        _check_truck(connection, city, truck)
        code = "".join(secrets.choice(_SIGNS) for _ in range(CODE_SIGNS))
        connection.execute(SQL["drop_invitations"], {"city": city, "truck": truck, "now": now})
        values = {"code": _hash(code), "city": city, "truck": truck, "by": by, "until": now + INVITED_FOR}
        connection.execute(SQL["invite"], values)
        return code


def accept_invitation(connection: Connection, code: str, *, now: datetime) -> tuple[Phone, str] | None:
    """The phone and its key, once; None where the code is unknown, used or too old."""
    plain = "".join(sign for sign in code.upper() if sign in _SIGNS)
    row = connection.execute(SQL["take_invitation"], {"code": _hash(plain), "now": now}).fetchone()
    if row is None:
        return None
    key = secrets.token_urlsafe(32)
    return add_phone(connection, row["city_id"], row["truck_id"], by=row["invited_by"], now=now, key=key), key


def add_phone(connection: Connection, city: str, truck: str, *, by: str, now: datetime, key: str) -> Phone:
    """Let whoever holds `key` be the truck's phone. Beyond six, those not seen for longest are none any more.

    Raises:
        AccountRefused: the city has no such truck.
    """
    with store_errors():
        _check_truck(connection, city, truck)
        phone = Phone(uuid4(), city, truck)
        values = {"phone": phone.id, "city": city, "truck": truck, "key": _hash(key), "by": by, "now": now}
        connection.execute(SQL["add_phone"], values)
        connection.execute(SQL["drop_surplus"], {"city": city, "truck": truck, "most": PHONES_A_TRUCK})
        return phone


def find_phone(connection: Connection, key: str) -> Phone | None:
    """Whose key this is."""
    if not key or len(key) > 128:
        return None
    row = connection.execute(SQL["find_phone"], {"key": _hash(key)}).fetchone()
    return Phone(row["phone_id"], row["city_id"], row["truck_id"]) if row else None


def list_phones(connection: Connection, city: str) -> list[PhoneRow]:
    """By truck, the latest enrolled first."""
    with store_errors():
        return [PhoneRow(**row) for row in connection.execute(SQL["list_phones"], {"city": city})]  # type: ignore[typeddict-item]


def remove_phone(connection: Connection, city: str, phone: UUID) -> str:
    """It is a stranger from now on, and its sessions are ended; the truck it was of.

    Raises:
        AccountRefused: there is none of that id.
    """
    with store_errors():
        row = connection.execute(SQL["remove_phone"], {"city": city, "phone": phone}).fetchone()
        if row is None:
            raise AccountRefused(f"{phone}: {city} has no such phone: tournee account phones {city}")
        truck: str = row["truck_id"]
        return truck


def list_truck_ids(connection: Connection, city: str) -> list[str]:
    """Of trucks that may have phones: those in service."""
    return [row["truck_id"] for row in connection.execute(SQL["list_truck_ids"], {"city": city})]


def path_of(code: str) -> str:
    """Of the page that a phone opens to become a truck's."""
    return f"/telephone/{code}"


def _check_truck(connection: Connection, city: str, truck: str) -> None:
    trucks = list_truck_ids(connection, city)
    if truck not in trucks:
        raise AccountRefused(f"{city} has no truck {truck!r}; {told_of('trucks', trucks)}")


def _hash(secret: str) -> str:
    """Plain SHA-256 is enough: what is hashed is random, and long."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
