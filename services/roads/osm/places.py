"""The places of a city that its roads leave out, kept beside its graphs for the technician's page.

Looking costs the graphs; it is done when they are built and when a city is loaded, never for a page.
"""

from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from services.city.registry import Registry
from services.roads.built import find_document, swap_document
from services.roads.inspection import Inspected, inspect
from services.roads.osm.city_roads import OsmRoads
from services.roads.osm.errors import GraphBroken
from services.roads.osm.store import RoadStore
from services.roads.reach import RoadFinding, city_places

PLACES = "places.json"


class PlacesChecked(BaseModel):
    """What was found, and of which city and streets."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_: Literal["tournee/places/1"] = Field(default="tournee/places/1", alias="schema")
    city: str
    checked_at: datetime
    extract: str
    """Name of the file."""
    timestamp: str
    """When OpenStreetMap's data was current, as the extract says."""
    containers: int
    """How many were looked at."""
    bounds: tuple[float, float, float, float]
    """West, south, east, north of all places, degrees."""
    places: tuple[Inspected, ...]


def keep_places(registry: Registry, roads: OsmRoads, findings: tuple[RoadFinding, ...], now: datetime) -> None:
    """Replace what was kept beside these roads, whole."""
    made_of, lonlat = roads.manifest, city_places(registry)[1].lonlat
    (west, south), (east, north) = lonlat.min(axis=0).tolist(), lonlat.max(axis=0).tolist()
    checked = PlacesChecked(
        city=registry.city.id,
        checked_at=now,
        extract=made_of.extract,
        timestamp=made_of.timestamp,
        containers=len(registry.containers),
        bounds=(west, south, east, north),
        places=inspect(registry, findings),
    )
    swap_document(roads.folder / PLACES, checked)


def places_file(data_folder: Path, city: str) -> Path:
    """Where it is kept."""
    return RoadStore(data_folder, city).folder / PLACES


def find_places(data_folder: Path, city: str) -> PlacesChecked | None:
    """What was kept last; None where nobody has looked.

    Raises:
        GraphBroken: there is a file that nobody can read.
    """
    return find_document(places_file(data_folder, city), PlacesChecked, GraphBroken, "tournee roads build")
