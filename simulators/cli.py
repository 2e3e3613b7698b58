"""`tournee simulate live`: let a city folder live, for a demo that stays open."""

import json
import logging
import signal
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from simulators.live import SimulatedNow, run_live
from simulators.mqtt import Publisher
from simulators.trucks.phone import DriverClient
from simulators.world import World

HISTORY_DAYS = 3
"""Lived by the fixed circuits before the start, so that containers hold what they would hold."""


def live_command(
    folder: Annotated[Path, typer.Argument(help="City folder.", exists=True, file_okay=False)],
    seed: Annotated[int, typer.Option(help="Another seed lives another story.")] = 1,
    start: Annotated[datetime | None, typer.Option(help="Local instant to begin at; now if not given.")] = None,
    speed: Annotated[float, typer.Option(help="Simulated seconds per second.")] = 1.0,
    mqtt_host: Annotated[str, typer.Option(help="MQTT broker.")] = "127.0.0.1",
    mqtt_port: Annotated[int, typer.Option(help="Its port.")] = 1883,
    web: Annotated[str | None, typer.Option(help="Address of the web, for drivers' circuits.")] = None,
    drivers: Annotated[
        Path | None,
        typer.Option(
            help='JSON list of {"login", "password", "invitation"}, one a truck.', exists=True, dir_okay=False
        ),
    ] = None,
) -> None:
    """Publish readings and drive the circuits that the web sends, until interrupted."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    if (web is None) != (drivers is None):
        raise typer.BadParameter("--web and --drivers go together: trucks need an address and their logins")
    asked = start or datetime.now().astimezone()
    world = World.from_folder(folder, seed, asked.date() - timedelta(days=HISTORY_DAYS + 1))
    begin = asked.replace(tzinfo=world.city.timezone) if asked.tzinfo is None else asked
    for ago in range(HISTORY_DAYS, 0, -1):
        world.follow_baseline(begin.date() - timedelta(days=ago))
    clients = [] if web is None or drivers is None else _phones(web, world.city.id, drivers)
    stopped = _stop_on_signal()
    with Publisher(mqtt_host, mqtt_port) as publisher:
        run_live(world, publisher, clients, SimulatedNow(begin, speed), lambda: bool(stopped))
        typer.echo(f"{publisher.counts.acknowledged:,} messages acknowledged by the broker")


def _phones(web: str, city: str, drivers: Path) -> list[DriverClient]:
    logins = json.loads(drivers.read_text(encoding="utf-8"))
    return [_phone(web, city, **entry) for entry in logins]


def _phone(web: str, city: str, login: str, password: str, invitation: str = "", key: str = "") -> DriverClient:
    """`invitation` is what `tournee account enrol` prints, good once; `key`, of a phone that has used its own."""
    if key:
        return DriverClient.to(web, city, login, password, key)
    return DriverClient.enrolled(web, city, login, password, invitation)


def _stop_on_signal() -> list[int]:
    """A list that is filled when the process is asked to end."""
    seen: list[int] = []

    def remember(number: int, _frame: FrameType | None) -> None:
        seen.append(number)

    signal.signal(signal.SIGINT, remember)
    signal.signal(signal.SIGTERM, remember)
    return seen
