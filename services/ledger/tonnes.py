"""Routine adjustment by tonnes: what trucks really weighed on a day, against what was expected of their stops.

A rainy day's waste is heavier, and a feast brings more, for the fixed circuits as for the plan's. What a scale says of
the trucks that were driven therefore says how much heavier that day was than its forecasts, for both sides.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

from services.contracts.ledger import DayFigures, DayWeighed
from services.contracts.planning import ContainerForecast

LOAD_SPREAD = 0.12
"""A day's waste more or less than the usual rates say, one standard deviation. Assumed: rain and weekdays do as much
(shares of 0.84 to 1.26 by weekday in Edinburgh's litter bins)."""
TRIP_SPREAD = 0.17
"""Of one load, beside what its day has in common: simulated trips carry what was planned give or take 16 to 19 %
(docs/lab.md)."""
LEAST_TIMES, MOST_TIMES = 0.5, 2.0
"""Beyond these it is not the day that is heavier: the densities of the registry are wrong, or the scale is."""


class WeighedLoad(NamedTuple):
    """What a truck weighed on a trip, and of which containers it was."""

    kg: float
    containers: Sequence[str]


@dataclass(frozen=True)
class DayLoad:
    """How much heavier a day's waste is than its forecasts."""

    times: float = 1.0
    """Kilograms over those expected."""
    spread: float = LOAD_SPREAD
    """What is left to be wrong: one standard deviation, as a share."""
    weighed: DayWeighed | None = None
    """What it is from."""

    def carried(self, figures: DayFigures) -> DayFigures:
        """What was driven, with the kilograms that the day had: both sides' tonnes are told alike."""
        kg = figures.collected_kg
        if self.times == 1.0 or kg is None:
            return figures
        return figures.model_copy(update={"collected_kg": round(kg * self.times, 1)})

    def of(self, forecasts: Sequence[ContainerForecast]) -> Sequence[ContainerForecast]:
        """With the kilograms that the day had."""
        if self.times == 1.0:
            return forecasts
        return [f.model_copy(update={"demand_kg": f.demand_kg * self.times}) for f in forecasts]


USUAL = DayLoad()
"""Of a day on which nothing was weighed."""


def day_load(loads: Iterable[WeighedLoad], forecasts: Iterable[ContainerForecast]) -> DayLoad:
    """Of the loads whose containers all have a forecast; as it is usually where there are none.

    The ratio of what was weighed to what was expected is drawn to 1 by how far days differ (`LOAD_SPREAD`) and how far
    one load says its day's (`TRIP_SPREAD`): a normal mean of known variances (Gelman et al., *Bayesian Data Analysis*,
    2.5).
    """
    expected_kg: Mapping[str, float] = {forecast.container: forecast.demand_kg for forecast in forecasts}
    told = [load for load in loads if load.containers and expected_kg.keys() >= set(load.containers)]
    weighed = sum(load.kg for load in told)
    expected = sum(expected_kg[container] for load in told for container in load.containers)
    if weighed <= 0 or expected <= 0:
        return USUAL
    ratio = min(max(weighed / expected, LEAST_TIMES), MOST_TIMES)
    believed = LOAD_SPREAD**2 / (LOAD_SPREAD**2 + TRIP_SPREAD**2 / len(told))
    times = round(1 + believed * (ratio - 1), 4)
    found = DayWeighed(loads=len(told), weighed_kg=round(weighed, 1), expected_kg=round(expected, 1), load_factor=times)
    return DayLoad(times, LOAD_SPREAD * sqrt(1 - believed), found)
