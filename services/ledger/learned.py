"""The fixed circuits of a city that never wrote them down, learned from its trucks' positions before the change."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from statistics import median

from services.city.fields import WEEKDAYS
from services.city.registry import BaselineStop, Registry
from services.errors import TourneeError
from services.ledger.frozen import FrozenBaseline, frozen
from services.ledger.halts import Halts
from services.roads.tracks import TrackFix, believed

LEAST_DAYS = 28
"""Four weeks: each weekday four times."""
LEAST_SHARE = 0.5
"""Of the days of a weekday on which a truck drove: on so many it stood at a container that is on its list."""
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
    halts_of = Halts(registry)
    for day, truck, fixes in driven:
        if truck not in trucks:
            strangers[truck] += 1
            continue
        visited = halts_of.visited(believed(fixes))
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
