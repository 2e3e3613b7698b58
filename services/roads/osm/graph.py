"""One graph made of an extract for one kind of vehicle: OSRM's extract and contract, with their progress."""

import hashlib
import os
import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np

from services.roads.osm.engine import GRAPH, WIDE
from services.roads.osm.errors import GraphBroken
from services.roads.osm.extract import Extract
from services.roads.osm.lua import osrm_folder, profile_text, profiles_hash
from services.roads.osm.segments import SEGMENTS, save_segments
from services.roads.roads import RoadVehicle

type Told = Callable[[str, float], None]
"""Called with the name of the step and the share of it that is done, 0 to 1."""

PERCENT = re.compile(rb"(\d{1,3})%")
LAST_WORDS = 400
SMALL_SHARE = 10
"""Pieces of the network below a tenth of its crossings are islands; OSRM's own limit, made for countries, is 1000."""
SMALL_MOST, SMALL_LEAST = 1000, 5


def engine_version() -> str:
    """Of the wheel: graphs of another version cannot be opened."""
    osrm_folder()
    return version("osrm-bindings")


def key_of(extract: Extract, vehicle: RoadVehicle) -> str:
    """Name of a graph's folder: the same key, the same graph."""
    rules = f"{extract.sha256}\n{vehicle.graph}\n{profiles_hash()}\n{engine_version()}\n{SEGMENTS}"
    return f"{extract.sha256[:8]}-{vehicle.graph}-{hashlib.sha256(rules.encode()).hexdigest()[:8]}"


def make_graph(extract: Extract, vehicle: RoadVehicle, folder: Path, told: Told) -> None:
    """Fill `folder` with the graph.

    Raises:
        EngineMissing: OSRM is not installed.
        GraphBroken: OSRM could not do it; its last words are told.
    """
    folder.mkdir()
    np.save(folder / WIDE, extract.wide)
    save_segments(folder / SEGMENTS, extract.segments)
    profile = folder / "profile.lua"
    profile.write_text(profile_text(vehicle), encoding="utf-8")
    small = min(SMALL_MOST, max(SMALL_LEAST, extract.crossings // SMALL_SHARE))
    threads = ["-t", str(os.cpu_count() or 1)]
    source = ["-p", str(profile), "--small-component-size", str(small), "-o", str(folder / GRAPH.removesuffix(".osrm"))]
    _run("extract", [*threads, *source, str(extract.file.resolve())], folder, told)
    contract(folder, told)


def contract(folder: Path, told: Told, options: Sequence[str] = ()) -> None:
    """Make an extracted graph quick to ask; its speeds can be changed now.

    Raises:
        EngineMissing: OSRM is not installed.
        GraphBroken: OSRM could not do it; its last words are told.
    """
    _run("contract", ["-t", str(os.cpu_count() or 1), str(folder / GRAPH), *options], folder, told)


def _run(program: str, arguments: list[str], folder: Path, told: Told) -> None:
    told(program, 0.0)
    command = [str(osrm_folder() / "bin" / f"osrm-{program}"), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=folder) as process:
        said = b""
        try:
            for part in _parts(process):
                said = (said + part)[-10_000:]
                percents = PERCENT.findall(part)
                if percents:
                    told(program, min(int(percents[-1]), 100) / 100)
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        words = " ".join(said.decode("utf-8", "replace").split())[-LAST_WORDS:]
        raise GraphBroken(f"osrm-{program} ended with {process.returncode}: {words}")
    told(program, 1.0)


def _parts(process: subprocess.Popen[bytes]) -> Iterator[bytes]:
    """What it says, as it says it: progress comes without line ends."""
    if process.stdout is None:
        return
    while part := os.read(process.stdout.fileno(), 65_536):
        yield part
