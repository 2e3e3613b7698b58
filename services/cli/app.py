"""The command's tree, and its last line of defence: our errors become one clear line, not a traceback."""

import sys

import typer
from rich.console import Console

from infra.stack.errors import StackError
from routing import RoutingError
from services.cli.accounts import account_app
from services.cli.city import city_app
from services.cli.db import db_app
from services.cli.run import add_services
from services.cli.simulate import simulate_app
from services.cli.solve import solve_command
from services.cli.stack import demo_command, stack_app
from services.errors import TourneeError

EXIT_FAULT = 1

app = typer.Typer(
    name="tournee",
    help="Waste collection, from a bin's reading to the driver's phone and the savings ledger.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(city_app, name="city")
app.add_typer(db_app, name="db")
app.add_typer(account_app, name="account")
app.add_typer(stack_app, name="stack")
app.add_typer(simulate_app, name="simulate")
app.command("solve")(solve_command)
app.command("demo")(demo_command)
add_services(app)


def main() -> None:
    """Entry point of the command."""
    try:
        app()
    except (TourneeError, RoutingError, StackError) as error:
        Console(stderr=True).print(f"[bold red]tournee:[/] {error}", highlight=False, soft_wrap=True)
        sys.exit(EXIT_FAULT)
