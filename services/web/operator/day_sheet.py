"""The end of a day: what was done, what was not and why, what it weighed and burnt, and what goes to the next."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.city.registry import City
from services.contracts.ledger import SavingsComputed
from services.contracts.planning import Circuit, PlanMade
from services.store.connection import Connection
from services.store.queries import load_queries
from services.web.operator import store
from services.web.operator.panel import ListedCircuit, Panel

SQL = load_queries(__name__)


@dataclass(frozen=True)
class SheetLine:
    """One circuit."""

    circuit: Circuit
    done: int
    skipped: int
    done_kg: float
    """Of what it emptied, as the plan expected it."""
    last_at: datetime | None
    """Of its crew's last word; None: nobody spoke."""
    given_up: int = 0
    """Of those skipped, such as a later plan of the day asked nobody for any more."""

    @property
    def stops(self) -> int:
        """All that its crew was asked for."""
        return len(self.circuit.stops) + self.given_up

    @property
    def left(self) -> int:
        """Stops of which nobody said anything."""
        return self.stops - self.done - self.skipped


@dataclass(frozen=True)
class NotDone:
    """A stop that was not emptied, and what becomes of it."""

    container: str
    name: str
    zone: str
    truck: str
    reason: str | None
    """The crew's; None: nothing was said."""
    next_circuit: int | None
    """In the next plan."""
    next_reason: str | None
    """Why the next plan leaves it out; None where it is in, or not due."""


@dataclass(frozen=True)
class DaySheet:
    lines: Sequence[SheetLine]
    not_done: Sequence[NotDone]
    counted: SavingsComputed | None
    """The ledger's line; None: nothing is counted yet."""
    next_plan: PlanMade | None

    @property
    def stops(self) -> int:
        return sum(line.stops for line in self.lines)

    @property
    def done(self) -> int:
        return sum(line.done for line in self.lines)

    @property
    def done_kg(self) -> float:
        return sum(line.done_kg for line in self.lines)


def read_sheet(connection: Connection, city: City, panel: Panel) -> DaySheet:
    """Of the plan that the panel shows."""
    values = {"city": city.id, "fleet": panel.day.fleet, "day": panel.day.day}
    row = connection.execute(SQL["find_counted"], values).fetchone()
    counted = SavingsComputed.model_validate(row["document"]) if row else None
    found = connection.execute(SQL["find_next_plan"], values).fetchone()
    next_id: UUID | None = found["plan_id"] if found else None
    next_plan = store.find_plan(connection, city.id, next_id) if next_id else None
    return sheet_of(panel, counted, next_plan)


def sheet_of(panel: Panel, counted: SavingsComputed | None, next_plan: PlanMade | None) -> DaySheet:
    expected = {f.container: f.demand_kg for f in panel.plan.forecasts} if panel.plan else {}
    circuits = {stop.place: c.number for c in next_plan.circuits for stop in c.stops} if next_plan else {}
    reasons = {row.container: row.reason for row in next_plan.unserved if row.due} if next_plan else {}
    given_up, rows = _given_up(panel), {row.container_id: row for row in panel.containers}
    lines, not_done = [], []
    for line in panel.circuits:
        truck, others = line.circuit.truck, given_up[line.circuit.truck]
        stops = [row for row in line.visits if row.visit.kind == "stop"]
        done = [row for row in stops if row.outcome == "done"]
        lines.append(
            SheetLine(
                line.circuit, len(done), sum(row.outcome == "skipped" for row in stops) + len(others),
                sum(expected.get(row.visit.place or "", 0.0) for row in done),
                max((word["happened_at"] for word in line.words), default=None), len(others),
            )
        )  # fmt: skip
        said = _reasons(line)
        left = [(row.visit.place or "", row.name, row.zone) for row in stops if row.outcome != "done"]
        left += [(place, rows[place].name, rows[place].zone_name) for place in others if place in rows]
        not_done += [
            NotDone(
                place, name, zone, truck, said.get(place), circuits.get(place),
                None if place in circuits else reasons.get(place),
            )
            for place, name, zone in left
        ]  # fmt: skip
    not_done.sort(key=lambda row: (row.next_circuit is not None, row.reason is None, row.truck))
    return DaySheet(lines, not_done, counted, next_plan)


def _given_up(panel: Panel) -> dict[str, list[str]]:
    """By truck, what its crew could not empty and no circuit of the plan has: the day was planned anew without it."""
    words = sorted((word for line in panel.circuits for word in line.words), key=lambda word: word["happened_at"])
    last = {word["place"]: word for word in words if word["kind"] == "stop"}
    asked = {stop.place for line in panel.circuits for stop in line.circuit.stops}
    found = defaultdict[str, list[str]](list)
    for place, word in last.items():
        if word["outcome"] == "skipped" and place not in asked:
            found[word["truck_id"]].append(place)
    return found


def _reasons(line: ListedCircuit) -> dict[str, str]:
    """By container the last word's."""
    return {word["place"]: word["reason"] for word in line.words if word["kind"] == "stop" and word["reason"]}
