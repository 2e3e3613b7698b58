"""One chaos run, from an empty stack to the verdict."""

import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median

import psycopg

from infra.stack.stack import Kind
from services.errors import StreamAway
from tests.chaos.city import CITY
from tests.chaos.crew import Crew, crew_at_work, sensors_plan
from tests.chaos.faults import FAULTS, Scene, cannot_run
from tests.chaos.lag import GROUPS, lag_of
from tests.chaos.probe import Probe
from tests.chaos.progress import Progress
from tests.chaos.schedule import FULL, KINDS, SHORT, Pace, Strike, make_schedule
from tests.chaos.stage import Stage, dead_parts, staged
from tests.chaos.timeline import Timeline
from tests.chaos.verdict import Verdict
from tests.chaos.verify import verify

WARM_UP_S = 2.0
PLANNING_NEEDS = ("_planner", "_web", "_kafka", "_postgres", "disk_full")
"""After these a probe orders a plan too, which costs two seconds."""


@dataclass(frozen=True)
class Options:
    """What to do; `folder` keeps logs and the sensors' ledger."""

    seed: int
    messages: int
    """At least so many are acknowledged before the run ends."""
    stack: Kind
    folder: Path
    pace: Pace = FULL
    rate_per_s: float = 800.0
    limit_s: float = 3600.0
    """For all strikes; past it nothing more is struck, and the run fails for it."""
    patience_s: float = 180.0
    """For one recovery, and for the store to make progress at the end."""
    kinds: tuple[str, ...] = KINDS


@dataclass
class Result:
    """What a run found."""

    verdict: Verdict
    faults: int = 0
    recoveries_s: list[float] = field(default_factory=list)
    not_run: dict[str, str] = field(default_factory=dict)
    exits: list[str] = field(default_factory=list)
    thief_refused: int = 0
    """Subscriptions that a thief with a sensor's password wanted."""
    duration_s: float = 0.0

    def line(self, options: Options) -> str:
        return self.verdict.line(
            faults=self.faults,
            recovery_s_max=round(max(self.recoveries_s, default=0.0), 1),
            recovery_s_median=round(median(self.recoveries_s or [0.0]), 1),
            thief_refused=self.thief_refused,
            seed=options.seed,
            stack=options.stack,
            duration_s=round(self.duration_s),
            unexpected_exits=len(self.exits),
            not_run=sorted(self.not_run),
        )


def run_chaos(options: Options) -> Result:
    """Strike by the seed's schedule while everybody sends; then wait for the rest, and verify.

    Raises:
        StackError: the stack cannot be had on this machine.
    """
    timeline = Timeline()
    timeline.say(f"seed {options.seed}, {options.stack} stack, at least {options.messages} messages")
    # Enough to go on until the schedule is through; the sensors are stopped before.
    plan = sensors_plan(CITY, int(options.messages + options.rate_per_s * options.limit_s))
    options.folder.mkdir(parents=True, exist_ok=True)
    with staged(options.stack, plan.container_ids, options.folder) as stage:
        timeline.say("the stack and the services run")
        with crew_at_work(stage, options.seed, plan, options.messages, options.rate_per_s, options.folder) as crew:
            return _Run(options, stage, crew, timeline).through()


class _Run:
    def __init__(self, options: Options, stage: Stage, crew: Crew, timeline: Timeline) -> None:
        self._options, self._stage, self._crew, self._timeline = options, stage, crew, timeline
        self._result = Result(Verdict(), not_run=cannot_run(stage.stack, stage.disk))
        if crew.thief is None:
            self._result.not_run["thief"] = "the embedded MQTT broker knows no logins, so anybody may subscribe"
        self._problems: dict[str, list[str]] = {}
        self._scene = Scene(
            stage.stack,
            stage.town,
            stage.supervisor,
            crew.device,
            crew.phone,
            crew.claims,
            None if isinstance(stage.disk, str) else stage.disk,
            stage.second,
            partial(crew.start_burst, stage, options.pace.burst),
            random.Random(options.seed),
        )
        kinds = [kind for kind in options.kinds if kind not in self._result.not_run]
        strikes = make_schedule(options.seed, options.pace, kinds)
        self._progress = Progress(strikes, options.messages, options.rate_per_s)
        url = stage.stack.database_url
        self._probe = Probe(url, crew.device, crew.phone, crew.operator, crew.claims)

    def through(self) -> Result:
        self._say_what_cannot_run()
        time.sleep(WARM_UP_S)
        first_s = time.monotonic()
        self._timeline.say(self._left())
        for strike in self._progress.strikes:
            if time.monotonic() - first_s > self._options.limit_s:
                self._note("strikes left out for want of time", strike.name)
                continue
            time.sleep(strike.after_s)
            self._strike(strike)
        self._send_the_rest()
        self._result.verdict = self._settled_verdict()
        self._look_after()
        if self._scene.disk is not None:
            self._timeline.say(f"the database's disk holds {self._scene.disk.used_bytes() / 1e6:.0f} MB")
        self._result.duration_s = self._elapsed_s()
        return self._result

    def _strike(self, strike: Strike) -> None:
        steps: list[tuple[float, Callable[[Scene], None]]] = []
        for blow in strike.blows:
            fault = FAULTS[blow.kind]
            steps += [(blow.delay_s, fault.strike), (blow.delay_s + blow.length_s, fault.heal)]
        number, start_s = self._progress.number, time.monotonic()
        self._timeline.say(f"{number} {strike.name}, for {strike.lasts_s:.1f} s")
        for at_s, step in sorted(steps, key=lambda step: step[0]):
            time.sleep(max(0.0, start_s + at_s - time.monotonic()))
            step(self._scene)
        lasted_s = time.monotonic() - start_s
        self._result.faults += len(strike.blows)
        plans = any(blow.kind.endswith(PLANNING_NEEDS) for blow in strike.blows)
        with self._timeline.waiting(lambda: f"{number} {strike.name}: not recovered yet"):
            recovery_s = self._probe.recovery_s(plans=plans, patience_s=self._options.patience_s)
        self._progress.recovered(self._options.patience_s if recovery_s is None else recovery_s)
        told = "NOT RECOVERED" if recovery_s is None else f"recovered in {recovery_s:.1f} s"
        self._timeline.say(f"{number} {strike.name} ({lasted_s:.1f} s): {told}. {self._left()}")
        if recovery_s is None:
            self._note("not recovered", f"{strike.name}: no probe within {self._options.patience_s:.0f} s")
        else:
            self._result.recoveries_s.append(recovery_s)

    def _send_the_rest(self) -> None:
        """Until the number that was asked for is acknowledged; then everybody stops."""
        deadline_s = time.monotonic() + self._options.messages / self._options.rate_per_s + self._options.patience_s
        with self._timeline.waiting(self._left):
            while self._crew.sensors.acknowledged < self._options.messages and time.monotonic() < deadline_s:
                time.sleep(0.2)
            for left in self._crew.finish(self._options.patience_s):
                self._note("left over", left)
            self._question_the_thief()
        self._timeline.say(f"everybody has stopped; {self._crew.acknowledged()} acknowledged")

    def _question_the_thief(self) -> None:
        if self._crew.thief is not None:
            self._result.thief_refused = self._crew.thief.refused
            for fault in self._crew.thief.found():
                self._note("the thief", fault)

    def _settled_verdict(self) -> Verdict:
        """Wait until the groups are through and nothing is missing, or nothing has moved for `patience_s`."""
        # In this order: once the groups are through, what is verified after that is final.
        lags, verdict, moved_s = self._lags(), self._verify(), time.monotonic()
        with self._timeline.waiting(lambda: f"{verdict.lost} are not in the store yet; events behind: {lags}"):
            while time.monotonic() - moved_s < self._options.patience_s:
                if not any(lags.values()) and not verdict.lost:
                    return verdict
                before = verdict.stored, lags
                time.sleep(1)
                lags, verdict = self._lags(), self._verify()
                if (verdict.stored, lags) != before:
                    moved_s = time.monotonic()
        for group, lag in lags.items():
            if lag:
                self._note("lag", f"group {group} is {lag} events behind and does not move")
        return verdict

    def _verify(self) -> Verdict:
        with psycopg.connect(self._stage.stack.database_url) as connection:
            return verify(connection, self._stage.town.city, self._crew.sent(), self._crew.claims)

    def _lags(self) -> dict[str, int]:
        try:
            return {group: lag_of(self._stage.stack.kafka, group) for group in GROUPS}
        except StreamAway as away:
            self._timeline.say(str(away))
            return {"unknown": 1}

    def _look_after(self) -> None:
        stage, verdict = self._stage, self._result.verdict
        self._problems["dead parts"] = dead_parts(stage.supervisor, stage.stack.folder / "log")
        for what, cases in self._problems.items():
            verdict.note_wrong(what, cases)
        for ended in stage.supervisor.exits:
            told = f"{ended.name} ended by itself at {ended.at_s - self._timeline.start_s:.1f} s. {ended.tail}"
            self._result.exits.append(told)
            self._timeline.say(told)

    def _say_what_cannot_run(self) -> None:
        for kind, why in self._result.not_run.items():
            sys.stderr.write(f"NOT RUN: {kind}: {why}\n")

    def _note(self, what: str, case: str) -> None:
        self._problems.setdefault(what, []).append(case)

    def _left(self) -> str:
        acknowledged = self._crew.sensors.acknowledged
        return f"{acknowledged} of {self._options.messages} acknowledged; {self._progress.left(acknowledged)}"

    def _elapsed_s(self) -> float:
        return time.monotonic() - self._timeline.start_s


def short_options(seed: int, stack: Kind, folder: Path) -> Options:
    """Three minutes at most: every kind once, shorter, two at a time."""
    return Options(seed, 30_000, stack, folder, SHORT, rate_per_s=400, limit_s=140, patience_s=60)
