"""Which containers are due, and why."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from math import erf, exp, pi, sqrt
from statistics import median

from services.city.registry import Container, ContainerKind, Planning, Registry
from services.contracts.planning import ContainerForecast, DueReason
from services.fill.belief import Belief, start
from services.fill.forecast import FillLine, forecast
from services.times import instant_of, seconds_of_day

FORECAST_SPREAD = 0.12
"""Standard deviation of a day-ahead forecast, as a share of the volume. Assumed, until measured."""


def forecasts_of_day(registry: Registry, beliefs: Mapping[str, Belief], day: date) -> tuple[ContainerForecast, ...]:
    """The forecast of every container when the trucks come, and the reason where it is due, in the registry's order."""
    rules = registry.city.planning
    service_at = service_instant(registry, day)
    unknown_since = service_at - timedelta(days=rules.max_days_between_emptyings)
    kinds = {kind.id: kind for kind in registry.container_kinds}
    return tuple(
        _forecast_of(c, kinds[c.kind], beliefs.get(c.id, start()), rules, service_at, unknown_since)
        for c in registry.containers
    )


def service_instant(registry: Registry, day: date) -> datetime:
    """When a container is emptied, as long as no plan says it better: the middle of the trucks' shifts."""
    middles = [(seconds_of_day(t.shift_from) + seconds_of_day(t.shift_to)) / 2 for t in registry.trucks]
    return instant_of(day, median(middles) if middles else 12 * 3600, registry.city.zone_info)


def overflow_prize(line: FillLine, next_at: datetime, capacity_l: float, price_per_l: float) -> float:
    """What it is worth, in money, to empty a container now rather than at `next_at`: the litres expected beside it.

    Expected overflow of a normal fill: s * phi(z) + (m - 1) * Phi(z) with z = (m - 1) / s.
    """
    over = line.at(next_at) - 1.0
    z = over / FORECAST_SPREAD
    density, below = exp(-z * z / 2) / sqrt(2 * pi), (1 + erf(z / sqrt(2))) / 2
    return price_per_l * capacity_l * (FORECAST_SPREAD * density + over * below)


def _forecast_of(
    container: Container,
    kind: ContainerKind,
    belief: Belief,
    rules: Planning,
    service_at: datetime,
    unknown_since: datetime,
) -> ContainerForecast:
    line = forecast(belief, kind.fill_per_day, unknown_since=unknown_since)
    fill = line.at(service_at)
    due = _due(line, service_at, belief.emptied_at or unknown_since, rules)
    demand_l = fill * container.capacity_l
    next_at = service_at + timedelta(hours=rules.next_round_h)
    required = due in {"full", "too_long_since_emptied"}
    return ContainerForecast(
        container=container.id,
        fill_ratio=round(fill, 4),
        fill_per_day=round(line.fill_per_day, 4),
        evidence=line.evidence,
        demand_l=round(demand_l, 1),
        demand_kg=round(demand_l * kind.kg_per_l, 1),
        due=due,
        required=required,
        prize=round(overflow_prize(line, next_at, container.capacity_l, rules.overflow_price_per_l), 2),
    )


def _due(line: FillLine, service_at: datetime, emptied_at: datetime, rules: Planning) -> DueReason | None:
    next_at = service_at + timedelta(hours=rules.next_round_h)
    if line.at(service_at) >= rules.full_at_fill_ratio:
        return "full"
    # Left today, it would wait until the next round: is the promise broken by then?
    if next_at - emptied_at > timedelta(days=rules.max_days_between_emptyings):
        return "too_long_since_emptied"
    if line.at(next_at) >= rules.full_at_fill_ratio:
        return "full_by_next_round"
    return None
