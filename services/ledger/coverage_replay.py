"""Every published line of coverage once more, from the words, versions and grid that it was computed of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.city.registry import City
from services.city.store import find_registry
from services.contracts.coverage import CoverageComputed
from services.ledger.coverage import ARITHMETIC, NOT_CONTENT, Basis
from services.ledger.coverage_store import emptied_by, list_published, load_emptyings
from services.ledger.covering import computed_coverage
from services.ledger.emptyings import Emptyings
from services.ledger.kept import Kept
from services.ledger.remembered import Memory
from services.roads.roads import RoadsOf
from services.store.connection import Connection, snapshot

NOT_COMPARED = NOT_CONTENT | {"zones", "words_heard"}
"""Zones are compared field by field; how many words a line had heard is seen to while it is young."""


@dataclass(frozen=True)
class CoverageReplayed:
    """A day and in what the replay of its line differs: none is as it should be."""

    day: date
    differences: tuple[str, ...]


def replay_coverage(
    connection: Connection, city: str, first: date, last: date, *, roads_of: RoadsOf, memory: Memory
) -> Iterator[CoverageReplayed]:
    """Day by day, both included, the line that counts."""
    with snapshot(connection):
        lines = list_published(connection, city, first, last)
    bases = _Bases(connection, lines, memory)
    for line in lines:
        yield CoverageReplayed(line.day, tuple(_differences(line, bases, roads_of, memory)))


class _Bases:
    """What some lines were computed of: registry and grid of their versions, and the words that were known then."""

    def __init__(self, connection: Connection, lines: Sequence[CoverageComputed], memory: Memory) -> None:
        self._connection, self._lines, self._memory = connection, lines, memory
        self._emptyings = Kept[str, Emptyings](1)

    def find(self, line: CoverageComputed) -> Basis | None:
        """None where its registry is not in the store any more."""
        at, memory, version = self._connection, self._memory, line.registry_version
        with snapshot(at):
            registry = find_registry(at, line.city) if version is None else memory.registry_of(at, line.city, version)
            if registry is None:
                return None
            grid = None if line.grid_version is None else memory.grid_of(at, line.city, line.grid_version)
            city = registry.city
            emptyings = self._emptyings.get(city.timezone, lambda: self._load(city))
            return Basis(
                registry=registry,
                registry_version=version,
                grid=grid,
                grid_version=None if grid is None else line.grid_version,
                emptied=emptied_by(at, city, emptyings, line.day, line.computed_at),
            )

    def _load(self, city: City) -> Emptyings:
        known_at = min(line.computed_at for line in self._lines)
        return load_emptyings(self._connection, city, self._lines[0].day, self._lines[-1].day, known_at)


def _differences(line: CoverageComputed, bases: _Bases, roads_of: RoadsOf, memory: Memory) -> Iterator[str]:
    if line.arithmetic != ARITHMETIC:
        here = f"this Tournée has {ARITHMETIC}"
        yield f"reckoned with arithmetic {line.arithmetic}, {here}: replay it with the release that wrote it"
        return
    basis = bases.find(line)
    if basis is None:
        yield f"registry version {line.registry_version} is not in the store any more"
        return
    again = computed_coverage(
        basis, line.day, line.computed_at, roads_of, homes=memory.homes_of(basis), priced=memory.serving_cost
    )
    told, found = _fields(line), _fields(again)
    for name in sorted(told.keys() | found.keys()):
        if told.get(name) != found.get(name):
            yield f"{name}: {told.get(name)} was published, {found.get(name)} is found"


def _fields(line: CoverageComputed) -> dict[str, Any]:
    """By name, those of its zones each by itself."""
    whole = line.model_dump(mode="json")
    fields = {name: value for name, value in whole.items() if name not in NOT_COMPARED}
    return fields | {
        f"zone {zone['zone']} {name}": value
        for zone in whole["zones"]
        for name, value in zone.items()
        if name != "zone"
    }
