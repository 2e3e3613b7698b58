"""What a technician should look at: each place once, over all the kinds of vehicle that may come there."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from services.city.fleets import FleetRules
from services.city.registry import Container, Registry
from services.roads.reach import FILES, Place, RoadFinding, Trouble, city_places
from services.roads.roads import road_vehicle, walk_s

type Served = Literal["none", "some", "all"]
"""By no kind of vehicle that may come, by some of them, or by all though not to the door."""
type PlaceKind = Literal["container", "depot", "disposal_site"]

WORST_FIRST: tuple[Served, ...] = ("none", "some", "all")
KINDS: dict[str, PlaceKind] = {"containers.csv": "container", "depots.csv": "depot"}


@dataclass(frozen=True, slots=True)
class Inspected:
    """A place that some kind of vehicle cannot reach, or not to the door."""

    kind: PlaceKind
    id: str
    name: str
    zone: str
    """Name of its zone; empty for depots and sites."""
    lon: float
    lat: float
    served: Served
    trouble: Trouble
    """Of the vehicles that it is worst for."""
    metres: int
    """From the place to the street in use: of those that come the farthest; where none comes, the nearest."""
    added_s: int
    """Service that the longest walk to a container adds; 0 where nobody comes."""
    without: tuple[str, ...]
    """Names of the truck classes that do not come."""


def inspect(registry: Registry, findings: Iterable[RoadFinding]) -> tuple[Inspected, ...]:
    """The worst first, then the farthest. A container is judged by the classes of its fleet that it lets come."""
    of_place: dict[tuple[str, str], list[RoadFinding]] = defaultdict(list)
    for finding in findings:
        of_place[finding.file, finding.id].append(finding)
    zones = {zone.id: zone.name for zone in registry.zones}
    rows, _ = city_places(registry)
    rules = FleetRules(registry.fleets)
    found = [
        inspected
        for row in rows
        if (told := of_place.get((FILES[type(row)], row.id)))
        and (inspected := _inspected(row, told, _classes_by_vehicle(registry, rules, row), zones))
    ]
    return tuple(sorted(found, key=lambda place: (WORST_FIRST.index(place.served), -place.metres, place.id)))


def _classes_by_vehicle(registry: Registry, rules: FleetRules, row: Place) -> dict[str, list[str]]:
    """Names of the classes that may come to a place, by the name of the vehicle that the streets see."""
    fleets = {rules.of_container(row)} if isinstance(row, Container) else set(rules.ids)
    theirs = {truck.truck_class for truck in registry.trucks if rules.of_truck(truck) in fleets}
    used = theirs or {truck_class.id for truck_class in registry.truck_classes}
    welcome = set(row.truck_classes) if isinstance(row, Container) and row.truck_classes else used
    classes: dict[str, list[str]] = defaultdict(list)
    for truck_class in registry.truck_classes:
        if truck_class.id in used & welcome:
            classes[road_vehicle(truck_class).name].append(truck_class.name)
    return classes


def _inspected(
    row: Place, told: Sequence[RoadFinding], classes: dict[str, list[str]], zones: dict[str, str]
) -> Inspected | None:
    """None where only vehicles that do not come there anyway have trouble."""
    told = [finding for finding in told if finding.vehicle in classes]
    if not told:
        return None
    blocked = [finding for finding in told if not finding.is_served]
    coming = [finding for finding in told if finding.is_served]
    served: Served = "all" if not blocked else "none" if len(blocked) == len(classes) else "some"
    worst = min(blocked, key=lambda f: f.metres) if blocked else max(coming, key=lambda f: f.metres)
    walk_m = max((finding.metres for finding in coming), default=0)
    is_container = isinstance(row, Container)
    return Inspected(
        kind=KINDS.get(worst.file, "disposal_site"),
        id=row.id,
        name=row.name,
        zone=zones.get(row.zone, "") if isinstance(row, Container) else "",
        lon=row.lon,
        lat=row.lat,
        served=served,
        trouble=worst.trouble,
        metres=worst.metres,
        added_s=walk_s(walk_m) if is_container else 0,
        without=tuple(name for finding in blocked for name in classes[finding.vehicle]),
    )
