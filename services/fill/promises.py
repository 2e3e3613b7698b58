"""By which day each container has to be emptied, by what the city has promised. Days count by date, as crews count.

Emptied on a Monday and promised every three days, it is Thursday's at the latest, whatever the hour was.
"""

from collections.abc import Mapping
from datetime import date
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.city.registry import Container, Planning, Registry
from services.fill.belief import Belief, instant_of_h, start
from services.fill.tallies import Visits
from services.times import local_day

Promise = Literal["too_long_since_emptied", "promised_times"]


class Promises(NamedTuple):
    """Of n containers, in the order of the registry."""

    latest: NDArray[np.int64]
    """(n,) the last day on which an emptying keeps the promises, as a proleptic ordinal; today where nobody knows."""
    by_times: NDArray[np.bool_]
    """(n,): the promise of several emptyings in a period ends first."""
    usual_days: NDArray[np.float64]
    """(n,) days between emptyings that the promises leave, on average."""


def promises_of(registry: Registry, beliefs: Mapping[str, Belief], day: date) -> Promises:
    """As they stand on `day`, by the emptyings that were confirmed or seen by the fall of a level."""
    service, zone = registry.city.service, registry.city.zone_info
    containers = registry.containers
    believed = [beliefs.get(container.id, start()) for container in containers]
    most_days = np.array([most_days_of(container, registry.city.planning) for container in containers])
    emptied = np.array(
        [day.toordinal() if b.emptied_at is None else local_day(b.emptied_at, zone).toordinal() for b in believed],
        dtype=np.int64,
    )
    unknown = np.array([b.emptied_at is None for b in believed], dtype=bool)
    apart = np.where(unknown, 0, np.floor(most_days)).astype(np.int64)
    by_gap = emptied + apart
    by_times = np.where(unknown, by_gap, emptied + _days_left(believed, emptied, registry))
    usual_days = np.minimum(most_days, service.period_days / service.min_emptyings)
    return Promises(np.minimum(by_gap, by_times), by_times < by_gap, usual_days)


def most_days_of(container: Container, rules: Planning) -> float:
    """The most days between two emptyings: the container's own, that of its stream, or the city's."""
    if container.max_days is not None:
        return container.max_days
    by_stream = dict(pair.split(":") for pair in rules.max_days_by_stream)
    return float(by_stream.get(container.stream, rules.max_days_between_emptyings))


def _days_left(believed: list[Belief], emptied: NDArray[np.int64], registry: Registry) -> NDArray[np.int64]:
    """After the last emptying: so that every period ending on a day has as many as are promised.

    With n in p days, the next is due p days after the last but n - 1. Where so many are not known, as if they had been
    spread evenly.
    """
    service, zone = registry.city.service, registry.city.zone_info
    hours = Visits([belief.visits for belief in believed]).hours
    earlier = hours[:, -service.min_emptyings] if len(believed) else np.empty(0)
    evenly = service.period_days // service.min_emptyings
    found = np.full(len(believed), max(1, evenly), dtype=np.int64)
    for number in np.flatnonzero(~np.isnan(earlier)).tolist():
        before = local_day(instant_of_h(float(earlier[number])), zone).toordinal()
        found[number] = before + service.period_days - emptied[number]
    return found
