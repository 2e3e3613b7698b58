"""How full a container will be from now on, for whoever looks at one: by the model that plans its city's days.

The model is learned once from the city's containers, or from as many of them as teach it, and then asked for any.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np

from services.city.special_days import SpecialDays
from services.fill.belief import Belief, hours_of, start
from services.fill.city_model import MOST_TAUGHT_BY, CityModel, Thing, is_measured, likes_of, thing_of
from services.fill.quantiles import band, chance_above, median

MOST_SHOWN_RATIO = 1.5
"""Beyond this nobody sees on a container how much more there is."""
MOST_LEARNED_FROM = 2 * MOST_TAUGHT_BY
"""Containers of a city: the model draws from so many, of which half may have a sensor."""


class Known(NamedTuple):
    """What the registry says of a container that its forecast goes by. A tuple, in the order of the query."""

    container: str
    kind: str
    stream: str
    zone: str
    fill_per_day: float
    """Its kind's, until known."""


class Ahead(NamedTuple):
    """How full it is at an instant, if nobody empties it: shares of the volume."""

    at: datetime
    low: float
    median: float
    high: float
    """In four cases of five it is between `low` and `high`."""
    overflow: float
    """Chance that it is full or more."""


class Outlook:
    """What a city's containers teach of each of them, as of one instant."""

    def __init__(
        self,
        known: Sequence[Known],
        beliefs: Mapping[str, Belief],
        now: datetime,
        unknown_for: timedelta,
        special: SpecialDays | None = None,
    ) -> None:
        """Learn: seconds, for a large city with a past.

        Args:
            known: containers to learn from.
            beliefs: by container, as of `now`.
            now: aware.
            unknown_for: so long ago a container was empty of which nobody knows: the city's promise.
            special: the city's days; None: all are ordinary.
        """
        self._unknown_for = unknown_for
        things = [self._thing(one, beliefs.get(one.container, start()), now) for one in known]
        self._model = CityModel(things, hours_of(now), special)

    def ahead(self, known: Known, belief: Belief, now: datetime, instants: Sequence[datetime]) -> list[Ahead]:
        """At each instant, as known `now`."""
        things = [self._thing(known, belief, now)] * len(instants)
        now_h = np.full(len(instants), hours_of(now))
        found = self._model.quantiles(things, now_h, np.array([hours_of(at) for at in instants]))
        found = np.minimum(found, MOST_SHOWN_RATIO)
        low, high = band(found)
        columns = np.column_stack([low, median(found), high, chance_above(found, 1.0)]).tolist()
        return [Ahead(at, *row) for at, row in zip(instants, columns, strict=True)]

    def fill_per_day(self, known: Known, belief: Belief, now: datetime) -> float:
        """How fast it fills, as a share of its volume."""
        rates = self._model.rates([self._thing(known, belief, now)], np.array([hours_of(now)]))
        return float(rates[0])

    def _thing(self, known: Known, belief: Belief, now: datetime) -> Thing:
        likes = likes_of(known.kind, known.stream, known.zone)
        return thing_of(belief, likes, known.fill_per_day, known.zone, hours_of(now - self._unknown_for))


def is_told_by_sensor(belief: Belief, now: datetime) -> bool:
    """Whether the forecast goes by its sensor; else by emptyings and by containers alike."""
    return is_measured(belief, hours_of(now))


def some_of[One](ones: Sequence[One], most: int = MOST_LEARNED_FROM) -> list[One]:
    """At most so many, spread evenly over all: in the order of ids, neighbours are of one district."""
    if len(ones) <= most:
        return list(ones)
    return [ones[len(ones) * n // most] for n in range(most)]
