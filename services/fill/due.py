"""Which containers are due, and why; of the others, on which later day."""

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType

from services.city.registry import Container, ContainerKind, Registry
from services.contracts.planning import ContainerForecast
from services.fill.belief import Belief
from services.fill.choice import LATER, Chosen, choose
from services.fill.lacking import lacking_prices
from services.fill.promises import promises_of
from services.fill.prospects import Prospects, prospects_of, rounds_from

NOBODY: Mapping[str, float] = MappingProxyType({})
"""Lacks service, or nobody knows."""


def forecasts_of_day(
    registry: Registry,
    beliefs: Mapping[str, Belief],
    day: date,
    as_of: datetime | None = None,
    lacking: Mapping[str, float] = NOBODY,
) -> tuple[ContainerForecast, ...]:
    """The forecast of every container when the trucks come, and the reason where it is due, in the registry's order.

    Args:
        registry: whose containers, all alike in a city, teach how they fill.
        beliefs: by container, as of `as_of`.
        day: of the trucks.
        as_of: what was known then counts; None: when the trucks come.
        lacking: by container, people who lacked service lately and would have it were it emptied as promised.
    """
    if not registry.containers:
        return ()
    rounds = rounds_from(registry, day, registry.city.planning.days_decided + 1)
    return forecasts_from(registry, beliefs, prospects_of(registry, beliefs, rounds, as_of), lacking)


def forecasts_from(
    registry: Registry, beliefs: Mapping[str, Belief], prospects: Prospects, lacking: Mapping[str, float] = NOBODY
) -> tuple[ContainerForecast, ...]:
    """Choose by an prospects, wherever it is from; what was promised counts from the emptyings that `beliefs` know."""
    kinds = {kind.id: kind for kind in registry.container_kinds}
    promises = promises_of(registry, beliefs, prospects.rounds[0].day)
    chosen = choose(registry, prospects, promises, lacking_prices(registry, lacking))
    return tuple(
        _forecast_of(number, container, kinds[container.kind], prospects, chosen)
        for number, container in enumerate(registry.containers)
    )


def _forecast_of(
    number: int, container: Container, kind: ContainerKind, prospects: Prospects, chosen: Chosen
) -> ContainerForecast:
    fill_ratio = float(prospects.levels[number, 0])
    demand_l = float(prospects.loads[number]) * container.capacity_l
    round_, reason = int(chosen.round[number]), chosen.reasons[number]
    is_later = round_ not in {0, LATER}
    return ContainerForecast(
        container=container.id,
        fill_ratio=round(fill_ratio, 4),
        fill_low=round(float(prospects.bands[0][number]), 3),
        fill_high=round(float(prospects.bands[1][number]), 3),
        fill_per_day=round(float(prospects.rates[number]), 4),
        evidence="readings" if prospects.measured[number] else "prior",
        demand_l=round(demand_l, 1),
        demand_kg=round(demand_l * kind.kg_per_l, 1),
        due=reason if round_ == 0 else None,
        required=round_ == 0 and bool(chosen.required[number]),
        prize=round(float(chosen.prize[number]), 2),
        later_day=prospects.rounds[round_].day if is_later else None,
        later_due=reason if is_later else None,
    )
