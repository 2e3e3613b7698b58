"""Speeds learned from simulated trucks: how far trip times are off before and after, on a graph whose truth is known.

`python -m tests.benchmarks.learned_speeds EXTRACT [--days 10] [--trucks 3] [--seed 1] [--calm] [--mains-only]` prints a
table and a line of JSON; `--prior 1` takes a fixed prior instead of the band's own. Nothing is read from the truth but
the figures.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from services.roads.learning.matcher import Matcher, open_matcher
from services.roads.learning.passes import DayPasses
from services.roads.learning.profile import ProfileSpeeds
from services.roads.osm.bands import make_variant, variant_folder, write_speeds
from services.roads.osm.engine import Engine
from services.roads.osm.extract import read_extract
from services.roads.osm.graph import make_graph
from services.roads.roads import RoadVehicle
from services.roads.speeds import Learned, Pair, Prior, Samples, band_name, band_speeds, median_of, shrunk_kmh
from tests.support.traffic import Place, Traffic, Truck

TRUCK = RoadVehicle("truck", 3.6, 2.5, 9.0, 19_800, kerb_side=False)
BANDS_DRIVEN = (1, 2, 4)
"""A morning shift and an evening one."""
GRID = 3
"""Cells a side, in which no band may be worse."""
MONDAY = date(2026, 3, 2)


@dataclass(frozen=True)
class Setting:
    """One experiment."""

    extract: str
    days: int = 10
    trucks: int = 3
    hours_a_band: float = 2.0
    containers: int = 200
    trips: int = 1500
    seed: int = 1
    prior_passes: float | None = None
    """Of a fixed prior at the profile's speed; None: the band's own."""
    calm: bool = False
    """Traffic is as the profile says: what learning spoils where there is nothing to learn."""
    mains_only: bool = False
    """Rush hours slow main streets alone: what is known of those must not be told of side streets."""


@dataclass(frozen=True)
class Found:
    """What came of it, by band: relative errors of trip times, and of what they are made."""

    band: str
    trips: int
    error_before: float
    error_after: float
    error_p95_before: float
    error_p95_after: float
    bias_before: float
    bias_after: float
    true_time_ratio: float
    """True time of the ways chosen with learned speeds over those chosen without."""
    coverage_metres: float
    """Share of the metres of these trips that lie on learned segments."""
    coverage_segments: float
    """Share of all segments of the network."""
    segment_error_before: float
    segment_error_after: float
    worst_cell: float
    """Of the cells of the map: most that its mean error grew (below 0: it shrank everywhere)."""
    worst_cell_noise: float
    """Two standard errors of that cell's difference."""


class Town:
    """A graph, its traffic, and what learns it."""

    def __init__(self, setting: Setting, folder: Path) -> None:
        self.setting, self.folder = setting, folder
        self.extract = read_extract(Path(setting.extract))
        self.graph = folder / "graph"
        make_graph(self.extract, TRUCK, self.graph, lambda _step, _share: None)
        self.anchor = Engine(self.graph).settle(np.asarray(self.extract.landmarks))
        self.engine = Engine(self.graph, self.anchor)
        self.matcher: Matcher = open_matcher(Path(setting.extract), self.extract.sha256, folder / "matching")
        self.profile = ProfileSpeeds(self.engine, self.matcher.streets)
        self.traffic = Traffic(self.matcher.streets, self.profile, setting.seed, setting.calm, setting.mains_only)
        self.nodes = self._nodes()

    def _nodes(self) -> list[Place]:
        """Nodes of streets that the vehicle reaches from the middle of the network and leaves again."""
        rng = np.random.default_rng([self.setting.seed, 2])
        streets = self.matcher.streets
        pairs = [pair for nodes in streets.ways.values() for pair in pairwise(nodes)]
        found: list[Place] = []
        middle = self.anchor or streets.at[pairs[0][0]]
        for index in rng.permutation(len(pairs)).tolist():
            place = streets.at[pairs[index][0]]
            if self.profile.kmh(pairs[index]) and self._is_linked(middle, place):
                found.append(place)
            if len(found) == 600:
                break
        return found

    def _is_linked(self, middle: Place, place: Place) -> bool:
        there, back = self.engine.segments(middle, place), self.engine.segments(place, middle)
        return there is not None and back is not None and min(len(there.nodes), len(back.nodes)) > 3

    def learn(self, told: Callable[[str], None]) -> DayPasses:
        """All days of all trucks."""
        s = self.setting
        containers = self.nodes[: s.containers]
        passes = DayPasses(self.matcher, np.array(containers), ZoneInfo("UTC"))
        for number in range(s.days):
            midnight_s = datetime.combine(MONDAY + timedelta(days=number), datetime.min.time(), UTC).timestamp()
            for truck in range(s.trucks):
                rng = np.random.default_rng([s.seed, 3, number, truck])
                driver = Truck(self.traffic, self.engine, containers, rng)
                passes.add(driver.day(midnight_s, BANDS_DRIVEN, s.hours_a_band), "truck", self.profile)
            told(f"day {number + 1}: {passes.fixes} fixes, {passes.matched} matched, {passes.passes} passes")
        return passes

    def known(self, samples: Samples, band: int) -> list[tuple[Learned, float]]:
        """Each segment of a band that somebody drove, with the profile's speed."""
        rows = median_of({pair: kmh for (of, pair), kmh in samples.items() if of == band})
        asked = ((row, self.profile.kmh(row.pair)) for row in rows)
        return [(row, kmh) for row, kmh in asked if kmh is not None]

    def speeds(self, known: list[tuple[Learned, float]]) -> dict[Pair, float]:
        """What the graph is told."""
        given = self.setting.prior_passes
        if given is None:
            return dict(band_speeds(known, self.profile.network()))
        return {row.pair: shrunk_kmh(row, kmh, Prior(passes=given)) for row, kmh in known}

    def engine_of(self, band: int, speeds: Iterable[tuple[Pair, float]]) -> Engine:
        beside = self.folder / "beside"
        beside.mkdir(exist_ok=True)
        file = beside / f"{band}.csv"
        write_speeds(file, speeds)
        name = make_variant(self.graph, band, file, beside, lambda _step, _share: None)
        return Engine(variant_folder(self.graph, name), self.anchor)


def measure(town: Town, passes: DayPasses, band: int) -> Found:
    """Random trips, each timed on the way that each graph would have driven it."""
    learned = town.known(passes.samples["truck"], band)
    speeds, seen = town.speeds(learned), {row.pair for row, _ in learned}
    after = town.engine_of(band, speeds.items())
    rng = np.random.default_rng([town.setting.seed, 4, band])
    rows = [row for _ in range(town.setting.trips) if (row := _trip(town, after, seen, band, rng)) is not None]
    figures = np.array(rows)
    before_e, after_e = np.abs(figures[:, 0] / figures[:, 1] - 1), np.abs(figures[:, 2] / figures[:, 3] - 1)
    worst, noise = _worst_cell(before_e, after_e, figures[:, 5:7])
    true = np.array([town.traffic.kmh(row.pair, band) for row, _ in learned])
    profile = np.array([kmh for _, kmh in learned])
    return Found(
        band=band_name(band),
        trips=len(rows),
        error_before=float(np.mean(before_e)),
        error_after=float(np.mean(after_e)),
        error_p95_before=float(np.quantile(before_e, 0.95)),
        error_p95_after=float(np.quantile(after_e, 0.95)),
        bias_before=float(np.mean(figures[:, 0] / figures[:, 1] - 1)),
        bias_after=float(np.mean(figures[:, 2] / figures[:, 3] - 1)),
        true_time_ratio=float(figures[:, 3].sum() / figures[:, 1].sum()),
        coverage_metres=float(np.mean(figures[:, 4])),
        coverage_segments=len(learned) / _segments(town),
        segment_error_before=float(np.median(np.abs(profile / true - 1))),
        segment_error_after=float(np.median(np.abs(np.array([speeds[row.pair] for row, _ in learned]) / true - 1))),
        worst_cell=worst,
        worst_cell_noise=noise,
    )


def _trip(town: Town, after: Engine, seen: set[Pair], band: int, rng: np.random.Generator) -> list[float] | None:
    """Told before, true before, told after, true after, share of metres known, lon, lat."""
    a, b = (town.nodes[index] for index in rng.integers(len(town.nodes), size=2))
    old, new = town.engine.segments(a, b), after.segments(a, b)
    if old is None or new is None or old.duration_s < 60:
        return None
    metres = [m_s * seconds for m_s, seconds in zip(new.speed_m_s, new.segment_s, strict=True)]
    known = sum(m for m, pair in zip(metres, pairwise(new.nodes), strict=True) if pair in seen)
    true_old, true_new = town.traffic.true_s(old, band), town.traffic.true_s(new, band)
    return [old.duration_s, true_old, new.duration_s, true_new, known / max(sum(metres), 1), *a]


def _segments(town: Town) -> int:
    """Directed segments that the vehicle may drive."""
    pairs = {pair for nodes in town.matcher.streets.ways.values() for pair in pairwise(nodes)}
    return sum(town.profile.kmh(pair) is not None for pair in pairs | {(b, a) for a, b in pairs})


def _worst_cell(
    before: NDArray[np.float64], after: NDArray[np.float64], at: NDArray[np.float64]
) -> tuple[float, float]:
    """How much the mean error of the worst part of the map grew, and two standard errors of that."""
    edges = [np.quantile(at[:, axis], np.linspace(0, 1, GRID + 1)[1:-1]) for axis in (0, 1)]
    cells = np.searchsorted(edges[0], at[:, 0]) * GRID + np.searchsorted(edges[1], at[:, 1])
    grown = []
    for cell in np.unique(cells):
        difference = (after - before)[cells == cell]
        if len(difference) >= 5:
            noise = 2 * float(difference.std(ddof=1)) / len(difference) ** 0.5
            grown.append((float(difference.mean()), noise))
    return max(grown)


def run(
    setting: Setting, folder: Path, told: Callable[[str], None] = lambda _line: None
) -> tuple[list[Found], DayPasses]:
    """The whole experiment in a folder of its own."""
    town = Town(setting, folder)
    passes = town.learn(told)
    return [measure(town, passes, band) for band in BANDS_DRIVEN], passes


def _show(found: list[Found]) -> None:
    columns = "{:6}{:>17}{:>17}{:>19}{:>17}{:>15}{:>21}"
    heads = ("error", "95 %", "bias", "of a segment", "metres known", "worst cell (noise)")
    print(columns.format("band", *heads))
    for f in found:
        cells = (
            f"{f.error_before:.1%} -> {f.error_after:.1%}",
            f"{f.error_p95_before:.1%} -> {f.error_p95_after:.1%}",
            f"{f.bias_before:+.1%} -> {f.bias_after:+.1%}",
            f"{f.segment_error_before:.1%} -> {f.segment_error_after:.1%}",
            f"{f.coverage_metres:.1%}",
            f"{f.worst_cell:+.1%} ({f.worst_cell_noise:.1%})",
        )
        print(columns.format(f.band, *cells))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("extract")
    for name, kind in (("days", int), ("trucks", int), ("seed", int), ("trips", int)):
        parser.add_argument(f"--{name}", type=kind, default=getattr(Setting, name))
    parser.add_argument("--prior", type=float, default=Setting.prior_passes)
    parser.add_argument("--calm", action="store_true")
    parser.add_argument("--mains-only", action="store_true")
    given = parser.parse_args()
    counts = {"days": given.days, "trucks": given.trucks, "seed": given.seed, "trips": given.trips}
    setting = Setting(given.extract, **counts, prior_passes=given.prior, calm=given.calm, mains_only=given.mains_only)
    began_s = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        found, passes = run(setting, Path(folder), print)
    _show(found)
    line = {"setting": asdict(setting), "fixes": passes.fixes, "matched": passes.matched, "passes": passes.passes}
    cpu_s = round(time.process_time() - began_s, 1)
    print(json.dumps(line | {"cpu_s": cpu_s, "bands": [asdict(f) for f in found]}))


if __name__ == "__main__":
    main()
