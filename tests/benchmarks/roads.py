"""What real roads cost: building graphs, matrices, one container more, and how far OSRM and Valhalla disagree.

`python -m tests.benchmarks.roads FOLDER_OF_EXTRACTS [--points 1000 2000 10000] [--matrix-on porto] [--pairs 1000]`
prints tables and a line of JSON. Each measurement is a process of its own, so that its peak memory is its own; matrices
are computed on one core, graphs are built as the product does, on all.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from services.roads.learning.matcher import CONFIG, open_matcher
from services.roads.osm.engine import Engine, Stops
from services.roads.osm.extract import read_extract
from services.roads.osm.graph import make_graph
from services.roads.osm.matrices import Matrices
from services.roads.roads import USUAL_SIZE_M, Places, RoadProfile, RoadVehicle

VEHICLES: dict[RoadProfile, RoadVehicle] = {
    "truck": RoadVehicle("truck", *USUAL_SIZE_M["truck"], weight_kg=19_800, kerb_side=True),
    "tricycle": RoadVehicle("tricycle", *USUAL_SIZE_M["tricycle"], weight_kg=1_100, kerb_side=False),
}
STREETS = {"residential", "living_street", "unclassified", "tertiary", "secondary", "primary"}
BESIDE_DEG = 1e-4
"""About 10 m: containers stand beside streets, not in them."""
PLACES_COMPARED = 300
MB = 1e6

type Figures = dict[str, Any]


def build(extract: Path, profile: RoadProfile, folder: Path) -> Figures:
    """One graph, from the extract to files."""
    with _measured() as cost:
        read = read_extract(extract)
        make_graph(read, VEHICLES[profile], folder, lambda _step, _share: None)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    # The anchor is found when a graph is first opened; kept here so that matrices need not look for it again.
    anchor = Engine(folder).settle(np.asarray(read.landmarks))
    (folder / "anchor.json").write_text(json.dumps(anchor))
    return cost | {
        "streets": read.streets, "crossings": read.crossings, "extract_mb": extract.stat().st_size / MB,
        "graph_mb": size / MB,
        "largest_process_mb": max(map(_peak_mb, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))),
    }  # fmt: skip


def matrix(extract: Path, graph: Path, points: int) -> Figures:
    """All distances between so many places, on one core, then between one more."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    lonlat = _places(extract, points + 1)
    with tempfile.TemporaryDirectory(dir=graph) as scratch:
        file = Path(scratch) / "m.i32"
        matrices = Matrices(file, lambda: _engine(graph), keeps_kerb=True)
        with _measured() as first:
            stored, rows = matrices.covering(_kerb(lonlat[:points]))
        no_way = float((stored.duration_s[np.ix_(rows[:1000], rows[:1000])] < 0).mean())
        peak = _peak_mb(resource.RUSAGE_SELF)
        with _measured() as more:
            matrices.covering(_kerb(lonlat))
        size = file.stat().st_size / MB
    extended = {f"one_more_{name}": value for name, value in more.items()}
    return first | extended | {
        "points": points, "peak_mb": peak, "one_more_peak_mb": _peak_mb(resource.RUSAGE_SELF), "file_mb": size,
        "without_way_ratio": no_way,
    }  # fmt: skip


def compare(extract: Path, graph: Path, folder: Path, pairs: int) -> Figures:
    """The same pairs asked of OSRM and of Valhalla's own truck, on the same extract."""
    sha256 = read_extract(extract).sha256
    open_matcher(extract, sha256, folder)  # for its tiles
    actor = import_module("valhalla").Actor(str(folder / sha256[:16] / CONFIG))
    engine, lonlat = _engine(graph), _places(extract, PLACES_COMPARED)
    lonlat = lonlat[
        engine.snap(lonlat).used_m < 60
    ]  # what leads nowhere they treat differently, and that is no distance
    anywhere = np.zeros(len(lonlat), dtype=np.bool_)
    distance_m, duration_s = engine.block(Stops(lonlat, anywhere), Stops(lonlat, anywhere))
    dice, ratios, unknown = np.random.default_rng(5), [], 0
    for _ in range(pairs):
        begin, end = dice.choice(len(lonlat), 2, replace=False)
        told = _valhalla_route(actor, lonlat[[begin, end]])
        if told is None or duration_s[begin, end] < 0 or not told[0]:
            unknown += 1
        else:
            ratios.append((distance_m[begin, end] / told[0], duration_s[begin, end] / told[1]))
    metres, seconds = np.array(ratios).T
    return {
        "pairs": pairs, "without_answer": unknown,
        "metres_ratio": _spread(metres), "seconds_ratio": _spread(seconds),
    }  # fmt: skip


def _valhalla_route(actor: Any, lonlat: NDArray[np.float64]) -> tuple[float, float] | None:
    """Metres and seconds; None where Valhalla finds no way."""
    size = VEHICLES["truck"]
    question = {
        "locations": [{"lon": lon, "lat": lat} for lon, lat in lonlat.tolist()],
        "costing": "truck",
        "costing_options": {
            "truck": {"height": size.height_m, "width": size.width_m, "length": size.length_m,
                      "weight": size.weight_kg / 1000}
        },
        "directions_type": "none",
    }  # fmt: skip
    try:
        summary = json.loads(actor.route(json.dumps(question)))["trip"]["summary"]
    except RuntimeError:  # Valhalla's word for "no way"; counted
        return None
    return summary["length"] * 1000, max(summary["time"], 1)


def _spread(ratios: NDArray[np.float64]) -> Figures:
    low, middle, high = np.percentile(ratios, [5, 50, 95])
    return {"p5": round(float(low), 3), "median": round(float(middle), 3), "p95": round(float(high), 3)}


def _engine(graph: Path) -> Engine:
    anchor = json.loads((graph / "anchor.json").read_text())
    return Engine(graph, tuple(anchor) if anchor else None)


def _kerb(lonlat: NDArray[np.float64]) -> Places:
    return Places(lonlat, np.ones(len(lonlat), dtype=np.bool_))


def _places(extract: Path, count: int) -> NDArray[np.float64]:
    """(count, 2) lon, lat beside streets, drawn with a fixed seed; a street's corner may be drawn more than once."""
    import osmium

    corners: list[tuple[float, float]] = []
    ways: Any = osmium.FileProcessor(str(extract), osmium.osm.NODE | osmium.osm.WAY).with_locations()
    for way in ways:
        if way.is_way() and way.tags.get("highway") in STREETS:
            corners += [(node.lon, node.lat) for node in way.nodes if node.location.valid()]
    dice = np.random.default_rng(4)
    chosen = np.array(corners)[dice.integers(0, len(corners), count)]
    return np.asarray(chosen + dice.normal(0, BESIDE_DEG, chosen.shape), dtype=np.float64)


@contextmanager
def _measured() -> Iterator[Figures]:
    """Wall clock and processor seconds of the block, of this process and those that it waited for."""
    cost: Figures = {}
    began_s, before_s = time.perf_counter(), _processor_s()
    yield cost
    cost |= {"wall_s": time.perf_counter() - began_s, "cpu_s": _processor_s() - before_s}


def _processor_s() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _peak_mb(who: int) -> float:
    return resource.getrusage(who).ru_maxrss * 1024 / MB


MEASURES: dict[str, Callable[..., Figures]] = {
    "build": lambda extract, profile, folder: build(Path(extract), profile, Path(folder)),
    "matrix": lambda extract, graph, points: matrix(Path(extract), Path(graph), int(points)),
    "compare": lambda extract, graph, folder, pairs: compare(Path(extract), Path(graph), Path(folder), int(pairs)),
}


def _apart(measure: str, *arguments: object) -> Figures:
    """Run one measurement in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.roads", "--measure", measure, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[3:])} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    found: Figures = json.loads(done.stdout.splitlines()[-1])
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in found.items()}


def _extracts(folder: Path) -> dict[str, Path]:
    found = {file.name.partition(".")[0]: file for file in sorted(folder.glob("*.osm.pbf"))}
    if not found:
        raise SystemExit(f"{folder} holds no .osm.pbf")
    return found


def _run(asked: argparse.Namespace, scratch: Path, console: Console) -> Figures:
    extracts = _extracts(asked.folder)
    if asked.matrix_on not in extracts:
        raise SystemExit(f"--matrix-on {asked.matrix_on}: expected one of {', '.join(extracts)}")
    found: Figures = {"builds": [], "matrices": [], "comparison": {}}
    for name, file in extracts.items():
        for profile in VEHICLES:
            with console.status(f"{name}, {profile}"):
                built = _apart("build", file, profile, scratch / f"{name}-{profile}")
            found["builds"].append({"extract": name, "profile": profile} | built)
    _show(console, "Graphs", found["builds"])
    extract, graph = extracts[asked.matrix_on], scratch / f"{asked.matrix_on}-truck"
    for points in asked.points:
        with console.status(f"{points} x {points}"):
            found["matrices"].append(_apart("matrix", extract, graph, points))
    _show(console, f"Matrices on {asked.matrix_on}, one core", found["matrices"])
    if asked.pairs:
        with console.status(f"{asked.pairs} pairs of OSRM and Valhalla"):
            found["comparison"] = _apart("compare", extract, graph, scratch / "valhalla", asked.pairs)
        _show(console, f"OSRM over Valhalla on {asked.matrix_on}", [found["comparison"]])
    return found


def _show(console: Console, title: str, rows: list[Figures]) -> None:
    table = Table(title=title, title_justify="left")
    for name in rows[0]:
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(
            *(f"{v['median']} ({v['p5']} to {v['p95']})" if isinstance(v, dict) else str(v) for v in row.values())
        )
    console.print(table)


def main() -> None:
    """Run all of it, or the one measurement that `--measure` names."""
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(MEASURES[sys.argv[2]](*sys.argv[3:])))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--points", type=int, nargs="+", default=[1000, 2000, 10_000])
    parser.add_argument("--matrix-on", default="porto")
    parser.add_argument("--pairs", type=int, default=1000, help="0: without Valhalla")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="roads-") as scratch:
        found = _run(asked, Path(scratch), Console(width=160))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
