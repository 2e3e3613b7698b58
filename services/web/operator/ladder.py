"""The day as it runs, a line a truck: where it is in its circuit, how late, what is to come and when.

A crew is as late as its last word was, or as the visit is that should be over by now. What is ahead comes as much later
than planned, and less surely the farther it is: each visit adds what visits of this crew have added today.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np

from services.contracts.planning import Circuit, Visit
from services.web.operator.store import ConfirmationRow, PositionRow

GHOST_AFTER = timedelta(minutes=15)
"""A truck with GPS speaks each half minute: silent for so long while it should move, nobody knows where it is."""
GHOST_WITHOUT_GPS_AFTER = timedelta(minutes=60)
"""Of a crew whose truck has no GPS: between two words lies a drive to the landfill and back."""
LATE_FROM_S = 600.0
OFF_CIRCUIT_M = 400.0
"""From the line it should be on: beyond a parallel street, and beyond what GPS is off by. Chosen by eye."""
FRESH = timedelta(minutes=5)
"""A position that is older says where a truck was, not where it is."""
LEAST_WORDS = 5
"""Of a crew today, before its own deviations tell how sure its times are; until then all crews' do."""
USUAL_DEVIATION_S = 150.0
"""What a visit adds or takes, until somebody has driven today: an assumption."""
FOUR_IN_FIVE = 1.2816
"""Standard deviations on each side that hold 80 % of a normal distribution."""
METRES_PER_DEGREE = 111_320.0
ASKED = ("stop", "disposal")
"""Visits that crews speak of."""

Flag = Literal["ghost", "off_circuit", "overloaded", "after_closing", "late", "early"]
"""The worst first."""
type Line = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Eta:
    """When something happens: in four cases of five between `early` and `late`."""

    at: datetime
    early: datetime
    late: datetime


class Rung(NamedTuple):
    """A visit on the ladder. A large city has thousands, so what few ask for is reckoned when it is asked for."""

    visit: Visit
    name: str
    word: ConfirmationRow | None
    """What the crew said of it; None: nothing yet."""
    at: datetime
    """Where it stands: when it was done, else when it is expected."""
    ahead: int
    """1 of the next one, 2 of the one after it; 0 of one that is done."""
    now: datetime
    spread_s: float
    """Standard deviation of what a visit adds to the lateness."""

    @property
    def eta(self) -> Eta | None:
        """Of a visit that is ahead; None of one that is done."""
        if not self.ahead:
            return None
        off = timedelta(seconds=FOUR_IN_FIVE * self.spread_s * math.sqrt(self.ahead))
        return Eta(self.at, max(self.at - off, self.now), self.at + off)


@dataclass(frozen=True)
class TruckLine:
    """One truck's line."""

    circuit: Circuit
    rungs: Sequence[Rung]
    late_s: float | None
    """Behind its plan, below zero ahead of it; None before it is to leave and once it is home."""
    heard_at: datetime | None
    """Of its latest word or position of this duty."""
    has_left: bool
    is_home: bool
    """Everything that it was asked has been spoken of."""
    off_m: float | None
    """From its line, where it is off it."""
    flags: Sequence[Flag] = ()

    @property
    def hue(self) -> int:
        return (self.circuit.number - 1) % 12 + 1

    @property
    def is_out(self) -> bool:
        return self.has_left and not self.is_home

    @property
    def next(self) -> Rung | None:
        return next((rung for rung in self.rungs if rung.ahead and rung.visit.kind in ASKED), None)

    @property
    def next_site(self) -> Rung | None:
        return next((rung for rung in self.rungs if rung.ahead and rung.visit.kind == "disposal"), None)

    @property
    def back(self) -> Rung:
        return self.rungs[-1]

    @property
    def skipped(self) -> list[Rung]:
        return [rung for rung in self.rungs if rung.word and rung.word["outcome"] == "skipped"]

    @property
    def handled(self) -> int:
        """Stops that were spoken of."""
        return sum(rung.word is not None for rung in self.rungs if rung.visit.kind == "stop")


@dataclass(frozen=True)
class Ladder:
    lines: Sequence[TruckLine]
    now: datetime
    since: datetime
    until: datetime
    news_at: datetime | None
    """Of the latest of all; None: nothing was heard today."""

    @property
    def is_stale(self) -> bool:
        """Whether several trucks are due to move and none is heard: then the line is silent, not they."""
        out = [line for line in self.lines if line.is_out]
        return len(out) > 1 and all("ghost" in line.flags for line in out)

    @property
    def to_look_at(self) -> int:
        """Trucks that somebody should call."""
        return sum(bool(set(line.flags) - {"late", "early"}) for line in self.lines)

    def x(self, at: datetime) -> float:
        """Percent of the sheet."""
        return round(100 * min(max((at - self.since) / (self.until - self.since), 0.0), 1.0), 2)

    @property
    def hours(self) -> list[datetime]:
        """Whole hours, so many that their names do not touch."""
        hour = timedelta(hours=1)
        first = self.since.replace(minute=0, second=0, microsecond=0) + hour
        count = max(int((self.until - first) / hour) + 1, 0)
        return [first + n * hour for n in range(0, count, max(1, math.ceil(count / 9)))]


@dataclass(frozen=True)
class Around:
    """What a ladder needs of the day beside circuits, words and positions."""

    names: Mapping[str, str]
    """Of places."""
    lines: Mapping[int, Line]
    """By circuit number, along streets; a circuit whose way nobody knows is not in it."""
    closes: Mapping[str, datetime]
    """When each disposal site closes, where it does."""
    overloaded: frozenset[str] = frozenset()
    """Trucks that the plan loads beyond a limit."""


def make_ladder(
    circuits: Sequence[Circuit],
    words: Mapping[str, Sequence[ConfirmationRow]],
    positions: Sequence[PositionRow],
    now: datetime,
    around: Around,
) -> Ladder | None:
    """Of a plan's circuits; None where there is none. `words` by truck, as they happened; a truck's latest position."""
    if not circuits:
        return None
    said = {circuit.truck: words_of(circuit, words.get(circuit.truck, ())) for circuit in circuits}
    deviations = {circuit.truck: deviations_s(circuit, said[circuit.truck]) for circuit in circuits}
    everybody = [s for own in deviations.values() for s in own]
    where = {row["truck_id"]: row for row in positions}
    lines = []
    for circuit in circuits:
        own = said[circuit.truck]
        line = _truck_line(circuit, own, where.get(circuit.truck), now, spread_s(deviations[circuit.truck], everybody),
                           around)  # fmt: skip
        lines.append(replace(line, flags=_flags(line, own, circuit.truck in where, now, around)))
    since = min(circuit.visits[0].leave_at for circuit in circuits) - timedelta(minutes=10)
    until = max(max(line.back.at, line.circuit.visits[-1].start_at) for line in lines) + timedelta(minutes=15)
    return Ladder(lines, now, since, until, max((line.heard_at for line in lines if line.heard_at), default=None))


def words_of(circuit: Circuit, rows: Sequence[ConfirmationRow]) -> dict[int, ConfirmationRow]:
    """By the visit's place in the circuit. Of a stop the last word counts, words on a site fill its visits in order."""
    by_place: dict[tuple[str, str], list[ConfirmationRow]] = defaultdict(list)
    for row in rows:
        by_place[row["kind"], row["place"]].append(row)
    found = {}
    for sequence, visit in enumerate(circuit.visits):
        own = by_place.get((visit.kind, visit.place or ""), [])
        if own:
            found[sequence] = own[-1] if visit.kind == "stop" else own.pop(0)
    return found


def deviations_s(circuit: Circuit, said: Mapping[int, ConfirmationRow]) -> list[float]:
    """What each visit added to the crew's lateness, in the order in which they were made."""
    late = [
        (row["happened_at"], (row["happened_at"] - circuit.visits[sequence].leave_at).total_seconds())
        for sequence, row in said.items()
    ]
    return [after - before for (_, before), (_, after) in pairwise(sorted(late))]


def spread_s(own: Sequence[float], everybody: Sequence[float]) -> float:
    """Standard deviation of what a visit adds: the crew's own, else all crews', else the usual one."""
    known = next((some for some in (own, everybody) if len(some) >= LEAST_WORDS), ())
    return math.sqrt(sum(s * s for s in known) / len(known)) if known else USUAL_DEVIATION_S


def late_s(circuit: Circuit, said: Mapping[int, ConfirmationRow], now: datetime) -> float | None:
    """Behind the plan; None before the first visit should be over, as long as nobody has spoken."""
    ahead = [v for n, v in enumerate(circuit.visits) if n not in said and v.kind in ASKED]
    waited = max((now - ahead[0].leave_at).total_seconds(), 0.0) if ahead else 0.0
    if not said:
        return waited or None
    sequence, row = max(said.items(), key=lambda item: item[1]["happened_at"])
    told = (row["happened_at"] - circuit.visits[sequence].leave_at).total_seconds()
    return max(told, waited) if waited > 0 else told


def off_line_m(lon: float, lat: float, line: Line) -> float:
    """Metres from a point to the nearest of a line of two points or more, on a plane: exact enough within a city."""
    scale = np.array([METRES_PER_DEGREE * math.cos(math.radians(lat)), METRES_PER_DEGREE])
    points = (np.asarray(line, dtype=np.float64) - (lon, lat)) * scale
    begin, along = points[:-1], np.diff(points, axis=0)
    share = np.clip(-(begin * along).sum(axis=1) / np.maximum((along**2).sum(axis=1), 1e-9), 0.0, 1.0)
    nearest = begin + share[:, None] * along
    return float(np.hypot(nearest[:, 0], nearest[:, 1]).min())


def _truck_line(
    circuit: Circuit,
    said: Mapping[int, ConfirmationRow],
    position: PositionRow | None,
    now: datetime,
    spread: float,
    around: Around,
) -> TruckLine:
    leaves_at = circuit.visits[0].leave_at
    has_left = bool(said) or leaves_at <= now
    is_home = all(n in said for n, visit in enumerate(circuit.visits) if visit.kind in ASKED)
    late = late_s(circuit, said, now) if has_left and not is_home else None
    rungs = _rungs(circuit, said, now, around.names, late or 0.0, spread)
    seen = position if position is not None and position["happened_at"] > leaves_at - timedelta(hours=6) else None
    heard = [row["happened_at"] for row in said.values()] + ([seen["happened_at"]] if seen else [])
    line, off_m = around.lines.get(circuit.number, ()), None
    if seen is not None and len(line) > 1 and has_left and not is_home and now - seen["happened_at"] <= FRESH:
        metres = off_line_m(seen["lon"], seen["lat"], line)
        off_m = metres if metres > OFF_CIRCUIT_M else None
    return TruckLine(circuit, rungs, late, max(heard, default=None), has_left, is_home, off_m)


def _flags(
    line: TruckLine, said: Mapping[int, ConfirmationRow], has_gps: bool, now: datetime, around: Around
) -> tuple[Flag, ...]:
    leaves_at = line.circuit.visits[0].leave_at
    silent_for = now - max(line.heard_at or leaves_at, leaves_at)
    site = line.next_site
    closes_at = around.closes.get(site.visit.place or "") if site else None
    is_full = any(row["reason"] == "truck_full" for row in said.values())
    late = line.late_s or 0.0
    so: dict[Flag, bool] = {
        "ghost": line.is_out and silent_for > (GHOST_AFTER if has_gps else GHOST_WITHOUT_GPS_AFTER),
        "off_circuit": line.off_m is not None,
        "overloaded": not line.is_home and (is_full or line.circuit.truck in around.overloaded),
        "after_closing": bool(site and site.eta and closes_at and site.eta.at > closes_at),
        "late": late >= LATE_FROM_S,
        "early": late <= -LATE_FROM_S,
    }
    return tuple(flag for flag, is_so in so.items() if is_so)


def _rungs(
    circuit: Circuit,
    said: Mapping[int, ConfirmationRow],
    now: datetime,
    names: Mapping[str, str],
    late: float,
    spread: float,
) -> list[Rung]:
    rungs, ahead, behind = [], 0, timedelta(seconds=late)
    for sequence, visit in enumerate(circuit.visits):
        word, place, at, nth = said.get(sequence), visit.place or "", visit.start_at, 0
        if word is not None:
            at = word["happened_at"]
        elif sequence or visit.leave_at > now:
            ahead = nth = ahead + 1
            at = max(at + behind, now)
        rungs.append(Rung(visit, names.get(place, place), word, at, nth, now, spread))
    return rungs
