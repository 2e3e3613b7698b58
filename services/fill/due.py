"""Which containers are due, and why."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from statistics import median
from typing import NamedTuple

import numpy as np

from services.city.registry import Container, ContainerKind, Planning, Registry
from services.contracts.planning import ContainerForecast, DueReason
from services.fill.belief import Belief, hours_of, start
from services.fill.city_model import CityModel, is_measured, likes_of, thing_of
from services.fill.quantiles import band, expected_above
from services.fill.quantiles import median as middle
from services.times import instant_of, seconds_of_day

MAX_FILL_RATIO = 1.5
"""Beyond this a heap is not a container's load any more; it bounds the load that a plan reckons with."""


class Told(NamedTuple):
    """Of one container: how full it is expected to be, if nobody empties it."""

    fill_ratio: float
    """When the truck comes: it is more as often as less."""
    low: float
    high: float
    """Between which it is then, in four cases of five."""
    next_fill_ratio: float
    """When one can come again."""
    overflow_ratio: float
    """What is expected to lie beside it by then, as a share of its volume."""
    fill_per_day: float
    is_measured: bool


def forecasts_of_day(
    registry: Registry, beliefs: Mapping[str, Belief], day: date, as_of: datetime | None = None
) -> tuple[ContainerForecast, ...]:
    """The forecast of every container when the trucks come, and the reason where it is due, in the registry's order.

    Args:
        registry: whose containers, all alike in a city, teach how they fill.
        beliefs: by container, as of `as_of`.
        day: of the trucks.
        as_of: what was known then counts; None: when the trucks come.
    """
    rules = registry.city.planning
    service_at = service_instant(registry, day)
    unknown_since = service_at - timedelta(days=rules.max_days_between_emptyings)
    kinds = {kind.id: kind for kind in registry.container_kinds}
    believed = [beliefs.get(container.id, start()) for container in registry.containers]
    told = _told(registry, kinds, believed, service_at, min(as_of or service_at, service_at), unknown_since)
    return tuple(
        _forecast_of(container, kinds[container.kind], one, belief.emptied_at or unknown_since, rules, service_at)
        for container, belief, one in zip(registry.containers, believed, told, strict=True)
    )


def service_instant(registry: Registry, day: date) -> datetime:
    """When a container is emptied, as long as no plan says it better: the middle of the trucks' shifts."""
    middles = [(seconds_of_day(t.shift_from) + seconds_of_day(t.shift_to)) / 2 for t in registry.trucks]
    return instant_of(day, median(middles) if middles else 12 * 3600, registry.city.zone_info)


def overflow_prize(overflow_ratio: float, capacity_l: float, price_per_l: float) -> float:
    """What it is worth, in money, to empty a container now rather than later: the litres expected beside it by then."""
    return price_per_l * capacity_l * overflow_ratio


def _told(
    registry: Registry,
    kinds: Mapping[str, ContainerKind],
    beliefs: list[Belief],
    service_at: datetime,
    known_at: datetime,
    unknown_since: datetime,
) -> list[Told]:
    if not beliefs:
        return []
    known_h, unknown_h = hours_of(known_at), hours_of(unknown_since)
    things = [
        thing_of(belief, likes_of(c.kind, c.stream, c.zone), kinds[c.kind].fill_per_day, unknown_h)
        for c, belief in zip(registry.containers, beliefs, strict=True)
    ]
    model = CityModel(things, known_h)
    count, next_h = len(things), hours_of(service_at) + registry.city.planning.next_round_h
    now, next_round = np.full(count, known_h), np.full(count, next_h)
    at_service = np.minimum(model.quantiles(things, now, np.full(count, hours_of(service_at))), MAX_FILL_RATIO)
    later = np.minimum(model.quantiles(things, now, next_round), MAX_FILL_RATIO)
    columns = (
        middle(at_service),
        *band(at_service),
        middle(later),
        expected_above(later, 1.0),
        model.rates(things, now),
    )
    rows: list[list[float]] = np.column_stack(columns).tolist()
    measured = [is_measured(thing.belief, known_h) for thing in things]
    return [
        Told(row[0], row[1], row[2], row[3], row[4], row[5], told) for row, told in zip(rows, measured, strict=True)
    ]


def _forecast_of(
    container: Container,
    kind: ContainerKind,
    told: Told,
    emptied_at: datetime,
    rules: Planning,
    service_at: datetime,
) -> ContainerForecast:
    due = _due(told, service_at, emptied_at, rules)
    demand_l = told.fill_ratio * container.capacity_l
    return ContainerForecast(
        container=container.id,
        fill_ratio=round(told.fill_ratio, 4),
        fill_low=round(told.low, 3),
        fill_high=round(told.high, 3),
        fill_per_day=round(told.fill_per_day, 4),
        evidence="readings" if told.is_measured else "prior",
        demand_l=round(demand_l, 1),
        demand_kg=round(demand_l * kind.kg_per_l, 1),
        due=due,
        required=due in {"full", "too_long_since_emptied"},
        prize=round(overflow_prize(told.overflow_ratio, container.capacity_l, rules.overflow_price_per_l), 2),
    )


def _due(told: Told, service_at: datetime, emptied_at: datetime, rules: Planning) -> DueReason | None:
    next_at = service_at + timedelta(hours=rules.next_round_h)
    if told.fill_ratio >= rules.full_at_fill_ratio:
        return "full"
    # Left today, it would wait until the next round: is the promise broken by then?
    if next_at - emptied_at > timedelta(days=rules.max_days_between_emptyings):
        return "too_long_since_emptied"
    if told.next_fill_ratio >= rules.full_at_fill_ratio:
        return "full_by_next_round"
    return None
