"""A city's containers, models and isles as entities, in the words of Smart Data Models; what is unknown is left out."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import quote

from services.city.registry import City
from services.portals.isles import isles_of
from services.portals.store import ContainerRow

Entity = dict[str, Any]
MODIFIED = "modifiedAt"
"""When the latest of an entity was measured or done: told where `options=sysAttrs` asks for it."""
PLAIN = frozenset({"id", "type", MODIFIED})
"""What is no attribute with a value within."""

WASTE_KINDS = {
    "organic",
    "inorganic",
    "glass",
    "oil",
    "plastic",
    "metal",
    "paper",
    "batteries",
    "electronics",
    "hazardous",
}
"""Of the model's enumeration; every other stream is `other`."""


class Candidate(NamedTuple):
    """An entity that is not made yet: of the thousands of a large city, a page shows some."""

    id: str
    type: str
    place: tuple[float, float] | None
    """Degrees east and north."""
    make: Callable[[], Entity]


def candidates_of(
    city: City, containers: Sequence[ContainerRow], kinds: Iterable[Mapping[str, Any]]
) -> list[Candidate]:
    """All of them, by type and id."""
    isles = isles_of((row["id"], row["lon"], row["lat"]) for row in containers)
    isle_members: dict[str, list[ContainerRow]] = defaultdict(list)
    capacities: dict[str, set[float]] = defaultdict(set)
    for row in containers:
        capacities[row["kind"]].add(row["capacity_l"])
        if row["id"] in isles:
            isle_members[isles[row["id"]]].append(row)
    found = []
    for row in containers:
        make = partial(_container, city, row, isles.get(row["id"]))
        name = urn("WasteContainer", city, row["id"])
        found.append(Candidate(name, "WasteContainer", (row["lon"], row["lat"]), make))
    for isle in sorted(isle_members):
        members = isle_members[isle]
        place = _middle(members)
        make = partial(_isle, city, isle, members, place)
        found.append(Candidate(urn("WasteContainerIsle", city, isle), "WasteContainerIsle", place, make))
    for kind in sorted(kinds, key=lambda kind: str(kind["id"])):
        make = partial(_model, city, kind, capacities[kind["id"]])
        found.append(Candidate(urn("WasteContainerModel", city, str(kind["id"])), "WasteContainerModel", None, make))
    return found


def urn(kind: str, city: City, of: str) -> str:
    return f"urn:ngsi-ld:{kind}:{city.id}:{quote(of, safe='')}"


def _container(city: City, row: ContainerRow, isle: str | None) -> Entity:
    entity: Entity = {
        "id": urn("WasteContainer", city, row["id"]),
        "type": "WasteContainer",
        "location": _point(row["lon"], row["lat"]),
        "name": _property(row["name"]),
        "binId": _property(row["id"]),
        "binCapacity": _property(row["capacity_l"], unitCode="LTR"),
        "binFullnessThreshold": _property(round(100 * city.planning.full_at_fill_ratio, 1), unitCode="P1"),
        "storedWasteKind": _property(row["stream"] if row["stream"] in WASTE_KINDS else "other"),
        "areaServed": _property(row["zone_name"]),
        "dataProvider": _property(city.name),
        "refWasteContainerModel": _relationship(urn("WasteContainerModel", city, row["kind"])),
    }
    if row["fill_ratio"] is not None and row["fill_at"] is not None:
        # The model ends at 1; waste heaped over the rim is as full as it can say.
        entity["fillingLevel"] = _property(round(min(row["fill_ratio"], 1.0), 3), observedAt=_instant(row["fill_at"]))
    if row["last_emptied_at"] is not None:
        entity["dateLastEmptying"] = _date_time(row["last_emptied_at"])
        promise = timedelta(days=city.planning.max_days_between_emptyings)
        entity["nextActuationDeadline"] = _date_time(row["last_emptied_at"] + promise)
    if known := [instant for instant in (row["fill_at"], row["last_emptied_at"]) if instant is not None]:
        entity[MODIFIED] = _instant(max(known))
    if isle is not None:
        entity["refWasteContainerIsle"] = _relationship(urn("WasteContainerIsle", city, isle))
    return entity


def _middle(members: Sequence[ContainerRow]) -> tuple[float, float]:
    count = len(members)
    return round(sum(row["lon"] for row in members) / count, 6), round(sum(row["lat"] for row in members) / count, 6)


def _isle(city: City, isle: str, members: Sequence[ContainerRow], place: tuple[float, float]) -> Entity:
    return {
        "id": urn("WasteContainerIsle", city, isle),
        "type": "WasteContainerIsle",
        "location": _point(*place),
        "areaServed": _property(members[0]["zone_name"]),
        "dataProvider": _property(city.name),
        "refWasteContainer": _relationship([urn("WasteContainer", city, row["id"]) for row in members]),
    }


def _model(city: City, kind: Mapping[str, Any], capacities: set[float]) -> Entity:
    entity: Entity = {
        "id": urn("WasteContainerModel", city, str(kind["id"])),
        "type": "WasteContainerModel",
        "name": _property(kind["name"]),
        "dataProvider": _property(city.name),
    }
    if len(capacities) == 1:
        (capacity_l,) = capacities
        entity["cargoVolume"] = _property(round(capacity_l / 1000, 4), unitCode="MTQ")
    if kind.get("depth_mm"):
        entity["depth"] = _property(kind["depth_mm"] / 1000, unitCode="MTR")
    return entity


def _property(value: object, **more: str) -> dict[str, Any]:
    return {"type": "Property", "value": value, **more}


def _relationship(target: str | list[str]) -> dict[str, Any]:
    return {"type": "Relationship", "object": target}


def _date_time(instant: datetime) -> dict[str, Any]:
    return _property({"@type": "DateTime", "@value": _instant(instant)})


def _point(lon: float, lat: float) -> dict[str, Any]:
    return {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [lon, lat]}}


def _instant(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def value_of(attribute: Mapping[str, Any]) -> Any:
    """An attribute's value, alone."""
    value = attribute["object"] if attribute["type"] == "Relationship" else attribute["value"]
    return value["@value"] if isinstance(value, dict) and "@value" in value else value


def as_key_values(entity: Entity) -> Entity:
    """The simplified representation: values without what is told about them."""
    return {name: each if name in PLAIN else value_of(each) for name, each in entity.items()}
