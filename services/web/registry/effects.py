"""What a changed registry does to the next day's plan: an estimate, by the planner's own forecast and rules.

Nothing is solved: due containers and their demand are the forecast's, what the trucks can carry is counted as if each
made all its trips full. It tells whether the day still fits, not what it will cost.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from services.city.fleets import FleetRules, part_of
from services.city.registry import Registry
from services.fill.belief import Belief
from services.fill.due import forecasts_of_day
from services.planning.available import without


@dataclass(frozen=True)
class DayEstimate:
    """Of one fleet's day."""

    containers: int
    due: int
    demand_kg: float
    demand_l: float
    """Of those that are due."""
    trucks: int
    """That can be planned: in service, and not ticked off as absent."""
    capacity_kg: float
    capacity_l: float
    """Of all their trips together; of litres as the press leaves them."""
    sites_open: int


@dataclass(frozen=True)
class Effect:
    """Of one fleet. None: it is not there before, or not after."""

    fleet: str
    name: str
    before: DayEstimate | None
    after: DayEstimate | None

    def told(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def effects_on(
    before: Registry,
    after: Registry,
    beliefs: Mapping[str, Belief],
    day: date,
    as_of: datetime,
    absent: tuple[str, ...],
) -> list[Effect]:
    """By fleet, those of before first."""
    names: dict[str, str] = {}
    for registry in (before, after):
        for fleet in FleetRules(registry.fleets).ids:
            names[fleet] = next((row.name for row in registry.fleets if row.id == fleet), registry.city.name)
    return [
        Effect(
            fleet,
            name,
            estimate(before, fleet, beliefs, day, as_of, absent),
            estimate(after, fleet, beliefs, day, as_of, absent),
        )
        for fleet, name in names.items()
    ]


def estimate(
    registry: Registry, fleet: str, beliefs: Mapping[str, Belief], day: date, as_of: datetime, absent: tuple[str, ...]
) -> DayEstimate | None:
    """As the planner would begin that day's plan; None where the registry has no such fleet."""
    if fleet not in FleetRules(registry.fleets).ids:
        return None
    part = without(part_of(registry, fleet), absent)
    due = [forecast for forecast in forecasts_of_day(part, beliefs, day, as_of) if forecast.due]
    bodies = {body.id: body for body in part.truck_classes}
    trucks = [bodies[truck.truck_class] for truck in part.trucks if truck.in_service]
    return DayEstimate(
        containers=len(part.containers),
        due=len(due),
        demand_kg=round(sum(forecast.demand_kg for forecast in due)),
        demand_l=round(sum(forecast.demand_l for forecast in due)),
        trucks=len(trucks),
        capacity_kg=round(sum(body.capacity_kg * body.max_trips for body in trucks)),
        capacity_l=round(sum(body.capacity_l * body.compaction * body.max_trips for body in trucks)),
        sites_open=sum(site.is_open_on(day) for site in part.disposal_sites),
    )
