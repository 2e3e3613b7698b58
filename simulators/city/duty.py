"""Simple arithmetic of a truck's day: does a list of stops fit the shift? Straight lines times a detour factor."""

from dataclasses import dataclass

import numpy as np

from simulators.city.fleet import (
    CAPACITY_L,
    FILL_PER_DAY,
    KG_PER_L,
    LANDFILL,
    SERVICE_S,
    TRANSFER,
    DisposalSite,
    TruckClass,
)

DETOUR_FACTOR = 1.4
TOWN_SPEED_KMH = 18.0
HAUL_SPEED_KMH = 35.0
HAUL_BEYOND_M = 3000.0
"""A leg runs at haul speed beyond this; defaults of the platform for a city without a street network."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class DutyStop:
    """A stop of a day: where, of what kind, and how many days of waste wait there."""

    xy_m: tuple[float, float]
    kind: str
    days_of_waste: float

    @property
    def loose_l(self) -> float:
        return CAPACITY_L[self.kind] * min(FILL_PER_DAY[self.kind] * self.days_of_waste, 1.15)

    @property
    def kg(self) -> float:
        return self.loose_l * KG_PER_L[self.kind]


@dataclass(frozen=True)
class Duty:
    """What a day's list asks of one truck. `market_end_s`: seconds after the start until its last market stop began."""

    duty_s: float
    distance_m: float
    kg: float
    trips: int
    market_end_s: float


def leg_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Estimated road metres between two places of the plane."""
    return float(np.hypot(a[0] - b[0], a[1] - b[1])) * DETOUR_FACTOR


def leg_s(distance_m: float) -> float:
    """Estimated driving seconds of a leg of so many road metres."""
    town_m = min(distance_m, HAUL_BEYOND_M)
    return 3.6 * (town_m / TOWN_SPEED_KMH + (distance_m - town_m) / HAUL_SPEED_KMH)


def disposal_site_on(weekday: str) -> DisposalSite:
    """The transfer station where it is open, else the landfill."""
    return TRANSFER if weekday in TRANSFER.weekdays.split() else LANDFILL


def duty_of(
    stops: list[DutyStop],
    truck_class: TruckClass,
    depot_xy_m: tuple[float, float],
    site_xy_m: tuple[float, float],
    site_service_s: float,
) -> Duty:
    """Drive the stops in their order, emptying the truck when the next container would not fit any more."""
    here, elapsed_s, distance_m, kg, loose_l = depot_xy_m, 0.0, 0.0, 0.0, 0.0
    total_kg, trips, market_end_s = 0.0, 0, 0.0

    def drive(to: tuple[float, float]) -> None:
        nonlocal here, elapsed_s, distance_m
        metres = leg_m(here, to)
        elapsed_s += leg_s(metres)
        distance_m += metres
        here = to

    for stop in stops:
        if kg + stop.kg > truck_class.capacity_kg or loose_l + stop.loose_l > truck_class.loose_l:
            drive(site_xy_m)
            elapsed_s += site_service_s
            trips, kg, loose_l = trips + 1, 0.0, 0.0
        drive(stop.xy_m)
        if stop.kind == "caisson-marche":
            market_end_s = elapsed_s
        elapsed_s += SERVICE_S[stop.kind]
        kg, loose_l, total_kg = kg + stop.kg, loose_l + stop.loose_l, total_kg + stop.kg
    if stops:
        drive(site_xy_m)
        elapsed_s += site_service_s
        trips += 1
        drive(depot_xy_m)
    return Duty(elapsed_s, distance_m, total_kg, trips, market_end_s)


def days_of_waste(weekdays: tuple[str, ...], weekday: str) -> int:
    """Days since the round before, for a container emptied on these weekdays: 3 on Monday after Friday."""
    rounds = sorted(WEEKDAYS.index(day) for day in weekdays)
    today = WEEKDAYS.index(weekday)
    before = [day for day in rounds if day < today]
    return today - before[-1] if before else today + 7 - rounds[-1]
