"""Trucks' phones: which browser may open a truck's account, and the invitations that make one such.

A truck's code is six digits, known to a whole crew: alone it opens nothing. The phone holds a key of 256 bits in a
cookie that no script can read; taking its row away ends the phone and its sessions at once.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict
from uuid import UUID, uuid4

from services.store.connection import Connection, store_errors
from services.store.queries import load_queries
from services.web.entry.accounts import AccountRefused, told_of
from services.web.entry.link_codes import draw_code, hash_code, plain_code

SQL = load_queries(__name__)

INVITED_FOR = timedelta(hours=48)
"""From the evening before a day off to the morning after it."""
PHONES_A_TRUCK = 6
"""Two crews a day with a spare each; more is a key that somebody forgot to take away."""
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


def invite_phone(
    connection: Connection, city: str, truck: str, *, by: str, now: datetime, fleet: str | None = None
) -> str:
    """A code that makes whoever opens it first, within two days, the truck's phone; earlier ones of the truck are void.

    Raises:
        AccountRefused: the city has no such truck, or `fleet` has not, where whoever invites is of one.
    """
    with store_errors():
        _check_truck(connection, city, truck, fleet)
        code = draw_code(CODE_SIGNS)
        connection.execute(SQL["drop_invitations"], {"city": city, "truck": truck, "now": now})
        values = {"code": hash_code(code), "city": city, "truck": truck, "by": by, "until": now + INVITED_FOR}
        connection.execute(SQL["invite"], values)
        return code


def accept_invitation(connection: Connection, code: str, *, now: datetime) -> tuple[Phone, str] | None:
    """The phone and its key, once; None where the code is unknown, used or too old."""
    row = connection.execute(SQL["take_invitation"], {"code": hash_code(plain_code(code)), "now": now}).fetchone()
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
        values = {"phone": phone.id, "city": city, "truck": truck, "key": hash_code(key), "by": by, "now": now}
        connection.execute(SQL["add_phone"], values)
        connection.execute(SQL["drop_surplus"], {"city": city, "truck": truck, "most": PHONES_A_TRUCK})
        return phone


def find_phone(connection: Connection, key: str) -> Phone | None:
    """Whose key this is."""
    if not key or len(key) > 128:
        return None
    row = connection.execute(SQL["find_phone"], {"key": hash_code(key)}).fetchone()
    return Phone(row["phone_id"], row["city_id"], row["truck_id"]) if row else None


def list_phones(connection: Connection, city: str, fleet: str | None = None) -> list[PhoneRow]:
    """By truck, the latest enrolled first; of one fleet's trucks, or of all."""
    with store_errors():
        return [PhoneRow(**row) for row in connection.execute(SQL["list_phones"], {"city": city, "fleet": fleet})]  # type: ignore[typeddict-item]


def remove_phone(connection: Connection, city: str, phone: UUID, fleet: str | None = None) -> str:
    """It is a stranger from now on, and its sessions are ended; the truck it was of.

    Raises:
        AccountRefused: there is none of that id, in `fleet` where whoever asks is of one.
    """
    with store_errors():
        row = connection.execute(SQL["remove_phone"], {"city": city, "phone": phone, "fleet": fleet}).fetchone()
        if row is None:
            raise AccountRefused(f"{phone}: {city} has no such phone: tournee account phones {city}")
        truck: str = row["truck_id"]
        return truck


def list_truck_ids(connection: Connection, city: str, fleet: str | None = None) -> list[str]:
    """Of trucks that may have phones: those in service, of one fleet or of all."""
    return [row["truck_id"] for row in connection.execute(SQL["list_truck_ids"], {"city": city, "fleet": fleet})]


def path_of(code: str) -> str:
    """Of the page that a phone opens to become a truck's."""
    return f"/telephone/{code}"


def _check_truck(connection: Connection, city: str, truck: str, fleet: str | None = None) -> None:
    trucks = list_truck_ids(connection, city, fleet)
    if truck not in trucks:
        raise AccountRefused(f"{city} has no truck {truck!r}; {told_of('trucks', trucks)}")
