"""The ledger's line for one day."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple
from uuid import uuid4

import routing
from services.city.registry import Registry
from services.contracts.ledger import SavingsComputed, ZoneServed
from services.contracts.planning import PlanMade
from services.ledger.driven import Confirmed, Fix, driven_circuits, figures_of, road_factor
from services.planning.baseline import baseline_of_day
from services.roads.roads import EstimatedRoads, Roads


class DayEvents(NamedTuple):
    """All that the store holds of one day."""

    plan: PlanMade | None
    """The plan in force."""
    confirmed: list[Confirmed]
    tracks: Mapping[str, list[Fix]]
    emptyings: Mapping[str, int]
    """Times each container was emptied in the period that ends with this day."""


def savings_of_day(
    registry: Registry, day: date, events: DayEvents, *, now: datetime, roads: Roads | None = None
) -> SavingsComputed:
    """Compare what was driven with what the fixed circuits would have driven on the same day, on the same roads.

    Where `roads` (estimated unless given) are not of the kind that the plan was made on, nothing is compared.
    """
    roads = roads or EstimatedRoads(registry.city.roads)
    driven = driven_circuits(events.plan, events.confirmed, events.tracks, registry) if events.plan else []
    factor = road_factor(driven)
    figures = figures_of(driven, factor, registry)
    # The fixed circuits of the same day with the same fills, on the same road as it was measured.
    plan = events.plan if events.plan and events.plan.roads == roads.source else None
    baseline = baseline_of_day(registry, plan.forecasts, day, road_factor=factor, roads=roads) if plan else None
    saved_l = None if baseline is None else round(baseline.fuel_l - figures.fuel_l, 2)
    zones = _zones_served(registry, events.emptyings)
    prices, emissions = registry.city.prices, registry.city.emissions
    return SavingsComputed(
        computation_id=uuid4(),
        city=registry.city.id,
        day=day,
        computed_at=now,
        confirmations=len(events.confirmed),
        latest_fix_at=max((track[-1].happened_at for track in events.tracks.values()), default=None),
        plan_id=events.plan.plan_id if events.plan else None,
        driven=figures,
        driven_from="gps" if driven and all(d.measured_m is not None for d in driven) else "plan",
        road_factor=round(factor, 4),
        baseline=baseline,
        fuel_saved_l=saved_l,
        fuel_saved_ratio=round(saved_l / baseline.fuel_l, 4) if baseline and saved_l and baseline.fuel_l else None,
        money_saved=None if saved_l is None else round(saved_l * prices.fuel_per_l),
        currency=registry.city.currency,
        co2e_saved_kg=None if saved_l is None else round(saved_l * emissions.co2e_kg_per_l, 1),
        population=sum(zone.population for zone in registry.zones),
        served_people=round(sum(zone.served_people for zone in zones)),
        zones=zones,
        simulated=registry.city.simulated,
    )


def _zones_served(registry: Registry, emptyings: Mapping[str, int]) -> tuple[ZoneServed, ...]:
    containers: dict[str, list[str]] = defaultdict(list)
    for container in registry.containers:
        containers[container.zone].append(container.id)
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
