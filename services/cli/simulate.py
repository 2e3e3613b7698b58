"""`tournee simulate city|live`: what stands in for the hardware."""

from pathlib import Path
from typing import Annotated

import typer

from simulators.city import write_city_folder
from simulators.cli import live_command

simulate_app = typer.Typer(help="What stands in for the hardware.", no_args_is_help=True)
simulate_app.command("live")(live_command)


@simulate_app.command("city")
def city_command(
    out: Annotated[Path, typer.Option(help="The folder to write; files of an earlier city in it are replaced.")],
    seed: Annotated[int, typer.Option(help="Same seed, same city.")] = 1,
) -> None:
    """Draw a coastal city from a seed and write its city folder."""
    city = write_city_folder(seed, out)
    typer.echo(f"{out}: {len(city.districts)} districts, {len(city.containers)} containers (made up). Next:")
    typer.echo(f"  tournee city check {out}")
