"""What a contractor did not do, of what the store holds of a day: each breach with the facts that show it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from services.city.penalties import PenaltyEvent
from services.times import instant_of

RIM, ROOM = 1.0, 0.9
"""A container overflows from the first level on; below the second somebody has made room, said or not."""
LEAST_READINGS = 2
"""Over the rim, before it is a breach: one alone may be an echo. Assumed."""
LONGEST_SPELL = timedelta(days=7)
"""An overflow counts no longer: nobody comes for a week, or the sensor is wrong; either is for a person to look at."""


class MissedStop(NamedTuple):
    """A container that was asked for and not emptied, and why, where the crew has said so."""

    container: str
    reason: str | None


@dataclass(frozen=True)
class AskedCircuit:
    """What one truck was asked for on a day, by the plans from the one with which its fleet's day began on."""

    day: date
    truck: str
    plan_id: UUID
    """The last that asked it for something."""
    number: int
    stops: int
    emptied: int
    """By whatever truck."""
    missed: tuple[MissedStop, ...]
    promised_at: datetime
    """When the last of what was emptied (else of all) was first promised; a later plan puts nothing off."""
    last_emptied_at: datetime | None


class Unmeasured(NamedTuple):
    """A truck without a kilometre by GPS in the ledger's line of its day."""

    day: date
    truck: str
    line: UUID


class OverReading(NamedTuple):
    """A reading at or over the rim, and what first came after it."""

    container: str
    happened_at: datetime
    fill_ratio: float
    emptied_at: datetime | None
    """The first word after it that the container was emptied."""
    fell_at: datetime | None
    """The first reading after it below `ROOM`."""


@dataclass(frozen=True)
class Proof:
    """The stored facts that show a breach; None: not of this kind."""

    plan_id: UUID | None = None
    number: int | None = None
    stops: int | None = None
    emptied: int | None = None
    missed: tuple[MissedStop, ...] = ()
    promised_at: datetime | None = None
    done_at: datetime | None = None
    line: UUID | None = None
    """Of the savings ledger."""
    fill_ratio: float | None = None
    readings: int | None = None
    ended_at: datetime | None = None
    ended_by: Literal["emptied", "reading"] | None = None


@dataclass(frozen=True)
class Breach:
    event: PenaltyEvent
    fleet: str
    day: date
    """The city's own, on which it began."""
    happened_at: datetime
    measure: float
    """In the unit of the penalty's grace: minutes late, hours over the rim, containers missed; else 1."""
    containers: int
    proof: Proof
    settled_at: datetime | None
    """When nothing can be added to it any more; None: it goes on."""
    truck: str | None = None
    container: str | None = None

    @property
    def subject(self) -> str:
        """What it is of: with event, fleet and day no other breach has the same."""
        return f"container {self.container} {self.happened_at.isoformat()}" if self.container else f"truck {self.truck}"


def circuit_breaches(
    fleet: str, circuits: Iterable[AskedCircuit], unmeasured: Iterable[Unmeasured], zone: ZoneInfo
) -> Iterator[Breach]:
    """Of days that are over. A circuit that was not done is one breach: it is neither late nor are its stops missed."""
    lines = {(row.day, row.truck): row.line for row in unmeasured}
    for circuit in circuits:
        line = lines.get((circuit.day, circuit.truck))
        for event, measure, proof in _of_circuit(circuit, line):
            yield Breach(
                event=event,
                fleet=fleet,
                day=circuit.day,
                happened_at=circuit.promised_at,
                measure=measure,
                containers=circuit.stops if event == "circuit_not_done" else len(circuit.missed),
                proof=proof,
                settled_at=instant_of(circuit.day + timedelta(days=1), 0, zone),
                truck=circuit.truck,
            )


def _of_circuit(circuit: AskedCircuit, line: UUID | None) -> Iterator[tuple[PenaltyEvent, float, Proof]]:
    asked = Proof(
        plan_id=circuit.plan_id,
        number=circuit.number,
        stops=circuit.stops,
        emptied=circuit.emptied,
        missed=circuit.missed,
        promised_at=circuit.promised_at,
        done_at=circuit.last_emptied_at,
        line=line,
    )
    if circuit.last_emptied_at is None:
        yield "circuit_not_done", 1, asked
        return
    late_s = (circuit.last_emptied_at - circuit.promised_at).total_seconds()
    if late_s > 0:
        yield "circuit_late", late_s / 60, asked
    if circuit.missed:
        yield "stops_missed", len(circuit.missed), asked
    if line is not None:
        yield "tracking_missing", 1, asked


def overflow_breaches(
    readings: Sequence[OverReading], fleets: Mapping[tuple[str, date], str], zone: ZoneInfo, now: datetime
) -> Iterator[Breach]:
    """Spells over the rim, each from its first reading until somebody came or the level fell, a week at most.

    Args:
        readings: of each container in the order of time, from `LONGEST_SPELL` before the first day that is asked for.
        fleets: whose a container was on a day; what is not in it is nobody's, or of a day that is not asked for.
        zone: the city's.
        now: what goes on counts until then.
    """
    for spell in _spells(readings):
        first = spell[0]
        day = first.happened_at.astimezone(zone).date()
        fleet = fleets.get((first.container, day))
        if fleet is None or len(spell) < LEAST_READINGS:
            continue
        ended_at, ended_by = _end(first)
        longest = first.happened_at + LONGEST_SPELL
        until = min(ended_at or now, longest, now)
        yield Breach(
            event="container_overflowing",
            fleet=fleet,
            day=day,
            happened_at=first.happened_at,
            measure=(until - first.happened_at).total_seconds() / 3600,
            containers=1,
            proof=Proof(
                fill_ratio=max(reading.fill_ratio for reading in spell),
                readings=len(spell),
                ended_at=ended_at,
                ended_by=ended_by,
            ),
            settled_at=until if ended_at is not None or longest <= now else None,
            container=first.container,
        )


def _spells(readings: Iterable[OverReading]) -> Iterator[list[OverReading]]:
    """Readings of one container that nothing ends in between."""
    spell: list[OverReading] = []
    for reading in readings:
        if spell and (reading.container != spell[0].container or _is_over(spell[0], reading.happened_at)):
            yield spell
            spell = []
        spell.append(reading)
    if spell:
        yield spell


def _is_over(first: OverReading, at: datetime) -> bool:
    ended_at, _ = _end(first)
    return ended_at is not None and ended_at <= at


def _end(first: OverReading) -> tuple[datetime | None, Literal["emptied", "reading"] | None]:
    """What came first of the two; at the same instant the crew's word."""
    if first.emptied_at is not None and (first.fell_at is None or first.emptied_at <= first.fell_at):
        return first.emptied_at, "emptied"
    return (first.fell_at, "reading") if first.fell_at is not None else (None, None)
