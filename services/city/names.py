"""Names that crews and pages will read: letters in them that cannot be seen, or were lost on the way."""

from services.city.findings import Findings
from services.city.letters import name_doubts
from services.city.registry import City, Container, ContainerKind, Depot, DisposalSite, TruckClass
from services.city.rows import Sheet
from services.city.sheets import Sheets


def check_names(city: City | None, sheets: Sheets, findings: Findings) -> None:
    """Warn of doubtful names in all files of a folder."""
    if city is not None:
        for doubt in name_doubts(city.name).values():
            findings.warn("city.toml", doubt, place="key name", value=city.name)
    for zone in sheets.zones.entries:
        for kind, doubt in name_doubts(zone.entry.name).items():
            place = f"feature {zone.line}, name"
            findings.warn(sheets.zones.name, doubt, place=place, value=zone.entry.name, alike=kind)
    _check_sheet(sheets.container_kinds, findings)
    _check_sheet(sheets.containers, findings)
    _check_sheet(sheets.truck_classes, findings)
    _check_sheet(sheets.depots, findings)
    _check_sheet(sheets.disposal_sites, findings)


def _check_sheet[N: (ContainerKind, Container, TruckClass, Depot, DisposalSite)](
    sheet: Sheet[N], findings: Findings
) -> None:
    for row in sheet.entries:
        check_name(row.entry.name, sheet.name, row.line, findings)


def check_name(name: str, file: str, line: int, findings: Findings) -> None:
    """Warn of what is doubtful in the name of a row."""
    for kind, doubt in name_doubts(name).items():
        findings.warn(file, doubt, line=line, place="column name", value=name, alike=kind)
