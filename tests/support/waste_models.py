"""What Smart Data Models says of the attributes of its waste models, as checks on the simplified representation.

After smart-data-models/dataModel.WasteManagement: WasteContainer/schema.json (0fdd2101), WasteContainerIsle/schema.json
(1758a95c), WasteContainerModel/schema.json (1b686ce6) and the commons that they refer to. Read on 2026-11-29.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

Check = Callable[[Any], bool]


def number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def at_least_0(value: Any) -> bool:
    return number(value) and value >= 0


def share(value: Any) -> bool:
    return number(value) and 0 <= value <= 1


def text(value: Any) -> bool:
    return isinstance(value, str)


def uri(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("urn:ngsi-ld:") and " " not in value


def date_time(value: Any) -> bool:
    return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None


def point(value: Any) -> bool:
    return value["type"] == "Point" and len(value["coordinates"]) == 2 and all(map(number, value["coordinates"]))


def one_of(*words: str) -> Check:
    return lambda value: value in words


def uris(value: Any) -> bool:
    return isinstance(value, list) and len(value) >= 1 and len(set(value)) == len(value) and all(map(uri, value))


COMMONS: Mapping[str, Check] = {
    "id": uri, "name": text, "alternateName": text, "description": text, "dataProvider": text, "source": text,
    "areaServed": text, "location": point, "dateCreated": date_time, "dateModified": date_time,
}  # fmt: skip
MODELS: Mapping[str, Mapping[str, Check]] = {
    "WasteContainer": COMMONS
    | {
        "type": one_of("WasteContainer"),
        "fillingLevel": share,
        "cargoWeight": at_least_0,
        "temperature": number,
        "storedWasteKind": one_of(
            "organic", "inorganic", "glass", "oil", "plastic", "metal", "paper", "batteries", "electronics",
            "hazardous", "other",
        ),
        "serialNumber": text,
        "dateLastEmptying": date_time,
        "nextActuationDeadline": date_time,
        "isleId": text,
        "status": one_of("ok", "lidOpen", "dropped", "moved", "vandalized", "burning", "unknown"),
        "refWasteContainerModel": uri,
        "refWasteContainerIsle": uri,
        "refDevice": uris,
        "binCapacity": number,
        "binFullnessThreshold": number,
        "binId": text,
        "binLoggedTime": date_time,
    },
    "WasteContainerIsle": COMMONS
    | {"type": one_of("WasteContainerIsle"), "insertHolesNumber": at_least_0, "refWasteContainer": uris},
    "WasteContainerModel": COMMONS
    | {
        "type": one_of("WasteContainerModel"),
        "width": at_least_0, "height": at_least_0, "depth": at_least_0, "weight": at_least_0,
        "cargoVolume": at_least_0, "maximumLoad": at_least_0, "recommendedLoad": at_least_0,
        "modelName": text, "brandName": text, "manufacturerName": text,
    },
}  # fmt: skip
REQUIRED = {
    "WasteContainer": {"id", "type", "location"},
    "WasteContainerIsle": {"id", "type", "location"},
    "WasteContainerModel": {"id", "type", "name"},
}


def faults_of(entity: Mapping[str, Any]) -> list[str]:
    """What of an entity in its simplified representation is not as its model says."""
    model = MODELS[entity["type"]]
    missing = [f"{name} is missing" for name in sorted(REQUIRED[entity["type"]] - entity.keys())]
    unknown = [f"{name} is no attribute of the model" for name in sorted(entity.keys() - model.keys() - {"@context"})]
    wrong = [f"{name}: {entity[name]!r}" for name in entity.keys() & model.keys() if not model[name](entity[name])]
    return [*missing, *unknown, *wrong]
