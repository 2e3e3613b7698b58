"""Who is within a walk of a point that is really emptied, often and regularly enough, by UN-Habitat's ladder."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import NAMESPACE_URL, UUID, uuid5

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from services.city.geometry import Points, middle_of, to_metres
from services.city.registry import Container, Registry
from services.contracts.coverage import ASSUMED_STREAMS, STEPS, CoverageComputed, NoCost, ServingCost, ZoneCoverage
from services.ledger.people import Grid, People, people_of

ARITHMETIC = 1
"""Raise it with every change that makes other figures of the same events."""
WEEKS = 52
DETOUR_FACTOR = 1.3
"""Of a walk over its straight line: no walking network is known. Assumed."""
FAR_WALK_M = 1000.0
"""Beyond a walk of this to a served point there is no service at all. Assumed: the ladder names no limit."""
RECENT_WEEKS = 4
"""A point emptied at least once in so many weeks is a service, if a limited one. Assumed."""
REGULAR_SHARE = 0.9
"""Of the known weeks. Assumed: 47 of 52, a strike and some holidays are allowed."""
MOST_PRICED = 20
"""Zones whose service is priced, those with most people unserved first."""
UNSERVED_SHARE = 0.5
"""A zone is unserved, and priced, where more of its people than this have no basic service. Assumed."""
NOT_CONTENT = {"computation_id", "computed_at"}


@dataclass(frozen=True)
class Emptied:
    """Emptyings by container and week: week 0 is the seven days that end with the day, week 1 the seven before."""

    weeks: Mapping[str, Mapping[int, int]]
    weeks_known: int
    """Whole weeks since the first emptying of the city, at most 52."""

    def is_served(self, container: str, times: int) -> bool:
        """Often enough in the last week, and in nearly all weeks that are known."""
        of_weeks = self.weeks.get(container, {})
        if of_weeks.get(0, 0) < times:
            return False
        kept = sum(of_weeks.get(week, 0) >= times for week in range(self.weeks_known))
        return kept >= REGULAR_SHARE * self.weeks_known

    def is_emptied_at_all(self, container: str) -> bool:
        return any(self.weeks.get(container, {}).get(week, 0) for week in range(RECENT_WEEKS))


@dataclass(frozen=True)
class Basis:
    """What a city's coverage is computed of."""

    registry: Registry
    registry_version: int | None
    grid: Grid | None
    grid_version: int | None
    emptied: Emptied

    @property
    def times_a_week(self) -> int:
        """The city's promise, for a week: `min_emptyings` in `period_days`, and once at least."""
        service = self.registry.city.service
        return max(1, round(service.min_emptyings * 7 / service.period_days))


@dataclass(frozen=True, eq=False)
class Walks:
    """From each point where people live, in metres on foot; infinite where there is nothing to walk to."""

    any_m: NDArray[np.float64]
    """To a container in service."""
    recent_m: NDArray[np.float64]
    """To one that was emptied at least once in the last weeks."""
    served_m: NDArray[np.float64]
    """To one that is served."""
    streams: NDArray[np.int64]
    """Separate streams within the walk, of served containers."""


@dataclass(frozen=True, eq=False)
class Unserved:
    """A zone whose service is to be priced: where its people without basic service live, and how many at each point."""

    zone: str
    lonlat: Points
    people: NDArray[np.float64]


def walks_of(basis: Basis, people: People) -> Walks:
    """How far everybody walks."""
    registry, times = basis.registry, basis.times_a_week
    origin = middle_of(people.lonlat) if len(people.lonlat) else np.zeros(2)
    here = to_metres(people.lonlat, origin)
    served = [c for c in registry.containers if basis.emptied.is_served(c.id, times)]
    recent = [c for c in registry.containers if basis.emptied.is_emptied_at_all(c.id)]
    walk_m, streams = registry.city.service.walk_m, sorted({c.stream for c in served})
    within = [_nearest_m(here, [c for c in served if c.stream == stream], origin) <= walk_m for stream in streams]
    return Walks(
        any_m=_nearest_m(here, registry.containers, origin),
        recent_m=_nearest_m(here, recent, origin),
        served_m=_nearest_m(here, served, origin),
        streams=np.sum(within, axis=0, dtype=np.int64) if within else np.zeros(len(here), dtype=np.int64),
    )


def steps_of(walks: Walks, walk_m: float) -> NDArray[np.int64]:
    """(n,) places in `STEPS`."""
    step = np.zeros(len(walks.any_m), dtype=np.int64)
    step[(walks.recent_m <= walk_m) | (walks.served_m <= FAR_WALK_M)] = STEPS.index("limited")
    for name, streams in ASSUMED_STREAMS.items():
        step[(walks.served_m <= walk_m) & (walks.streams >= streams)] = STEPS.index(name)
    return step


def zones_covered(basis: Basis) -> tuple[list[ZoneCoverage], list[Unserved]]:
    """Each zone in the registry's order; and those to be priced, most unserved people first."""
    registry = basis.registry
    people = people_of(registry, basis.grid)
    walks, walk_m = walks_of(basis, people), registry.city.service.walk_m
    steps = steps_of(walks, walk_m)
    rows, unserved = [], []
    for number, zone in enumerate(registry.zones):
        here = people.zone == number
        count, lacks = people.count[here], steps[here] < STEPS.index("basic")
        by_step = {name: float(count[steps[here] == place].sum()) for place, name in enumerate(STEPS)}
        rows.append(
            ZoneCoverage(
                zone=zone.id,
                population=round(float(count.sum()), 1),
                assigned_people=round(float(count[walks.any_m[here] <= walk_m].sum()), 1),
                nearest_served_m=_median_m(walks.served_m[here][lacks], count[lacks]),
                **{name: round(value, 1) for name, value in by_step.items()},
            )
        )
        if count.sum() > 0 and count[lacks].sum() > UNSERVED_SHARE * count.sum():
            unserved.append(Unserved(zone.id, people.lonlat[here][lacks], count[lacks]))
    return rows, sorted(unserved, key=lambda zone: (-float(zone.people.sum()), zone.zone))[:MOST_PRICED]


def coverage_of(
    basis: Basis,
    zones: Sequence[ZoneCoverage],
    costs: Mapping[str, ServingCost | NoCost],
    day: date,
    now: datetime,
) -> CoverageComputed:
    """All of it, with the id that its content has."""
    city = basis.registry.city
    priced = [_with_cost(zone, costs.get(zone.zone)) for zone in zones]
    told = CoverageComputed(
        computation_id=UUID(int=0),
        city=city.id,
        day=day,
        computed_at=now,
        arithmetic=ARITHMETIC,
        walk_m=city.service.walk_m,
        detour_factor=DETOUR_FACTOR,
        times_a_week=basis.times_a_week,
        weeks_known=basis.emptied.weeks_known,
        regular_share=REGULAR_SHARE,
        people_from="zones" if basis.grid is None else "grid",
        grid_version=basis.grid_version,
        registry_version=basis.registry_version,
        currency=city.currency,
        simulated=city.simulated,
        zones=tuple(priced),
    )
    content = json.dumps(told.model_dump(mode="json", exclude=NOT_CONTENT), sort_keys=True)
    return told.model_copy(update={"computation_id": uuid5(NAMESPACE_URL, f"tournee:coverage:{content}")})


def _with_cost(zone: ZoneCoverage, cost: ServingCost | NoCost | None) -> ZoneCoverage:
    if cost is None:
        return zone
    return zone.model_copy(update={"cost": cost} if isinstance(cost, ServingCost) else {"no_cost": cost})


def _nearest_m(here: Points, containers: Sequence[Container], origin: Points) -> NDArray[np.float64]:
    """(n,) metres on foot to the nearest of them."""
    if not containers or not len(here):
        return np.full(len(here), np.inf)
    there = to_metres(np.array([[c.lon, c.lat] for c in containers]), origin)
    distance_m, _ = cKDTree(there).query(here)
    return np.asarray(distance_m, dtype=np.float64) * DETOUR_FACTOR


def _median_m(metres: NDArray[np.float64], people: NDArray[np.float64]) -> float | None:
    """The walk that half of these people have at most."""
    if not len(metres) or not people.sum() or not np.isfinite(metres).any():
        return None
    order = np.argsort(metres, kind="stable")
    share = np.cumsum(people[order])
    return round(float(metres[order][np.searchsorted(share, share[-1] / 2)]))
