"""`tournee lab FOLDER`: the same simulated city lived through under several policies, side by side."""

import json
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal

import typer

from services.cli.shared import Folder, Shown, console
from services.errors import TourneeError

QUICK_DAYS, QUICK_SEEDS, QUICK_ITERATIONS = 14, 2, 6_000
NEEDED = ("scipy", "shapely", "matplotlib")


def lab_command(
    folder: Folder,
    days: Annotated[int, typer.Option(help="Days that count, after three weeks on the fixed circuits.", min=1)] = 60,
    seeds: Annotated[int, typer.Option(help="So many simulated cities, from seed 1 on.", min=1)] = 5,
    rules: Annotated[
        Literal["own", "organic", "none"],
        typer.Option(help="Promises: the city's own; organic waste daily besides; none but that people are served."),
    ] = "own",
    policies: Annotated[str, typer.Option(help="Some only: dates,ours-0,ours-100. Empty: all.")] = "",
    out: Annotated[
        Path | None, typer.Option(help="Where lives are kept and the page goes.", show_default="var/lab/CITY")
    ] = None,
    iterations: Annotated[int, typer.Option(help="Of the circuits' search, each day.", min=1)] = 6_000,
    jobs: Annotated[int | None, typer.Option(help="Lives at a time.", show_default="one a core", min=1)] = None,
    quick: Annotated[
        bool, typer.Option(help=f"{QUICK_DAYS} days, {QUICK_SEEDS} seeds, {QUICK_ITERATIONS} iterations.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="End with one line of JSON.")] = False,
) -> None:
    """Live, compare, write a page in words (French and English), a table and plots. A run that was killed goes on."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise TourneeError(f"the laboratory needs {', '.join(missing)}: pip install 'tournee[lab]'")
    from services.lab import runs  # noqa: PLC0415
    from services.lab.report import write_report  # noqa: PLC0415

    asked = runs.Asked(
        folder=folder,
        days=QUICK_DAYS if quick else days,
        seeds=QUICK_SEEDS if quick else seeds,
        rules=rules,
        iterations=QUICK_ITERATIONS if quick else iterations,
        policies=runs.policies_of([name.strip() for name in policies.split(",") if name.strip()]),
    )
    registry = runs.city_of(folder)
    kept = out or Path("var/lab") / registry.city.id
    console.print(
        f"{registry.city.name}, simulated: {asked.days} days, seeds 1 to {asked.seeds}, "
        f"{len(asked.policies)} policies, rules {asked.rules}; kept in {kept}"
    )
    with Shown() as shown:
        lives = runs.live_all(asked, kept, jobs or os.cpu_count() or 1, shown)
    told, page, plots = write_report(registry, folder, asked, lives, kept)
    console.print(page)
    console.print("Plots: " + ", ".join(str(plot) for plot in plots))
    if as_json:
        typer.echo(json.dumps(told))
