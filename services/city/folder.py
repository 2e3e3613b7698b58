"""A city folder: read it whole, say all that is wrong with it at once, and make a registry only if nothing is."""

from dataclasses import dataclass, field
from pathlib import Path

from services.city import messages
from services.city.answers import read_answers
from services.city.city_toml import read_city
from services.city.findings import Finding, Findings
from services.city.geojson import ZONES, read_basemap
from services.city.plausibility import check_plausibility
from services.city.references import check_references
from services.city.registry import Registry
from services.city.rows import entries
from services.city.sheets import FILES, ROADS, TABLES, find_roads, read_sheets
from services.city.special_days import check_special_days
from services.city.texts import complaint_of


@dataclass(frozen=True)
class FolderReading:
    """What a folder holds, or what is wrong with it. There is a registry exactly if there is no error."""

    registry: Registry | None
    errors: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    """Right rows by file, of wrong folders too."""


def read_folder(path: Path) -> FolderReading:
    """Read a city folder. Never raises for what the folder holds: every fault is a finding, all files at once."""
    findings = Findings()
    if not path.is_dir():
        findings.error(path.name or str(path), messages.FOLDER_IS_FILE if path.exists() else messages.FOLDER_MISSING)
        return FolderReading(None, tuple(findings.errors))
    file = read_city(path, findings)
    city = file.city
    sheets = read_sheets(path, read_answers(file, findings), findings)
    basemap = read_basemap(path, findings)
    check_references(sheets, findings)
    if city is not None and sheets.zones.known:
        check_special_days(city.special_days, sheets.zones.ids, file.line_of, findings)
    check_plausibility(city, sheets, findings)
    _check_roads(path, findings)
    errors, warnings = findings.sorted(FILES)
    tables = {table: entries(getattr(sheets, table)) for table in ("zones", *TABLES)}
    counts = {ZONES if table == "zones" else f"{table}.csv": len(rows) for table, rows in tables.items()}
    registry = None
    if city is not None and not errors:
        registry = Registry(city=city, zone_shapes=sheets.zone_shapes, basemap=basemap, **tables)
    return FolderReading(registry, errors, warnings, counts)


def _check_roads(path: Path, findings: Findings) -> None:
    """The street network is not read here: it can be large, and has a command of its own."""
    for name in ROADS:
        if (path / name).exists(follow_symlinks=False) and (complaint := complaint_of(path / name)):
            findings.error(name, complaint)
    first = find_roads(path)
    if first is None:
        return
    findings.warn(first.name, messages.ROADS_FOUND)
    for name in ROADS[ROADS.index(first.name) + 1 :]:
        if (path / name).exists():
            findings.warn(name, messages.ROADS_TWICE.format(first=first.name))
