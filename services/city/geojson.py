"""`zones.geojson` and `basemap.geojson`. Features are counted from 1; JSON gives no lines once it is read."""

import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from services.city import messages
from services.city.findings import Findings
from services.city.numbers import NOT_READ, UNCLEAR, NumberColumn, readings
from services.city.registry import Zone
from services.city.rows import Entered, Sheet
from services.city.texts import GEOJSON_LIMIT, decode_utf8, read_bytes

ZONES = "zones.geojson"
BASEMAP = "basemap.geojson"
BASEMAP_KINDS = ("water", "lagoon", "sea", "street", "avenue", "bridge", "market", "park")

type Shapes = dict[str, dict[str, object]]


def read_zones(folder: Path, findings: Findings) -> tuple[Sheet[Zone], Shapes]:
    """The zones and their geometry by id; errors by feature."""
    features = _features(folder / ZONES, ZONES, findings)
    if features is None:
        return Sheet(ZONES), {}
    if not features:
        findings.error(ZONES, messages.NO_FEATURES)
    zones: list[Entered[Zone]] = []
    shapes: Shapes = {}
    first: dict[str, int] = {}
    for number, feature in enumerate(features, start=1):
        properties = _properties(feature, number, findings)
        if properties is None:
            continue
        given = _given(properties, feature.get("id"))
        _note_id(given.get("id"), number, first, findings)
        zone = _zone(properties, given, number, findings)
        geometry = feature["geometry"]
        if is_shape(geometry, number, findings) and zone is not None and zone.id not in shapes:
            zones.append(Entered(number, zone))
            shapes[zone.id] = geometry
    return Sheet(ZONES, tuple(zones), frozenset(first), known=bool(first)), shapes


def read_basemap(folder: Path, findings: Findings) -> dict[str, object] | None:
    """The basemap where the folder has one; a feature of unknown kind is a warning."""
    path = folder / BASEMAP
    if not path.exists(follow_symlinks=False):
        return None
    features = _features(path, BASEMAP, findings)
    if features is None:
        return None
    for number, feature in enumerate(features, start=1):
        properties = _properties(feature, number, findings, name=BASEMAP)
        if properties is not None and properties.get("kind") not in BASEMAP_KINDS:
            text = messages.BASEMAP_KIND.format(kinds=", ".join(BASEMAP_KINDS))
            kind = str(properties.get("kind", ""))
            findings.warn(BASEMAP, text, place=f"feature {number}", value=kind, alike=text)
    return {"type": "FeatureCollection", "features": features}


def is_shape(geometry: object, number: int, findings: Findings) -> bool:
    """True for a Polygon or MultiPolygon of closed rings in degrees; else an error says what is wrong."""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    # A tuple and not a set: JSON may hold anything here, lists too, and those have no hash.
    if kind not in ("Polygon", "MultiPolygon"):
        _report(messages.SHAPE_TYPE, number, "geometry", findings, value=str(kind or ""))
        return False
    coordinates: Any = geometry.get("coordinates") if isinstance(geometry, dict) else None
    polygons: Any = [coordinates] if kind == "Polygon" else coordinates
    if not _is_filled(polygons) or not all(_is_filled(rings) and all(map(_is_ring, rings)) for rings in polygons):
        _report(messages.SHAPE_RING, number, "geometry", findings)
        return False
    if wrong := next((p for p in _positions(polygons) if not (abs(p[0]) <= 180 and abs(p[1]) <= 90)), None):
        hint = messages.SHAPE_PROJECTED if max(abs(wrong[0]), abs(wrong[1])) > 180 else messages.HINT_SWAPPED
        _report(messages.SHAPE_RANGE.format(hint=hint), number, "geometry", findings, value=str(wrong))
        return False
    return True


def _features(path: Path, name: str, findings: Findings) -> list[Any] | None:
    document = _read_json(path, name, findings)
    if document is None:
        return None
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or document.get("type") != "FeatureCollection":
        findings.error(name, messages.NOT_COLLECTION)
        return None
    return features


def _read_json(path: Path, name: str, findings: Findings) -> Any:
    data = read_bytes(path, name, GEOJSON_LIMIT, findings)
    text = decode_utf8(data, name, findings) if data is not None else None
    if text is None:
        return None
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
        storable = json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    except json.JSONDecodeError as error:
        findings.error(name, messages.JSON_BROKEN.format(reason=error.msg), line=error.lineno)
        return None
    except UnicodeEncodeError:
        findings.error(name, messages.JSON_TEXT)
        return None
    except (ValueError, RecursionError) as error:
        findings.error(name, messages.JSON_BROKEN.format(reason=error))
        return None
    if b"\\u0000" in storable:
        findings.error(name, messages.JSON_TEXT)
        return None
    # `null` is valid JSON; only an object can be a collection.
    return document if document is not None else []


def _refuse_constant(_: str) -> float:
    raise ValueError(messages.JSON_NUMBER)


def _properties(feature: object, number: int, findings: Findings, name: str = ZONES) -> dict[str, Any] | None:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if (
        not isinstance(feature, dict)
        or not isinstance(properties, dict)
        or not isinstance(feature.get("geometry"), dict)
    ):
        findings.error(name, messages.NOT_FEATURE, place=f"feature {number}", alike=messages.NOT_FEATURE)
        return None
    return properties


def _note_id(value: object, number: int, first: dict[str, int], findings: Findings) -> None:
    if isinstance(value, str) and first.setdefault(value, number) != number:
        doubled = messages.ZONE_DOUBLED.format(first=first[value])
        findings.error(ZONES, doubled, place=f"feature {number}, id", value=value, alike=messages.ZONE_DOUBLED)


def _given(properties: dict[str, Any], feature_id: object) -> dict[str, Any]:
    """What a zone is made of. Programs number their features, and some put the id beside the properties."""
    given = {key: properties[key] for key in Zone.model_fields if key in properties}
    if given.get("id") is None and feature_id is not None:
        given["id"] = feature_id
    for key in given.keys() & {"id", "name"}:
        if _is_number(given[key]) and given[key] == int(given[key]):
            given[key] = str(int(given[key]))
    return given


def _zone(properties: dict[str, Any], given: dict[str, Any], number: int, findings: Findings) -> Zone | None:
    """The zone; other properties, which drawing programs add, are not read but warned of."""
    for key in sorted(properties.keys() - Zone.model_fields.keys()):
        missing = [name for name in Zone.model_fields if name not in given]
        text = messages.PROPERTY_IGNORED.format(hint=messages.near(key, missing))
        findings.warn(ZONES, text, place=f"feature {number}, {key}", alike=f"{key}\n{text}")
    population = given.get("population")
    read = _to_population(population)
    try:
        return Zone.model_validate({**given, "population": read} if "population" in given else given)
    except ValidationError as error:
        faults = error.errors(include_url=False)
    for fault in faults:
        key = str(fault["loc"][0])
        value = str(given[key]) if key in given else None
        if key == "population" and read is UNCLEAR:
            thousands, decimals = readings(given[key])
            how = messages.NUMBER_PLAINLY
            text = messages.NUMBER_UNCLEAR.format(thousands=thousands, decimals=decimals, how=how)
            _report(text, number, key, findings, value=value, alike=messages.NUMBER_UNCLEAR)
            continue
        expected = messages.expected(Zone.model_fields[key])
        text = (messages.EMPTY_CELL if key in given else messages.PROPERTY_MISSING).format(expected=expected)
        _report(text, number, key, findings, value=value)
    return None


def _to_population(value: object) -> object:
    """A number that a program wrote as text is read as in a table. The model alone would take true for 1."""
    if isinstance(value, bool):
        return NOT_READ
    return NumberColumn(whole=True).read(value.strip()) if isinstance(value, str) else value


def _report(text: str, number: int, key: str, findings: Findings, *, value: str | None = None, alike: str = "") -> None:
    """An error in a property of a feature, the same in others being told once."""
    findings.error(ZONES, text, place=f"feature {number}, {key}", value=value, alike=f"{key}\n{alike or text}")


def _is_filled(value: object) -> bool:
    return isinstance(value, list) and bool(value)


def _is_ring(ring: object) -> bool:
    return isinstance(ring, list) and len(ring) >= 4 and all(map(_is_position, ring)) and ring[0] == ring[-1]


def _is_position(position: object) -> bool:
    return isinstance(position, list) and len(position) in {2, 3} and all(_is_number(part) for part in position)


def _is_number(value: object) -> bool:
    """A finite number that a float holds: JSON may carry integers of any size."""
    return (
        isinstance(value, float | int) and not isinstance(value, bool) and -1e12 < value < 1e12 and math.isfinite(value)
    )


def _positions(polygons: Iterable[Any]) -> Iterator[list[float]]:
    return (position for rings in polygons for ring in rings for position in ring)
