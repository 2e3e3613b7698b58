"""Whether the files of a folder fit each other. Only right rows are looked at, and only files that could be read."""

from collections import defaultdict
from collections.abc import Callable, Iterable

from services.city import messages
from services.city.findings import Findings
from services.city.registry import BaselineStop, Container, Entry
from services.city.rows import Entered, Sheet
from services.city.sheets import Sheets


def check_references(sheets: Sheets, findings: Findings) -> None:
    """Report every id that its file does not hold, streams that cannot be collected, and doubled baseline stops."""
    _check_ids(sheets.containers, "zone", lambda row: [row.zone], sheets.zones, findings)
    _check_ids(sheets.containers, "kind", lambda row: [row.kind], sheets.container_kinds, findings)
    _check_ids(sheets.containers, "truck_classes", lambda row: row.truck_classes, sheets.truck_classes, findings)
    _check_ids(sheets.trucks, "truck_class", lambda row: [row.truck_class], sheets.truck_classes, findings)
    _check_ids(sheets.trucks, "depot", lambda row: [row.depot], sheets.depots, findings)
    _check_ids(sheets.baseline, "truck", lambda row: [row.truck], sheets.trucks, findings)
    _check_ids(sheets.baseline, "container", lambda row: [row.container], sheets.containers, findings)
    _check_streams(sheets, findings)
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


def _check_streams(sheets: Sheets, findings: Findings) -> None:
    """One error for all containers alike, at the first: a city may have thousands of them."""
    alike: dict[tuple[str, tuple[str, ...]], list[Entered[Container]]] = defaultdict(list)
    for row in sheets.containers.entries:
        alike[row.entry.stream, row.entry.truck_classes].append(row)
    by_stream: dict[str, list[Entered[Container]]] = defaultdict(list)
    for (stream, classes), rows in alike.items():
        by_stream[stream] += rows
        if _is_complete(sheets.trucks) and not _is_carried(stream, classes, sheets):
            _report_stream(sheets, messages.STREAM_NO_TRUCK, stream, rows, findings)
    for stream, rows in by_stream.items():
        taken = any(stream in site.entry.streams for site in sheets.disposal_sites.entries)
        if _is_complete(sheets.disposal_sites) and not taken:
            _report_stream(sheets, messages.STREAM_NO_SITE, stream, rows, findings)


def _is_complete(sheet: Sheet[Entry]) -> bool:
    """True if every row could be read, and so nothing that is missing may stand in a wrong row."""
    return sheet.known and bool(sheet.ids) and len(sheet.entries) >= len(sheet.ids)


def _is_carried(stream: str, classes: tuple[str, ...], sheets: Sheets) -> bool:
    trucks = (row.entry for row in sheets.trucks.entries)
    return any(stream in truck.streams and (not classes or truck.truck_class in classes) for truck in trucks)


def _report_stream(sheets: Sheets, text: str, stream: str, rows: list[Entered[Container]], findings: Findings) -> None:
    first = min(rows, key=lambda row: row.line)
    message = text.format(count=len(rows))
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
            findings.error("baseline.csv", text, line=row.line, place="column position", value=str(stop.position))
        leader = trucks.setdefault(stop.circuit, row)
        if leader.entry.truck != stop.truck:
            text = messages.CIRCUIT_TRUCKS.format(circuit=stop.circuit, truck=leader.entry.truck, first=leader.line)
            findings.error("baseline.csv", text, line=row.line, place="column truck", value=stop.truck)
