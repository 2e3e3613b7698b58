"""A city's roads, built beside those in use and swapped when they are whole and trucks can work on them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from services.city.registry import Registry
from services.roads.osm.city_roads import OsmRoads, vehicles_of
from services.roads.osm.engine import Engine
from services.roads.osm.errors import GraphUnfit
from services.roads.osm.extract import Extract, check_near, read_extract
from services.roads.osm.graph import engine_version, key_of, make_graph
from services.roads.osm.places import keep_places
from services.roads.osm.store import Graph, Manifest, RoadStore
from services.roads.reach import RoadFinding, city_places, find_troubles
from services.roads.roads import RoadVehicle

type Told = Callable[[str, float], None]
"""Called with what is being done and the share of it that is done, 0 to 1."""


@dataclass(frozen=True)
class RoadsBuilt:
    """What is in use now, and the places a technician should look at."""

    manifest: Manifest
    findings: tuple[RoadFinding, ...]
    matrix_s: float
    """How long the matrices between all places took."""


def build_roads(store: RoadStore, registry: Registry, file: Path, *, now: datetime, told: Told) -> RoadsBuilt:
    """Make the graphs of every kind of vehicle and the matrices between all places of the city, then use them.

    Containers that cannot be reached are findings; a depot or site that cannot be is an error. Whatever goes
    wrong, what was in use stays in use.

    Raises:
        ExtractUnusable, GraphUnfit, GraphBroken, EngineMissing, BuildRunning: nothing has changed.
    """
    engine = engine_version()
    told("reading the extract", 0.0)
    extract = read_extract(file)
    check_near(extract, city_places(registry)[1].lonlat)
    told("reading the extract", 1.0)
    with store.building() as beside:
        graphs = {v.graph: _graph(store, extract, v, beside, told) for v in vehicles_of(registry)}
        manifest = Manifest(
            city=registry.city.id,
            extract=file.name,
            sha256=extract.sha256,
            timestamp=extract.timestamp,
            bounds=extract.bounds,
            streets=extract.streets,
            built_at=now,
            engine=engine,
            graphs=graphs,
        )
        began_s = time.perf_counter()
        roads = OsmRoads(store, manifest)
        findings = survey(roads, registry, told)
        matrix_s = time.perf_counter() - began_s
        _refuse_unfit(file, findings)
        store.use(manifest)
        keep_places(registry, roads, findings, now)
    return RoadsBuilt(manifest, findings, round(matrix_s, 2))


def survey(roads: OsmRoads, registry: Registry, told: Told) -> tuple[RoadFinding, ...]:
    """Every place that some kind of vehicle cannot reach, or not to the door; matrices are made on the way.

    Raises:
        EngineMissing, GraphBroken: the graphs cannot be asked.
    """
    _, places = city_places(registry)
    findings: list[RoadFinding] = []
    for vehicle in vehicles_of(registry):
        step = f"matrix of {vehicle.name}"
        told(step, 0.0)
        table = roads.table(vehicle, places, lambda done, total, step=step: told(step, done / total))  # type: ignore[misc]
        matrix, rows = roads.stored(vehicle, places)
        findings += find_troubles(registry, vehicle, table, matrix.nearest_m[rows])
        told(step, 1.0)
    return tuple(findings)


def look_again(roads: OsmRoads, registry: Registry, *, now: datetime, told: Told) -> tuple[RoadFinding, ...]:
    """The same for a city that has changed since its roads were built, kept for the technician's page.

    Raises:
        EngineMissing, GraphBroken: the graphs cannot be asked; what was kept stays.
    """
    findings = survey(roads, registry, told)
    keep_places(registry, roads, findings, now)
    return findings


def _graph(store: RoadStore, extract: Extract, vehicle: RoadVehicle, beside: Path, told: Told) -> Graph:
    """The vehicle's graph, made unless it is there already."""
    key = key_of(extract, vehicle)
    folder, began_s = store.graph_folder(key), time.perf_counter()
    is_new = not folder.exists()
    if is_new:
        make_graph(extract, vehicle, beside / key, lambda step, share: told(f"{step} {vehicle.graph}", share))
        (beside / key).rename(folder)
    anchor = Engine(folder).settle(np.asarray(extract.landmarks))
    return Graph(key=key, anchor=anchor, build_s=round(time.perf_counter() - began_s, 2) if is_new else 0)


def _refuse_unfit(file: Path, findings: tuple[RoadFinding, ...]) -> None:
    """Trucks that cannot leave the depot or unload have no day to plan."""
    fatal = [f for f in findings if not f.is_container and not f.is_served]
    if fatal:
        lines = "\n".join(f"  {finding}" for finding in fatal)
        raise GraphUnfit(f"{file}: trucks cannot work on these roads, so they are not used\n{lines}")
