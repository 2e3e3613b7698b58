"""`tournee bench routing`: our solver beside its peers, on made problems, CVRPLIB and Kim et al."""

import json
from pathlib import Path
from typing import Annotated

import typer

from routing.bench.benchmark import Entrant, Result, entrants, run_benchmark
from routing.bench.cases import Case, cvrplib_cases, kim_cases, made_cases
from routing.bench.made import Rules
from routing.bench.peers import PEERS
from routing.bench.report import document, table
from routing.options import PARTS
from services.cli.problem_files import Rounded

FIRST_SEED = 101
BOTH = "both"
EXIT_NOTHING_READ = 1
EXIT_NOT_VALID = 3

bench_app = typer.Typer(help="Measure beside others.", no_args_is_help=True)


@bench_app.callback()
def bench() -> None:
    """Measure beside others."""


@bench_app.command("routing")
def routing_command(
    made: Annotated[str, typer.Option(help="Sizes of made problems: 300,1000,3000.")] = "",
    seeds: Annotated[
        str, typer.Option(help=f"How many seeds, from {FIRST_SEED} on; or the seeds themselves: 7,21 (one alone: 7,).")
    ] = "5",
    rules: Annotated[str, typer.Option(help="Made problems with plain rules, full rules, or both.")] = Rules.PLAIN,
    seconds: Annotated[float, typer.Option(help="Of search, for every run alike.", min=0.1)] = 60,
    cvrplib: Annotated[Path | None, typer.Option(help="Folder of .vrp and .sol files.", exists=True)] = None,
    rounded: Rounded = None,
    kim: Annotated[Path | None, typer.Option(help="Folder of Kim et al.'s .txt files.", exists=True)] = None,
    peers: Annotated[str, typer.Option(help="Who to measure against; empty: nobody.")] = ",".join(PEERS),
    ours: Annotated[bool, typer.Option(help="Run our own solver.")] = True,
    without: Annotated[
        list[str] | None, typer.Option(help=f"Also run ours with a part switched off: {', '.join(PARTS)}.")
    ] = None,
    judge: Annotated[
        Path | None, typer.Option(help="A second judge, run as JUDGE PROBLEM PLAN.", exists=True, dir_okay=False)
    ] = None,
    keep: Annotated[Path | None, typer.Option(help="Keep problems and plans in this folder.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Where everything goes as JSON.")] = None,
) -> None:
    """Run the benchmark: a table, then one line of JSON. Exit code 3 when a plan of ours is not valid.

    A problem that cannot be read is named and passed over; exit code 1 when none can.
    """
    field = entrants(
        ours=ours,
        without=_known(without or [], PARTS, "--without"),
        peers=_known(_words(peers), tuple(PEERS), "--peers"),
        say=_say,
    )
    cases = _cases(made, _seeds(seeds), rules, cvrplib, kim, rounded)
    if not field or not cases:
        raise typer.BadParameter("nothing to run: give --made SIZES, --cvrplib FOLDER or --kim FOLDER, and who runs")
    results = run_benchmark(cases, field, seconds, judge, _say, keep)
    report = document(results, seconds)
    if json_file is not None:
        json_file.write_text(json.dumps(report, indent=1), encoding="utf-8")
    typer.echo(table(report))
    typer.echo(json.dumps({key: value for key, value in report.items() if key != "runs"}))
    if _is_ours_wrong(results, field):
        raise typer.Exit(EXIT_NOT_VALID)
    if all(result.unread for result in results):
        raise typer.Exit(EXIT_NOTHING_READ)


def _say(line: str) -> None:
    typer.echo(line, err=True)


def _cases(
    made: str, seeds: list[int], rules: str, cvrplib: Path | None, kim: Path | None, rounded: bool | None
) -> list[Case]:
    if rules not in {*Rules, BOTH}:
        raise typer.BadParameter(f"{rules!r}, expected {', '.join(Rules)} or {BOTH}", param_hint="--rules")
    which = list(Rules) if rules == BOTH else [Rules(rules)]
    cases = list(made_cases(_numbers(made, "--made"), seeds, which))
    if cvrplib is not None:
        cases += cvrplib_cases(cvrplib, seeds, rounded)
    if kim is not None:
        cases += kim_cases(kim, seeds)
    return cases


def _is_ours_wrong(results: list[Result], field: list[Entrant]) -> bool:
    own = {entrant.name for entrant in field if entrant.name not in PEERS}
    return any(result.entrant in own and result.takes_part and result.cost is None for result in results)


def _seeds(text: str) -> list[int]:
    numbers = _numbers(text, "--seeds")
    if "," in text:
        return numbers
    return list(range(FIRST_SEED, FIRST_SEED + sum(numbers)))


def _numbers(text: str, option: str) -> list[int]:
    wrong = [word for word in _words(text) if not word.isdigit() or int(word) < 1]
    if wrong:
        raise typer.BadParameter(f"{wrong[0]!r}, expected whole numbers of 1 or more, with commas", param_hint=option)
    return [int(word) for word in _words(text)]


def _known(words: list[str], known: tuple[str, ...], option: str) -> list[str]:
    for word in words:
        if word not in known:
            raise typer.BadParameter(f"{word!r}, expected some of {', '.join(known)}", param_hint=option)
    return words


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
