"""What is allowed in a folder and yet likely a mistake: warnings."""

from collections import defaultdict

import numpy as np

from services.city import messages
from services.city.capacities import check_capacities
from services.city.findings import Findings
from services.city.fleet_checks import warn_of_fleets
from services.city.geojson import Shapes
from services.city.geometry import Points, distances_m, inside, metres_outside, middle_of
from services.city.names import check_names
from services.city.registry import City, Container, Depot, DisposalSite
from services.city.rows import Entered, Sheet
from services.city.sheets import FILES, Sheets
from services.city.slips import slip_hints

OUTSIDE_TOLERANCE_M = 100
"""Zones are drawn by hand, and a container at the edge street may stand on its far side."""
POSITION = "columns lon, lat"
FAR_FROM_CITY_M = 150_000
"""Landfills lie up to some tens of kilometres out; this far it is a wrong degree."""


def check_plausibility(city: City | None, sheets: Sheets, findings: Findings) -> None:
    """Warn of what a town hall should look at again."""
    for what in city.assumptions if city else ():
        if what in FILES:
            findings.warn(what, messages.ASSUMED)
        else:
            findings.warn("city.toml", messages.ASSUMED_OTHER.format(what=what), place="key assumptions")
    _check_zones(sheets, findings)
    _check_shapes(sheets.containers, sheets.zone_shapes, findings)
    _check_stacks(sheets.containers, findings)
    _check_far(sheets, findings)
    _check_trucks_and_sites(sheets, findings)
    warn_of_fleets(sheets, findings)
    check_capacities(sheets, findings)
    check_names(city, sheets, findings)
    if not sheets.baseline.entries and not findings.has_errors(sheets.baseline.name):
        findings.warn(sheets.baseline.name, messages.NO_BASELINE)


def _check_zones(sheets: Sheets, findings: Findings) -> None:
    used = {row.entry.zone for row in sheets.containers.entries}
    all_read = sheets.containers.known and not findings.has_errors(sheets.containers.name)
    for row in sheets.zones.entries:
        place = f"feature {row.line}"
        if all_read and row.entry.id not in used:
            unused = messages.ZONE_UNUSED
            findings.warn(sheets.zones.name, unused, place=place, value=row.entry.id, alike=unused)
        if row.entry.population == 0:
            nobody = messages.ZONE_NOBODY
            findings.warn(sheets.zones.name, nobody, place=place, value=row.entry.id, alike=nobody)


def _check_shapes(containers: Sheet[Container], shapes: Shapes, findings: Findings) -> None:
    """Containers that stand outside the shape of their zone; those of one zone at a time, for speed."""
    by_zone: dict[str, list[Entered[Container]]] = defaultdict(list)
    for row in containers.entries:
        by_zone[row.entry.zone].append(row)
    for zone, rows in by_zone.items():
        if zone in shapes:
            _check_zone_shape(zone, rows, shapes, containers.name, findings)


def _check_zone_shape(zone: str, rows: list[Entered[Container]], shapes: Shapes, name: str, findings: Findings) -> None:
    positions = _positions([row.entry for row in rows])
    outside_m = metres_outside(positions, shapes[zone])
    strays = np.flatnonzero(outside_m > OUTSIDE_TOLERANCE_M)
    if not len(strays):
        return
    slips = slip_hints(positions[strays], lambda moved: inside(moved, shapes[zone]))
    others = {other: inside(positions[strays], shape) for other, shape in shapes.items() if other != zone}
    for index, stray in enumerate(strays):
        elsewhere = next((other for other, found in others.items() if found[index]), None)
        hint = messages.HINT_OTHER_ZONE.format(zone=elsewhere) if elsewhere else ""
        hint = slips[index] or hint
        text = messages.OUTSIDE_ZONE.format(km=_km(outside_m[stray]), zone=zone, hint=hint)
        alike = f"{messages.OUTSIDE_ZONE} {zone} {hint}"
        entry, line = rows[stray].entry, rows[stray].line
        value = f"{entry.lon}, {entry.lat}"
        findings.warn(name, text, line=line, place=POSITION, value=value, alike=alike)


def _check_stacks(containers: Sheet[Container], findings: Findings) -> None:
    stacks: dict[tuple[float, float], list[Entered[Container]]] = defaultdict(list)
    for row in containers.entries:
        stacks[row.entry.lon, row.entry.lat].append(row)
    for (lon, lat), rows in stacks.items():
        if len(rows) > 1:
            ids = messages.listing(row.entry.id for row in rows)
            text = messages.STACKED.format(count=len(rows), ids=ids)
            value = f"{lon}, {lat}"
            findings.warn(containers.name, text, line=rows[0].line, place=POSITION, value=value, alike=messages.STACKED)


def _check_far(sheets: Sheets, findings: Findings) -> None:
    """Depots and sites far from the containers: most often swapped or mistyped degrees."""
    containers = [row.entry for row in sheets.containers.entries]
    if not containers:
        return
    middle = middle_of(_positions(containers))
    _check_far_places(sheets.depots, middle, findings)
    _check_far_places(sheets.disposal_sites, middle, findings)


def _check_far_places[P: (Depot, DisposalSite)](sheet: Sheet[P], middle: Points, findings: Findings) -> None:
    for row in sheet.entries:
        place = row.entry
        position = _positions([place])
        far_m = distances_m(position, middle)[0]
        if far_m > FAR_FROM_CITY_M:
            (hint,) = slip_hints(position, lambda moved: distances_m(moved, middle) < FAR_FROM_CITY_M)
            text = messages.FAR_AWAY.format(km=_km(far_m), hint=hint)
            value = f"{place.lon}, {place.lat}"
            alike = f"{messages.FAR_AWAY} {hint}"
            findings.warn(sheet.name, text, line=row.line, place=POSITION, value=value, alike=alike)


def _check_trucks_and_sites(sheets: Sheets, findings: Findings) -> None:
    if sheets.trucks.entries and not any(row.entry.in_service for row in sheets.trucks.entries):
        findings.warn(sheets.trucks.name, messages.TRUCKS_RESTING, place="column in_service")
    sites = [row.entry for row in sheets.disposal_sites.entries]
    for stream in sorted({row.entry.stream for row in sheets.containers.entries}):
        takers = [site for site in sites if stream in site.streams]
        if takers and not any(site.open_from for site in takers):
            text = messages.SITES_CLOSED.format(stream=stream)
            findings.warn(sheets.disposal_sites.name, text, place="column open_from")


def _positions(places: list[Container] | list[Depot] | list[DisposalSite]) -> Points:
    return np.array([(place.lon, place.lat) for place in places], dtype=np.float64)


def _km(metres: float) -> str:
    return f"{metres / 1000:.1f}" if metres < 100_000 else f"{metres / 1000:.0f}"
