"""What the ledger computes of one day."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID

import routing
from services.city.fleets import part_of
from services.city.registry import Registry
from services.contracts.fields import ONLY_FLEET
from services.contracts.ledger import DayFigures, PlanCounted, SavingsComputed, TruckMeasured, ZoneServed
from services.contracts.planning import PlanMade
from services.ledger.driven import Confirmed, Driven, SentPlan, driven_trucks, figures_of, road_factor
from services.ledger.known import Known
from services.ledger.measured import Duty, measured_m
from services.planning.baseline import baseline_of_day
from services.roads.roads import EstimatedRoads, Roads
from services.roads.tracks import TrackFix
from services.times import instant_of

ARITHMETIC = 2
"""Raise it with every change that makes other figures of the same events: recent days are then computed anew.

1: the plan in force alone, the first position believed. 2: whatever plan was followed, tracks cleaned as for speeds,
kilos collected.
"""
NOT_YET = UUID(int=0)
"""Of a line that `services.ledger.lines` has not placed among the others of its day."""


class KeptMeasures(NamedTuple):
    """What the day's last line says of positions that have been dropped since, all or some."""

    distance_m: Mapping[str, float]
    """By truck; none of a truck that was not measured."""
    fixes: int
    latest_fix_at: datetime | None


class DayEvents(NamedTuple):
    """All that the store holds of one day."""

    sent: Sequence[SentPlan]
    """Plans that crews followed without their being sent for the day, then those that were, in the order of sending.
    The last is in force."""
    confirmed: Sequence[Confirmed]
    tracks: Mapping[str, Sequence[TrackFix]]
    emptyings: Mapping[str, int]
    """Times each container was emptied in the period that ends with this day."""
    kept: KeptMeasures | None = None
    """In place of `tracks`, where these are not whole any more."""

    @property
    def plans(self) -> list[PlanMade]:
        """Each once, the earliest first."""
        return list({row.plan.plan_id: row.plan for row in self.sent}.values())

    @property
    def positions(self) -> KeptMeasures:
        """How many there were, and the latest."""
        if self.kept is not None:
            return self.kept
        latest_s = max((track[-1].at_s for track in self.tracks.values() if track), default=None)
        latest_at = None if latest_s is None else datetime.fromtimestamp(latest_s, UTC)
        return KeptMeasures({}, sum(map(len, self.tracks.values())), latest_at)

    @property
    def plan_in_force(self) -> PlanMade | None:
        sent = [row.plan for row in self.sent if row.sent_at is not None]
        return sent[-1] if sent else None

    @property
    def opening_plan(self) -> PlanMade | None:
        """The plan with which the day's work began: the last that was sent before the first word, else the first sent.

        Its forecasts are what stood in the streets that morning; those of a plan made later know of emptied containers.
        """
        sent = [(row.sent_at, row.plan) for row in self.sent if row.sent_at is not None]
        if not sent or not self.confirmed:
            return self.plan_in_force
        began_at = min(word.happened_at for word in self.confirmed)
        return next((plan for sent_at, plan in reversed(sent) if sent_at <= began_at), sent[0][1])


def savings_of_day(
    registries: Sequence[Registry],
    day: date,
    events: DayEvents,
    *,
    fleet: str = ONLY_FLEET,
    now: datetime,
    roads: Roads | None = None,
    registry_version: int | None = None,
) -> SavingsComputed:
    """Compare what was driven with what the fixed circuits would have driven on the same day, on the same roads.

    Where `roads` (estimated unless given) are not of the kind that the plan was made on, nothing is compared.

    Args:
        registries: the one that the day is counted with (its version is `registry_version`), and any others that plans
            of the day were made from.
        day: of the city's own calendar.
        events: what happened on it to the fleet; emptyings are the city's.
        fleet: whose line it is. Of each zone its own containers are counted, whoever emptied them.
        now: timezone-aware.
        roads: those of the first registry.
        registry_version: of the first registry.

    Raises:
        NotKnown: a plan asks for a truck or place that is in none of the registries.
        UnknownFleet: the first registry has no such fleet.
    """
    city, registry = registries[0], part_of(registries[0], fleet)
    roads = roads or EstimatedRoads(registry.city.roads)
    known = Known(registries, events.plans)
    driven = driven_trucks(events.sent, events.confirmed, partial(_measured_m, events), known)
    factor = road_factor(driven)
    figures = figures_of(driven, factor, known)
    baseline = _baseline(city, fleet, day, events, factor, roads)
    emptyings = {c.id: n for c in registry.containers if (n := events.emptyings.get(c.id, 0))}
    zones = _zones_served(registry, emptyings)
    in_force = events.plan_in_force
    return SavingsComputed(
        computation_id=NOT_YET,
        city=registry.city.id,
        fleet=fleet,
        day=day,
        computed_at=now,
        finished=now >= instant_of(day + timedelta(days=1), 0, registry.city.zone_info),
        arithmetic=ARITHMETIC,
        confirmations=len(events.confirmed),
        emptyings=sum(emptyings.values()),
        fixes=events.positions.fixes,
        latest_fix_at=events.positions.latest_fix_at,
        measured=tuple(
            TruckMeasured(truck=d.truck, distance_m=d.measured_m) for d in driven if d.measured_m is not None
        ),
        registry_version=registry_version,
        plan_id=in_force.plan_id if in_force else None,
        plans=tuple(PlanCounted(plan_id=p.plan_id, registry_version=p.registry_version) for p in events.plans),
        driven=figures,
        driven_from=_driven_from(driven),
        road_factor=round(factor, 4),
        baseline=baseline,
        **_saved(registry, figures, baseline),
        population=sum(zone.population for zone in registry.zones),
        served_people=round(sum(zone.served_people for zone in zones)),
        zones=zones,
        simulated=registry.city.simulated,
    )


def _baseline(
    city: Registry, fleet: str, day: date, events: DayEvents, factor: float, roads: Roads
) -> DayFigures | None:
    """The fixed circuits of the same day with the same fills, on the same road as it was measured."""
    plan = events.opening_plan
    if plan is None or plan.roads != roads.source:
        return None
    here = {container.id for container in part_of(city, fleet).containers}
    forecasts = [forecast for forecast in plan.forecasts if forecast.container in here]
    return baseline_of_day(city, forecasts, day, fleet=fleet, road_factor=factor, roads=roads)


def _saved(registry: Registry, driven: DayFigures, baseline: DayFigures | None) -> dict[str, object]:
    """Litres, and what follows from them; all None where there is nothing to compare with. A saving of nothing is 0."""
    saved_l = None if baseline is None else round(baseline.fuel_l - driven.fuel_l, 2)
    prices, emissions = registry.city.prices, registry.city.emissions
    return {
        "fuel_saved_l": saved_l,
        "fuel_saved_ratio": None if saved_l is None or not baseline or not baseline.fuel_l
        else round(saved_l / baseline.fuel_l, 4),
        "money_saved": None if saved_l is None else round(saved_l * prices.fuel_per_l),
        "currency": registry.city.currency,
        "co2e_saved_kg": None if saved_l is None else round(saved_l * emissions.co2e_kg_per_l, 1),
    }  # fmt: skip


def _driven_from(driven: Sequence[Driven]) -> str:
    return "gps" if driven and all(d.measured_m is not None for d in driven) else "plan"


def _measured_m(events: DayEvents, truck: str, duty: Duty) -> float | None:
    if events.kept is not None:
        return events.kept.distance_m.get(truck)
    metres = measured_m(events.tracks.get(truck, ()), duty)
    return None if metres is None else round(metres, 1)  # as the line keeps it


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
