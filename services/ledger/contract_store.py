"""A contract sheet out of the store: facts and versions in, the same sheet for whoever asks."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.city.fleets import FleetRules
from services.city.penalties import Penalty
from services.city.registry import City, Container, Fleet
from services.contracts.contract import PenaltyAnswered, SheetSigned
from services.contracts.ledger import EventKind
from services.ledger.breaches import (
    LONGEST_SPELL,
    RIM,
    ROOM,
    AskedCircuit,
    Breach,
    MissedStop,
    OverReading,
    Unmeasured,
    circuit_breaches,
    overflow_breaches,
)
from services.ledger.contract_sheet import ContractSheet, Done, DoneDay, last_of, sheet_lines
from services.ledger.penalties import penalty_lines
from services.store.connection import Connection
from services.store.queries import load_queries

SQL = load_queries(__name__)


@dataclass(frozen=True)
class _Terms:
    """What one version of the registry says of contracts."""

    version: int
    fleets: tuple[Fleet, ...]
    penalties: tuple[Penalty, ...]

    def contractor(self, fleet: str) -> Fleet | None:
        """The fleet as it was then; None where it had no contractor."""
        return next((row for row in self.fleets if row.id == fleet and row.contractor), None)

    def penalties_of(self, fleet: str) -> list[Penalty]:
        if self.contractor(fleet) is None:
            return []
        return [row for row in self.penalties if not row.fleets or fleet in row.fleets]


def list_months(connection: Connection, city: City, fleet: str, today: date) -> list[date]:
    """First days of the months in which the fleet was sent anything, oldest first."""
    values = {"city": city.id, "fleet": fleet, "today": today}
    return [row["month"] for row in connection.execute(SQL["list_months"], values)]


def read_sheet(connection: Connection, city: City, fleet: Fleet, month: date, now: datetime) -> ContractSheet | None:
    """A fleet's month, in the caller's transaction; None where it had no contractor on any day of it.

    Args:
        connection: to the store.
        city: as it is today: its time zone, its currency and the days for an answer.
        fleet: as it is today; its contractor is that of the month.
        month: its first day.
        now: days that are not over by then are not judged.
    """
    last = last_of(month)
    key: dict[str, Any] = {
        "city": city.id, "fleet": fleet.id, "first": month, "last": last, "now": now, "timezone": city.timezone,
    }  # fmt: skip
    terms = _terms_by_day(connection, key)
    contractors = [found for day in sorted(terms) if (found := terms[day].contractor(fleet.id))]
    if not contractors:
        return None
    circuits = [_circuit(row) for row in connection.execute(SQL["list_circuits"], key)]
    lines = connection.execute(SQL["list_lines"], key).fetchall()
    unmeasured = [Unmeasured(row["day"], truck, row["line"]) for row in lines for truck in row["unmeasured"]]
    breaches = [
        *circuit_breaches(fleet.id, circuits, unmeasured, city.zone_info),
        *_overflows(connection, key, city, terms, now),
    ]
    pairs = [
        (breach, penalty)
        for breach in breaches
        if breach.day in terms
        for penalty in terms[breach.day].penalties_of(fleet.id)
        if penalty.event == breach.event
    ]
    priced = penalty_lines(city.id, pairs)
    asked = {**key, "lines": [line.id for line in priced], "month": month}
    words = [PenaltyAnswered.model_validate(row) for row in connection.execute(SQL["list_answers"], asked)]
    return ContractSheet(
        city=city,
        fleet=contractors[-1],
        month=month,
        lines=sheet_lines(priced, words, _noted(connection, key), city.contract.answer_days, city.zone_info),
        done=Done.of(list(_days(connection, key, circuits, lines))),
        signed=tuple(
            SheetSigned.model_validate(row["document"]) for row in connection.execute(SQL["list_signed"], asked)
        ),
        now=now,
    )


def is_answer_stored(connection: Connection, answer: UUID) -> bool:
    """Whether it has come all the way."""
    return connection.execute(SQL["find_answer"], {"answer": answer}).fetchone() is not None


def is_signature_stored(connection: Connection, sheet: UUID) -> bool:
    """Likewise."""
    return connection.execute(SQL["find_signed"], {"sheet": sheet}).fetchone() is not None


def _terms_by_day(connection: Connection, key: Mapping[str, Any]) -> dict[date, _Terms]:
    versions = {row["day"]: row["version"] for row in connection.execute(SQL["list_versions"], key)}
    found = {version: _terms(connection, key, version) for version in sorted(set(versions.values()))}
    return {day: found[version] for day, version in versions.items()}


def _terms(connection: Connection, key: Mapping[str, Any], version: int) -> _Terms:
    documents: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in connection.execute(SQL["list_terms"], {**key, "version": version}):
        documents[row["kind"]].append(row["document"])
    return _Terms(
        version=version,
        fleets=tuple(map(Fleet.model_validate, documents["fleet"])),
        penalties=tuple(map(Penalty.model_validate, documents["penalty"])),
    )


def _circuit(row: Mapping[str, Any]) -> AskedCircuit:
    return AskedCircuit(**{**row, "missed": tuple(MissedStop(*stop) for stop in row["missed"])})


def _overflows(
    connection: Connection, key: Mapping[str, Any], city: City, terms: Mapping[date, _Terms], now: datetime
) -> Iterator[Breach]:
    """Of this fleet's containers, where its contract speaks of them."""
    fleet = key["fleet"]
    if not any(row.event == "container_overflowing" for term in terms.values() for row in term.penalties_of(fleet)):
        return
    asked = {
        **key, "since": key["first"] - LONGEST_SPELL, "until": key["last"] + LONGEST_SPELL, "longest": LONGEST_SPELL,
        "rim": RIM, "room": ROOM,
    }  # fmt: skip
    readings = [OverReading(**row) for row in connection.execute(SQL["list_over_rim"], asked)]
    fleets = _fleets_of(connection, key, sorted({reading.container for reading in readings}), terms)
    for breach in overflow_breaches(readings, fleets, city.zone_info, now):
        if breach.fleet == fleet:
            yield breach


def _fleets_of(
    connection: Connection, key: Mapping[str, Any], containers: Sequence[str], terms: Mapping[date, _Terms]
) -> dict[tuple[str, date], str]:
    """Whose each of these containers was on each day: by the rules of that day's version."""
    of_version: dict[int, dict[str, str]] = {}
    for term in {term.version: term for term in terms.values()}.values():
        rules = FleetRules(term.fleets)
        rows = connection.execute(SQL["list_containers"], {**key, "ids": list(containers), "version": term.version})
        known = [Container.model_validate(row["document"]) for row in rows]
        of_version[term.version] = {row.id: fleet for row in known if (fleet := rules.of_container(row))}
    return {
        (container, day): fleet for day, term in terms.items() for container, fleet in of_version[term.version].items()
    }


def _noted(connection: Connection, key: Mapping[str, Any]) -> dict[date, tuple[EventKind, ...]]:
    return {row["day"]: tuple(row["kinds"]) for row in connection.execute(SQL["list_noted"], key)}


def _days(
    connection: Connection,
    key: Mapping[str, Any],
    circuits: Sequence[AskedCircuit],
    lines: Sequence[Mapping[str, Any]],
) -> Iterator[DoneDay]:
    planned = {row["day"]: row["distance_m"] for row in connection.execute(SQL["list_planned"], key)}
    driven = {row["day"]: row["driven_m"] for row in lines}
    of_day: dict[date, list[AskedCircuit]] = defaultdict(list)
    for circuit in circuits:
        of_day[circuit.day].append(circuit)
    for day, metres in sorted(planned.items()):
        asked = of_day[day]
        yield DoneDay(
            day=day,
            circuits=len(asked),
            circuits_done=sum(circuit.emptied > 0 for circuit in asked),
            stops=sum(circuit.stops for circuit in asked),
            stops_emptied=sum(circuit.emptied for circuit in asked),
            planned_m=metres,
            driven_m=driven.get(day),
        )
