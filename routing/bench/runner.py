"""Runs contestants in processes of their own, at equal wall-clock, and watches their memory."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOOK_EVERY_S = 0.2
GRACE_S = 180.0  # for reading, building the model, timing: no search is measured by it
GRACE_FACTOR = 3.0
SHOWN_ERROR = 300


@dataclass(frozen=True, slots=True)
class Run:
    """One process to start. Files go to `<folder>/<name>.plan.json` and beside it."""

    name: str
    contestant: str
    problem: Path
    seconds: float
    seed: int
    cores: int = 1
    without: frozenset[str] = frozenset()

    def file(self, kind: str) -> Path:
        return self.problem.with_name(f"{self.name}.{kind}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a run. `plan` is None when it was refused or failed; `problem` then says why."""

    run: Run
    plan: Path | None
    elapsed_s: float | None
    first_feasible_s: float | None
    peak_mb: float
    refused: str | None = None
    failed: str | None = None


def run_side_by_side(runs: list[Run]) -> list[Outcome]:
    """Start all, wait for all. None outlives this call, whatever happens in it."""
    children = [_Child(run) for run in runs]
    try:
        while any(child.is_running() for child in children):
            for child in children:
                child.look()
            time.sleep(LOOK_EVERY_S)
        return [child.outcome() for child in children]
    finally:
        for child in children:
            child.end()


class _Child:
    def __init__(self, run: Run) -> None:
        self.run = run
        self.deadline_s = time.monotonic() + GRACE_FACTOR * run.seconds + GRACE_S
        self.peak_mb = 0.0
        self.overdue = False
        self.errors = run.file("stderr.txt").open("w+", encoding="utf-8")
        command = [sys.executable, "-m", "routing.bench.child", "--contestant", run.contestant]
        command += ["--problem", str(run.problem), "--seconds", str(run.seconds), "--seed", str(run.seed)]
        command += ["--cores", str(run.cores), "--without", ",".join(sorted(run.without))]
        command += ["--out", str(run.file("plan.json")), "--facts", str(run.file("facts.json"))]
        # A session of its own: what it starts itself ends with it.
        self.process = subprocess.Popen(command, stdout=self.errors, stderr=self.errors, start_new_session=True)

    def is_running(self) -> bool:
        return self.process.poll() is None

    def look(self) -> None:
        self.peak_mb = max(self.peak_mb, tree_mb(self.process.pid))
        if self.is_running() and time.monotonic() > self.deadline_s:
            self.overdue = True
            self.end()

    def end(self) -> None:
        if self.is_running():
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        if not self.errors.closed:
            self.errors.close()

    def outcome(self) -> Outcome:
        facts_file, plan_file = self.run.file("facts.json"), self.run.file("plan.json")
        if self.overdue or self.process.returncode != 0 or not facts_file.exists():
            return Outcome(self.run, None, None, None, round(self.peak_mb, 1), failed=self._why())
        facts: dict[str, Any] = json.loads(facts_file.read_text(encoding="utf-8"))
        return Outcome(
            self.run,
            plan_file if plan_file.exists() else None,
            facts.get("elapsed_s"),
            facts.get("first_feasible_s"),
            round(max(self.peak_mb, facts["peak_mb"]), 1),
            refused=facts.get("refused"),
        )

    def _why(self) -> str:
        if self.overdue:
            return f"still running after {GRACE_FACTOR:g} times its {self.run.seconds:g} s and {GRACE_S:g} s; ended"
        self.errors.flush()
        said = self.run.file("stderr.txt").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return f"ended with {self.process.returncode}: {said[-1] if said else 'said nothing'}"[:SHOWN_ERROR]


def tree_mb(pid: int) -> float:
    """Memory of a process and all it started, shared pages counted once; 0 where there is no /proc to tell."""
    total_kb, waiting = 0, [pid]
    while waiting:
        current = waiting.pop()
        try:
            rollup = Path(f"/proc/{current}/smaps_rollup").read_text()
            total_kb += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
            for task in Path(f"/proc/{current}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
        except (OSError, StopIteration):  # it ended while we looked, or this is no Linux
            continue
    return total_kb / 1024
