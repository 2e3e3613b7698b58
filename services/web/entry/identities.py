"""Whom an identity provider vouches for, linked to an account by somebody of ours: there is no other way to one."""

from datetime import datetime

from services.store.connection import Connection, store_errors
from services.store.queries import load_queries
from services.web.entry.accounts import Account, AccountRefused, account_of, find_account
from services.web.entry.provider import LONGEST_SUBJECT

SQL = load_queries(__name__)


def link_identity(
    connection: Connection, city: str, login: str, issuer: str, subject: str, *, by: str, now: datetime
) -> None:
    """From now on `subject` opens the account; whom it was linked to before opens it no more.

    Raises:
        AccountRefused: there is no such account, it is a truck's, or the subject is none or another account's.
    """
    account = find_account(connection, city, login)
    if account is None or account.role == "driver":
        raise AccountRefused(f"{login}: {city} has no such account of the office")
    if not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable() or subject != subject.strip():
        raise AccountRefused(f"a subject is one line of at most {LONGEST_SUBJECT} characters, as the provider says it")
    values = {"city": city, "login": login, "issuer": issuer, "subject": subject, "by": by, "now": now}
    with store_errors():
        connection.execute(SQL["unlink"], values)
        if connection.execute(SQL["link"], values).fetchone() is None:
            raise AccountRefused(f"{subject}: linked to another account of {city}")


def unlink_identity(connection: Connection, city: str, login: str, issuer: str) -> bool:
    """Whether there was one. Its sessions end."""
    named = {"city": city, "login": login, "issuer": issuer}
    found = connection.execute(SQL["unlink"], named).rowcount > 0
    if found:
        connection.execute(SQL["end_sessions"], named)
    return found


def find_linked(connection: Connection, city: str, issuer: str, subject: str) -> Account | None:
    row = connection.execute(SQL["find_linked"], {"city": city, "issuer": issuer, "subject": subject}).fetchone()
    return account_of(row) if row else None
