"""`tournee stack up` and `tournee demo`: everything on this machine."""

import json
import os
import secrets
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from infra.demo.director import DemoOptions, run_demo
from infra.migrate import migrate
from infra.stack.embedded import embedded_stack
from services.adapters.kafka import create_topics
from services.service import Stopping

stack_app = typer.Typer(help="The servers on this machine, on loopback, without Docker.", no_args_is_help=True)


@stack_app.callback()
def _stack() -> None:
    """The servers on this machine, on loopback, without Docker."""


@stack_app.command("up")
def up_command(
    folder: Annotated[Path, typer.Option(help="Where the data lives; it is kept.")] = Path("var/stack"),
) -> None:
    """Start MQTT, Kafka and PostgreSQL, make schema and topics, print the settings, and run until Ctrl-C."""
    stopping = Stopping()
    with embedded_stack(folder) as stack:
        migrate(stack.database_url)
        create_topics(stack.kafka)
        settings = stack.environment() | {"TOURNEE_SESSION_SECRET": secrets.token_urlsafe(32)}
        file = folder / "environment"
        file.touch(mode=0o600)
        file.write_text("".join(f"export {name}={json.dumps(value)}\n" for name, value in settings.items()))
        typer.echo(f"The servers are up. In another shell: . {file}; tournee web   Ctrl-C stops them.")
        while not stopping.wait(1):
            pass


def demo_command(
    city: Annotated[Path | None, typer.Option(help="A city folder; without one a city is drawn.")] = None,
    days: Annotated[int, typer.Option(help="Days replayed before the morning that is planned.", min=1, max=30)] = 5,
    seed: Annotated[int, typer.Option(help="Same seed, same city and same chance.")] = 1,
    speed: Annotated[float, typer.Option(help="How fast the open day runs, times the clock.", min=0.1, max=600)] = 30,
    time_limit: Annotated[
        float | None, typer.Option(help="Search time of the last morning, seconds; the city's own if not given.", min=1)
    ] = None,
    exit_: Annotated[bool, typer.Option("--exit", help="End after the table; the last line is JSON.")] = False,
) -> None:
    """Run a simulated city on this machine, from sensors to the public page."""
    width = None if os.isatty(1) else 110
    run_demo(DemoOptions(city, days, seed, speed, time_limit, exit_), Console(width=width))
