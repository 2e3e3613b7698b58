"""Trucks that cannot take what they are sent to: most often a capacity in other units, or a lost group of thousands."""

from collections.abc import Sequence

from services.city import messages
from services.city.findings import Findings
from services.city.registry import Container, ContainerKind, TruckClass
from services.city.rows import Entered
from services.city.sheets import Sheets

SMALL_L = 60
"""Street baskets hold about this many litres, and no skip holds more cubic metres."""


def check_capacities(sheets: Sheets, findings: Findings) -> None:
    """Warn of classes that cannot take a full container they may come to, and of litres like cubic metres."""
    kinds = {row.entry.id: row.entry for row in sheets.container_kinds.entries}
    containers = [row.entry for row in sheets.containers.entries]
    for row in sheets.truck_classes.entries:
        comes_to = [c for c in _may_come_to(row.entry, containers, sheets) if c.kind in kinds]
        beyond = [c for c in comes_to if not _takes(row.entry, c, kinds[c.kind])]
        if beyond:
            _warn(row, max(beyond, key=lambda c: c.capacity_l), kinds, (len(beyond), len(comes_to)), findings)
    _check_litres(sheets.containers.name, containers, findings)


def _check_litres(name: str, containers: Sequence[Container], findings: Findings) -> None:
    largest_l = max((container.capacity_l for container in containers), default=SMALL_L + 1)
    if largest_l <= SMALL_L:
        findings.warn(name, messages.ALL_SMALL, place="column capacity_l", value=f"{largest_l:g}")


def _may_come_to(body: TruckClass, containers: Sequence[Container], sheets: Sheets) -> list[Container]:
    """The containers that the class can reach and whose stream one of its trucks carries; any, without trucks."""
    trucks = [row.entry for row in sheets.trucks.entries if row.entry.truck_class == body.id]
    streams = {stream for truck in trucks for stream in truck.streams}
    return [
        container
        for container in containers
        if (not container.truck_classes or body.id in container.truck_classes)
        and (not trucks or container.stream in streams)
    ]


def _takes(body: TruckClass, container: Container, kind: ContainerKind) -> bool:
    return not _is_too_heavy(body, container, kind) and container.capacity_l <= body.capacity_l * body.compaction


def _is_too_heavy(body: TruckClass, container: Container, kind: ContainerKind) -> bool:
    return container.capacity_l * kind.kg_per_l > body.capacity_kg


def _warn(
    row: Entered[TruckClass],
    example: Container,
    kinds: dict[str, ContainerKind],
    counts: tuple[int, int],
    findings: Findings,
) -> None:
    body, kind, litres = row.entry, kinds[example.kind], example.capacity_l
    text = messages.CLASS_NEED_PRESSED if body.compaction > 1 else messages.CLASS_NEED_L
    need, column = text.format(litres=litres, pressed=litres / body.compaction), "capacity_l"
    if _is_too_heavy(body, example, kind):
        need, column = messages.CLASS_NEED_KG.format(litres=litres, kg=litres * kind.kg_per_l), "capacity_kg"
    text = messages.CLASS_TOO_SMALL.format(count=counts[0], all=counts[1], id=example.id, need=need)
    value = f"{getattr(body, column):g}"
    findings.warn("truck_classes.csv", text, line=row.line, place=f"column {column}", value=value)
