"""`zones.geojson` and `basemap.geojson`. Features are counted from 1; JSON gives no lines once it is read."""

import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from services.city import messages
from services.city.findings import Findings
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
        _note_id(properties.get("id"), number, first, findings)
        zone = _zone(properties, number, findings)
        geometry = feature["geometry"]
        if is_shape(geometry, number, findings) and zone is not None and zone.id not in shapes:
            zones.append(Entered(number, zone))
            shapes[zone.id] = geometry
    return Sheet(ZONES, tuple(zones), frozenset(first), known=bool(first)), shapes


def read_basemap(folder: Path, findings: Findings) -> dict[str, object] | None:
    """The basemap where the folder has one; a feature of unknown kind is a warning."""
    path = folder / BASEMAP
    if not path.exists():
        return None
    features = _features(path, BASEMAP, findings)
    if features is None:
        return None
    for number, feature in enumerate(features, start=1):
        properties = _properties(feature, number, findings, name=BASEMAP)
        if properties is not None and properties.get("kind") not in BASEMAP_KINDS:
            text = messages.BASEMAP_KIND.format(kinds=", ".join(BASEMAP_KINDS))
            findings.warn(BASEMAP, text, place=f"feature {number}", value=str(properties.get("kind", "")))
    return {"type": "FeatureCollection", "features": features}


def is_shape(geometry: object, number: int, findings: Findings) -> bool:
    """True for a Polygon or MultiPolygon of closed rings in degrees; else an error says what is wrong."""
    place = f"feature {number}, geometry"
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    # A tuple and not a set: JSON may hold anything here, lists too, and those have no hash.
    if kind not in ("Polygon", "MultiPolygon"):
        findings.error(ZONES, messages.SHAPE_TYPE, place=place, value=str(kind or ""))
        return False
    coordinates: Any = geometry.get("coordinates") if isinstance(geometry, dict) else None
    polygons: Any = [coordinates] if kind == "Polygon" else coordinates
    if not _is_filled(polygons) or not all(_is_filled(rings) and all(map(_is_ring, rings)) for rings in polygons):
        findings.error(ZONES, messages.SHAPE_RING, place=place)
        return False
    if wrong := next((p for p in _positions(polygons) if not (abs(p[0]) <= 180 and abs(p[1]) <= 90)), None):
        hint = messages.HINT_PROJECTED if max(abs(wrong[0]), abs(wrong[1])) > 180 else messages.HINT_SWAPPED
        findings.error(ZONES, messages.SHAPE_RANGE.format(hint=hint), place=place, value=str(wrong))
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
        findings.error(name, messages.NOT_FEATURE, place=f"feature {number}")
        return None
    return properties


def _note_id(value: object, number: int, first: dict[str, int], findings: Findings) -> None:
    if isinstance(value, str) and first.setdefault(value, number) != number:
        doubled = messages.ZONE_DOUBLED.format(first=first[value])
        findings.error(ZONES, doubled, place=f"feature {number}, id", value=value)


def _zone(properties: dict[str, Any], number: int, findings: Findings) -> Zone | None:
    """The zone; other properties, which drawing programs add, are not read but warned of."""
    for key in properties.keys() - Zone.model_fields.keys():
        missing = [name for name in Zone.model_fields if name not in properties]
        text = messages.PROPERTY_IGNORED.format(hint=messages.near(key, missing))
        findings.warn(ZONES, text, place=f"feature {number}, {key}")
    try:
        return Zone.model_validate({key: properties[key] for key in Zone.model_fields if key in properties})
    except ValidationError as error:
        faults = error.errors(include_url=False)
    for fault in faults:
        key = str(fault["loc"][0])
        expected = messages.expected(Zone.model_fields[key])
        missing_key = fault["type"] == "missing"
        text = (messages.PROPERTY_MISSING if missing_key else messages.EMPTY_CELL).format(expected=expected)
        value = None if missing_key else str(fault["input"])
        findings.error(ZONES, text, place=f"feature {number}, {key}", value=value)
    return None


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
