"""A graph without the streets that somebody closed: a copy that is contracted anew, beside the graph it is made of.

<graph>/closed/<hash>/  one of them, with its matrices; hash: of its closed segments and of the speeds of its hours

OSRM takes no segment of speed 0, and moves a place beside one to the nearest street that is open. It opens and closes a
street from crossing to crossing: a segment in between closes all of it.
"""

import hashlib
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from services.roads.osm.bands import NOT_COPIED, SPEEDS
from services.roads.osm.graph import contract
from services.roads.speeds import Pair

FOLDER = "closed"
KEPT = 8
"""Those used last of each graph; an older one is made again in the time of a contraction."""


def closed_graph(graph: Path, variant: Path | None, pairs: Collection[Pair]) -> Path:
    """The folder of the graph without these segments, both ways, made unless it is there.

    `variant`: the folder of a band of hours, whose speeds it is to have.

    Raises:
        EngineMissing, GraphBroken: OSRM cannot do it.
    """
    lines = _speeds(variant, frozenset(pairs))
    name = hashlib.sha256("".join(lines).encode()).hexdigest()[:16]
    home = graph / FOLDER / name
    if home.exists():
        os.utime(home)
        return home
    home.parent.mkdir(exist_ok=True)
    with _beside(home.parent) as beside:
        made = beside / name
        shutil.copytree(graph, made, ignore=shutil.ignore_patterns(*NOT_COPIED))
        (made / SPEEDS).write_text("".join(lines), encoding="ascii")
        contract(made, lambda _step, _share: None, ["--segment-speed-file", str(made / SPEEDS)])
        try:
            made.rename(home)
        except OSError:
            if not home.exists():  # else another process was quicker, with the same graph
                raise
    _forget_old(home.parent)
    return home


def _speeds(variant: Path | None, closed: frozenset[Pair]) -> list[str]:
    """Lines of a segment speed file: those of the band without the closed ones, then these."""
    known = (variant / SPEEDS).read_text(encoding="ascii").splitlines(keepends=True) if variant else []
    both_ways = closed | {(end, begin) for begin, end in closed}
    open_ = [line for line in known if _pair(line) not in both_ways]
    return [*open_, *(f"{begin},{end},0\n" for begin, end in sorted(both_ways))]


def _pair(line: str) -> Pair:
    begin, end, _ = line.split(",")
    return int(begin), int(end)


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """Planner, ledger and pages make graphs at the same time: each in a folder of its own."""
    beside = Path(mkdtemp(prefix=".", dir=folder))
    try:
        yield beside
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _forget_old(folder: Path) -> None:
    graphs = [each for each in folder.iterdir() if not each.name.startswith(".")]
    for old in sorted(graphs, key=lambda each: each.stat().st_mtime, reverse=True)[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
