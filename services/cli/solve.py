"""`tournee solve PROBLEM --time-limit S --seed N --out PLAN`, for files of ours, VROOM, CVRPLIB and Kim et al."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

import routing
from routing.formats import write_vroom
from services.cli.problem_files import ProblemFile, Rounded, read_problem_file

EXIT_INFEASIBLE = 3
VROOM = ".vroom.json"


def solve_command(
    problem: ProblemFile,
    out: Annotated[Path, typer.Option(help="Where the plan goes: tournee/plan/1, or VROOM's JSON in a .vroom.json.")],
    time_limit: Annotated[float, typer.Option(help="Seconds to search.", min=0)] = 60,
    seed: Annotated[int, typer.Option(help="Same seed, same random choices.")] = 1,
    start: Annotated[
        Path | None, typer.Option(help="A plan to start from, of this problem or of one like it.", exists=True)
    ] = None,
    vehicles: Annotated[int | None, typer.Option(help="Use at most so many vehicles.", min=1)] = None,
    rounded: Rounded = None,
) -> None:
    """Solve a problem file. Exit code 3 when a required stop could not be served; the plan then says why."""
    read = read_problem_file(problem, vehicles, rounded)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    ) as progress:
        task = progress.add_task(f"{len(read.stops)} stops", total=max(time_limit, 0.001))

        def improved(solution: routing.Solution) -> None:
            progress.update(task, completed=solution.elapsed_s, description=f"cost {solution.cost:,.0f}")

        begin = routing.read_plan(start) if start else None
        solution = routing.solve(read, routing.MaxRuntime(time_limit), seed, improved, start=begin)
    if out.name.endswith(VROOM):
        write_vroom(read, solution, out)
    else:
        routing.write_plan(solution, out)
    typer.echo(solution.summary())
    if not solution.is_feasible():
        for violation in solution.violations[:20]:
            typer.echo(f"  {violation}", err=True)
        raise typer.Exit(EXIT_INFEASIBLE)
