"""Made-up cities by seed: bins round markets, one depot, disposal sites outside town, two kinds of trucks.

`plain` draws its numbers in a fixed order, so a seed means the same city for ever: change nothing in that order.
`full` is the same city with the rules on that few solvers know: a break for every crew (and a shift longer by just
that break), sites that close for half an hour or open late, and limits on a truck's stops and kilograms a day.
"""

from __future__ import annotations

import math
from dataclasses import replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from routing.errors import RoutingError
from routing.problem import (
    Break,
    Depot,
    DisposalSite,
    FuelModel,
    Location,
    Matrix,
    Prices,
    Problem,
    Stop,
    Vehicle,
    Window,
)

STREAM = frozenset({"residual"})
SHIFT: Window = (21_600, 46_800)  # 06:00 to 13:00
BREAK_S = 1800
BREAK_STARTS: Window = (27_000, 32_400)  # 07:30 to 09:00: most duties last three to four hours
DAY_LOADS = 3.0  # kilograms a day, in full trucks: a fourth trip is for light loads only
DAY_STOPS_FACTOR = 1.1  # stops a day, in such days of average bins
FULL_OPENINGS: tuple[tuple[Window, ...], ...] = (
    ((21_600, 28_800), (30_600, 64_800)),  # closed from 08:00 to 08:30
    ((25_200, 34_200), (36_000, 64_800)),  # opens at 07:00, closed from 09:30 to 10:00
)


class Rules(StrEnum):
    PLAIN = "plain"
    FULL = "full"


def made_problem(stops: int, seed: int, rules: Rules = Rules.PLAIN) -> Problem:
    """Return the city of this seed. Raises `RoutingError` for no stops or a negative seed."""
    if stops < 1 or seed < 0:
        raise RoutingError(f"{stops} stops, seed {seed}: expected at least 1 stop and a seed of 0 or more")
    problem = _plain(stops, seed)
    return problem if rules == Rules.PLAIN else _with_all_rules(problem)


def _plain(count: int, seed: int) -> Problem:
    rng = np.random.default_rng([seed, count])
    site_count = 1 if count < 600 else 2
    places_m = _places(rng, count, site_count)
    matrix = _travel(places_m, rng)
    bins = _Bins(rng, count, first=1 + site_count)
    return Problem(
        name=f"made-{count}-{seed}",
        prices=Prices(fuel_per_l=695, crew_per_h=2600, currency="XOF"),
        locations=tuple(
            Location(round(float(2.4 + x / 111_320), 6), round(float(6.37 + y / 110_540), 6)) for x, y in places_m
        ),
        matrices={"truck": matrix},
        depots=(Depot("D1", 0),),
        disposal_sites=tuple(
            DisposalSite(f"L{site + 1}", 1 + site, 900, ((21_600, 64_800),), STREAM) for site in range(site_count)
        ),
        vehicles=_fleet(bins.kg),
        stops=bins.rows,
    )


def _places(rng: np.random.Generator, count: int, site_count: int) -> NDArray[np.float64]:
    """Depot, disposal sites, bins: (n, 2) metres round the town's middle."""
    radius = 5000 * math.sqrt(count / 300)
    centres = rng.normal(0, radius * 0.45, (max(4, count // 60), 2))
    bins = centres[rng.integers(0, len(centres), count)] + rng.normal(0, 450, (count, 2))
    angles = rng.random() * 2 * math.pi + np.arange(site_count) * math.pi * 0.8
    sites = np.stack([np.cos(angles), np.sin(angles)], 1) * (radius * 1.3 + 4000)
    depot = rng.normal(0, radius * 0.3, (1, 2))
    return np.concatenate([depot, sites, bins])


def _travel(places_m: NDArray[np.float64], rng: np.random.Generator) -> Matrix:
    """Asymmetric road distances and truck durations: crawling between bins, faster on the long haul."""
    crow = np.hypot(places_m[:, None, 0] - places_m[None, :, 0], places_m[:, None, 1] - places_m[None, :, 1])
    distance = crow * (1.3 + 0.15 * rng.random((len(places_m), 1)) + 0.15 * rng.random((1, len(places_m))))
    duration = distance / (np.clip(14 + 2.2 * crow / 1000, 14, 42) / 3.6)
    np.fill_diagonal(distance, 0)
    np.fill_diagonal(duration, 0)
    return Matrix(distance.round().astype(np.int32), duration.round().astype(np.int32))


class _Bins:
    """The bins, and their kilograms before rounding, which decide the size of the fleet."""

    def __init__(self, rng: np.random.Generator, count: int, first: int) -> None:
        volume_l = rng.choice([660, 1100, 3200], count, p=[0.35, 0.5, 0.15])
        fill = np.clip(rng.beta(2.6, 1.6, count), 0.4, 1.1)
        self.kg = volume_l * fill * rng.normal(0.28, 0.04, count).clip(0.15, 0.45)
        market = rng.random(count) < 0.1
        overflow = 1 / (1 + np.exp(-(fill - 0.8) * 14))
        required = fill >= 0.78
        self.rows = tuple(
            Stop(
                id=f"B{i + 1:05d}",
                location=first + i,
                demand_kg=round(float(self.kg[i]), 1),
                demand_l=round(float(volume_l[i] * fill[i] * 0.35), 1),
                service_s=int(60 + 30 * (volume_l[i] > 660) + 90 * (volume_l[i] > 1100)),
                stream="residual",
                windows=((21_600, 32_400),) if market[i] else (),
                required=bool(required[i]),
                prize=0.0 if required[i] else round(float(overflow[i] * volume_l[i] * 4), 1),
            )
            for i in range(count)
        )


def _fleet(kg: NDArray[np.float64]) -> tuple[Vehicle, ...]:
    """15 % more trucks than two loads of 7 t a day each would need; every third is a small one."""
    count = max(2, math.ceil(kg.sum() / 7000 / 2.0 * 1.15))
    return tuple(_vehicle(number, big=number % 3 != 2) for number in range(count))


def _vehicle(number: int, *, big: bool) -> Vehicle:
    return Vehicle(
        id=f"T{number + 1:03d}",
        profile="truck",
        start_depot="D1",
        end_depot="D1",
        shift=SHIFT,
        capacity_kg=9000 if big else 4200,
        capacity_l=21_000 if big else 10_000,
        streams=STREAM,
        fuel=FuelModel(0.52, 0.06, 3.2) if big else FuelModel(0.34, 0.045, 2.4),
        max_trips=4,
        fixed_cost=22_000 if big else 15_000,
    )


def _with_all_rules(problem: Problem) -> Problem:
    mean_kg = sum(stop.demand_kg for stop in problem.stops) / len(problem.stops)
    return replace(
        problem,
        name=f"{problem.name}-full",
        disposal_sites=tuple(
            replace(site, open=FULL_OPENINGS[number % len(FULL_OPENINGS)])
            for number, site in enumerate(problem.disposal_sites)
        ),
        vehicles=tuple(
            replace(
                vehicle,
                shift=(vehicle.shift[0], vehicle.shift[1] + BREAK_S),
                rest=Break(BREAK_S, BREAK_STARTS),
                max_stops=math.ceil(DAY_STOPS_FACTOR * DAY_LOADS * vehicle.capacity_kg / mean_kg),
                day_limit_kg=DAY_LOADS * vehicle.capacity_kg,
            )
            for vehicle in problem.vehicles
        ),
    )
