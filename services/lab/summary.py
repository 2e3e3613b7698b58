"""What came of the lives: each policy's means, what each lever brings, and what a sensor is worth."""

from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import NamedTuple

import numpy as np

from services.city.registry import Registry
from services.lab.policies import POLICIES
from services.lab.runs import FIRST_DAY, Lived
from simulators.bins.truth import Bins
from simulators.city_folder import CityFolder

MEASURES = ("litres", "km", "stops", "money", "beside_l", "overflow_lh", "people_share", "overtime_h", "cost")
"""Of a day; `cost` is money with what waste beside containers costs."""
T_95 = (6.314, 2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833, 1.812)
"""Student's t of one to ten degrees of freedom, 5 % on each side; beyond them the normal's 1.645 is near enough."""
LEVERS = (
    ("routing", "fixed", "rerouted"),
    ("choice", "rerouted", "dates"),
    ("eyes", "dates", "ours-0"),
    ("sensors-10", "ours-0", "ours-10"),
    ("sensors-30", "ours-0", "ours-30"),
    ("sensors-100", "ours-0", "ours-100"),
    ("days-together-0", "day-by-day-0", "ours-0"),
    ("days-together", "day-by-day", "ours-100"),
    ("at-80", "fixed", "at-80"),
    ("knowledge", "ours-100", "perfect"),
)
"""What is pulled, and between which two policies."""


TOGETHER = ("days-together-0", "days-together")
"""Of `LEVERS` those that decide the days together, and nothing else; the first without sensors, as most cities are."""


class Estimate(NamedTuple):
    """A mean over seeds; `half` is half of its 90 % interval, None of a single seed."""

    mean: float
    half: float | None

    @property
    def is_told_apart(self) -> bool:
        """From nothing."""
        return self.half is not None and abs(self.mean) > self.half


class Lever(NamedTuple):
    """What it saves a day, by measure; below 0 it costs."""

    name: str
    before: str
    after: str
    saved: Mapping[str, Estimate]
    sensors: int
    worth: Estimate | None
    """Of a sensor a day, in money; None where there are none."""


class Summary(NamedTuple):
    """Of all lives."""

    seeds: tuple[int, ...]
    days: int
    policies: Mapping[str, Mapping[str, Estimate]]
    sensors: Mapping[str, int]
    levers: tuple[Lever, ...]
    days_to_full: tuple[float, float, float]
    """The tenth, fifth and ninth container of ten."""
    day_spread: float
    """Standard deviation of what comes into a container within a day, over its mean."""


def summarise(registry: Registry, folder: CityFolder, lives: Sequence[Lived]) -> Summary:
    """`lives` of every seed under the same policies."""
    price = registry.city.planning.overflow_price_per_l
    means = {(life.seed, life.policy): _means(life, price) for life in lives}
    seeds = tuple(sorted({life.seed for life in lives}))
    names = [policy.id for policy in POLICIES if any(life.policy == policy.id for life in lives)]
    sensors = {name: round(fmean(life.sensors for life in lives if life.policy == name)) for name in names}
    policies = {
        name: {measure: estimate([means[seed, name][measure] for seed in seeds]) for measure in MEASURES}
        for name in names
    }
    levers = []
    for lever, before, after in LEVERS:
        if before in names and after in names:
            apart = {m: [means[seed, before][m] - means[seed, after][m] for seed in seeds] for m in MEASURES}
            saved = {measure: estimate(values) for measure, values in apart.items()}
            count = sensors[after] - sensors[before]
            worth = estimate([value / count for value in apart["cost"]]) if count > 0 else None
            levers.append(Lever(lever, before, after, saved, count, worth))
    to_full, spread = _filling(folder, seeds)
    return Summary(seeds, len(lives[0].days), policies, sensors, tuple(levers), to_full, spread)


def estimate(values: Sequence[float]) -> Estimate:
    """Of one value a seed."""
    if len(values) < 2:
        return Estimate(fmean(values), None)
    t = T_95[len(values) - 2] if len(values) - 2 < len(T_95) else 1.645
    return Estimate(fmean(values), t * stdev(values) / len(values) ** 0.5)


def document(registry: Registry, rules: str, summary: Summary) -> dict[str, object]:
    """As JSON: all that the page tells, and what `make` targets look at."""
    fixed = summary.policies["fixed"]
    return {
        "city": registry.city.id, "simulated": True, "assumed": list(registry.city.assumptions), "rules": rules,
        "days": summary.days, "seeds": list(summary.seeds), "currency": registry.city.currency,
        "days_to_full": [round(days, 2) for days in summary.days_to_full], "day_spread": round(summary.day_spread, 3),
        "policies": {
            name: {m: _rounded(found[m]) for m in MEASURES}
            | {
                "sensors": summary.sensors[name],
                "fewer_litres": round(1 - found["litres"].mean / fixed["litres"].mean, 4),
                "overflow_over_fixed": _ratio(found["overflow_lh"].mean, fixed["overflow_lh"].mean),
                "people_over_fixed": round(found["people_share"].mean - fixed["people_share"].mean, 4),
            }
            for name, found in summary.policies.items()
        },
        "levers": {
            lever.name: {m: _rounded(lever.saved[m]) for m in MEASURES}
            | ({"sensor_worth_a_day": _rounded(lever.worth)} if lever.worth else {})
            for lever in summary.levers
        },
    }  # fmt: skip


def _ratio(mean: float, fixed: float) -> float | None:
    return round(mean / fixed, 4) if fixed else None


def _rounded(found: Estimate) -> list[float | None]:
    return [round(found.mean, 4), None if found.half is None else round(found.half, 4)]


def _means(life: Lived, overflow_price_per_l: float) -> dict[str, float]:
    found = {measure: fmean(day[measure] for day in life.days) for measure in MEASURES if measure != "cost"}
    return found | {"cost": found["money"] + overflow_price_per_l * found["beside_l"]}


def _filling(folder: CityFolder, seeds: Sequence[int]) -> tuple[tuple[float, float, float], float]:
    """How long containers take to fill, and by how much their days differ: simulated truth, a week of each seed."""
    to_full, spreads = [], []
    for seed in seeds:
        bins = Bins(folder, seed, FIRST_DAY)
        to_full.append(bins.capacity_l / bins.mean_l_per_day)
        count = len(bins.capacity_l)
        edges_s = bins.begins_s + 86_400.0 * np.arange(8)
        levels = bins.level_l(np.repeat(np.arange(count), 8), np.tile(edges_s, count)).reshape(count, 8)
        thrown = np.diff(levels, axis=1)
        spreads.append(float(np.median(thrown.std(axis=1) / np.maximum(thrown.mean(axis=1), 1e-9))))
    low, middle, high = np.quantile(np.concatenate(to_full), (0.1, 0.5, 0.9)).tolist()
    return (low, middle, high), fmean(spreads)
