"""When which fault strikes: a pure function of the seed."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

SERVICES = ("bridge", "writer", "planner", "web")
SERVERS = ("mqtt", "kafka", "postgres")
KINDS = (
    *(f"kill_{name}" for name in (*SERVICES, *SERVERS)),
    *(f"hold_{name}" for name in (*SERVICES, *SERVERS)),
    "disk_full",
    "rebalance_writers",
    "rebalance_bridges",
    "poison_kafka",
    "poison_mqtt",
    "duplicates",
    "late",
    "clock_ahead",
    "clock_behind",
    "outbox_twice",
)
"""Every kind of fault; `tests.chaos.faults.FAULTS` says what each does."""

DOWN_S = (0.0, 3.0)
"""How long a killed process stays away: a supervisor or a technician is that fast."""


@dataclass(frozen=True)
class Pace:
    """How long things last. A full run has time; the short one is part of every test run."""

    hold_s: float
    rest_s: tuple[float, float]
    """Between one recovery and the next strike."""
    pairs: int
    """Pairs struck besides every kind alone; 0: every kind once, two at a time, to save time."""
    burst: int
    """Messages of a rebalance's burst."""


FULL = Pace(hold_s=20.0, rest_s=(0.5, 4.0), pairs=10, burst=10_000)
SHORT = Pace(hold_s=5.0, rest_s=(0.0, 0.5), pairs=0, burst=2_000)


@dataclass(frozen=True)
class Blow:
    """One fault within a strike: it begins `delay_s` after the strike does and lasts `length_s`."""

    kind: str
    delay_s: float
    length_s: float


@dataclass(frozen=True)
class Strike:
    """One fault alone, or two that overlap, `after_s` after the last one was recovered from."""

    after_s: float
    blows: tuple[Blow, ...]

    @property
    def name(self) -> str:
        return " + ".join(blow.kind for blow in self.blows)

    @property
    def lasts_s(self) -> float:
        """Until the last of its blows is over."""
        return max(blow.delay_s + blow.length_s for blow in self.blows)


def make_schedule(seed: int, pace: Pace, kinds: Sequence[str] = KINDS) -> tuple[Strike, ...]:
    """Every kind at least once in a random order, and pairs of kinds that do not stand in each other's way."""
    dice = random.Random(seed)
    shuffled = dice.sample(list(kinds), len(kinds))
    if pace.pairs:
        groups: list[tuple[str, ...]] = [(kind,) for kind in shuffled]
        meetings = [pair for pair in combinations(kinds, 2) if can_meet(*pair)]
        groups += dice.choices(meetings, k=pace.pairs) if meetings else []
        dice.shuffle(groups)
    else:
        groups = list(_by_twos(shuffled))
        dice.shuffle(groups)
    return tuple(_strike(dice, group, pace) for group in groups)


def can_meet(one: str, other: str) -> bool:
    """Whether two kinds can overlap: not of one process, and no poison into a Kafka that is not there."""
    return not (_targets(one) & _targets(other))


def _targets(kind: str) -> set[str]:
    special: dict[str, set[str]] = {"disk_full": {"postgres"}, "poison_kafka": {"kafka"}, "poison_mqtt": set()}
    return special.get(kind, {kind.rpartition("_")[2]})


def _by_twos(kinds: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Two by two those that can meet, what lasts with what lasts; who finds nobody strikes alone."""
    waiting = sorted(kinds, key=_lasts)  # stable: the dice's order stays within both halves
    while waiting:
        first = waiting.pop(0)
        partner = next((kind for kind in waiting if can_meet(first, kind)), None)
        if partner is None:
            yield (first,)
        else:
            waiting.remove(partner)
            yield first, partner


def _strike(dice: random.Random, kinds: Sequence[str], pace: Pace) -> Strike:
    blows = []
    for number, kind in enumerate(kinds):
        delay_s = 0.0 if number == 0 else dice.uniform(0, pace.hold_s / 2)
        blows.append(Blow(kind, round(delay_s, 2), round(_length_s(dice, kind, pace), 2)))
    return Strike(round(dice.uniform(*pace.rest_s), 2), tuple(blows))


def _length_s(dice: random.Random, kind: str, pace: Pace) -> float:
    if kind.startswith("kill_"):
        return dice.uniform(*DOWN_S)
    return pace.hold_s if _lasts(kind) else 0.0


def _lasts(kind: str) -> bool:
    return kind.startswith(("hold_", "rebalance_")) or kind == "disk_full"
