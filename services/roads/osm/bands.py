"""A graph's variants: the same streets with the speeds of a band of hours, beside the graph they are made from.

<graph>/bands.json            the variants in use
<graph>/bands/<band>-<hash>/  one of them, with its matrices; hash: of its speeds
"""

import hashlib
import shutil
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from services.roads.built import InUse, keep_folders
from services.roads.osm.engine import GRAPH
from services.roads.osm.errors import GraphBroken
from services.roads.osm.graph import Told, contract
from services.roads.osm.segments import SEGMENTS
from services.roads.speeds import Pair, band_name

CURRENT = "bands.json"
FOLDER = "bands"
SPEEDS = "speeds.csv"
NOT_COPIED = (FOLDER, CURRENT, "closed", "matrices", SEGMENTS, f"{GRAPH}.hsgr", ".*")


class Variants(BaseModel):
    """The variants of one graph."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_: Literal["tournee/bands/1"] = Field(default="tournee/bands/1", alias="schema")
    learned_at: datetime
    days: tuple[date, ...]
    """Whose positions they were learned from."""
    bands: dict[int, str]
    """Folder by band (`services.roads.speeds`); a band that nobody drove in has none."""
    segments: dict[int, int]
    """How many segments have a learned speed, by band."""


def find_variants(graph: Path) -> Variants | None:
    """What was learned for a graph; None if nothing was.

    Raises:
        GraphBroken: somebody else wrote into the file.
    """
    return _in_use(graph).find()


def variant_folder(graph: Path, name: str) -> Path:
    return graph / FOLDER / name


def write_speeds(file: Path, speeds: Iterable[tuple[Pair, float]]) -> int:
    """A segment speed file of OSRM: from node, to node, km/h. Returns the number of its lines."""
    lines = 0
    with file.open("w", encoding="ascii") as stream:
        for (begin, end), kmh in speeds:
            stream.write(f"{begin},{end},{kmh:.1f}\n")
            lines += 1
    return lines


def make_variant(graph: Path, band: int, speeds: Path, beside: Path, told: Told) -> str:
    """Contract a copy of the graph with these speeds, unless it is there; returns its name.

    Contraction writes speeds into the graph's own files, hence a copy, and always of the graph as it was extracted.

    Raises:
        GraphBroken: OSRM could not do it.
    """
    name = f"{band_name(band)}-{hashlib.sha256(speeds.read_bytes()).hexdigest()[:12]}"
    home = variant_folder(graph, name)
    if not home.exists():
        shutil.copytree(graph, beside / name, ignore=shutil.ignore_patterns(*NOT_COPIED))
        shutil.copyfile(speeds, beside / name / SPEEDS)
        contract(beside / name, told, ["--segment-speed-file", str(beside / name / SPEEDS)])
        home.parent.mkdir(exist_ok=True)
        (beside / name).rename(home)
    return name


def use_variants(graph: Path, variants: Variants) -> None:
    """Swap. Those in use before stay for whoever still reads them; older go."""
    staying = _in_use(graph).swap(variants)
    keep_folders(graph / FOLDER, {name for v in staying for name in v.bands.values()})


def _in_use(graph: Path) -> InUse[Variants]:
    return InUse(graph / CURRENT, Variants, GraphBroken, "tournee roads learn")
