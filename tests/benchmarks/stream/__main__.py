"""`python -m tests.benchmarks.stream`: prints a table, and last one line of JSON."""

import argparse
import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from tests.benchmarks.stream.c_tools import c_halves
from tests.benchmarks.stream.copy_path import copy_path
from tests.benchmarks.stream.doors import at_the_door, by_mqtt, over_http
from tests.benchmarks.stream.held import can_hold
from tests.benchmarks.stream.runs import Outcome, adding_up, flat_out, halves, in_time, sustained

HELD_SHARE = 0.15
OFFERED_PER_S = 10_500
"""A little over the goal of 10,000, so that the whole run, with its first and its last second, keeps to it too."""

console = Console(width=None if os.isatty(1) else 150)


def main() -> None:
    options = _options()
    outcomes: list[Outcome] = []

    def note(*news: Outcome) -> None:
        for outcome in news:
            outcomes.append(outcome)
            steady = f"; {outcome.steady.told()}" if outcome.steady else ""
            console.print(f"{outcome.name}: {outcome.per_s:,.0f}/s ({outcome.took_s:.1f} s){steady}", highlight=False)

    for part in options.only or (part for part in PARTS if part != "doors"):
        PARTS[part](options, note)
    console.print(_table(outcomes))
    console.print(_ratios(outcomes))
    print(json.dumps([asdict(outcome) | {"per_s": round(outcome.per_s)} for outcome in outcomes]))


Note = Callable[..., None]


def _flat_out(options: argparse.Namespace, note: Note) -> None:
    for bridges, writers in ((1, 1), (2, 1), (2, 2)):
        note(flat_out(bridges, writers, options.messages))


def _halves(options: argparse.Namespace, note: Note) -> None:
    for members in (1, 2):
        note(*halves(members, members, options.messages))


def _adding_up(options: argparse.Namespace, note: Note) -> None:
    for members in (1, 2) if can_hold() else ():
        note(adding_up(members, members, options.messages // 2, HELD_SHARE))


def _sustained(options: argparse.Namespace, note: Note) -> None:
    note(sustained(options.bridges, options.writers, options.rate, options.seconds, console.print))


def _doors(options: argparse.Namespace, note: Note) -> None:
    for run in (at_the_door, by_mqtt, over_http):
        note(run(options.messages // 3))


PARTS: Mapping[str, Callable[[argparse.Namespace, Note], None]] = {
    "copy": lambda options, note: note(copy_path(options.messages)),
    "c": lambda options, note: note(*c_halves(options.messages)),
    "halves": _halves,
    "flat": _flat_out,
    "held": _adding_up,
    "delay": lambda options, note: note(in_time(options.delay_rate, options.delay_s)),
    "sustained": _sustained,
    "doors": _doors,
}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.stream", description=__doc__)
    parser.add_argument("--messages", type=int, default=300_000, help="of each run flat out")
    parser.add_argument("--rate", type=float, default=OFFERED_PER_S, help="messages a second of the sustained run")
    parser.add_argument("--seconds", type=float, default=300, help="length of the sustained run")
    parser.add_argument("--bridges", type=int, default=1, help="of the sustained run")
    parser.add_argument("--writers", type=int, default=1, help="of the sustained run")
    parser.add_argument("--delay-rate", type=float, default=2000, help="messages a second of the run on delay")
    parser.add_argument("--delay-s", type=float, default=60, help="length of the run on delay")
    parser.add_argument("--only", nargs="+", choices=PARTS, metavar="PART", help=f"of: {', '.join(PARTS)}")
    return parser.parse_args()


def _table(outcomes: Iterable[Outcome]) -> Table:
    table = Table(title="MQTT publish to committed row")
    for heading in ("run", "messages/s", "CPU us a message", "peak memory MB", "notes"):
        table.add_column(heading)
    for outcome in outcomes:
        table.add_row(
            outcome.name,
            f"{outcome.per_s:,.0f}",
            ", ".join(f"{name} {us:.0f}" for name, us in outcome.cpu_us.items()),
            ", ".join(f"{name} {mb:.0f}" for name, mb in outcome.peak_mb.items() if mb),
            _notes(outcome),
        )
    return table


def _notes(outcome: Outcome) -> str:
    delays = [f"{name} {seconds:.2f} s" for name, seconds in outcome.delay_s.items()]
    grown = [f"{name} {mb:+.0f} MB" for name, mb in outcome.grown_mb.items()]
    steady = [outcome.steady.told()] if outcome.steady else []
    return ", ".join(steady + delays + grown)


def _ratios(outcomes: list[Outcome]) -> str:
    """Ours over the C tools', of the same run."""
    per_s = {outcome.name: outcome.per_s for outcome in outcomes}
    pairs = (
        ("MQTT to Kafka, 1 bridge(s)", "C: mosquitto_sub | kcat -P"),
        ("Kafka to store, 1 writer(s)", "C: kcat -C | psql COPY"),
    )
    both = (pair for pair in pairs if per_s.keys() >= set(pair))
    return "\n".join(f"{ours} / {theirs}: {per_s[ours] / per_s[theirs]:.2f}" for ours, theirs in both)


if __name__ == "__main__":
    main()
