"""What the ledger says that sensors saved, held against the same town lived without them.

`python -m tests.benchmarks.honest_twin.sensors`: two lives of each seed with the same waste, one under plans that hear
sensors and one under plans that hear none. The ledger sees the first alone. Prints a line a seed, ends with JSON.
"""

import argparse
import json
import os
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from statistics import mean
from uuid import UUID

import numpy as np

import routing
from services.city.registry import Registry
from services.city.write import write_folder
from services.contracts.fields import ONLY_FLEET
from services.contracts.ledger import SavedByCause
from services.fill.belief import Belief, learn, start
from services.fill.due import forecasts_of_day
from services.fill.evidence import Evidence, Kind, place_in_time
from services.ledger.driving import Scale
from services.ledger.sensors import RUN_IN_DAYS, Compared, SavedBySensors, SensorDay, litres_of, saved_by_sensors
from services.ledger.without_sensors import LivedDay
from services.planning.problem import problem_of_day
from services.roads.roads import EstimatedRoads
from services.times import instant_of
from simulators.events import Outgoing
from tests.benchmarks.honest_twin.cases import FIRST, PLAIN, true_fuel
from tests.benchmarks.honest_twin.life import LISTENS_FROM_S, PLAN_AT_S, Life, circuits_as_sent
from tests.benchmarks.honest_twin.town import draw_town

ITERATIONS = 1_000
"""Of the search for each day's circuits."""
NO_CAUSE = SavedByCause(choice_l=0, routing_l=0)
"""Sensors are looked at alone: what the day saved otherwise is not asked."""


@dataclass(frozen=True)
class TrueChoice:
    """A day of one life. Nobody but the judge sees litres and levels."""

    day: date
    as_of: datetime
    due: Mapping[str, bool]
    levels: Mapping[str, float]
    """Of what was emptied, as shares of the volume."""
    burnt_l: float
    overflow_lh: float


class ChoosingLife(Life):
    """The product chooses by its own forecasts, with readings or without; crews tell levels as they do."""

    def __init__(self, registry: Registry, folder: Path, seed: int, *, hears: bool) -> None:
        super().__init__(registry, folder, seed, FIRST, PLAIN)
        self.hears = hears
        self.beliefs: dict[str, Belief] = {}
        self.account: dict[str, list[Evidence]] = defaultdict(list)
        """All but readings."""
        self.rates: dict[str, float] = {}
        self._fuel = true_fuel(registry, seed, thirsty=False)
        self._listen([], instant_of(FIRST - timedelta(days=1), LISTENS_FROM_S, registry.city.zone_info), FIRST)

    def live(self, day: date) -> TrueChoice:
        zone = self.registry.city.zone_info
        as_of = instant_of(day, PLAN_AT_S, zone)
        forecasts = forecasts_of_day(self.registry, self.beliefs, day, as_of)
        self.rates = {f.container: f.fill_per_day for f in forecasts}
        due = [f for f in forecasts if f.due]
        problem = problem_of_day(self.registry, due, day, name=f"plan {day}")
        found = routing.solve(problem, routing.MaxIterations(ITERATIONS), self.world.seed) if due else None
        lists = {route.vehicle: list(route.stop_ids) for route in found.routes} if found else {}
        sent, _ = circuits_as_sent(problem, lists, day, self.registry, f"plan {day}", forecasts)
        events, true = self.drive(sent)
        pieces, levels = list[tuple[str, Evidence]](), dict[str, float]()
        for event in events:
            if isinstance(event, Outgoing) or event.body["kind"] != "stop":
                continue
            body, at = event.body, event.happened_at
            is_done = body["outcome"] == "done"
            if is_done:
                levels[body["place"]] = self._true_level(body["place"], at.timestamp() - 1e-3)
            if is_done or body["reason"] == "not_full":
                kind: Kind = "emptied" if is_done else "seen"
                told = Evidence(kind, at, at, body["fill_ratio_seen"], id=UUID(body["id"]))
                pieces.append((body["place"], told))
        self._listen(pieces, as_of, day + timedelta(days=1))
        litres = sum(self._fuel[truck].litres(work) for truck, work in true.works.items())
        asked = {f.container: f.required for f in due}
        return TrueChoice(day, as_of, asked, levels, litres, self._overflow_lh(day))

    def _listen(self, pieces: Sequence[tuple[str, Evidence]], since: datetime, until_day: date) -> None:
        """To crews, and to sensors where they are heard, from `since` until the next plan is made."""
        until = instant_of(until_day, PLAN_AT_S, self.registry.city.zone_info)
        news: dict[str, list[Evidence]] = defaultdict(list)
        for container, piece in pieces:
            news[container].append(piece)
            self.account[container].append(piece)
        for message in self.world.readings(since, until) if self.hears else ():
            at, fill = message.happened_at, fill_of(message.payload)
            if fill is not None:
                news[message.topic.split("/")[4]].append(Evidence("reading", at, at, fill))
        for container, some in news.items():
            for piece in sorted(some, key=place_in_time):
                self.beliefs[container] = learn(self.beliefs.get(container, start()), piece)

    def _true_level(self, container: str, at_s: float) -> float:
        bins = self.world.bins
        number = bins.index[container]
        return float(bins.level_of_l(container, at_s) / bins.capacity_l[number])

    def _overflow_lh(self, day: date) -> float:
        """Litres beside containers, each half hour of a day."""
        bins = self.world.bins
        count = len(bins.capacity_l)
        at_s = instant_of(day, 0, self.registry.city.zone_info).timestamp() + 1800 * (np.arange(48) + 0.5)
        levels_l = bins.level_l(np.repeat(np.arange(count), 48), np.tile(at_s, count)).reshape(count, -1)
        return float(np.maximum(levels_l - bins.capacity_l[:, None], 0).sum() / 2)


def fill_of(payload: bytes) -> float | None:
    """None of a sensor's nonsense, which the bridge refuses."""
    try:
        fill = json.loads(payload)["fill_ratio"]
    except (ValueError, KeyError, TypeError):
        return None
    return float(fill) if isinstance(fill, int | float) and 0 <= fill <= 1.2 else None


@dataclass(frozen=True)
class JudgedSensors:
    """Litres that sensors truly spared, and those that are told; of the days that are told."""

    seed: int
    burnt_l: float
    """Truly, without sensors."""
    true_l: float
    """Truly spared, each life on circuits of its own."""
    true_replayed_l: float
    """Spared by what was truly emptied, circuits searched as the ledger does: what it has to find."""
    emptied_without: int
    """Truly."""
    overflow_lh: float
    overflow_without_lh: float
    said: SavedBySensors


def judge_seed(seed: int, days: int, scratch: Path) -> JudgedSensors:
    """Live a town twice, and ask the ledger of the first."""
    registry = draw_town(seed)
    folder = scratch / f"town-{seed}"
    write_folder(registry, folder)
    first = FIRST + timedelta(days=RUN_IN_DAYS)
    every = [FIRST + timedelta(days=n) for n in range(RUN_IN_DAYS + days)]
    heard, deaf = (ChoosingLife(registry, folder, seed, hears=hears) for hears in (True, False))
    lived, unheard = [heard.live(day) for day in every], [deaf.live(day) for day in every]
    compared = compared_of(registry, seed)
    sensor_days = [SensorDay(lived_day(registry, one), compared) for one in lived]
    said = saved_by_sensors(sensor_days, heard.beliefs, heard.rates, heard.account, first=first, last=every[-1])
    told = [(one, other) for one, other in zip(lived, unheard, strict=True) if one.day >= first]
    return JudgedSensors(
        seed=seed,
        burnt_l=sum(other.burnt_l for _, other in told),
        true_l=sum(other.burnt_l - one.burnt_l for one, other in told),
        true_replayed_l=sum(
            _replayed_l(registry, other, compared) - _replayed_l(registry, one, compared) for one, other in told
        ),
        emptied_without=sum(len(other.levels) for _, other in told),
        overflow_lh=sum(one.overflow_lh for one, _ in told),
        overflow_without_lh=sum(other.overflow_lh for _, other in told),
        said=said,
    )


def compared_of(registry: Registry, seed: int) -> Compared:
    fuel = true_fuel(registry, seed, thirsty=False)
    return Compared(fuel, Scale(), 0.0, NO_CAUSE)


def lived_day(registry: Registry, one: TrueChoice) -> LivedDay:
    def roads() -> EstimatedRoads:
        return EstimatedRoads(registry.city.roads)

    return LivedDay(ONLY_FLEET, one.day, registry, one.as_of, one.due, frozenset(one.levels), {}, roads)


def _replayed_l(registry: Registry, one: TrueChoice, compared: Compared) -> float:
    lived = lived_day(registry, one)
    return litres_of(lived, compared, lived.roads(), one.levels.keys(), one.levels)


def judge_all(seeds: range, days: int, cores: int) -> Iterator[JudgedSensors]:
    """Seed by seed, so many at a time; told in their order."""
    with tempfile.TemporaryDirectory(prefix="sensors-twin-") as scratch:
        if cores == 1:
            yield from (judge_seed(seed, days, Path(scratch)) for seed in seeds)
            return
        with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
            yield from pool.map(judge_seed, seeds, repeat(days), repeat(Path(scratch)))


def main() -> None:
    """Run the seeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--days", type=int, default=28)
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    cases = []
    seeds = range(asked.first_seed, asked.first_seed + asked.seeds)
    for case in judge_all(seeds, asked.days, asked.cores):
        cases.append(case)
        said = case.said
        told = f"seed {case.seed:2d}: {case.burnt_l:.0f} L without sensors, which truly spared {case.true_l:+.1f} L; "
        told += f"by the ledger's circuits {case.true_replayed_l:+.1f} L, said {said.sensors_l:+.1f}. "
        told += (
            f"Emptied {said.emptied}, without {case.emptied_without}, said {said.emptied_without}. Beside containers "
        )
        told += f"{case.overflow_lh:.0f} L·h, said {said.over.litre_hours:.0f}; without "
        told += f"{case.overflow_without_lh:.0f}, said {said.over_without.litre_hours:.0f}."
        print(told, flush=True)
    print(json.dumps(summary_of(cases)))


def summary_of(cases: Sequence[JudgedSensors]) -> dict[str, float]:
    """Means in percent of what was truly burnt without sensors, and how far off single seeds are."""
    true = [100 * case.true_l / case.burnt_l for case in cases]
    replayed = [100 * case.true_replayed_l / case.burnt_l for case in cases]
    said = [100 * case.said.sensors_l / case.burnt_l for case in cases]
    return {
        "seeds": len(cases),
        "true_pct": round(mean(true), 2),
        "true_replayed_pct": round(mean(replayed), 2),
        "said_pct": round(mean(said), 2),
        "mae_replayed_pp": round(mean(abs(a - b) for a, b in zip(replayed, said, strict=True)), 2),
        "mae_true_pp": round(mean(abs(a - b) for a, b in zip(true, said, strict=True)), 2),
    }


if __name__ == "__main__":
    main()
