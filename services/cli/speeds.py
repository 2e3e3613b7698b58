"""`tournee roads learn`: speeds of streets from our own trucks' positions; a nightly job."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from services.city.sheets import ROADS
from services.cli.shared import DEFAULT_DATA, Data, Folder, console, extract_or_exit, registry_or_exit
from services.roads.speeds import band_name
from services.settings import settings

DAY = "%Y-%m-%d"


def learn_command(
    folder: Folder,
    day: Annotated[
        datetime | None, typer.Option(formats=[DAY], help="Learn this day again; else every day not learned yet.")
    ] = None,
    extract: Annotated[
        Path | None, typer.Option(help="The extract that the roads were built from.", show_default=ROADS[0])
    ] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Learn speeds from the positions of past days, and use them in the graphs of each band of hours."""
    from services.roads.learning.learn import KEEP_DAYS, Learner, days_to_learn  # noqa: PLC0415
    from services.store.connection import connect  # noqa: PLC0415

    registry = registry_or_exit(folder)
    file = extract_or_exit(folder, extract)
    now = datetime.now(UTC)
    today = now.astimezone(registry.city.zone_info).date()
    if day is not None and not today - timedelta(days=KEEP_DAYS) <= day.date() < today:
        raise typer.BadParameter(f"{day:{DAY}}: expected a day before today, and not more than {KEEP_DAYS} days ago")
    with connect(settings().database_url.get_secret_value(), name="learn") as connection:
        connection.autocommit = True  # each day is a transaction of its own
        days = (day.date(),) if day is not None else days_to_learn(connection, registry, now)
        done = Learner(registry, data, file).learn(connection, days, now=now, told=_say)
    for learned in done.days:
        console.print(
            f"{learned.day}: {learned.fixes} positions, {learned.matched} on known ways, {learned.passes} passes"
        )
    if not done.days:
        console.print("no new day with positions")
    for vehicle, segments in done.segments.items():
        bands = ", ".join(f"{band_name(band)} h: {count}" for band, count in segments.items())
        console.print(f"{vehicle}: segments with a learned speed: {bands or 'none'}")


def _say(step: str, share: float) -> None:
    if share == 0:
        console.print(f"{step} ...")
