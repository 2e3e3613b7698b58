"""`tournee account add|list|remove|unlock`: logins of a city."""

from datetime import UTC, datetime
from typing import Annotated, Literal

import typer
from rich.table import Table

from services.cli.shared import console
from services.settings import settings
from services.store.connection import Connection, connect
from services.web.accounts import add_account, end_rest, list_accounts, remove_account

account_app = typer.Typer(help="Logins of a city.", no_args_is_help=True)

City = Annotated[str, typer.Argument(metavar="CITY")]
LoginName = Annotated[str, typer.Argument(metavar="LOGIN")]


@account_app.command("add")
def add_command(
    city: City,
    login: LoginName,
    role: Annotated[Literal["operator", "driver", "municipality"], typer.Option()],
    password: Annotated[str, typer.Option(prompt=True, confirmation_prompt=True, hide_input=True)],
    truck: Annotated[str | None, typer.Option(help="A driver's truck; the login is then the truck's code.")] = None,
) -> None:
    """Add a login, or give it a new password, which ends its sessions. The password is asked for, never shown."""
    with _store() as connection:
        add_account(connection, city, login, role, password, truck)
    typer.echo(f"{login} can log in to {city} as {role}")


@account_app.command("list")
def list_command(city: City) -> None:
    """Who can log in, with trucks, and which accounts rest after wrong passwords, for how long."""
    with _store() as connection:
        accounts = list_accounts(connection, city)
    if not accounts:
        typer.echo(f"{city} has no accounts: tournee account add {city} LOGIN --role operator")
        return
    table = Table("login", "role", "truck", "rests for", box=None, pad_edge=False, header_style="dim")
    now = datetime.now(UTC)
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
    typer.echo(f"{login} can no longer log in to {city}")


@account_app.command("unlock")
def unlock_command(city: City, login: LoginName) -> None:
    """Let an account that rests after five wrong passwords be tried again at once."""
    with _store() as connection:
        end_rest(connection, city, login)
    typer.echo(f"{login} can log in to {city} again; the password is as before")


def _store() -> Connection:
    return connect(settings().database_url.get_secret_value(), name="account")
