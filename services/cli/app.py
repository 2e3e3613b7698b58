"""The command's tree, and its last line of defence: our errors become one clear line, not a traceback."""

import sys

import typer
from rich.console import Console
from rich.markup import escape

from infra.stack.errors import StackError
from routing import RoutingError
from services.cli.accounts import account_app
from services.cli.backup import backup_command, replay_command, restore_command
from services.cli.bench import bench_app
from services.cli.bridge import bridge_app
from services.cli.city import city_app
from services.cli.db import db_app
from services.cli.device import device_app
from services.cli.doctor import doctor_command
from services.cli.explain import explain_command
from services.cli.fill import fill_app
from services.cli.lab import lab_command
from services.cli.ledger import ledger_app
from services.cli.map import map_app
from services.cli.portal import portal_app
from services.cli.replan import replan_command
from services.cli.rfms import rfms_command
from services.cli.roads import roads_app
from services.cli.run import add_services
from services.cli.simulate import simulate_app
from services.cli.sms import sms_app
from services.cli.solve import solve_command
from services.cli.speeds import learn_command
from services.cli.stack import demo_command, stack_app
from services.cli.webhook import webhook_app
from services.errors import SettingMissing, TourneeError
from services.operations.logs import spellings, without_secrets
from services.settings import settings

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
app.add_typer(device_app, name="device")
roads_app.command("learn")(learn_command)
app.add_typer(roads_app, name="roads")
app.add_typer(map_app, name="map")
app.add_typer(stack_app, name="stack")
app.add_typer(simulate_app, name="simulate")
app.add_typer(bench_app, name="bench")
app.add_typer(fill_app, name="fill")
app.add_typer(portal_app, name="portal")
app.add_typer(sms_app, name="sms")
app.command("solve")(solve_command)
app.command("replan")(replan_command)
app.command("explain")(explain_command)
app.command("lab")(lab_command)
app.command("demo")(demo_command)
app.command("doctor")(doctor_command)
app.command("backup")(backup_command)
app.command("restore")(restore_command)
app.command("replay")(replay_command)
ledger_app.command("rfms")(rfms_command)
add_services(app, bridge=bridge_app, ledger=ledger_app, webhook=webhook_app)


def main() -> None:
    """Entry point of the command."""
    try:
        app()
    except (TourneeError, RoutingError, StackError) as error:
        Console(stderr=True).print(
            f"[bold red]tournee:[/] {escape(without_secrets(str(error), _secrets()))}", highlight=False, soft_wrap=True
        )
        sys.exit(EXIT_FAULT)


def _secrets() -> tuple[str, ...]:
    """What no message may show; nothing where the settings themselves are what is wrong."""
    try:
        return spellings(settings().secrets())
    except SettingMissing:
        return ()
