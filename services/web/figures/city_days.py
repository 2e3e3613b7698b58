"""A day of the whole city, put together from the lines of its fleets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Literal

from services.contracts.ledger import DayFigures, SavingsComputed, ZoneServed


@dataclass(frozen=True)
class CityDay:
    """What a ledger line says, of all fleets that were sent that day.

    Nothing is compared where one of them cannot be: sums over some of the trucks would compare different work.
    """

    day: date
    driven: DayFigures
    driven_from: Literal["gps", "plan"]
    baseline: DayFigures | None
    fuel_saved_l: float | None
    money_saved: float | None
    co2e_saved_kg: float | None
    currency: str
    population: int
    served_people: float
    zones: tuple[ZoneServed, ...]
    simulated: bool
    lines: tuple[SavingsComputed, ...]
    """What it is put together from: intervals are made of all of them."""


def city_days(lines: Iterable[SavingsComputed]) -> list[CityDay]:
    """One for each day, in the order of the lines, which are those of a city by day."""
    return [_city_day(list(fleets)) for _, fleets in groupby(lines, lambda line: line.day)]


def _city_day(lines: Sequence[SavingsComputed]) -> CityDay:
    latest = max(lines, key=lambda line: line.computed_at)
    zones = _zones([line.zones for line in lines])
    return CityDay(
        day=latest.day,
        driven=_figures([line.driven for line in lines]),
        driven_from="gps" if all(line.driven_from == "gps" for line in lines) else "plan",
        baseline=_figures([b for line in lines if (b := line.baseline)])
        if all(line.baseline for line in lines)
        else None,
        fuel_saved_l=_sum(line.fuel_saved_l for line in lines),
        money_saved=_sum(line.money_saved for line in lines),
        co2e_saved_kg=_sum(line.co2e_saved_kg for line in lines),
        currency=latest.currency,
        population=latest.population,
        served_people=round(sum(zone.served_people for zone in zones)),
        zones=zones,
        simulated=any(line.simulated for line in lines),
        lines=tuple(lines),
    )


def _sum(values: Iterable[float | None]) -> float | None:
    """None where one of them is not known."""
    known = list(values)
    return None if None in known else sum(value for value in known if value is not None)


def _figures(sides: Sequence[DayFigures]) -> DayFigures:
    """Field by field; one that a line does not say is not known of the city either."""
    names = DayFigures.model_fields
    return DayFigures(**{name: _sum(getattr(side, name) for side in sides) for name in names})


def _zones(of_lines: Sequence[tuple[ZoneServed, ...]]) -> tuple[ZoneServed, ...]:
    """Each line speaks of its own containers in every zone; together they are the zone's, each once."""
    if len(of_lines) == 1:
        return of_lines[0]
    together: dict[str, ZoneServed] = {}
    for zone in (zone for zones in of_lines for zone in zones):
        other = together.get(zone.zone)
        together[zone.zone] = _with(other, zone) if other else zone
    return tuple(together.values())


def _with(zone: ZoneServed, other: ZoneServed) -> ZoneServed:
    containers, served = zone.containers + other.containers, zone.containers_served + other.containers_served
    people = zone.population * served / containers if containers else 0.0
    return zone.model_copy(
        update={"containers": containers, "containers_served": served, "served_people": round(people, 1)}
    )
