"""One run in a process of its own: `python -m routing.bench.child ...`, started by `routing.bench.runner`.

Reads a problem file, lets one contestant solve it, writes the plan and the facts of the run (JSON). A contestant that
cannot take part is a fact (`refused`), not a failure.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from routing.bench.answer import Answer, Contestant, NoFairModel, Task, as_plan
from routing.bench.peers import PEERS, peer_contestant
from routing.files import read_problem, write_plan

OURS = "ours"
STATUS = Path("/proc/self/status")


def main(arguments: list[str] | None = None) -> None:
    args = _parser().parse_args(arguments)
    without = frozenset(filter(None, args.without.split(",")))
    task = Task(read_problem(args.problem), args.seconds, args.seed, args.cores, without)
    facts: dict[str, Any] = {}
    try:
        contestant = _contestant(args.contestant)
        began_s = time.monotonic()
        answer = contestant(task)
        elapsed_s = time.monotonic() - began_s
    except (ImportError, NoFairModel) as error:
        facts["refused"] = str(error)
    else:
        plan = as_plan(task.problem, answer, task.seed, elapsed_s) if isinstance(answer, Answer) else answer.plan
        write_plan(plan, args.out)
        facts |= {"elapsed_s": round(elapsed_s, 3), "first_feasible_s": answer.first_feasible_s}
    facts["peak_mb"] = round(_peak_mb(), 1)
    args.facts.write_text(json.dumps(facts), encoding="utf-8")


def _contestant(name: str) -> Contestant:
    if name in PEERS:
        return peer_contestant(name)
    from routing.bench import ours  # noqa: PLC0415 - a peer's memory shall not hold our solver

    return ours.solve


def _peak_mb() -> float:
    """Most memory of this process alone. Linux's own mark where it exists: getrusage begins at the parent's."""
    if STATUS.exists():
        marks = [line.split()[1] for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:")]
        if marks:
            return int(marks[0]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20) if sys.platform == "darwin" else peak / 1024  # bytes there, kilobytes elsewhere


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m routing.bench.child")
    parser.add_argument("--contestant", choices=[OURS, *PEERS], required=True)
    parser.add_argument("--problem", type=Path, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--without", default="")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--facts", type=Path, required=True)
    return parser


if __name__ == "__main__":
    main()
