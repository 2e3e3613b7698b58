"""`tournee fill answer EVIDENCE TASKS --out ANSWERS`: forecasts for files, by the model that serves the planner."""

from pathlib import Path
from typing import Annotated

import typer

fill_app = typer.Typer(help="How full containers are and will be.", no_args_is_help=True)


@fill_app.callback()
def _fill() -> None:
    """How full containers are and will be."""


@fill_app.command("answer")
def answer_command(
    evidence: Annotated[Path, typer.Argument(help="CSV: container,stream,kind,happened_at,fill_ratio")],
    tasks: Annotated[Path, typer.Argument(help="CSV: task,container,as_of,target_at")],
    out: Annotated[Path, typer.Option(help="Where the answers go: task, seven quantiles, chance of 0.8 or more.")],
) -> None:
    """Answer each task from what had happened by its as_of."""
    from services.fill.answers import answer, read_evidence, read_tasks, write_answers  # noqa: PLC0415

    known = read_evidence(evidence)
    asked = read_tasks(tasks, known)
    write_answers(answer(known, asked), out)
    typer.echo(f"{len(asked)} tasks about {len({task.container for task in asked})} containers: {out}")
