"""The line of each circuit of a plan along the streets that its distances were measured on."""

import logging
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from uuid import UUID

import numpy as np

from services.city.registry import City, Registry
from services.city.store import find_registry
from services.contracts.planning import Circuit, PlanMade
from services.planning.problem import shift_of
from services.roads.osm.city_roads import OsmRoads, find_roads
from services.roads.osm.errors import RoadsError
from services.roads.roads import Places, RoadSource, RoadVehicle, road_vehicle
from services.roads.ways import Way, straight_way, visits_with_place
from services.store.connection import Connection

KEPT_PLANS = 8
"""A plan of a dozen circuits takes a few megabytes."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CircuitLine:
    """Where a circuit goes. With "estimated" the legs are straight: whoever draws them has to say so."""

    way: Way
    source: RoadSource


class CircuitLines:
    """Lines of plans, reckoned once each: a plan never changes."""

    def __init__(self, data_folder: Path | None = None) -> None:
        self._data = data_folder
        self._known: OrderedDict[tuple[UUID, str], dict[int, CircuitLine]] = OrderedDict()
        self._roads: dict[str, tuple[str, OsmRoads]] = {}
        self._lock = Lock()

    def of_plan(self, connection: Connection, city: City, plan: PlanMade) -> dict[int, CircuitLine]:
        """By the circuit's number. A plan on estimated distances has straight lines, whatever roads there are now."""
        if plan.roads == "estimated" or self._data is None:
            return {circuit.number: _straight(circuit) for circuit in plan.circuits}
        with self._lock:  # graphs are opened once, and the same plan is not reckoned twice at a time
            roads = self._find_roads(city.id)
            key = (plan.plan_id, roads.manifest.sha256 if roads else "")
            if key not in self._known:
                registry = find_registry(connection, city.id)
                self._known[key] = {c.number: _line(roads, registry, c) for c in plan.circuits}
            self._known.move_to_end(key)
            while len(self._known) > KEPT_PLANS:
                self._known.popitem(last=False)
            return self._known[key]

    def _find_roads(self, city_id: str) -> OsmRoads | None:
        """The city's roads, with their graphs open from the last time unless they were built anew."""
        if self._data is None:
            return None
        try:
            found = find_roads(city_id, self._data)
        except RoadsError as error:
            log.warning("the lines of %s are straight: %s", city_id, error)
            return None
        if found is None:
            return None
        built = found.manifest.model_dump_json()
        if self._roads.get(city_id, ("", found))[0] != built:
            self._roads[city_id] = (built, found)
        return self._roads[city_id][1]


def _line(roads: OsmRoads | None, registry: Registry | None, circuit: Circuit) -> CircuitLine:
    vehicle = _vehicle(registry, circuit.truck) if registry else None
    if roads is None or vehicle is None:
        return _straight(circuit)
    visits = visits_with_place(circuit.visits)
    lonlat = np.array([(visit.lon, visit.lat) for visit in visits], dtype=np.float64).reshape(-1, 2)
    at_kerb = np.array([visit.kind == "stop" for visit in visits], dtype=np.bool_)
    if len(visits) < 2:
        return _straight(circuit)
    try:
        return CircuitLine(roads.way(vehicle, Places(lonlat, at_kerb)), "osm")
    except (RoadsError, OSError) as error:  # OSError: a place is new, and the matrix's folder cannot be written here
        log.warning("the line of circuit %s is straight: %s", circuit.number, error)
        return _straight(circuit)


def _vehicle(registry: Registry, truck: str) -> RoadVehicle | None:
    """None for a truck that has left the registry since."""
    classes = {row.id: row for row in registry.truck_classes}
    driven = next((row for row in registry.trucks if row.id == truck), None)
    return road_vehicle(classes[driven.truck_class], shift_of(driven)) if driven else None


def _straight(circuit: Circuit) -> CircuitLine:
    return CircuitLine(straight_way(circuit.visits), "estimated")
