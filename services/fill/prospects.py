"""What is expected of a city's containers at each of the next rounds, if nobody empties them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from statistics import median
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.city.registry import Registry
from services.fill.belief import Belief, hours_of, start
from services.fill.city_model import CityModel, Thing, is_measured, likes_of, thing_of
from services.fill.quantiles import band, chance_above, expected_above
from services.fill.quantiles import median as middle
from services.fill.tallies import Table
from services.times import instant_of, local_day, seconds_of_day

MAX_FILL_RATIO = 2.0
"""Beyond this a heap is not a container's load any more; it bounds the load that a plan reckons with."""
MOST_CLOSED_DAYS = 7
"""After so many days without an open site a city's next round is taken to be the next one by the clock."""


class Round(NamedTuple):
    """When trucks can come."""

    day: date
    at: datetime


class Prospects(NamedTuple):
    """Of n containers at each of k rounds, in the order of the registry; shares of the volume."""

    rounds: Sequence[Round]
    levels: Table
    """(n, k): it is more as often as less."""
    loads: Table
    """(n,) what a truck finds at the first round, on average: of many containers it adds up, as medians do not."""
    bands: tuple[Table, Table]
    """Of the first round, (n,) each: between which it is then, in four cases of five."""
    over: Table
    """(n, k): expected to lie beside the container by then."""
    chances: Table
    """(n, k): that it is more than full."""
    rates: Table
    """(n,) a day."""
    measured: NDArray[np.bool_]
    """(n,): by a sensor that is believed."""


def service_instant(registry: Registry, day: date) -> datetime:
    """When a container is emptied, as long as no plan says it better: the middle of the trucks' shifts."""
    middles = [(seconds_of_day(t.shift_from) + seconds_of_day(t.shift_to)) / 2 for t in registry.trucks]
    return instant_of(day, median(middles) if middles else 12 * 3600, registry.city.zone_info)


def rounds_from(registry: Registry, day: date, count: int) -> list[Round]:
    """That of `day` and those after it: `next_round_h` apart, later where every disposal site is closed."""
    rounds = [Round(day, service_instant(registry, day))]
    zone, step = registry.city.zone_info, timedelta(hours=registry.city.planning.next_round_h)
    while len(rounds) < count:
        at = first = rounds[-1].at + step
        for _ in range(MOST_CLOSED_DAYS):
            if any(site.is_open_on(local_day(at, zone)) for site in registry.disposal_sites):
                break
            at += timedelta(days=1)
        else:
            at = first
        rounds.append(Round(local_day(at, zone), at))
    return rounds


def prospects_of(
    registry: Registry,
    beliefs: Mapping[str, Belief],
    rounds: Sequence[Round],
    as_of: datetime | None = None,
    model: CityModel | None = None,
) -> Prospects:
    """By what is believed, as of `as_of`; None: when the trucks of the first round come.

    `model` is the city's, where it has been learned already.
    """
    known_h = hours_of(min(as_of or rounds[0].at, rounds[0].at))
    things = _things(registry, beliefs, rounds[0].at)
    model = model or CityModel(things, known_h, registry.city.special_days)
    now = np.full(len(things), known_h)
    levels, over, chances = (np.empty((len(things), len(rounds))) for _ in range(3))
    loads, bands = np.zeros(len(things)), (np.zeros(len(things)), np.zeros(len(things)))
    for number, one in enumerate(rounds):
        quantiles = model.quantiles(things, now, np.full(len(things), hours_of(one.at)))
        quantiles = np.minimum(quantiles, MAX_FILL_RATIO)
        levels[:, number], over[:, number] = middle(quantiles), expected_above(quantiles, 1.0)
        chances[:, number] = chance_above(quantiles, 1.0)
        if number == 0:
            loads, bands = np.minimum(expected_above(quantiles, 0.0), MAX_FILL_RATIO), band(quantiles)
    measured = np.array([is_measured(thing.belief, known_h) for thing in things], dtype=bool)
    return Prospects(rounds, levels, loads, bands, over, chances, model.rates(things, now), measured)


def learn_city(registry: Registry, beliefs: Mapping[str, Belief], known_at: datetime) -> CityModel:
    """The model that `prospects_of` learns, for whoever asks it more than once."""
    return CityModel(_things(registry, beliefs, known_at), hours_of(known_at), registry.city.special_days)


def _things(registry: Registry, beliefs: Mapping[str, Belief], service_at: datetime) -> list[Thing]:
    unknown_h = hours_of(service_at - timedelta(days=registry.city.planning.max_days_between_emptyings))
    kinds = {kind.id: kind for kind in registry.container_kinds}
    return [
        thing_of(
            beliefs.get(c.id, start()),
            likes_of(c.kind, c.stream, c.zone),
            kinds[c.kind].fill_per_day,
            c.zone,
            unknown_h,
        )
        for c in registry.containers
    ]
