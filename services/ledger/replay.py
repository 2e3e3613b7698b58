"""Every published figure once more, from stored events and versions alone; what differs is told."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from services.contracts.fields import scope_name
from services.contracts.ledger import SavingsComputed
from services.ledger.books import find_book, list_lines
from services.ledger.compute import computed
from services.ledger.fuel import FuelBook
from services.ledger.lines import content
from services.ledger.remembered import Memory
from services.ledger.savings import ARITHMETIC
from services.ledger.store import CityDay, DayHeld, load_day
from services.roads.roads import RoadsOf
from services.store.connection import Connection, snapshot


@dataclass(frozen=True)
class Replayed:
    """A fleet's day and in what the replay of its line differs: none is as it should be."""

    day: date
    fleet: str
    differences: tuple[str, ...]
    is_track_kept: bool = False
    """Whether its positions are dropped: its kilometres by GPS are then the line's own, and were not measured again."""


def replay(
    connection: Connection, city: str, first: date, last: date, *, now: datetime, roads_of: RoadsOf, memory: Memory
) -> Iterator[Replayed]:
    """Line by line, of the days that are over between two days, both included."""
    with snapshot(connection):
        lines = list_lines(connection, city, first, last)
    for day in sorted({line.day for line in lines}):
        with snapshot(connection):
            held = load_day(connection, CityDay(city, day), now, memory.registry_of)
            for line in (line for line in lines if line.day == day):
                book = FuelBook() if line.calibration is None else find_book(connection, city, line.calibration)
                yield _replayed(line, held, book, roads_of)


def differences(line: SavingsComputed, again: SavingsComputed) -> Iterator[str]:
    """Field by field, as it stands there and as it is now."""
    told, found = content(line), content(again)
    for name in told:
        if told[name] != found[name]:
            yield f"{name}: {_short(told[name])} was published, {_short(found[name])} is found"


def _replayed(line: SavingsComputed, held: DayHeld | None, book: FuelBook, roads_of: RoadsOf) -> Replayed:
    scope = scope_name(line.city, line.fleet)
    if line.arithmetic != ARITHMETIC:
        told = (
            f"reckoned with arithmetic {line.arithmetic}, this Tournée has {ARITHMETIC}: replay it with the release "
            f"that wrote it, or count it again (tournee city recount {line.city} --from {line.day} --until {line.day})"
        )
        return Replayed(line.day, line.fleet, (told,))
    fleet = next((row for row in held.fleets if row.fleet == line.fleet), None) if held else None
    if fleet is None:
        return Replayed(line.day, line.fleet, (f"nothing that was sent to {scope} is in the store any more",))
    if fleet.unstored_plan_id is not None:
        return Replayed(line.day, line.fleet, (f"plan {fleet.unstored_plan_id} was sent and is not in the store",))
    fleet = replace(fleet, events=fleet.events._replace(book=book))
    again = computed(line.city, line.day, fleet, line.computed_at, roads_of)
    return Replayed(line.day, line.fleet, tuple(differences(line, again)), fleet.events.kept is not None)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 90 else f"{text[:87]}..."
