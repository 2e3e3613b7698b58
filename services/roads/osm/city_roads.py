"""A city's real roads, as the planner and the pages ask for them."""

import logging
from collections.abc import Sequence
from functools import partial
from math import ceil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.city.registry import Registry
from services.roads.closures import DrawnLine, Segments, along
from services.roads.osm.bands import find_variants, variant_folder
from services.roads.osm.closed import closed_graph
from services.roads.osm.engine import Engine, Stops
from services.roads.osm.errors import GraphBroken, RoadsError
from services.roads.osm.graph import engine_version
from services.roads.osm.lines import way_of
from services.roads.osm.matrices import Matrices, Told, WeightedTable, weighted
from services.roads.osm.matrix_file import StoredMatrix
from services.roads.osm.segments import SEGMENTS, load_segments
from services.roads.osm.store import MATRICES, Graph, Manifest, RoadStore
from services.roads.reach import city_places
from services.roads.roads import (
    NEAR_M,
    NO_WAY,
    WALK_LIMIT_M,
    YARD_LIMIT_M,
    EstimatedRoads,
    Places,
    Roads,
    RoadSource,
    RoadTable,
    RoadVehicle,
    road_vehicle,
)
from services.roads.speeds import Pair, band_shares
from services.roads.ways import LonLat, Way

type Metres = NDArray[np.float64]

log = logging.getLogger(__name__)

YARD_M_S = 10 / 3.6
"""How fast a truck drives the last metres to a depot or site that no street of the map reaches. Assumed."""


class OsmRoads:
    """Roads made of the city's OpenStreetMap extract. Graphs are opened when a place is new; else the disk answers."""

    source: RoadSource = "osm"

    def __init__(self, store: RoadStore, manifest: Manifest) -> None:
        self._store = store
        self._manifest = manifest
        self.closed: Sequence[DrawnLine] = ()
        self._closed: frozenset[Pair] = frozenset()
        self._segments: Segments | None = None
        self._engines: dict[Path, Engine] = {}

    def name(self, vehicle: RoadVehicle) -> str:
        if vehicle.hours is None or not self._variants(vehicle):
            return vehicle.name
        from_s, to_s = vehicle.hours
        return f"{vehicle.name}@{from_s // 60}-{to_s // 60}"

    @property
    def manifest(self) -> Manifest:
        """What they were made of."""
        return self._manifest

    @property
    def folder(self) -> Path:
        """Where all that belongs to them lies."""
        return self._store.folder

    def table(self, vehicle: RoadVehicle, places: Places, told: Told | None = None) -> RoadTable:
        """Distances and durations on the street network, `NO_WAY` where there is none.

        Where speeds were learned and the vehicle has hours, metres and seconds are those of the bands of these hours,
        weighted by how much of them lies in each.

        Raises:
            EngineMissing, GraphBroken: the graph cannot be asked.
        """
        parts: list[WeightedTable] = []
        off_m = np.zeros(len(places))
        for variant, share in self._shares(vehicle):
            matrix, rows = self._stored(vehicle, variant, places, told)
            cells = np.ix_(rows, rows)
            parts.append((share, matrix.distance_m[cells], matrix.duration_s[cells]))
            off_m = matrix.used_m[rows]
        distance_m, duration_s = weighted(parts)
        _off_the_map(distance_m, duration_s, places, off_m)
        return RoadTable(distance_m, duration_s, off_m)

    def closing(self, lines: Sequence[DrawnLine]) -> "OsmRoads":
        """The same roads without the streets along these lines; themselves, where there is no street along any.

        Raises:
            GraphBroken: they were built before streets could be closed.
        """
        if not lines:
            return self
        segments = self.segments()
        pairs = frozenset(map(tuple, segments.nodes[along(segments, lines)].tolist()))
        if not pairs:
            return self
        roads = OsmRoads(self._store, self._manifest)
        roads.closed, roads._closed, roads._segments = (*self.closed, *lines), self._closed | pairs, segments
        return roads

    def between(self, begin: LonLat, end: LonLat) -> tuple[LonLat, ...] | None:
        """The line of the street between two places, whichever way it is driven; None where none leads there.

        Raises:
            EngineMissing, GraphBroken: no graph can be asked.
        """
        graph = next(iter(self._manifest.graphs.values()))
        engine = Engine(self._store.graph_folder(graph.key), graph.anchor)
        found: list[Way] = []
        for ends in ((begin, end), (end, begin)):
            try:
                found.append(way_of(engine.route(Stops(np.array(ends), np.zeros(2, dtype=np.bool_)))))
            except GraphBroken:  # no way: a street of one direction
                continue
        return min(found, key=lambda way: way.legs[0].distance_m).line if found else None

    def segments(self) -> Segments:
        """Of all streets of the extract: those of any of its graphs.

        Raises:
            GraphBroken: they were built before streets could be closed.
        """
        if self._segments is None:
            graph = next(iter(self._manifest.graphs.values()))
            self._segments = load_segments(self._store.graph_folder(graph.key) / SEGMENTS)
        return self._segments

    def stored(
        self, vehicle: RoadVehicle, places: Places, told: Told | None = None
    ) -> tuple[StoredMatrix, NDArray[np.intp]]:
        """The profile's matrix on the disk, grown by whatever place is new, and the row of each place."""
        return self._stored(vehicle, None, places, told)

    def warm(self, vehicle: RoadVehicle, places: Places, told: Told | None = None) -> None:
        """Make the matrices of every band, so that nobody waits for them in the morning.

        Raises:
            EngineMissing, GraphBroken: a graph cannot be asked.
        """
        for name in self._variants(vehicle).values():
            self._stored(vehicle, name, places, told)

    def way(self, vehicle: RoadVehicle, places: Places) -> Way:
        """The line through all places in their order, leg by leg, as the matrix has priced it.

        Of a vehicle with hours, as in the band that most of them lie in.

        Raises:
            EngineMissing, GraphBroken: the graph cannot be asked, or there is no way.
        """
        variant, _ = max(self._shares(vehicle), key=lambda part: part[1])
        matrix, rows = self._stored(vehicle, variant, places)
        return way_of(self._engine(vehicle, variant).route(Stops(places.lonlat, matrix.kerb[rows])))

    def engine(self, vehicle: RoadVehicle) -> Engine:
        """The graph with the profile's own speeds, opened.

        Raises:
            EngineMissing, GraphBroken: it cannot be.
        """
        return self._engine(vehicle, None)

    def graph_folder(self, vehicle: RoadVehicle) -> Path:
        """Where its graph lies; variants lie within.

        Raises:
            GraphBroken: none was built.
        """
        return self._store.graph_folder(self._graph(vehicle).key)

    def _stored(
        self, vehicle: RoadVehicle, variant: str | None, places: Places, told: Told | None = None
    ) -> tuple[StoredMatrix, NDArray[np.intp]]:
        file = self._folder(vehicle, variant) / MATRICES / f"{vehicle.name}.i32"
        matrices = Matrices(file, partial(self._engine, vehicle, variant), keeps_kerb=vehicle.kerb_side)
        return matrices.covering(places, told)

    def _shares(self, vehicle: RoadVehicle) -> list[tuple[str | None, float]]:
        """The variants to use for a vehicle's hours and their weights; None is the graph as it was built."""
        variants = self._variants(vehicle)
        if vehicle.hours is None or not variants:
            return [(None, 1.0)]
        shares: dict[str | None, float] = {}
        for band, share in band_shares(vehicle.hours).items():
            shares[variants.get(band)] = shares.get(variants.get(band), 0.0) + share
        return list(shares.items())

    def _variants(self, vehicle: RoadVehicle) -> dict[int, str]:
        found = find_variants(self.graph_folder(vehicle))
        return found.bands if found is not None else {}

    def _folder(self, vehicle: RoadVehicle, variant: str | None) -> Path:
        graph = self.graph_folder(vehicle)
        folder = None if variant is None else variant_folder(graph, variant)
        return closed_graph(graph, folder, self._closed) if self._closed else folder or graph

    def _graph(self, vehicle: RoadVehicle) -> Graph:
        graph = self._manifest.graphs.get(vehicle.graph)
        if graph is None:
            built = ", ".join(sorted(self._manifest.graphs))
            raise GraphBroken(f"no graph for {vehicle.graph}, only for {built}; run `tournee roads build` again")
        return graph

    def _engine(self, vehicle: RoadVehicle, variant: str | None) -> Engine:
        folder = self._folder(vehicle, variant)
        if folder not in self._engines:
            self._engines[folder] = Engine(folder, self._graph(vehicle).anchor)
        return self._engines[folder]


def roads_of(registry: Registry, data_folder: Path) -> Roads:
    """The city's own roads where they were built for each kind of its trucks, matrices ready; else estimated ones.

    Why they are estimated stands in the log: a plan on straight lines, labelled so, is better than none.
    """
    try:
        roads = find_roads(registry.city.id, data_folder)
        if roads is None:
            return EstimatedRoads(registry.city.roads)
        for vehicle in vehicles_of(registry):
            roads.stored(vehicle, city_places(registry)[1])
            roads.warm(vehicle, city_places(registry)[1])
    except RoadsError as error:
        log.warning("the distances of %s are estimated: %s", registry.city.id, error)
        return EstimatedRoads(registry.city.roads)
    return roads


def find_roads(city_id: str, data_folder: Path) -> OsmRoads | None:
    """The roads that were built for this city; None if never.

    Raises:
        EngineMissing, GraphBroken: they cannot be used on this machine.
    """
    store = RoadStore(data_folder, city_id)
    manifest = store.find_manifest()
    if manifest is None:
        return None
    if manifest.engine != engine_version():
        raise GraphBroken(
            f"{store.folder}: made with OSRM {manifest.engine}, here is {engine_version()}; "
            "run `tournee roads build` again"
        )
    return OsmRoads(store, manifest)


def vehicles_of(registry: Registry) -> list[RoadVehicle]:
    """Each kind of vehicle that the city's trucks are, once; of all classes where there is no truck."""
    used = {truck.truck_class for truck in registry.trucks} or {c.id for c in registry.truck_classes}
    return list(dict.fromkeys(road_vehicle(c) for c in registry.truck_classes if c.id in used))


def _off_the_map(distance_m: NDArray[np.int32], duration_s: NDArray[np.int32], places: Places, off_m: Metres) -> None:
    """Places too far from the streets have no way; to a depot or site not quite so far the truck drives the rest."""
    limit_m = np.where(places.at_kerb, WALK_LIMIT_M, YARD_LIMIT_M)
    drives = ~places.at_kerb & (off_m > NEAR_M)
    for place in np.flatnonzero(drives | (off_m > limit_m)):
        is_too_far = off_m[place] > limit_m[place]
        extra_m, extra_s = round(off_m[place]), ceil(off_m[place] / YARD_M_S)
        for cells in (np.s_[place, :], np.s_[:, place]):
            leads = (duration_s[cells] >= 0) & (not is_too_far)
            distance_m[cells] = np.where(leads, distance_m[cells] + extra_m, NO_WAY)
            duration_s[cells] = np.where(leads, duration_s[cells] + extra_s, NO_WAY)
        distance_m[place, place] = duration_s[place, place] = 0
