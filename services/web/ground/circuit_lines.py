"""The line of each circuit of a plan along the streets that its distances were measured on."""

import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from uuid import UUID

import numpy as np

from services.city.registry import City, TruckClass
from services.contracts.planning import Circuit, PlanMade
from services.planning.problem import shift_of
from services.roads.osm.city_roads import OsmRoads, find_roads
from services.roads.osm.errors import RoadsError
from services.roads.osm.store import RoadStore
from services.roads.roads import Places, RoadSource, RoadVehicle, road_vehicle
from services.roads.ways import Way, straight_way, visits_with_place
from services.store.connection import Connection
from services.web.figures.store import find_lines_avoided, list_entries, list_trucks

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
        return self.of_circuits(connection, city, plan.plan_id, plan.roads, plan.circuits)

    def of_circuits(
        self, connection: Connection, city: City, plan_id: UUID, roads: RoadSource, circuits: Sequence[Circuit]
    ) -> dict[int, CircuitLine]:
        """Of some circuits of a plan that was made on such roads, by their number."""
        with self._lock:  # graphs are opened once, and the same circuit is not reckoned twice at a time
            built = None if roads == "estimated" else self._find_roads(city.id)
            key = (plan_id, built.manifest.sha256 if built else "")
            known = self._known.setdefault(key, {})
            missing = [circuit for circuit in circuits if circuit.number not in known]
            if missing:
                vehicles = _vehicles(connection, city.id) if built else {}
                built = _going_round(built, connection, city.id, plan_id)
                known |= {circuit.number: _line(built, vehicles.get(circuit.truck), circuit) for circuit in missing}
            self._known.move_to_end(key)
            while len(self._known) > KEPT_PLANS:
                self._known.popitem(last=False)
            return {circuit.number: known[circuit.number] for circuit in circuits}

    def find_roads(self, city_id: str) -> OsmRoads | None:
        """The city's streets; None where it has none, or they cannot be used here, which the log tells."""
        with self._lock:
            return self._find_roads(city_id)

    def version(self, city_id: str) -> str:
        """Changes when the city's roads are built anew."""
        try:
            manifest = RoadStore(self._data, city_id).find_manifest() if self._data else None
        except RoadsError:
            return ""  # told when lines are asked for
        return manifest.sha256 if manifest else ""

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


def _going_round(roads: OsmRoads | None, connection: Connection, city: str, plan_id: UUID) -> OsmRoads | None:
    """The roads without the streets that the plan avoids; None where these cannot be closed any more."""
    lines = find_lines_avoided(connection, city, plan_id)
    if roads is None or not lines:
        return roads
    try:
        return roads.closing(lines)
    except RoadsError as error:
        log.warning("the lines of plan %s are straight: %s", plan_id, error)
        return None


def _line(roads: OsmRoads | None, vehicle: RoadVehicle | None, circuit: Circuit) -> CircuitLine:
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


def _vehicles(connection: Connection, city_id: str) -> dict[str, RoadVehicle]:
    """By truck; one that has left the registry since the plan is not among them."""
    classes = {row["id"]: TruckClass.model_validate(row) for row in list_entries(connection, city_id, "truck_class")}
    trucks = [truck for truck in list_trucks(connection, city_id) if truck.truck_class in classes]
    return {truck.id: road_vehicle(classes[truck.truck_class], shift_of(truck)) for truck in trucks}


def _straight(circuit: Circuit) -> CircuitLine:
    return CircuitLine(straight_way(circuit.visits), "estimated")
