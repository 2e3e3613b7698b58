"""What the ledger computes of one day."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID

from services.city.fleets import part_of
from services.city.registry import Registry
from services.contracts.fields import ONLY_FLEET
from services.contracts.ledger import (
    DayFigures,
    PlanCounted,
    Provisional,
    SavingsComputed,
    TruckMeasured,
    TruckWork,
    ZoneServed,
)
from services.ledger.causes import Sides, saved_by_cause
from services.ledger.counterfactual import counterfactual_of_day
from services.ledger.day_events import DayEvents
from services.ledger.driven import (
    Driven,
    driven_trucks,
    figures_of,
    fuel_of,
    pace_factor,
    road_factor,
)
from services.ledger.driving import Scale
from services.ledger.errors import BothSides, errors_of_day, interval_of, spread_of
from services.ledger.frozen import baseline_of_folder
from services.ledger.fuel import TruckFuel
from services.ledger.known import Known
from services.ledger.measured import Duty, Track, measured_track
from services.ledger.served import Accepted, ZoneSides, with_earlier, with_savings, zones_served
from services.ledger.tonnes import day_load
from services.ledger.undone import undone_l
from services.planning.problem import fuel_models
from services.roads.roads import EstimatedRoads, Roads
from services.times import instant_of

LEAST_MEASURED_SHARE = 0.8
"""Of the kilometres that GPS has to cover before a figure is no longer provisional for want of it."""
ARITHMETIC = 8
"""Raise it with every change that makes other figures of the same events: recent days are then computed anew.

1: the plan in force alone, the first position believed. 2: whatever plan was followed, tracks cleaned as for speeds,
kilos collected. 3: fuel in four terms, a counterfactual with fills of its own, an interval, nothing counted where
service fell. 4: what is withheld of a zone is at least what serving it would have burnt; litres by truck and by cause.
5: the fixed circuits of a truck that is lent to another fleet stay with the fleet whose containers they empty.
6: a day's road factor is drawn to its fleet's usual one. 7: the counterfactual is the mean of three likely loads.
8: by the tonnes of the day, where trucks were weighed.
"""
NOT_YET = UUID(int=0)
"""Of a line that `services.ledger.lines` has not placed among the others of its day."""


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
    driven = driven_trucks(events.sent, events.confirmed, partial(_measured, events), known)
    usual = events.book.usual_road_factor(fleet, roads.source)
    scale = Scale(road_factor(driven, usual), pace_factor(driven))
    fuel = fuel_of(driven, events.book, known)
    figures = figures_of(driven, fuel, scale.road_factor, scale.pace_factor)
    rests = [at for at, kinds in events.logged.items() if "strike" in kinds]
    emptyings = {c.id: n for c in registry.containers if (n := events.emptyings.get(c.id, 0))}
    counted = emptyings
    if events.accepted is not None:
        ids, period_days = [c.id for c in registry.containers], registry.city.service.period_days
        counted = with_earlier(emptyings, ids, events.accepted, day, period_days, rests)
    zones = zones_served(registry, counted)
    compared = _compare(city, fleet, day, events, _Side(driven, fuel, scale, figures), roads, rests, zones)
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
            TruckMeasured(truck=d.truck, distance_m=d.track.distance_m, haul_m=d.track.haul_m, duty_s=d.track.duty_s)
            for d in driven
            if d.track is not None
        ),
        registry_version=registry_version,
        plan_id=in_force.plan_id if in_force else None,
        plans=tuple(PlanCounted(plan_id=p.plan_id, registry_version=p.registry_version) for p in events.plans),
        driven_from=_driven_from(driven),
        road_factor=round(scale.road_factor, 4),
        roads=roads.source,
        currency=registry.city.currency,
        population=sum(zone.population for zone in registry.zones),
        served_people=round(sum(zone.served_people for zone in zones)),
        simulated=registry.city.simulated,
        baseline_version=events.accepted.version if events.accepted else None,
        calibration=events.book.version,
        works=_works(driven, fuel, scale.road_factor),
        events=tuple(events.logged.get(day, ())),
        **(compared or {"driven": figures, "baseline": None, **_saved(registry, figures, None, 0.0), "zones": zones}),
    )


class _Side(NamedTuple):
    driven: Sequence[Driven]
    fuel: Mapping[str, TruckFuel]
    scale: Scale
    figures: DayFigures


def _compare(
    city: Registry,
    fleet: str,
    day: date,
    events: DayEvents,
    side: _Side,
    roads: Roads,
    rests: Sequence[date],
    zones: Sequence[ZoneServed],
) -> dict[str, object] | None:
    """The counterfactual and all that follows from it; None where there is nothing to compare with."""
    plan, accepted = events.opening_plan, events.accepted
    driven, fuel, scale, figures = side
    if plan is None or plan.roads != roads.source or (accepted is None and not city.baseline):
        return None
    frozen = accepted.frozen if accepted else baseline_of_folder(city, None)
    registry = part_of(frozen.put_into(city), fleet)
    here = {container.id for container in registry.containers}
    forecasts = [forecast for forecast in plan.forecasts if forecast.container in here]
    load = day_load(events.weighed, forecasts)
    told = counterfactual_of_day(
        city, frozen, forecasts, day, fleet=fleet, fuel=events.book, scale=scale, roads=roads, rests=rests, load=load
    )
    models = fuel_models(registry)
    every = {truck: events.book.of(truck, model) for truck, model in models.items()} | dict(fuel)
    fuel = {truck: every[truck] for truck in told.works} | dict(fuel)
    errors = errors_of_day(BothSides(fleet, day, driven, told, fuel, events.book, scale))
    driven_l = _litres_by_zone(driven, fuel, scale.road_factor, {c.id: c.zone for c in registry.containers})
    emptied = {place for d in driven if d.heard_of for place in d.emptied}
    left_l = undone_l(part_of(city, fleet), forecasts, emptied, day, fuel=events.book, scale=scale, roads=roads)
    zones = with_savings(zones, ZoneSides(registry, told, driven_l, forecasts, emptied, left_l), accepted, day, rests)
    sides = Sides(told.figures.fuel_l, figures.fuel_l, driven, load.of(forecasts))
    by_cause = saved_by_cause(registry, frozen, sides, day, fuel=every, scale=scale, roads=roads)
    raw_l = told.figures.fuel_l - figures.fuel_l
    is_heard = any(d.heard_of or d.track is not None for d in driven)
    fallen_l = sum(zone.fuel_withheld_l for zone in zones if zone.fell)
    withheld_l = fallen_l if is_heard else max(raw_l, fallen_l, 0.0)
    saved = _saved(registry, figures, told.figures, withheld_l)
    interval = interval_of(raw_l - withheld_l, spread_of(errors).fuel_l)
    return {
        "driven": load.carried(figures),
        "baseline": told.figures,
        **saved,
        "fuel_withheld_l": round(withheld_l, 2),
        "fuel_saved_low_l": round(interval.low, 2),
        "fuel_saved_high_l": round(interval.high, 2),
        "zones": zones,
        "by_cause": by_cause,
        "weighed": load.weighed,
        "errors": errors,
        "provisional": tuple(_provisional(accepted, driven, fuel, is_heard=is_heard)),
    }


def _provisional(
    accepted: Accepted | None, driven: Sequence[Driven], fuel: Mapping[str, TruckFuel], *, is_heard: bool
) -> Iterator[Provisional]:
    if accepted is None:
        yield "baseline_not_accepted"
    if not all(of_truck.is_calibrated for of_truck in fuel.values()):
        yield "fuel_not_calibrated"
    whole_m = sum(d.metres(1.0) for d in driven)
    if sum(d.measured_m or 0.0 for d in driven) < LEAST_MEASURED_SHARE * whole_m:
        yield "not_measured"
    if not is_heard:
        yield "nobody_heard"


def _saved(registry: Registry, driven: DayFigures, baseline: DayFigures | None, withheld_l: float) -> dict[str, object]:
    """What is counted as saved, and what follows from the litres; all None where there is nothing to compare with.

    Of kilometres and hours the same share is withheld as of the baseline's litres. A saving of nothing is 0.
    """
    if baseline is None:
        names = ("fuel_saved_l", "fuel_saved_ratio", "money_saved", "co2e_saved_kg")
        return dict.fromkeys(names)
    saved_l = round(baseline.fuel_l - driven.fuel_l - withheld_l, 2)
    kept = 1 - withheld_l / baseline.fuel_l if baseline.fuel_l else 1.0
    prices, emissions = registry.city.prices, registry.city.emissions
    return {
        "fuel_saved_l": saved_l,
        "fuel_saved_ratio": round(saved_l / baseline.fuel_l, 4) if baseline.fuel_l else None,
        "money_saved": round(saved_l * prices.fuel_per_l),
        "co2e_saved_kg": round(saved_l * emissions.co2e_kg_per_l, 1),
        "distance_saved_m": round(baseline.distance_m * kept - driven.distance_m, 1),
        "duty_saved_s": round((baseline.duty_s or 0.0) * kept - (driven.duty_s or 0.0), 1),
    }


def _litres_by_zone(
    driven: Sequence[Driven], fuel: Mapping[str, TruckFuel], factor: float, zones: Mapping[str, str]
) -> dict[str, float]:
    """A truck's litres, shared out by the containers that it emptied."""
    litres: dict[str, float] = defaultdict(float)
    for d in driven:
        of_container = fuel[d.truck].litres(d.work(factor)) / len(d.emptied) if d.emptied else 0.0
        for place in d.emptied:
            if place in zones:
                litres[zones[place]] += of_container
    return litres


def _works(driven: Sequence[Driven], fuel: Mapping[str, TruckFuel], factor: float) -> tuple[TruckWork, ...]:
    works = [(d, d.work(factor)) for d in driven]
    return tuple(
        TruckWork(
            truck=d.truck,
            haul_m=round(work.haul_m, 1),
            collect_m=round(work.collect_m, 1),
            stops=d.lifts,
            idle_s=work.idle_s,
            is_measured=d.track is not None,
            fuel_l=round(fuel[d.truck].litres(work), 3),
        )
        for d, work in works
    )


def _driven_from(driven: Sequence[Driven]) -> str:
    return "gps" if driven and all(d.measured_m is not None for d in driven) else "plan"


def _measured(events: DayEvents, truck: str, duty: Duty) -> Track | None:
    if events.kept is not None:
        return events.kept.tracks.get(truck)
    track = measured_track(events.tracks.get(truck, ()), duty)
    return None if track is None else track.as_kept()
