"""`tournee replan PROBLEM PLAN --now 10:11 --out PLAN`: the rest of a running day, from a problem file and its plan."""

import re
from pathlib import Path
from typing import Annotated

import typer

import routing
from services.cli.solve import EXIT_INFEASIBLE

CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?")


def replan_command(
    problem: Annotated[Path, typer.Argument(help="The day's tournee/problem/1 file.", exists=True, dir_okay=False)],
    plan: Annotated[Path, typer.Argument(help="The plan that is being driven.", exists=True, dir_okay=False)],
    now: Annotated[str, typer.Option(help="The hour it is: 10:11; until then all ran as planned.")],
    out: Annotated[Path, typer.Option(help="Where the tournee/plan/1 file of the whole day goes.")],
    broken_down: Annotated[list[str] | None, typer.Option(help="A vehicle that goes on no further.")] = None,
    closed_site: Annotated[list[str] | None, typer.Option(help="A site that closes now.")] = None,
    locked: Annotated[list[str] | None, typer.Option(help="A vehicle that keeps its circuit.")] = None,
    time_limit: Annotated[float, typer.Option(help="Seconds to search.", min=0)] = 10,
    seed: Annotated[int, typer.Option(help="Same seed, same random choices.")] = 1,
) -> None:
    """Plan the rest of a running day: a truck breaks down, a site closes. Exit code 3 as for `solve`."""
    changes = routing.Changes(
        broken_down=frozenset(broken_down or ()),
        closed_sites=frozenset(closed_site or ()),
        locked=frozenset(locked or ()),
    )
    before = routing.read_plan(plan)
    found = routing.replan(
        routing.read_problem(problem), before, seconds_of(now), changes, routing.MaxRuntime(time_limit), seed
    )
    routing.write_plan(found, out)
    typer.echo(found.summary())
    for violation in found.violations[:20]:
        typer.echo(f"  {violation}", err=True)
    if not found.is_feasible():
        raise typer.Exit(EXIT_INFEASIBLE)


def seconds_of(clock: str) -> int:
    """Seconds after midnight of `10:11` or `10:11:30`.

    Raises:
        typer.BadParameter: it is no hour.
    """
    read = CLOCK.fullmatch(clock)
    if read is None:
        raise typer.BadParameter(f"--now {clock}: an hour is expected, like 10:11")
    hours, minutes, seconds = (int(part or 0) for part in read.groups())
    return hours * 3600 + minutes * 60 + seconds
