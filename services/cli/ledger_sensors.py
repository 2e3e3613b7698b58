"""`tournee ledger sensors`: a period's saving by three causes, with a life without sensors lived for it."""

import json
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from services.cli.ledger_shared import City, First, Last, ledger_store, now_of_clock, registry_of
from services.cli.shared import Shown, console

if TYPE_CHECKING:
    from services.ledger.sensors import SavedBySensors

sensors_app = typer.Typer()


@sensors_app.command("sensors")
def sensors_command(
    city: City,
    first: First,
    last: Last,
    as_json: Annotated[bool, typer.Option("--json", help="End with one line of JSON.")] = False,
) -> None:
    """Tell what sensors saved in two weeks and more: the city's days lived again without them, from stored events."""
    from services.ledger.sensors_store import sensors_of_period  # noqa: PLC0415
    from services.roads.osm.city_roads import roads_of  # noqa: PLC0415
    from services.settings import settings  # noqa: PLC0415

    roads = partial(roads_of, data_folder=settings().data_folder)
    with ledger_store() as connection:
        registry, _ = registry_of(connection, city)
        with Shown() as shown:
            told = sensors_of_period(
                connection, registry, first.date(), last.date(), now=now_of_clock(), roads_of=roads, tell=shown
            )
    _show(told)
    if as_json:
        typer.echo(json.dumps(asdict(told), default=str))


def _show(told: "SavedBySensors") -> None:
    where = f"{told.city}, {told.first} to {told.last}: {told.days} days compared"
    console.print(Text(f"{where}{', simulated' if told.simulated else ''}", style="bold"))
    together_l = told.choice_l + told.sensors_l + told.routing_l
    for name, litres in (
        ("choice without sensors", told.choice_l),
        ("sensors", told.sensors_l),
        ("routing", told.routing_l),
        ("together", together_l),
    ):
        share = f" ({litres / told.baseline_l:+.1%} of the baseline)" if told.baseline_l else ""
        console.print(Text(f"{name:<24}{litres:+12.1f} L{share}"))
    console.print(f"Emptied {told.emptied} times, without sensors {told.emptied_without}.")
    for life, over in (("with sensors", told.over), ("without", told.over_without)):
        beside = f"{over.litre_hours:,.0f} L·h beside containers"
        console.print(f"{life}: {beside}, {over.container_days} over the rim after their day's round")
    measured = f"{told.with_sensor} of {told.containers} containers were measured"
    console.print(f"{measured}; crews told the level at {told.told_share:.0%} of emptyings.")
    console.print(f"A replay: lived without sensors since {told.begun}, driven by nobody. Before what is not counted.")
    console.print("No interval is known: in simulated towns it is off by as much as there is to tell (docs/ledger.md).")
