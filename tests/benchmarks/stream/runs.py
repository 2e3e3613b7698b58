"""The runs: flat out, sustained, late or in time, and each half alone."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from infra.stack.services import running_services
from tests.benchmarks.stream.held import held
from tests.benchmarks.stream.rig import CONTAINERS, Rig, fresh_rig
from tests.benchmarks.stream.watch import Watch
from tests.load.messages import Messages
from tests.load.process import SensorsProcess

PATIENCE_S = 600.0
LOOK_S = 0.2
TELL_EVERY = 5
WARM_UP = 50_000
"""Messages before the clock starts: a JVM and a planner cache are slow at first."""


@dataclass(frozen=True)
class Steady:
    """What was committed between two looks into the store, both while the devices published: no start, no drain."""

    from_s: float
    """After the first publish."""
    to_s: float
    committed: int
    per_s: float

    def told(self) -> str:
        return f"committed from second {self.from_s:.0f} to {self.to_s:.0f}: {self.per_s:,.0f}/s"


@dataclass
class Outcome:
    """What a run measured."""

    name: str
    messages: int
    took_s: float
    cpu_us: dict[str, float] = field(default_factory=dict)
    """CPU a message, by process."""
    peak_mb: dict[str, float] = field(default_factory=dict)
    grown_mb: dict[str, float] = field(default_factory=dict)
    """Resident memory at the end less that after the first fifth of the run."""
    delay_s: dict[str, float] = field(default_factory=dict)
    """From the device's publish to the commit: p50, p95, p99, max."""
    steady: Steady | None = None

    @property
    def per_s(self) -> float:
        """From the first publish to the last commit: start and drain count."""
        return self.messages / self.took_s


def members(kind: str, count: int) -> tuple[str, ...]:
    """`bridge`, `bridge-2`, ..."""
    return tuple(kind if n == 1 else f"{kind}-{n}" for n in range(1, count + 1))


def flat_out(bridges: int, writers: int, count: int, *, warm_up: int = WARM_UP) -> Outcome:
    """From the first publish to the last commit, the devices as fast as the broker takes them."""
    names = (*members("bridge", bridges), *members("writer", writers))
    with fresh_rig() as rig, running_services(rig.stack.environment(), rig.log_folder, names) as services:
        _warm_up(rig, count=warm_up)
        watch = Watch.of(services, rig.stack)
        plan, began_s = rig.messages(count), time.monotonic()
        with rig.sensors(plan):
            took_s = wait_until(lambda: rig.stored() >= warm_up + count, began_s, watch)
        return outcome_of(f"flat out, {bridges} bridge(s), {writers} writer(s)", count, took_s, watch)


def adding_up(bridges: int, writers: int, count: int, share: float) -> Outcome:
    """Flat out, with each bridge and writer held to a share of a core: what is measured is them, not the machine."""
    names = (*members("bridge", bridges), *members("writer", writers))
    with fresh_rig() as rig, running_services(rig.stack.environment(), rig.log_folder, names) as services:
        _warm_up(rig)
        with held(services.values(), share):
            watch = Watch.of(services, rig.stack)
            plan, began_s = rig.messages(count), time.monotonic()
            with rig.sensors(plan):
                took_s = wait_until(lambda: rig.stored() >= WARM_UP + count, began_s, watch)
            name = f"each held to {share:.0%} of a core: {bridges} bridge(s), {writers} writer(s)"
            return outcome_of(name, count, took_s, watch)


def sustained(bridges: int, writers: int, rate_per_s: float, seconds: float, tell: Callable[[str], None]) -> Outcome:
    """At a steady rate for long: whether all is committed in step, and memory stays flat."""
    names, count = (*members("bridge", bridges), *members("writer", writers)), int(rate_per_s * seconds)
    with fresh_rig() as rig, running_services(rig.stack.environment(), rig.log_folder, names) as services:
        _warm_up(rig)
        watch = Watch.of(services, rig.stack)
        plan, began_s = rig.messages(count), time.monotonic()
        with rig.sensors(plan, rate_per_s=rate_per_s) as sensors:
            looks = _look_on(rig, sensors, watch, began_s, tell)
            took_s = wait_until(lambda: rig.stored() >= WARM_UP + count, began_s, watch)
        outcome = outcome_of(f"sustained {rate_per_s:,.0f}/s for {seconds:.0f} s", count, took_s, watch)
        early_mb = next((look.memory_mb for look in looks if look.at_s > seconds / 5), {})
        outcome.grown_mb = {name: looks[-1].memory_mb[name] - mb for name, mb in early_mb.items()}
        outcome.steady = steady(looks)
        return outcome


class Look(NamedTuple):
    """What one look at a run saw."""

    at_s: float
    """When the store answered, after the first publish."""
    committed: int
    memory_mb: dict[str, float]


def _look_on(
    rig: Rig, sensors: SensorsProcess, watch: Watch, began_s: float, tell: Callable[[str], None]
) -> list[Look]:
    """A look a second, until the devices have sent all; those after that are not among them."""
    looks: list[Look] = []
    while time.monotonic() - began_s < PATIENCE_S:
        time.sleep(max(0.0, began_s + len(looks) + 1 - time.monotonic()))
        committed, at_s, acknowledged = rig.stored() - WARM_UP, time.monotonic() - began_s, sensors.acknowledged
        if acknowledged >= sensors.plan.count:
            break
        looks.append(Look(at_s, committed, watch.look()))
        if len(looks) % TELL_EVERY == 0:
            tell(f"  {at_s:4.0f} s: {acknowledged:,} acknowledged, {acknowledged - committed:,} not committed yet")
    return looks


def steady(looks: Sequence[Look]) -> Steady | None:
    """Between the first and the last look; None where there are not two."""
    if len(looks) < 2:
        return None
    first, last = looks[0], looks[-1]
    committed = last.committed - first.committed
    return Steady(first.at_s, last.at_s, committed, committed / (last.at_s - first.at_s))


def in_time(rate_per_s: float, seconds: float) -> Outcome:
    """How long after its publish each reading is committed: the store itself tells when, for every row."""
    count = int(rate_per_s * seconds)
    with (
        fresh_rig(commit_times=True) as rig,
        running_services(rig.stack.environment(), rig.log_folder, ("bridge", "writer")) as services,
    ):
        _warm_up(rig)
        watch = Watch.of(services, rig.stack)
        plan, began_s = rig.messages(count), time.monotonic()
        with rig.sensors(plan, rate_per_s=rate_per_s, stamps=True) as sensors:
            took_s = wait_until(lambda: rig.stored() >= WARM_UP + count, began_s, watch)
            sent_at = sensors.ledger.sent_at
        assert sent_at is not None
        outcome = outcome_of(f"delay at {rate_per_s:,.0f}/s", count, took_s, watch)
        outcome.delay_s = _delays(rig, plan, sent_at)
        return outcome


def halves(bridges: int, writers: int, count: int) -> tuple[Outcome, Outcome]:
    """MQTT to Kafka alone, then Kafka to the store alone: the first fills what the second empties."""
    with fresh_rig() as rig:
        plan = rig.messages(count)
        bridge_names, writer_names = members("bridge", bridges), members("writer", writers)
        with running_services(rig.stack.environment(), rig.log_folder, bridge_names) as services:
            _warm_up(rig, rig.in_kafka)
            watch, began_s = Watch.of(services, rig.stack), time.monotonic()
            with rig.sensors(plan):
                took_s = wait_until(lambda: rig.in_kafka() >= WARM_UP + count, began_s, watch)
            first = outcome_of(f"MQTT to Kafka, {bridges} bridge(s)", count, took_s, watch)
        with running_services(rig.stack.environment(), rig.log_folder, writer_names) as services:
            wait_until(lambda: rig.stored() > 0, time.monotonic(), None)
            begun, began_s, watch = rig.stored(), time.monotonic(), Watch.of(services, rig.stack)
            took_s = wait_until(lambda: rig.stored() >= WARM_UP + count, began_s, watch)
            left = WARM_UP + count - begun
            second = outcome_of(f"Kafka to store, {writers} writer(s)", left, took_s, watch)
        return first, second


def wait_until(done: Callable[[], bool], began_s: float, watch: Watch | None) -> float:
    """Seconds since `began_s` when `done` is true.

    Raises:
        TimeoutError: not within ten minutes.
    """
    looked_s = 0.0
    while not done():
        now_s = time.monotonic()
        if now_s - began_s > PATIENCE_S:
            raise TimeoutError(f"not done after {PATIENCE_S:.0f} s; see the services' logs")
        if watch is not None and now_s - looked_s > 1:
            looked_s = now_s
            watch.look()
        time.sleep(LOOK_S)
    return time.monotonic() - began_s


def _warm_up(rig: Rig, arrived: Callable[[], int] | None = None, *, count: int = WARM_UP) -> None:
    plan = Messages(rig.messages(1).city, count, CONTAINERS, rig.messages(10**8).first_at)
    with rig.sensors(plan):
        wait_until(lambda: (arrived or rig.stored)() >= count, time.monotonic(), None)


def outcome_of(name: str, count: int, took_s: float, watch: Watch) -> Outcome:
    watch.look()
    cpu_us = {who: used_s / count * 1e6 for who, used_s in watch.cpu_s().items()}
    return Outcome(name, count, took_s, cpu_us, watch.peak_mb)


def _delays(rig: Rig, plan: Messages, sent_at: "memoryview[float]") -> dict[str, float]:
    """Percentiles over every message of the plan."""
    place = {container: n for n, container in enumerate(plan.container_ids)}
    rounds = {plan.happened_at(n * plan.containers): n for n in range(plan.rounds)}
    delays: list[float] = []
    rows = rig.store.execute(
        "SELECT container_id, happened_at, extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8 FROM reading"
    )
    for container, happened_at, committed_s in rows:
        number = rounds.get(happened_at)
        if number is not None:  # not of the warm-up
            delays.append(committed_s - sent_at[number * plan.containers + place[container]])
    delays.sort()
    if len(delays) != plan.count:
        raise RuntimeError(f"{len(delays)} rows for {plan.count} messages")
    return {p: delays[min(len(delays) - 1, int(len(delays) * share))] for p, share in PERCENTILES.items()}


PERCENTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
