"""Who was served on a day, by zone, against whom the baseline would have served; and what is not counted for it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import routing
from services.city.registry import Registry
from services.contracts.ledger import Fell, ZoneServed
from services.contracts.planning import ContainerForecast
from services.ledger.counterfactual import Counterfactual
from services.ledger.frozen import FrozenBaseline

SLACK_SHARE, LEAST_SLACK = 0.05, 1
"""So many of a zone's containers may be served less before its service fell: ways were blocked before the change too. A
zone of which no container is served any more fell, however small it is. Assumed."""


@dataclass(frozen=True)
class Accepted:
    """A frozen baseline as it stands in the store: somebody named has accepted it."""

    version: int
    valid_from: date
    """The first day that is not driven by it any more, and is compared with it."""
    frozen: FrozenBaseline


def with_earlier(
    emptyings: Mapping[str, int],
    containers: Collection[str],
    accepted: Accepted,
    day: date,
    period_days: int,
    rests: Collection[date] = (),
) -> dict[str, int]:
    """Emptyings of the period that ends with a day; before the change the fixed circuits' own count."""
    first, last = day - timedelta(days=period_days - 1), min(day, accepted.valid_from - timedelta(days=1))
    return {
        container: n
        for container in containers
        if (n := emptyings.get(container, 0) + accepted.frozen.times_emptied(container, first, last, rests))
    }  # fmt: skip


def zones_served(registry: Registry, emptyings: Mapping[str, int]) -> tuple[ZoneServed, ...]:
    """People by the share of their zone's containers that were emptied often enough."""
    containers = containers_by_zone(registry)
    zones = [routing.Zone(zone.id, zone.population) for zone in registry.zones]
    coverage = routing.service_coverage(zones, containers, emptyings, registry.city.service.min_emptyings)
    return tuple(
        ZoneServed(
            zone=zone.zone,
            population=zone.population,
            containers=zone.containers,
            containers_served=zone.containers_served,
            served_people=round(zone.people_served, 1),
        )
        for zone in coverage.zones
    )


def containers_by_zone(registry: Registry) -> dict[str, list[str]]:
    containers: dict[str, list[str]] = defaultdict(list)
    for container in registry.containers:
        containers[container.zone].append(container.id)
    return containers


@dataclass(frozen=True)
class ZoneSides:
    """What zones are judged and shared out by, of one fleet and day."""

    registry: Registry
    counterfactual: Counterfactual
    driven_l: Mapping[str, float]
    """Litres driven, by zone."""
    forecasts: Sequence[ContainerForecast]
    emptied: Collection[str]
    """Today, by the crews' word."""
    undone_l: Mapping[str, float]
    """Litres, by zone, that what was due and not emptied would have burnt."""


def with_savings(
    zones: Sequence[ZoneServed], sides: ZoneSides, accepted: Accepted | None, day: date, rests: Collection[date]
) -> tuple[ZoneServed, ...]:
    """The zones with their part of the saving; where an accepted baseline serves more, with why it is not counted."""
    told, containers = sides.counterfactual, containers_by_zone(sides.registry)
    left = {f.container for f in sides.forecasts if f.fill_ratio >= 1.0} - set(sides.emptied)
    done = []
    for zone in zones:
        here = containers.get(zone.zone, [])
        before_l, driven_l = told.zones_l.get(zone.zone, 0.0), sides.driven_l.get(zone.zone, 0.0)
        dearest_l = max(before_l, told.without_zone_l.get(zone.zone, 0.0))
        fell = None
        if accepted is not None:
            over = len(left & set(here)) - told.overflowing.get(zone.zone, 0)
            fell = _fell(zone, _served_before(sides.registry, here, accepted, day, rests), over)
        changes = {
            "fuel_saved_l": round(before_l - driven_l, 2),
            "fuel_withheld_l": round(max(0.0, dearest_l - driven_l, sides.undone_l.get(zone.zone, 0.0)), 2),
            "fell": fell,
        }
        done.append(zone.model_copy(update=changes))
    return tuple(done)


def _served_before(
    registry: Registry, containers: Collection[str], accepted: Accepted, day: date, rests: Collection[date]
) -> int:
    """Containers that the fixed circuits would have emptied often enough in the same period."""
    service = registry.city.service
    first = day - timedelta(days=service.period_days - 1)
    times = (accepted.frozen.times_emptied(container, first, day, rests) for container in containers)
    return sum(n >= service.min_emptyings for n in times)


def _fell(zone: ZoneServed, served_before: int, more_overflowing: int) -> Fell | None:
    slack = max(LEAST_SLACK, SLACK_SHARE * zone.containers)
    if served_before - zone.containers_served > slack or (served_before and not zone.containers_served):
        return "people_served"
    return "overflow" if more_overflowing > slack else None
