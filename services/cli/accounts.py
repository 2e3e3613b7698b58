"""`tournee account add`: logins of a city."""

from typing import Annotated, Literal

import typer

from services.settings import settings
from services.store.connection import connect
from services.web.accounts import add_account

account_app = typer.Typer(help="Logins of a city.", no_args_is_help=True)


@account_app.callback()
def _accounts() -> None:
    """Logins of a city."""


@account_app.command("add")
def add_command(
    city: str,
    login: str,
    role: Annotated[Literal["operator", "driver", "municipality"], typer.Option()],
    password: Annotated[str, typer.Option(prompt=True, confirmation_prompt=True, hide_input=True)],
    truck: Annotated[str | None, typer.Option(help="A driver's truck; the login is then the truck's code.")] = None,
) -> None:
    """Add a login, or give it a new password, which ends its sessions. The password is asked for, never shown."""
    with connect(settings().database_url.get_secret_value(), name="account") as connection:
        add_account(connection, city, login, role, password, truck)
    typer.echo(f"{login} can log in to {city} as {role}")
