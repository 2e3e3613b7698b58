"""Problem files as commands read them: every known kind, with what was read otherwise told on stderr."""

import warnings
from pathlib import Path
from typing import Annotated

import typer

import routing
from routing.formats import read_any_problem

ProblemFile = Annotated[
    Path,
    typer.Argument(help="A tournee/problem/1, VROOM, CVRPLIB or Kim et al. file.", exists=True, dir_okay=False),
]
Rounded = Annotated[
    bool | None,
    typer.Option("--rounded/--unrounded", help="Distances of a .vrp with EUC_2D; else as its .sol or COMMENT shows."),
]


def read_problem_file(path: Path, vehicles: int | None = None, rounded: bool | None = None) -> routing.Problem:
    """Read a problem; what the reader warns of is said on stderr. Raises as `read_any_problem` does."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", routing.FileWarning)
        problem = read_any_problem(path, vehicles, rounded)
    for one in caught:
        if issubclass(one.category, routing.FileWarning):
            typer.echo(f"warning: {one.message}", err=True)
        else:
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    return problem
