"""People who are let in: by a link, once, within a week, as what whoever invited them may give."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from services.store.connection import Connection, store_errors
from services.store.queries import load_queries
from services.web.entry.accounts import (
    LONGEST_LOGIN,
    Account,
    AccountRefused,
    account_of,
    check_fleet,
    check_home,
    is_login,
    new_epoch,
)
from services.web.entry.link_codes import LINK_SIGNS, draw_code, hash_code, plain_code
from services.web.entry.rights import Role, may_give
from services.web.entry.tokens import Session

SQL = load_queries(__name__)

INVITED_FOR = timedelta(days=7)
"""A week: whoever is away over a weekend still gets in."""


@dataclass(frozen=True)
class Invitation:
    """Somebody who may come in, until they have."""

    id: UUID
    city: str
    login: str
    role: Role
    fleet: str | None
    language: str
    invited_by: str
    invited_at: datetime
    expires_at: datetime


def invite_person(
    connection: Connection,
    by: Session,
    login: str,
    role: Role,
    *,
    fleet: str | None,
    language: str,
    now: datetime,
) -> str:
    """The code of a link by which somebody becomes `login`; an earlier one for the same login is void.

    Raises:
        AccountRefused: `by` may not give this role or fleet, the login is none or taken, the fleet unknown.
    """
    if not is_login(login):
        raise AccountRefused(f"{login!r}: a login is one line of at most {LONGEST_LOGIN} plain characters")
    if not may_give(by.role, role) or by.fleet not in {None, fleet}:
        raise AccountRefused(f"{by.login} may not let in {role} of {fleet or 'all fleets'}")
    with store_errors():
        check_home(connection, by.city, login)
        check_fleet(connection, by.city, role, fleet)
        if connection.execute(SQL["find_login"], {"city": by.city, "login": login}).fetchone() is not None:
            raise AccountRefused(f"{login}: {by.city} has this account already")
        code = draw_code(LINK_SIGNS)
        values = {
            "id": uuid4(), "code": hash_code(code), "city": by.city, "login": login, "role": role, "fleet": fleet,
            "language": language, "by": by.login, "now": now, "until": now + INVITED_FOR,
        }  # fmt: skip
        connection.execute(SQL["drop_old"], values)
        connection.execute(SQL["invite"], values)
    return code


def find_invitation(connection: Connection, code: str, now: datetime) -> Invitation | None:
    """None where the code is unknown, used, withdrawn or too old."""
    row = connection.execute(SQL["find_invitation"], {"code": hash_code(plain_code(code)), "now": now}).fetchone()
    return _invitation(row) if row else None


def accept_invitation(
    connection: Connection,
    invitation: Invitation,
    password_hash: str,
    *,
    one_time_secret: str | None,
    one_time_step: int,
    now: datetime,
) -> Account | None:
    """Make the account, once; None where the invitation was taken or withdrawn meanwhile, or the login given away."""
    values = {
        "id": invitation.id, "now": now, "hash": password_hash, "secret": one_time_secret, "step": one_time_step,
        "epoch": new_epoch(),
    }  # fmt: skip
    row = connection.execute(SQL["accept"], values).fetchone()
    return account_of(row) if row else None


def list_invitations(connection: Connection, city: str, fleet: str | None, now: datetime) -> list[Invitation]:
    """The city's that are open, or one fleet's; the latest first."""
    rows = connection.execute(SQL["list_open"], {"city": city, "fleet": fleet, "now": now})
    return [_invitation(row) for row in rows]


def withdraw_invitation(connection: Connection, city: str, fleet: str | None, invitation: UUID) -> str | None:
    """Its link opens nothing any more; for whom it was, or None where there is none."""
    row = connection.execute(SQL["withdraw"], {"city": city, "fleet": fleet, "id": invitation}).fetchone()
    return row["login"] if row else None


def path_of(code: str) -> str:
    """Of the page by which somebody comes in."""
    return f"/invitation/{code}"


def _invitation(row: dict[str, Any]) -> Invitation:
    return Invitation(
        row["invitation_id"], row["city_id"], row["login"], row["role"], row["fleet_id"], row["language"],
        row["invited_by"], row["invited_at"], row["expires_at"],
    )  # fmt: skip
