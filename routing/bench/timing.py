"""From an order of visits to times: what turns a peer's bare sequences into a plan the judge can replay.

Waits at windows, puts the break where the duty ends up shortest, and leaves as late as that duty allows. It never
changes the order. An order that cannot be kept in time still gets times, and the judge says what is wrong with it.
"""

from __future__ import annotations

from dataclasses import dataclass

from routing.problem import Break, Problem, Vehicle, Window
from routing.solution import Visit, VisitKind

type Order = list[tuple[VisitKind, str]]


@dataclass(frozen=True, slots=True)
class _Place:
    kind: VisitKind
    id: str
    drive_s: int
    service_s: int
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class _Timed:
    visits: tuple[Visit, ...]
    late_s: int
    duty_s: int


class Timetable:
    """Times for the routes of one problem."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        anytime: tuple[Window, ...] = ()
        self._places: dict[tuple[VisitKind, str], tuple[int, int, tuple[Window, ...]]] = {
            (VisitKind.DEPOT, depot.id): (depot.location, 0, anytime) for depot in problem.depots
        }
        for site in problem.disposal_sites:
            self._places[VisitKind.DISPOSAL, site.id] = (site.location, site.service_s, site.open)
        for stop in problem.stops:
            self._places[VisitKind.STOP, stop.id] = (stop.location, stop.service_s, stop.windows)

    def timed(self, vehicle: Vehicle, order: Order) -> tuple[Visit, ...]:
        """Return the visits of `order`, first and last a depot, with the least lateness and then the least duty."""
        places = self._legs(vehicle, order)
        best = _latest_start(places, vehicle, None)
        rest = vehicle.rest
        if rest is None or not best.visits[0].leave_s < rest.window[1] < best.visits[-1].arrive_s:
            return best.visits
        earliest = _run(places, vehicle.shift[0], None, None, vehicle).visits
        tries = [after for after in range(len(places) - 1) if earliest[after].leave_s <= rest.window[1]]
        timed = [_latest_start(places, vehicle, after) for after in tries]
        return min(timed, key=lambda one: (one.late_s, one.duty_s), default=best).visits

    def _legs(self, vehicle: Vehicle, order: Order) -> list[_Place]:
        duration_s = self._problem.matrices[vehicle.profile].duration_s
        places, here = [], -1
        for kind, name in order:
            there, service_s, windows = self._places[kind, name]
            drive_s = 0 if here < 0 else int(duration_s[here, there])
            places.append(_Place(kind, name, drive_s, service_s, windows))
            here = there
        return places


def _latest_start(places: list[_Place], vehicle: Vehicle, rest_after: int | None) -> _Timed:
    """Time an order with its break after visit `rest_after` (None: no break), leaving as late as costs nothing."""
    early, late = vehicle.shift
    base = _run(places, early, vehicle.rest, rest_after, vehicle)
    finish_s = base.visits[-1].arrive_s
    while early < late:  # the end never falls when the start moves later, so halving finds the last free second
        middle = (early + late + 1) // 2
        again = _run(places, middle, vehicle.rest, rest_after, vehicle)
        if again.visits[-1].arrive_s == finish_s and again.late_s <= base.late_s:
            early, base = middle, again
        else:
            late = middle - 1
    return base


def _run(places: list[_Place], leave_s: int, rest: Break | None, rest_after: int | None, vehicle: Vehicle) -> _Timed:
    visits, clock, late_s = [], leave_s, 0
    for number, place in enumerate(places):
        arrive = clock + place.drive_s
        start, missed_s = _start(arrive, place.windows)
        late_s += missed_s
        clock = start + place.service_s
        visits.append(Visit(place.kind, place.id, arrive, start, clock))
        if rest is not None and number == rest_after:
            rest_s = max(clock, rest.window[0])
            late_s += max(0, rest_s - rest.window[1])
            clock = rest_s + rest.duration_s
            visits.append(Visit(VisitKind.BREAK, "break", rest_s, rest_s, clock))
    late_s += max(0, clock - vehicle.shift[1])
    return _Timed(tuple(visits), late_s, clock - leave_s)


def _start(arrive_s: int, windows: tuple[Window, ...]) -> tuple[int, int]:
    """When service can start, and by how many seconds that misses the last window."""
    for from_s, to_s in sorted(windows):
        if arrive_s <= to_s:
            return max(arrive_s, from_s), 0
    return arrive_s, min((arrive_s - to_s for _, to_s in windows), default=0)
