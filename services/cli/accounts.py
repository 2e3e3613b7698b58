"""`tournee account ...`: logins of a city, trucks' phones, one-time codes, and what happened with them."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from getpass import getuser
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.table import Table

from services.cli.shared import console
from services.settings import settings
from services.store.connection import Connection, connect
from services.web.entry.accounts import (
    AccountRefused,
    add_account,
    end_rest,
    list_accounts,
    remove_account,
    set_one_time_secret,
)
from services.web.entry.identities import link_identity
from services.web.entry.one_time import address_of, new_secret
from services.web.entry.phones import invite_phone, list_phones, path_of, remove_phone
from services.web.entry.rights import Role
from services.web.entry.security_log import COMMAND, list_events, note

account_app = typer.Typer(help="Logins of a city, and trucks' phones.", no_args_is_help=True)

City = Annotated[str, typer.Argument(metavar="CITY")]
LoginName = Annotated[str, typer.Argument(metavar="LOGIN")]
EVENTS = 50


@account_app.command("add")
def add_command(
    city: City,
    login: LoginName,
    role: Annotated[Role, typer.Option()],
    password_file: Annotated[
        Path | None, typer.Option(help="Read the password from this file's first line; `-`: from standard input.")
    ] = None,
    truck: Annotated[str | None, typer.Option(help="A driver's truck; the login is then the truck's code.")] = None,
    fleet: Annotated[str | None, typer.Option(help="An operator's or planner's only fleet.")] = None,
) -> None:
    """Add a login, or give it a new password, which ends its sessions.

    An operator's password is asked for, never shown. A truck's code is drawn and shown once; it opens on the truck's
    phone alone: tournee account enrol.
    """
    password = _asked(role, password_file)
    with _store() as connection:
        given = add_account(connection, city, login, role, password, truck, fleet)
        note(connection, city, "account_added", _now(), login=login, origin=COMMAND, detail=role, who=_who())
    typer.echo(f"{login} can log in to {city} as {role}")
    if password is None:
        typer.echo(f"its code is {given}; it opens on a phone of the truck: tournee account enrol {city} {truck}")


def _asked(role: str, file: Path | None) -> str | None:
    """None: a code is to be drawn. A password never stands on the command line, where every process sees it."""
    if file is not None:
        text = sys.stdin.readline() if str(file) == "-" else file.read_text(encoding="utf-8").partition("\n")[0]
        return text.rstrip("\r\n")
    if role == "driver":
        return None
    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password


@account_app.command("list")
def list_command(city: City) -> None:
    """Who can log in, with trucks, and which accounts rest after wrong passwords, for how long."""
    with _store() as connection:
        accounts = list_accounts(connection, city)
    if not accounts:
        typer.echo(f"{city} has no accounts: tournee account add {city} LOGIN --role operator")
        return
    table = Table("login", "role", "truck", "rests for", box=None, pad_edge=False, header_style="dim")
    now = _now()
    for account in accounts:
        rest = account.locked_until - now if account.locked_until and account.rests_at(now) else None
        minutes = f"{-(-int(rest.total_seconds()) // 60)} min" if rest else ""
        table.add_row(account.login, account.role, account.truck or "", minutes)
    console.print(table)


@account_app.command("remove")
def remove_command(city: City, login: LoginName) -> None:
    """Take a login away. Its sessions end at their next request; what it confirmed or ordered stays."""
    with _store() as connection:
        remove_account(connection, city, login)
        note(connection, city, "account_removed", _now(), login=login, origin=COMMAND, who=_who())
    typer.echo(f"{login} can no longer log in to {city}")


@account_app.command("unlock")
def unlock_command(city: City, login: LoginName) -> None:
    """Let an account that rests after five wrong passwords be tried again at once."""
    with _store() as connection:
        end_rest(connection, city, login)
        note(connection, city, "rest_ended", _now(), login=login, origin=COMMAND, who=_who())
    typer.echo(f"{login} can log in to {city} again; the password is as before")


@account_app.command("enrol")
def enrol_command(
    city: City,
    truck: Annotated[str, typer.Argument(metavar="TRUCK")],
    url: Annotated[str, typer.Option(help="Address of the pages, as phones open it.")] = "",
) -> None:
    """Invite a phone to be a truck's: print a link to open on it, once, within two days."""
    with _store() as connection:
        code = invite_phone(connection, city, truck, by=_who(), now=_now())
        note(connection, city, "phone_invited", _now(), login=truck, origin=COMMAND, who=_who())
    typer.echo(f"{url.rstrip('/')}{path_of(code)}")


@account_app.command("phones")
def phones_command(city: City) -> None:
    """Trucks' phones: since when, by whom, and when each was last seen."""
    with _store() as connection:
        phones = list_phones(connection, city)
    if not phones:
        typer.echo(f"{city} has no trucks' phones: tournee account enrol {city} TRUCK")
        return
    table = Table("phone", "truck", "enrolled", "by", "seen", box=None, pad_edge=False, header_style="dim")
    for phone in phones:
        seen = f"{phone['seen_at']:%Y-%m-%d %H:%M}" if phone["seen_at"] else ""
        enrolled = f"{phone['enrolled_at']:%Y-%m-%d %H:%M}"
        table.add_row(str(phone["phone_id"]), phone["truck_id"], enrolled, phone["enrolled_by"], seen)
    console.print(table)


@account_app.command("revoke")
def revoke_command(city: City, phone: Annotated[UUID, typer.Argument(metavar="PHONE")]) -> None:
    """Take a truck's phone away, say because it was lost. Its sessions end at once."""
    with _store() as connection:
        truck = remove_phone(connection, city, phone)
        note(connection, city, "phone_removed", _now(), login=truck, origin=COMMAND, who=_who())
    typer.echo(f"the phone opens nothing any more; another for {truck}: tournee account enrol {city} {truck}")


@account_app.command("one-time")
def one_time_command(
    city: City,
    login: LoginName,
    off: Annotated[bool, typer.Option("--off", help="Ask for no one-time codes any more.")] = False,
) -> None:
    """Ask for a one-time code at each login; print the secret for the authenticator app, once."""
    secret = None if off else new_secret()
    with _store() as connection:
        set_one_time_secret(connection, city, login, secret)
        what = "one_time_off" if off else "one_time_on"
        note(connection, city, what, _now(), login=login, origin=COMMAND, who=_who())
    if secret is None:
        typer.echo(f"{login} logs in to {city} with the password alone")
        return
    typer.echo(f"{login} needs a one-time code at each login from now on. For the authenticator app:")
    typer.echo(f"  secret {secret}")
    typer.echo(f"  {address_of(secret, city, login)}")


@account_app.command("link")
def link_command(
    city: City,
    login: LoginName,
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="What the identity provider calls the person.")],
) -> None:
    """Let whom the identity provider (TOURNEE_OIDC_ISSUER) calls SUBJECT open this account."""
    issuer = settings().oidc_issuer
    if not issuer:
        raise AccountRefused("no identity provider is set: TOURNEE_OIDC_ISSUER. See .env.example.")
    with _store() as connection:
        link_identity(connection, city, login, issuer, subject, by=_who(), now=_now())
        note(connection, city, "identity_linked", _now(), login=login, origin=COMMAND, who=_who(), detail=subject)
    typer.echo(f"{subject} of {issuer} opens {login} in {city}")


@account_app.command("events")
def events_command(
    city: City,
    days: Annotated[int, typer.Option(min=1, max=400, help="Of so many days.")] = 7,
    most: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many, the latest.")] = EVENTS,
) -> None:
    """What happened with logins: right ones, wrong passwords and from where, accounts and phones changed."""
    with _store() as connection:
        events = list_events(connection, city, _now() - timedelta(days=days), most)
    if not events:
        typer.echo(f"{city}: nothing in {days} days")
        return
    table = Table("at (UTC)", "what", "login", "from", "detail", box=None, pad_edge=False, header_style="dim")
    for event in events:
        at = f"{event['happened_at']:%Y-%m-%d %H:%M:%S}"
        table.add_row(at, event["what"], event["login"], event["address"], event["detail"])
    console.print(table)


@contextmanager
def _store() -> Iterator[Connection]:
    """One transaction; a refusal takes all of it back."""
    with connect(settings().database_url.get_secret_value(), name="account") as connection:
        yield connection


def _now() -> datetime:
    return datetime.now(UTC)


def _who() -> str:
    """Who has the shell."""
    try:
        return getuser()
    except (KeyError, OSError):  # a container's user without a name
        return "command"
