"""Who is within a walk of a point that is really emptied, often and regularly enough, by UN-Habitat's ladder."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import NAMESPACE_URL, UUID, uuid5

import numpy as np
from numpy.typing import NDArray

from services.city.geometry import Points
from services.city.registry import Registry
from services.contracts.coverage import ASSUMED_STREAMS, STEPS, CoverageComputed, NoCost, ServingCost, ZoneCoverage
from services.ledger.emptyings import WeeksOf
from services.ledger.homes import DETOUR_FACTOR, Homes
from services.ledger.people import Grid

ARITHMETIC = 2
"""Raise it with every change that makes other figures of the same events.

2: of places for a new point with as many people, the first; before, rounding chose.
"""
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
    """Emptyings by container and week, as they were known."""

    weeks: WeeksOf
    weeks_known: int
    """Whole weeks since the first emptying of the city, at most 52."""
    words_heard: int | None = None
    """Of them, those whose word was received in the last 24 hours."""

    def is_served(self, container: str, times: int) -> bool:
        """Often enough in the last week, and in nearly all weeks that are known."""
        counts = self.weeks.get(container)
        if counts is None or counts[0] < times:
            return False
        return int(np.count_nonzero(counts[: self.weeks_known] >= times)) >= REGULAR_SHARE * self.weeks_known

    def is_emptied_at_all(self, container: str) -> bool:
        counts = self.weeks.get(container)
        return counts is not None and bool(counts[:RECENT_WEEKS].any())


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


def walks_of(basis: Basis, homes: Homes) -> Walks:
    """How far everybody walks."""
    registry, times = basis.registry, basis.times_a_week
    served = [c for c in registry.containers if basis.emptied.is_served(c.id, times)]
    recent = [c for c in registry.containers if basis.emptied.is_emptied_at_all(c.id)]
    walk_m, streams = registry.city.service.walk_m, sorted({c.stream for c in served})
    within = [homes.walks_m([c for c in served if c.stream == stream]) <= walk_m for stream in streams]
    any_m = homes.walks_m(registry.containers)
    return Walks(
        any_m=any_m,
        recent_m=homes.walks_m(recent),
        served_m=homes.walks_m(served),
        streams=np.sum(within, axis=0, dtype=np.int64) if within else np.zeros(len(any_m), dtype=np.int64),
    )


def steps_of(walks: Walks, walk_m: float) -> NDArray[np.int64]:
    """(n,) places in `STEPS`."""
    step = np.zeros(len(walks.any_m), dtype=np.int64)
    step[(walks.recent_m <= walk_m) | (walks.served_m <= FAR_WALK_M)] = STEPS.index("limited")
    for name, streams in ASSUMED_STREAMS.items():
        step[(walks.served_m <= walk_m) & (walks.streams >= streams)] = STEPS.index(name)
    return step


def zones_covered(basis: Basis, homes: Homes | None = None) -> tuple[list[ZoneCoverage], list[Unserved]]:
    """Each zone in the registry's order; and those to be priced, most unserved people first.

    `homes` are those of the basis's registry and grid, where somebody has them already.
    """
    registry, homes = basis.registry, homes or Homes(basis.registry, basis.grid)
    people = homes.people
    walks, walk_m = walks_of(basis, homes), registry.city.service.walk_m
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
        words_heard=basis.emptied.words_heard,
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


def _median_m(metres: NDArray[np.float64], people: NDArray[np.float64]) -> float | None:
    """The walk that half of these people have at most."""
    if not len(metres) or not people.sum() or not np.isfinite(metres).any():
        return None
    order = np.argsort(metres, kind="stable")
    share = np.cumsum(people[order])
    return round(float(metres[order][np.searchsorted(share, share[-1] / 2)]))
