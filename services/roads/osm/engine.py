"""One graph, opened: where a place meets the streets, blocks of a matrix, and the line of a route. Wraps OSRM."""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.roads.osm.errors import EngineMissing, GraphBroken
from services.roads.roads import NO_WAY

GRAPH = "graph.osrm"
WIDE = "wide.npy"

type Table = tuple[NDArray[np.int32], NDArray[np.int32]]


@dataclass(frozen=True, slots=True, eq=False)
class Snapped:
    """Where places meet the streets. All arrays are (n,) in the order asked.

    `nearest_m` is how far the nearest street is; `used_m` how far the street that OSRM takes instead where the nearest
    belongs to an island of the graph. `wide` is true where the nearest street is wide and driven both ways.
    """

    nearest_m: NDArray[np.float64]
    used_m: NDArray[np.float64]
    wide: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Segments:
    """A way in OSM nodes. Speeds (m/s) and times (s) are of the n - 1 segments; turns are the rest of `duration_s`."""

    nodes: list[int]
    speed_m_s: list[float]
    segment_s: list[float]
    distance_m: float
    duration_s: float


class Engine:
    """Answers of one graph.

    OSRM moves a place from an island of the graph to the main network only if not all places of a question are on
    islands. So each question holds the graph's anchor, a place on the main network: answers do not depend on company.
    """

    def __init__(self, folder: Path, anchor: tuple[float, float] | None = None) -> None:
        """Open a graph's folder.

        Raises:
            EngineMissing: OSRM is not installed.
            GraphBroken: the graph is not whole, or of another version of OSRM.
        """
        self._osrm = _osrm()
        self._anchor = [anchor] if anchor else []
        self._approach: dict[bool, Any] = {False: None, True: self._osrm.osrm_ext.Approach("curb")}
        try:
            self._engine = self._osrm.OSRM(
                algorithm="CH",
                storage_config=str(folder / GRAPH),
                use_shared_memory=False,
                max_locations_distance_table=-1,
                max_locations_viaroute=-1,
            )
            self._wide = _pairs(np.load(folder / WIDE, allow_pickle=False))
        except (RuntimeError, OSError, ValueError) as error:
            raise GraphBroken(f"{folder}: the graph cannot be opened ({error}); run `tournee roads build` again") from (
                error
            )

    def snap(self, lonlat: NDArray[np.float64]) -> Snapped:
        """Where places meet the streets."""
        nearest_m, wide = np.zeros(len(lonlat)), np.zeros(len(lonlat), dtype=np.bool_)
        for number, place in enumerate(_pairs(lonlat)):
            question = self._osrm.NearestParameters(coordinates=[place], generate_hints=False)
            found = self._engine.Nearest(question)["waypoints"][0]
            nodes = found["nodes"]
            nearest_m[number] = found["distance"]
            wide[number] = (min(nodes[0], nodes[1]), max(nodes[0], nodes[1])) in self._wide
        return Snapped(nearest_m, self._used_m(lonlat), wide)

    def block(self, from_: "Stops", to: "Stops") -> Table:
        """Distances (m, rounded) and durations (s, rounded up), each (rows, columns) int32, `NO_WAY` where none."""
        rows, columns = len(from_.lonlat), len(to.lonlat)
        answer = self._table(
            [*_pairs(from_.lonlat), *_pairs(to.lonlat)],
            [*from_.kerb.tolist(), *to.kerb.tolist()],
            sources=range(rows),
            destinations=range(rows, rows + columns),
        )
        distance_m = _numbers(answer["distances"], columns)
        duration_s = _numbers(answer["durations"], columns)
        return _whole(np.rint(distance_m)), _whole(np.ceil(duration_s - 1e-9))

    def route(self, stops: "Stops") -> Any:
        """OSRM's answer for one line through all places in their order: legs with steps, GeoJSON lines.

        Raises:
            GraphBroken: there is no way between two of the places.
        """
        question = self._osrm.RouteParameters(
            coordinates=_pairs(stops.lonlat),
            approaches=[self._approach[at_kerb] for at_kerb in stops.kerb.tolist()],
            steps=True,
            geometries="geojson",
            overview="false",
            # The matrix lets a vehicle leave a stop either way; the line has to be the one that was priced.
            continue_straight=False,
            generate_hints=False,
        )
        try:
            return self._engine.Route(question)["routes"][0]
        except RuntimeError as error:
            raise GraphBroken(f"no line through these {len(stops.lonlat)} places: {error}") from error

    def segments(self, from_: tuple[float, float], to: tuple[float, float]) -> Segments | None:
        """The way between two places (lon, lat), node by node; None where there is none."""
        question = self._osrm.RouteParameters(
            coordinates=[from_, to],
            annotations=["nodes", "speed", "duration"],
            overview="false",
            generate_hints=False,
        )
        try:
            route = self._engine.Route(question)["routes"][0]
        except RuntimeError:  # OSRM's word for "no way"
            return None
        told = route["legs"][0]["annotation"]
        return Segments(
            nodes=[round(node) for node in _list(told["nodes"])],
            speed_m_s=_list(told["speed"]),
            segment_s=_list(told["duration"]),
            distance_m=float(route["distance"]),
            duration_s=float(route["duration"]),
        )

    def settle(self, landmarks: NDArray[np.float64]) -> tuple[float, float] | None:
        """The anchor: of places on streets, the one that most others find a way to and from; None without one."""
        kerb = np.zeros(len(landmarks), dtype=np.bool_)
        duration_s = self.block(Stops(landmarks, kerb), Stops(landmarks, kerb))[1]
        # On the main network, a place is where it was put; one of an island was moved.
        stays = self._used_m(landmarks) < 1
        linked = np.where(stays, (duration_s >= 0).sum(axis=0) + (duration_s >= 0).sum(axis=1), -1)
        best = int(linked.argmax())
        return (float(landmarks[best, 0]), float(landmarks[best, 1])) if linked[best] > 2 else None

    def _used_m(self, lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        everywhere = range(len(lonlat))
        answer = self._table(
            _pairs(lonlat), [False] * len(lonlat), sources=everywhere, destinations=[0], waypoints=True
        )
        return np.fromiter((place["distance"] for place in answer["sources"]), np.float64, len(lonlat))

    def _table(self, places: Any, kerb: Any, *, sources: Any, destinations: Any, waypoints: bool = False) -> Any:
        company = self._anchor or places[:1]  # at least one: OSRM refuses a table of a single place
        question = self._osrm.TableParameters(
            coordinates=[*places, *company],
            approaches=[self._approach[at_kerb] for at_kerb in (*kerb, False)],
            sources=list(sources),
            destinations=list(destinations),
            annotations=["duration", "distance"],
            generate_hints=False,
        )
        question.skip_waypoints = not waypoints
        return self._engine.Table(question)


@dataclass(frozen=True, slots=True, eq=False)
class Stops:
    """Places as OSRM is asked for them: `lonlat` (n, 2) degrees; `kerb` (n,) true = on the place's own side only."""

    lonlat: NDArray[np.float64]
    kerb: NDArray[np.bool_]


def _list(array: Any) -> list[Any]:
    """OSRM's arrays know no slices."""
    return [array[index] for index in range(len(array))]


def _numbers(rows: Any, columns: int) -> NDArray[np.float64]:
    """OSRM's rows as an array, row by row without a list of our own; NaN where there is no way."""
    numbers = np.empty((len(rows), columns))
    for index in range(len(rows)):
        row = rows[index]
        try:
            numbers[index] = np.fromiter(row, np.float64, columns)
        except TypeError:  # a None among them: no way
            numbers[index] = np.fromiter((np.nan if n is None else n for n in row), np.float64, columns)
    return numbers


def _whole(numbers: NDArray[np.float64]) -> NDArray[np.int32]:
    """Whole numbers. Of places less than a metre apart on one segment OSRM says at times -0.6 m: those are 0."""
    return np.where(np.isnan(numbers), NO_WAY, np.maximum(numbers, 0)).astype(np.int32)


def _pairs(rows: NDArray[Any]) -> Any:
    """Rows of two as tuples, which is how OSRM's binding and sets want them."""
    pairs = list(map(tuple, rows.tolist()))
    return frozenset(pairs) if rows.dtype.kind == "i" else pairs


def _osrm() -> Any:
    try:
        return import_module("osrm")
    except ImportError as missing:
        raise EngineMissing("osrm-bindings is not installed: pip install 'tournee[roads]'") from missing
