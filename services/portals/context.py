"""Our `@context`: the terms we use, with the addresses that Smart Data Models has given them.

From smart-data-models/dataModel.WasteManagement, context.jsonld, read on 2026-11-29; `unitCode` and the like are the
core context's own.
"""

from collections.abc import Mapping

CORE = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.7.jsonld"
"""Brokers know it without asking."""
MODELS = "https://smartdatamodels.org/dataModel.WasteManagement/"
PATH = "/ngsi-ld/context.jsonld"

TYPES = ("WasteContainer", "WasteContainerIsle", "WasteContainerModel")
TERMS = (
    "areaServed",
    "binCapacity",
    "binFullnessThreshold",
    "binId",
    "cargoVolume",
    "dataProvider",
    "dateLastEmptying",
    "depth",
    "fillingLevel",
    "name",
    "nextActuationDeadline",
    "refWasteContainer",
    "refWasteContainerIsle",
    "refWasteContainerModel",
    "storedWasteKind",
)
CONTEXT: Mapping[str, Mapping[str, str]] = {"@context": {term: f"{MODELS}{term}" for term in (*TYPES, *TERMS)}}


def short(name: str) -> str:
    """A term's short name, where it is asked for by its whole address."""
    return name.removeprefix(MODELS).removeprefix("https://uri.etsi.org/ngsi-ld/")
