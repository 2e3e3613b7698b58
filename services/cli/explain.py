"""`tournee explain PROBLEM PLAN`: what each stop costs, what binds each circuit, what a truck or an hour would save."""

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

import routing
from routing.explain import (
    Bill,
    ExplainedCircuit,
    Explanation,
    Insertion,
    StopCost,
    WhatIf,
    changes_to_try,
    explain,
    explanation_document,
    what_ifs,
)
from services.cli.problem_files import ProblemFile, Rounded, read_problem_file

EXIT_INFEASIBLE = 3
WIDEST = 118  # columns when not on a terminal, where rich would cut tables at 80


def explain_command(
    problem: ProblemFile,
    plan: Annotated[Path, typer.Argument(help="Its tournee/plan/1 file.", exists=True, dir_okay=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
    top: Annotated[int, typer.Option(help="Show so many of the dearest stops; 0 shows all.", min=0)] = 15,
    what_if_s: Annotated[
        float,
        typer.Option("--what-if", help="Seconds of each search for a truck or hour more; 0 skips.", min=0),
    ] = 0,
    seed: Annotated[int, typer.Option(help="Of those searches.")] = 1,
    rounded: Rounded = None,
) -> None:
    """Explain a plan. Exit code 3 when it breaks a rule; it is explained all the same."""
    town, solution = read_problem_file(problem, rounded=rounded), routing.read_plan(plan)
    told = explain(town, solution)
    limit, changes = routing.MaxRuntime(what_if_s), changes_to_try(town, solution)
    estimates = list(what_ifs(town, solution, changes, limit, seed)) if what_if_s else []
    if as_json:
        typer.echo(json.dumps(explanation_document(told) | {"what_if": [_row(one) for one in estimates]}))
    else:
        _print(told, estimates, top)
    if told.violations:
        raise typer.Exit(EXIT_INFEASIBLE)


def _row(estimate: WhatIf) -> dict[str, Any]:
    return asdict(estimate) | {"saved": estimate.saved, "newly_served": estimate.newly_served}


def _print(told: Explanation, estimates: list[WhatIf], top: int) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDEST)
    console.print(f"{told.problem}: cost {told.cost:,.0f} {told.currency}, {len(told.circuits)} circuits, "
                  f"{len(told.stops)} stops served, {len(told.left_out)} left out", markup=False)  # fmt: skip
    for violation in told.violations:
        console.print(f"  breaks a rule: {violation}", markup=False)
    console.print(_circuits(told.circuits))
    console.print(_stops(told.stops, top))
    if told.left_out:
        console.print(_left_out(told.left_out, top))
    if estimates:
        console.print(_what_if(estimates))
        console.print(_effort(estimates[0]))


def _effort(one: WhatIf) -> str:
    how = f"{one.effort} each, all from this plan, seed {one.seed}"
    return f"Estimates by searching {how}; the next seed differs by {one.spread:,.1f}."


def _circuits(circuits: tuple[ExplainedCircuit, ...]) -> Table:
    table = _table("Circuits: what binds", "vehicle", "cost", "km", "duty h", "trips", "may run late", "binds")
    for row in circuits:
        late = f"{row.delay_s // 60} min ({row.closes_first})"
        figures = (*_amounts(row.bill), f"{row.bill.duty_s / 3600:.1f}", str(len(row.trips)))
        table.add_row(row.vehicle, *figures, late, row.binding.words())
    return table


def _stops(stops: tuple[StopCost, ...], top: int) -> Table:
    shown = sorted(stops, key=lambda row: -(row.marginal.cost if row.marginal else 0))[: top or None]
    title = f"Stops: what serving costs, the {len(shown)} dearest of {len(stops)}"
    table = _table(title, "stop", "vehicle", "cost", "km", "min", "prize", "gain")
    for row in shown:
        figures = (*_amounts(row.marginal), _minutes(row.marginal), _money(row.prize), _money(row.gain))
        table.add_row(row.id, row.vehicle, *figures)
    return table


def _left_out(rows: tuple[Insertion, ...], top: int) -> Table:
    shown = sorted(rows, key=_shortfall)[: top or None]
    title = f"Left out: the cheapest place, the {len(shown)} nearest to paying of {len(rows)}"
    table = _table(title, "stop", "reason", "prize", "cost", "km", "min", "vehicle")
    for row in shown:
        figures = (_money(row.prize), *_amounts(row.extra), _minutes(row.extra))
        table.add_row(row.id, row.reason or "none given", *figures, row.vehicle or "fits nowhere")
    return table


def _shortfall(row: Insertion) -> float:
    """Sort key: required stops first, then by cost - prize, those that fit nowhere last."""
    if row.prize is None:
        return -math.inf
    return math.inf if row.extra is None else row.extra.cost - row.prize


def _what_if(estimates: list[WhatIf]) -> Table:
    table = _table("What if", "change", "saves", "more required stops served")
    for one in estimates:
        table.add_row(one.change, _money(one.saved), str(one.newly_served))
    return table


def _table(title: str, *names: str) -> Table:
    table = Table(title=title, title_justify="left")
    for name in names:
        words = name in {"vehicle", "stop", "binds", "reason", "change", "may run late"}
        table.add_column(name, justify="left" if words else "right")
    return table


def _amounts(bill: Bill | None) -> tuple[str, str]:
    return (_money(bill.cost), f"{bill.distance_m / 1000:.1f}") if bill else ("-", "-")


def _minutes(bill: Bill | None) -> str:
    return f"{bill.duty_s / 60:.0f}" if bill else "-"


def _money(amount: float | None) -> str:
    return "-" if amount is None else f"{amount:,.1f}"
