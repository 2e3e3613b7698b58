"""Positions to streets: Valhalla's map matching (Meili), told in OSM nodes."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from services.roads.learning.drives import drives_of
from services.roads.learning.streets import Streets, read_streets
from services.roads.osm.errors import EngineMissing, GraphBroken
from services.roads.roads import RoadProfile
from services.roads.speeds import Drive
from services.roads.tracks import TrackFix

CONFIG = "valhalla.json"
MOST_FIXES = 400
"""A question; Meili keeps candidates of each fix, and a day of a truck has thousands."""
COSTING = {"truck": "auto", "tricycle": "motor_scooter"}
"""For matching only. A truck's own limits are not asked again: where it was, it was allowed to be."""
NOISE_M, SEARCH_M = 10, 50
BREAK_M = 1000
"""Fixes farther apart than this are no one drive; gaps were cut before."""
ATTRIBUTES = [
    "edge.way_id", "edge.length", "edge.begin_osm_node_id", "edge.forward", "edge.source_percent_along",
    "edge.target_percent_along", "matched.point", "matched.type", "matched.edge_index",
    "matched.begin_route_discontinuity", "matched.end_route_discontinuity", "matched.distance_along_edge",
]  # fmt: skip
NO_MATCH = frozenset({171, 442, 443, 444})
"""Valhalla's codes for no street or no way near these positions: that is data, not a fault."""
LAST_WORDS = 400


class Matcher:
    """An extract, ready to be matched against."""

    def __init__(self, folder: Path, streets: Streets) -> None:
        self.streets = streets
        self._valhalla = _valhalla()
        try:
            self._actor = self._valhalla.Actor(str(folder / CONFIG))
        except (RuntimeError, ValueError) as error:
            raise GraphBroken(f"{folder}: cannot be opened ({error}); remove it and learn again") from error

    def drives(self, fixes: Sequence[TrackFix], profile: RoadProfile) -> Iterator[Drive]:
        """What was driven, as far as Valhalla finds streets for it."""
        for begin in range(0, len(fixes), MOST_FIXES):
            part = fixes[begin : begin + MOST_FIXES]
            if len(part) >= 2 and (answer := self._ask(part, profile)) is not None:
                yield from drives_of(answer, [fix.at_s for fix in part], self.streets)

    def _ask(self, fixes: Sequence[TrackFix], profile: RoadProfile) -> Any:
        question = {
            "shape": [{"lon": fix.lon, "lat": fix.lat, "time": round(fix.at_s)} for fix in fixes],
            "costing": COSTING[profile],
            "shape_match": "map_snap",
            "filters": {"action": "include", "attributes": ATTRIBUTES},
            "trace_options": {"gps_accuracy": NOISE_M, "search_radius": SEARCH_M, "breakage_distance": BREAK_M},
        }
        try:
            return json.loads(self._actor.trace_attributes(json.dumps(question)))
        except RuntimeError as error:
            if getattr(error, "code", None) in NO_MATCH:
                return None
            raise GraphBroken(f"Valhalla could not match {len(fixes)} positions: {error}") from error


def open_matcher(extract: Path, sha256: str, folder: Path) -> Matcher:
    """Build what Valhalla needs of the extract, unless it is there, beside; then open it.

    Raises:
        EngineMissing: Valhalla is not installed.
        ExtractUnusable, GraphBroken: the extract is no extract, or Valhalla cannot use it.
    """
    home = folder / sha256[:16]
    if not home.exists():
        beside = folder / ".building"
        shutil.rmtree(folder, ignore_errors=True)  # of a build that was killed, and of extracts before
        beside.mkdir(parents=True)
        _build(extract, beside, home)
        beside.rename(home)
    return Matcher(home, read_streets(extract))


def _build(extract: Path, beside: Path, home: Path) -> None:
    source = extract if extract.name.endswith(".pbf") else _as_pbf(extract, beside / "extract.osm.pbf")
    _write_config(beside / CONFIG, beside / "tiles")
    (beside / "tiles").mkdir()
    spec = find_spec("valhalla")
    program = Path(spec.origin or "").parent / "bin" / "valhalla_build_tiles" if spec else Path("valhalla_build_tiles")
    done = subprocess.run(
        [str(program), "-c", str(beside / CONFIG), str(source.resolve())], capture_output=True, text=True, check=False
    )
    if done.returncode:
        words = " ".join((done.stdout + done.stderr).split())[-LAST_WORDS:]
        raise GraphBroken(f"{extract}: valhalla_build_tiles ended with {done.returncode}: {words}")
    _write_config(beside / CONFIG, home / "tiles")


def _write_config(file: Path, tiles: Path) -> None:
    config = _valhalla_config().get_config(tile_extract="", tile_dir="")
    mjolnir = config["mjolnir"]
    for key in ("traffic_extract", "admin", "timezone", "landmarks", "transit_dir", "transit_feeds_dir"):
        mjolnir.pop(key, None)
    mjolnir.update(tile_dir=str(tiles), tile_extract="", keep_osm_node_ids=True, concurrency=1)
    file.write_text(json.dumps(config), encoding="utf-8")


def _as_pbf(extract: Path, file: Path) -> Path:
    """Valhalla reads only this format."""
    osmium: Any = import_module("osmium")
    with osmium.SimpleWriter(str(file)) as writer:
        for thing in osmium.FileProcessor(str(extract)):
            writer.add(thing)
    return file


def _valhalla() -> Any:
    try:
        return import_module("valhalla")
    except ImportError as missing:
        raise EngineMissing("pyvalhalla is not installed: pip install 'tournee[roads]'") from missing


def _valhalla_config() -> Any:
    _valhalla()
    return import_module("valhalla.config")
