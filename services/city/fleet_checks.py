"""Whether each truck and container of a folder is of exactly one fleet, and what of its fleets looks like a mistake."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from services.city import messages
from services.city.entry import Entry
from services.city.findings import Findings
from services.city.fleets import FleetRules
from services.city.registry import BaselineStop, Container, Truck
from services.city.rows import Entered, Sheet, entries
from services.city.sheets import Sheets


def fleet_rules(sheets: Sheets, findings: Findings) -> FleetRules | None:
    """The folder's; None where a fault of `fleets.csv` is told already, and nothing more can be said of fleets."""
    if any(error.file == sheets.fleets.name for error in findings.errors):
        return None
    return FleetRules(entries(sheets.fleets))


def check_fleets(sheets: Sheets, rules: FleetRules, findings: Findings) -> None:
    """Report trucks that do not say whose they are, and containers that no fleet or several serve."""
    if not sheets.fleets.known:
        _check_nobody_names_one(sheets.trucks, findings)
        _check_nobody_names_one(sheets.containers, findings)
        return
    for row in sheets.trucks.entries:
        if row.entry.fleet is None and rules.only is None:
            text = messages.FLEET_EXPECTED.format(fleets=messages.listing(rules.ids))
            findings.error(sheets.trucks.name, text, line=row.line, place="column fleet", value="")
    _check_containers(sheets, rules, findings)


def warn_of_fleets(sheets: Sheets, findings: Findings) -> None:
    """Warn of fleets without trucks or containers, and of fixed circuits through the containers of another fleet."""
    rules = fleet_rules(sheets, findings)
    if rules is None or not sheets.fleets.known:
        return
    trucks = {row.entry.id: row.entry for row in sheets.trucks.entries}
    containers = {row.entry.id: row.entry for row in sheets.containers.entries}
    serving = {rules.of_container(container) for container in containers.values()}
    for row in sheets.fleets.entries:
        fleet = row.entry.id
        theirs = [truck for truck in trucks.values() if rules.of_truck(truck) in {fleet, None}]
        for text in (
            messages.FLEET_NO_TRUCK if not theirs else "",
            messages.FLEET_RESTING if theirs and not any(truck.in_service for truck in theirs) else "",
            messages.FLEET_NO_CONTAINER if fleet not in serving else "",
        ):
            if text:
                findings.warn(sheets.fleets.name, text, line=row.line, place="column id", value=fleet)
    _warn_of_circuits(sheets.baseline, rules, trucks, containers, findings)


def _check_nobody_names_one[E: (Truck, Container)](sheet: Sheet[E], findings: Findings) -> None:
    """One error for all that name the same: a city may have thousands of containers."""
    named: dict[str, list[Entered[E]]] = defaultdict(list)
    for row in sheet.entries:
        if row.entry.fleet:
            named[row.entry.fleet].append(row)
    for fleet, rows in named.items():
        findings.error(sheet.name, messages.FLEETS_MISSING, line=rows[0].line, place="column fleet", value=fleet)


def _check_containers(sheets: Sheets, rules: FleetRules, findings: Findings) -> None:
    """One error for all containers alike, at the first. Those with a wrong fleet, zone or kind have theirs already."""
    alike: dict[tuple[str, str], list[Entered[Container]]] = defaultdict(list)
    for row in sheets.containers.entries:
        container = row.entry
        right = _is_known(container.zone, sheets.zones) and _is_known(container.kind, sheets.container_kinds)
        if right and container.fleet is None and rules.of_container(container) is None:
            alike[container.zone, container.kind].append(row)
    for (zone, kind), rows in alike.items():
        serving = rules.serving(zone, kind)
        text = messages.FLEET_SEVERAL if serving else messages.FLEET_NONE
        message = text.format(fleets=" and ".join(serving), zone=zone, kind=kind, count=len(rows))
        findings.error(sheets.containers.name, message, line=rows[0].line, place="column fleet", value="")


def _is_known(value: str, sheet: Sheet[Entry]) -> bool:
    return not sheet.known or value in sheet.ids


def _warn_of_circuits(
    baseline: Sheet[BaselineStop],
    rules: FleetRules,
    trucks: Mapping[str, Truck],
    containers: Mapping[str, Container],
    findings: Findings,
) -> None:
    """One warning a circuit, at its first container of another fleet than its truck."""
    of_truck = {truck.id: fleet for truck in trucks.values() if (fleet := rules.of_truck(truck))}
    of_container = {c.id: fleet for c in containers.values() if (fleet := rules.of_container(c))}
    strays: dict[tuple[str, str], list[Entered[BaselineStop]]] = defaultdict(list)
    for row in baseline.entries:
        theirs, other = of_truck.get(row.entry.truck), of_container.get(row.entry.container)
        if theirs and other and theirs != other:
            strays[row.entry.circuit, theirs].append(row)
    for (circuit, fleet), rows in strays.items():
        _warn_of_strays(circuit, rows, fleet, findings)


def _warn_of_strays(circuit: str, rows: Sequence[Entered[BaselineStop]], fleet: str, findings: Findings) -> None:
    text = messages.CIRCUIT_FLEETS.format(circuit=circuit, count=len(rows), fleet=fleet)
    first = rows[0]
    findings.warn("baseline.csv", text, line=first.line, place="column container", value=first.entry.container)
