"""`tournee stack up` and `tournee demo`: everything on this machine."""

import os
import secrets
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from infra.demo.director import WEEK_DAYS, DemoOptions, run_demo
from infra.migrate import migrate
from infra.stack.environment import write_environment
from infra.stack.real import fetch_real_stack
from infra.stack.stack import Kind
from infra.stack.start import start_stack
from services.operations.service import Stopping
from services.stream.kafka import create_topics

stack_app = typer.Typer(help="The servers on this machine, on loopback, without Docker.", no_args_is_help=True)


@stack_app.callback()
def _stack() -> None:
    """The servers on this machine, on loopback, without Docker."""


RealOption = Annotated[
    bool, typer.Option("--real", help="Mosquitto, Apache Kafka and TimescaleDB; without it the servers pip installs.")
]


@stack_app.command("up")
def up_command(
    real: RealOption = False,
    folder: Annotated[
        Path | None, typer.Option(help="Where the data lives; it is kept. [default: var/stack, var/stack-real]")
    ] = None,
) -> None:
    """Start MQTT, Kafka and PostgreSQL, make schema and topics, print the settings, and run until Ctrl-C."""
    stopping = Stopping()
    folder = folder or Path("var/stack-real" if real else "var/stack")
    with start_stack(_kind(real), folder) as stack:
        migrate(stack.database_url)
        create_topics(stack.kafka)
        settings = stack.environment() | {"TOURNEE_SESSION_SECRET": secrets.token_urlsafe(32)}
        file = write_environment(folder, settings)
        typer.echo(f"The servers are up. In another shell: . {file}; tournee web   Ctrl-C stops them.")
        while not stopping.wait(1):
            pass


@stack_app.command("fetch")
def fetch_command() -> None:
    """Download what the real stack runs on, so that it starts without a network; print where it is."""
    for place in fetch_real_stack():
        typer.echo(place)


def _kind(real: bool) -> Kind:
    return "real" if real else "embedded"


def demo_command(
    city: Annotated[Path | None, typer.Option(help="A city folder; without one a city is drawn.")] = None,
    days: Annotated[int, typer.Option(help="Days replayed before the planned morning.", min=1, max=30)] = WEEK_DAYS,
    seed: Annotated[int, typer.Option(help="Same seed, same city and same chance.")] = 1,
    speed: Annotated[float, typer.Option(help="How fast the open day runs, times the clock.", min=0.1, max=600)] = 30,
    time_limit: Annotated[
        float | None, typer.Option(help="Search time of the last morning, seconds; the city's own if not given.", min=1)
    ] = None,
    exit_: Annotated[bool, typer.Option("--exit", help="End after the table; the last line is JSON.")] = False,
    real: RealOption = False,
    roads: Annotated[
        bool, typer.Option("--roads/--no-roads", help="Distances on the city's streets, or on straight lines.")
    ] = True,
) -> None:
    """Run a simulated city on this machine, from sensors to the public page."""
    width = None if os.isatty(1) else 110
    run_demo(DemoOptions(city, days, seed, speed, time_limit, exit_, _kind(real), roads), Console(width=width))
