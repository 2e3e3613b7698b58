"""The fixed circuits of a city that never wrote them down, learned from its trucks' positions before the change."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

import numpy as np
from numpy.typing import NDArray

from services.city.registry import WEEKDAYS, BaselineStop, Container, Registry
from services.errors import TourneeError
from services.ledger.frozen import FrozenBaseline, frozen
from services.roads.tracks import METRES_A_DEGREE, STAND_S, WORK_M, TrackFix, believed, metres_between

LEAST_DAYS = 28
"""Four weeks: each weekday four times."""
LEAST_SHARE = 0.5
"""Of the days of a weekday on which a truck drove: on so many it stood at a container that is on its list."""
TOGETHER_M = 15.0
"""Containers nearer to each other stand at one collection point; one halt empties them. Assumed: GPS is no finer."""
STANDING_M_S = 1.5
"""Slower is standing: fixes of a standing receiver wander by as much in ten seconds."""
LONGEST_STAND_S = 3600.0
"""A truck that stands longer than an hour by a container is parked there. Assumed."""
MOST_NAMED = 8

type Driven = tuple[date, str, Sequence[TrackFix]]
"""A truck's positions of a local day, in the order of time."""


class TooLittle(TourneeError):
    """There are not enough positions to learn circuits from."""


def learn_baseline(
    registry: Registry, registry_version: int | None, driven: Iterable[Driven], first: date, last: date
) -> FrozenBaseline:
    """The circuits that trucks drove between two days, both included, with all that is doubtful in them.

    Raises:
        TooLittle: the period is shorter than four weeks, or no truck was followed on enough of its days.
    """
    if (last - first).days + 1 < LEAST_DAYS:
        raise TooLittle(
            f"{first} to {last} is {(last - first).days + 1} days; expected at least {LEAST_DAYS}, so that each "
            "weekday is there four times"
        )
    trucks = {truck.id for truck in registry.trucks}
    halts: dict[tuple[str, int], list[list[str]]] = defaultdict(list)
    followed: set[date] = set()
    strangers: Counter[str] = Counter()
    points = _Points(registry.containers)
    for day, truck, fixes in driven:
        if truck not in trucks:
            strangers[truck] += 1
            continue
        visited = points.visited(believed(fixes))
        if visited:
            followed.add(day)
            halts[truck, day.weekday()].append(visited)
    rows = [row for (truck, weekday), days in sorted(halts.items()) for row in _circuit(truck, weekday, days)]
    if not rows or len(followed) < LEAST_DAYS // 2:
        raise TooLittle(
            f"positions tell of containers emptied on {len(followed)} days of {first} to {last}; expected at least "
            f"{LEAST_DAYS // 2}: are the trackers on, and the containers where the registry says?"
        )
    flaws = list(_flaws(registry, rows, halts, followed, strangers, first, last))
    return frozen(registry, rows, "gps", registry_version, first_day=first, last_day=last, known_flaws=flaws)


class _Points:
    """Where containers stand; those of one collection point as one."""

    def __init__(self, containers: Sequence[Container]) -> None:
        self._ids = [container.id for container in containers]
        lonlat = np.array([(c.lon, c.lat) for c in containers], dtype=np.float64).reshape(-1, 2)
        self._lat = float(np.radians(lonlat[:, 1].mean())) if len(lonlat) else 0.0
        self._xy_m = self._metres(lonlat)

    def visited(self, track: Sequence[TrackFix]) -> list[str]:
        """Containers at which a truck stood long enough to empty one, each once, in the order of its first halt."""
        found: dict[str, None] = {}
        for place, stood_s in self._stands(track):
            if STAND_S <= stood_s <= LONGEST_STAND_S:
                near = np.hypot(*(self._xy_m - self._xy_m[place]).T) <= TOGETHER_M
                found |= dict.fromkeys(self._ids[n] for n in np.flatnonzero(near))
        return list(found)

    def _stands(self, track: Sequence[TrackFix]) -> Iterator[tuple[int, float]]:
        """Each container in turn that was the nearest, and how long the truck stood meanwhile."""
        if not track or not self._ids:
            return
        here = self._metres(np.array([(fix.lon, fix.lat) for fix in track]))
        away = np.hypot(here[:, :1] - self._xy_m[:, 0], here[:, 1:] - self._xy_m[:, 1])
        nearest = np.where(away.min(axis=1) <= WORK_M, away.argmin(axis=1), -1)
        stood_s = [
            b.at_s - a.at_s if metres_between(a, b) <= STANDING_M_S * (b.at_s - a.at_s) else 0.0
            for a, b in pairwise(track)
        ]
        begin = 0
        for n in range(1, len(track) + 1):
            if n == len(track) or nearest[n] != nearest[begin]:
                if nearest[begin] >= 0:
                    yield int(nearest[begin]), sum(stood_s[begin : n - 1])
                begin = n

    def _metres(self, lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(lonlat * METRES_A_DEGREE * np.array([np.cos(self._lat), 1.0]))


def _circuit(truck: str, weekday: int, days: Sequence[Sequence[str]]) -> Iterator[BaselineStop]:
    """What was visited on most days of a weekday, in the usual order."""
    places: dict[str, list[float]] = defaultdict(list)
    for visited in days:
        for n, container in enumerate(visited):
            places[container].append(n / len(visited))
    usual = [c for c, when in places.items() if len(when) >= LEAST_SHARE * len(days)]
    name = WEEKDAYS[weekday]
    for position, container in enumerate(sorted(usual, key=lambda c: (median(places[c]), c)), start=1):
        yield BaselineStop(
            circuit=f"{truck[:59]}-{name}", truck=truck, weekdays=(name,), position=position, container=container
        )


def _flaws(
    registry: Registry,
    rows: Sequence[BaselineStop],
    halts: dict[tuple[str, int], list[list[str]]],
    followed: set[date],
    strangers: Counter[str],
    first: date,
    last: date,
) -> Iterator[str]:
    """What somebody who is to accept it has to know."""
    missing = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    missing = [day for day in missing if day not in followed]
    if missing:
        yield f"{len(missing)} days without any container emptied by GPS: {_named(str(day) for day in missing)}"
    listed = {row.container for row in rows}
    never = [container.id for container in registry.containers if container.id not in listed]
    if never:
        yield f"{len(never)} containers on no circuit: {_named(never)}"
    rare = [f"{truck} {WEEKDAYS[weekday]}" for (truck, weekday), days in sorted(halts.items()) if len(days) < 3]
    if rare:
        yield f"circuits learned from fewer than three days: {_named(rare)}"
    seen = {truck for truck, _ in halts}
    silent = [truck.id for truck in registry.trucks if truck.id not in seen]
    if silent:
        yield f"trucks without positions, whose circuits are missing: {_named(silent)}"
    if strangers:
        yield f"positions of trucks that the registry does not know were left aside: {_named(sorted(strangers))}"


def _named(names: Iterable[str]) -> str:
    rows = list(names)
    return ", ".join(rows[:MOST_NAMED]) + (f" and {len(rows) - MOST_NAMED} more" if len(rows) > MOST_NAMED else "")
