"""Whether the files of a folder fit each other. Only right rows are looked at, and only files that could be read."""

from collections import defaultdict
from collections.abc import Callable, Iterable

from services.city import messages
from services.city.entry import Entry
from services.city.findings import Findings
from services.city.fleet_checks import check_fleets, fleet_rules
from services.city.fleets import FleetRules
from services.city.penalty_checks import check_penalties
from services.city.registry import BaselineStop, Container, Truck
from services.city.rows import Entered, Sheet
from services.city.sheets import Sheets


def check_references(sheets: Sheets, findings: Findings) -> None:
    """Report ids that their file does not hold, what is not of one fleet, streams not collected, doubled stops."""
    _check_ids(sheets.containers, "zone", lambda row: [row.zone], sheets.zones, findings)
    _check_ids(sheets.containers, "kind", lambda row: [row.kind], sheets.container_kinds, findings)
    _check_ids(sheets.containers, "truck_classes", lambda row: row.truck_classes, sheets.truck_classes, findings)
    _check_ids(sheets.trucks, "truck_class", lambda row: [row.truck_class], sheets.truck_classes, findings)
    _check_ids(sheets.trucks, "depot", lambda row: [row.depot], sheets.depots, findings)
    _check_ids(sheets.trucks, "fleet", lambda row: [row.fleet] if row.fleet else [], sheets.fleets, findings)
    _check_ids(sheets.containers, "fleet", lambda row: [row.fleet] if row.fleet else [], sheets.fleets, findings)
    _check_ids(sheets.fleets, "zones", lambda row: row.zones, sheets.zones, findings)
    _check_ids(sheets.fleets, "kinds", lambda row: row.kinds, sheets.container_kinds, findings)
    _check_ids(sheets.penalties, "fleets", lambda row: row.fleets, sheets.fleets, findings)
    _check_ids(sheets.baseline, "truck", lambda row: [row.truck], sheets.trucks, findings)
    _check_ids(sheets.baseline, "container", lambda row: [row.container], sheets.containers, findings)
    rules = fleet_rules(sheets, findings)
    if rules is not None:
        check_fleets(sheets, rules, findings)
    _check_streams(sheets, rules, findings)
    check_penalties(sheets, findings)
    _check_circuits(sheets.baseline.entries, findings)


def _check_ids[E: Entry](
    sheet: Sheet[E], column: str, ids_of: Callable[[E], Iterable[str]], target: Sheet[Entry], findings: Findings
) -> None:
    if not target.known:
        return
    for row in sheet.entries:
        for value in ids_of(row.entry):
            if value not in target.ids:
                text = messages.NO_SUCH.format(file=target.name, hint=messages.near(value, target.ids))
                findings.error(sheet.name, text, line=row.line, place=f"column {column}", value=value)


def _check_streams(sheets: Sheets, rules: FleetRules | None, findings: Findings) -> None:
    """One error for all containers alike, at the first: a city may have thousands of them."""
    alike: dict[tuple[str, tuple[str, ...], str | None], list[Entered[Container]]] = defaultdict(list)
    for row in sheets.containers.entries:
        fleet = rules.of_container(row.entry) if rules and not rules.only else None
        alike[row.entry.stream, row.entry.truck_classes, fleet].append(row)
    by_stream: dict[str, list[Entered[Container]]] = defaultdict(list)
    for (stream, classes, fleet), rows in alike.items():
        by_stream[stream] += rows
        trucks = [row.entry for row in sheets.trucks.entries]
        theirs = [t for t in trucks if rules is None or fleet is None or rules.of_truck(t) in {fleet, None}]
        if _is_complete(sheets.trucks) and not _is_carried(stream, classes, theirs):
            text = messages.STREAM_NO_TRUCK_OF_FLEET if fleet else messages.STREAM_NO_TRUCK
            _report_stream(sheets, text, stream, rows, findings, fleet)
    for stream, rows in by_stream.items():
        taken = any(stream in site.entry.streams for site in sheets.disposal_sites.entries)
        if _is_complete(sheets.disposal_sites) and not taken:
            _report_stream(sheets, messages.STREAM_NO_SITE, stream, rows, findings)


def _is_complete(sheet: Sheet[Entry]) -> bool:
    """True if every row could be read, and so nothing that is missing may stand in a wrong row."""
    return sheet.known and bool(sheet.ids) and len(sheet.entries) >= len(sheet.ids)


def _is_carried(stream: str, classes: tuple[str, ...], trucks: Iterable[Truck]) -> bool:
    return any(stream in truck.streams and (not classes or truck.truck_class in classes) for truck in trucks)


def _report_stream(
    sheets: Sheets, text: str, stream: str, rows: list[Entered[Container]], findings: Findings, fleet: str | None = None
) -> None:
    first = min(rows, key=lambda row: row.line)
    message = text.format(count=len(rows), fleet=fleet)
    findings.error(sheets.containers.name, message, line=first.line, place="column stream", value=stream)


def _check_circuits(rows: tuple[Entered[BaselineStop], ...], findings: Findings) -> None:
    """A position once a circuit, a circuit one truck."""
    stops: dict[tuple[str, int], int] = {}
    trucks: dict[str, Entered[BaselineStop]] = {}
    for row in rows:
        stop = row.entry
        first = stops.setdefault((stop.circuit, stop.position), row.line)
        if first != row.line:
            text = messages.POSITION_DOUBLED.format(position=stop.position, circuit=stop.circuit, first=first)
            findings.error(
                "baseline.csv",
                text,
                line=row.line,
                place="column position",
                value=str(stop.position),
                alike=messages.POSITION_DOUBLED,
            )
        leader = trucks.setdefault(stop.circuit, row)
        if leader.entry.truck != stop.truck:
            text = messages.CIRCUIT_TRUCKS.format(circuit=stop.circuit, truck=leader.entry.truck, first=leader.line)
            findings.error(
                "baseline.csv",
                text,
                line=row.line,
                place="column truck",
                value=stop.truck,
                alike=f"{messages.CIRCUIT_TRUCKS} {stop.circuit}",
            )
