"""A day's sheet: what each circuit was asked and did, and what each fleet drove and burnt."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.city.registry import City, Fleet
from services.city.scopes import list_fleets
from services.contracts.ledger import SavingsComputed
from services.store.connection import Connection
from services.web.municipality import store
from services.web.municipality.days import MonthDay, Planned, read_days


@dataclass(frozen=True)
class SheetCircuit:
    circuit: store.CircuitRow
    measured_m: float | None
    """By the truck's GPS; None where it measured nothing, or nobody has counted yet."""


@dataclass(frozen=True)
class FleetSheet:
    """One fleet's part of the day."""

    fleet: Fleet
    planned: Planned
    circuits: Sequence[SheetCircuit]
    line: SavingsComputed | None
    """The ledger's, as far as it is counted."""

    @property
    def measured_m(self) -> float | None:
        """By GPS, of all its trucks; None where one of them was not measured: a sum of some would say too little."""
        known = [row.measured_m for row in self.circuits]
        return None if None in known else sum(metres for metres in known if metres is not None)


@dataclass(frozen=True)
class Sheet:
    day: MonthDay
    fleets: Sequence[FleetSheet]
    """Those that something is planned for."""
    skipped: Sequence[store.SkippedRow]
    left_out: int


def read_sheet(connection: Connection, city: City, day: date, today: date) -> Sheet | None:
    """None for a day of which nothing is known."""
    days = read_days(connection, city, day, day, today)
    if not days:
        return None
    plans = {row["fleet_id"]: row for row in store.list_planned(connection, city.id, day, day, today)}
    lines = {line.fleet: line for line in store.list_lines(connection, city.id, day, day)}
    circuits: dict[str, list[SheetCircuit]] = defaultdict(list)
    for row in store.list_circuits(connection, city.id, day):
        circuits[row["fleet_id"]].append(SheetCircuit(row, _measured_m(lines.get(row["fleet_id"]), row["truck_id"])))
    fleets = [
        FleetSheet(fleet, planned, circuits[fleet.id], lines.get(fleet.id))
        for fleet in list_fleets(connection, city.id)
        if fleet.id in plans and (planned := Planned.of([plans[fleet.id]]))
    ]
    return Sheet(
        day=days[0],
        fleets=fleets,
        skipped=store.list_skipped(connection, city.id, day),
        left_out=store.count_left_out(connection, city.id, day),
    )


def _measured_m(line: SavingsComputed | None, truck: str) -> float | None:
    measured = line.measured if line else ()
    return next((row.distance_m for row in measured if row.truck == truck), None)
