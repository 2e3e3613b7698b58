"""A running day seen from one moment: what each crew has done, where it is and what it carries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from routing.limits import AMOUNTS, METRES, ONE, SECONDS, Limit, Over, of_visits, total
from routing.problem import Break, Depot, DisposalSite, IntMatrix, Matrix, Problem, Stop, Vehicle
from routing.solution import Route, Visit, VisitKind
from routing.timed_route import Place, kind_of

COUNTS = tuple(limit for limit in AMOUNTS if ONE in (limit.counts.of_stop, limit.counts.of_unloading))


@dataclass(frozen=True, slots=True)
class Crew:
    """A crew whose duty has begun and is not over: `done` visits stand, it is free at `location` from `free_s` on.

    `astray_m` is what it drove towards a site that closed, and back.
    """

    vehicle: Vehicle
    done: tuple[Visit, ...]
    ahead: tuple[Visit, ...]
    location: int
    free_s: int
    on_board: tuple[Stop, ...]
    astray_m: int = 0

    @property
    def depot(self) -> Depot:
        """Where it is, as the depot its remaining duty starts from."""
        return Depot(f"{self.vehicle.id} under way", self.location)

    @property
    def rest(self) -> Break | None:
        """The break it has still to take."""
        return None if any(visit.kind is VisitKind.BREAK for visit in self.done) else self.vehicle.rest

    def load(self) -> tuple[Stop, ...]:
        """What it carries, as stops (one a stream) only it can serve, here and now: so they come before all others."""
        return tuple(
            Stop(
                id=f"{self.vehicle.id} carries {stream}",
                location=self.location,
                demand_kg=sum(stop.demand_kg for stop in self.on_board if stop.stream == stream),
                demand_l=sum(stop.demand_l for stop in self.on_board if stop.stream == stream),
                service_s=0,
                stream=stream,
                windows=((self.free_s, self.free_s),),
                vehicles=frozenset({self.vehicle.id}),
            )
            for stream in sorted({stop.stream for stop in self.on_board})
        )

    def remaining(self, problem: Problem) -> Vehicle | None:
        """The vehicle with what its duty still allows; None when it may only go home."""
        vehicle, done = self.vehicle, tuple(_places_of(problem, self.done))
        left = {
            limit.field: limit.most(vehicle) - self._used(limit, done, problem)
            for limit in AMOUNTS
            if limit.over is Over.DUTY and getattr(vehicle, limit.field) is not None
        }
        if any(left[limit.field] <= 0 for limit in COUNTS if limit.field in left):
            return None
        return replace(
            vehicle,
            start_depot=self.depot.id,
            shift=(self.free_s, self._until_s(left)),
            fixed_cost=0.0,
            rest=self.rest,
            **{field: max(0, amount) for field, amount in left.items()},  # type: ignore[arg-type]
        )

    def _used(self, limit: Limit, done: tuple[Place, ...], problem: Problem) -> float:
        """What its duty has come to, without what it carries: that is still to be counted, as its first stops."""
        amount = total(limit.counts, done, problem.matrices[self.vehicle.profile], self.free_s - self.done[0].leave_s)
        astray_m = self.astray_m if limit.counts is METRES else 0
        return amount + astray_m - of_visits(limit.counts, self.load())

    def _until_s(self, left: dict[str, float]) -> int:
        """When it must be back: at the end of its shift, or of its duty, which runs on while it waits somewhere."""
        ends_s = [self.free_s + int(left[row.field]) for row in AMOUNTS if row.counts is SECONDS and row.field in left]
        return max(self.free_s, min([self.vehicle.shift[1], *ends_s]))

    def planned(self) -> Route:
        """What it carries and what the plan has ahead for it, as the route of its remaining duty."""
        at_s = self.free_s
        carried = (Visit(VisitKind.STOP, load.id, at_s, at_s, at_s) for load in self.load())
        return Route(self.vehicle.id, (*carried, *self.ahead))

    def continued(self, ahead: Route | None, problem: Problem) -> Route:
        """What is done and what comes now, as one route; without anything ahead it goes home."""
        if ahead is None:
            return Route(self.vehicle.id, (*self.done, *self._way_home(problem)))
        carried = {load.id for load in self.load()}
        visits = [visit for visit in ahead.visits[1:] if visit.id not in carried]
        rested = any(visit.kind is VisitKind.BREAK for visit in visits)
        waited = () if rested else self._break_before(ahead.visits[0].leave_s)
        return Route(self.vehicle.id, (*self.done, *waited, *visits))

    def _break_before(self, leave_s: int) -> tuple[Visit, ...]:
        """The break, where it falls into the time the crew waits until `leave_s`."""
        if self.rest is None:
            return ()
        begin_s = max(self.free_s, self.rest.window[0])
        end_s = begin_s + self.rest.duration_s
        fits = begin_s <= self.rest.window[1] and end_s <= leave_s
        return (Visit(VisitKind.BREAK, "break", self.free_s, begin_s, end_s),) if fits else ()

    def _way_home(self, problem: Problem) -> tuple[Visit, ...]:
        home = next(depot for depot in problem.depots if depot.id == self.vehicle.end_depot)
        travel_s = int(problem.matrices[self.vehicle.profile].duration_s[self.location, home.location])
        due = self.rest is not None and self.free_s < self.rest.window[1] < self.free_s + travel_s
        breaks = self._break_before(self.vehicle.shift[1]) if due else ()
        home_s = (breaks[0].leave_s if breaks else self.free_s) + travel_s
        return (*breaks, Visit(VisitKind.DEPOT, home.id, home_s, home_s, home_s))


def crew_of(problem: Problem, route: Route, now_s: int, closed_sites: frozenset[str]) -> Crew | None:
    """The crew of a route at `now_s`; None when its duty has not begun, or when it is on its way home.

    The visit it makes or drives to is done too. If that is a site closed meanwhile, the crew turns round: it is free
    where it came from, after driving as long again as it has driven since.
    """
    visits = route.visits
    count = next((number for number, visit in enumerate(visits) if visit.leave_s > now_s), len(visits))
    if count == 0 or count >= len(visits) - 1:
        return None
    vehicle = next(row for row in problem.vehicles if row.id == route.vehicle)
    current, free_s, astray_m = visits[count], visits[count].leave_s, 0
    if current.kind is VisitKind.DISPOSAL and current.id in closed_sites and current.start_s > now_s:
        driven_s = max(0, min(now_s, current.arrive_s) - visits[count - 1].leave_s)
        free_s, astray_m = now_s + driven_s, 2 * _driven_m(problem, vehicle, visits[: count + 1], driven_s)
    else:
        count += 1
    done = visits[:count]
    location = place_of(problem, done)
    return Crew(vehicle, done, visits[count:], location, free_s, _on_board(problem, done), astray_m)


def _driven_m(problem: Problem, vehicle: Vehicle, visits: tuple[Visit, ...], driven_s: int) -> int:
    """Metres driven in so many seconds of the last leg, at its mean speed."""
    leg, roads = list(_places_of(problem, visits))[-2:], problem.matrices[vehicle.profile]
    whole_s = roads.duration_s[leg[0].location, leg[1].location]
    return round(total(METRES, leg, roads, driven_s) * min(1.0, driven_s / max(1, int(whole_s))))


def place_of(problem: Problem, done: tuple[Visit, ...]) -> int:
    """Location of the last visit that is no break."""
    return list(_places_of(problem, done))[-1].location


def standing_places(problem: Problem, places: Sequence[int], already_there: bool) -> tuple[Problem, list[int]]:
    """Let vehicles stand where they are: a place with a cost to itself gets a twin from which it is as far as that.

    Returns the problem with the twins and, for each of `places`, where to stand. Staying at the twin costs nothing; nor
    does going there from the place itself, for one who is `already_there` and has only to stop.
    """
    matrices = problem.matrices.values()
    apart = sorted({place for place in places if any(_costs_itself(matrix, place) for matrix in matrices)})
    if not apart:
        return problem, list(places)
    size = len(problem.locations)
    twin = {place: size + number for number, place in enumerate(apart)}

    def widened(values: IntMatrix) -> IntMatrix:
        at = [*range(size), *apart]
        wide: IntMatrix = values[np.ix_(at, at)]
        wide[size:, size:][np.diag_indices(len(apart))] = 0
        if already_there:
            wide[apart, [twin[place] for place in apart]] = 0
        return wide

    wider = replace(
        problem,
        locations=(*problem.locations, *(problem.locations[place] for place in apart)),
        matrices={
            profile: Matrix(widened(matrix.distance_m), widened(matrix.duration_s))
            for profile, matrix in problem.matrices.items()
        },
    )
    return wider, [twin.get(place, place) for place in places]


def _costs_itself(matrix: Matrix, place: int) -> bool:
    return bool(matrix.distance_m[place, place] or matrix.duration_s[place, place])


def _on_board(problem: Problem, done: tuple[Visit, ...]) -> tuple[Stop, ...]:
    carried: list[Stop] = []
    for place in _places_of(problem, done):
        if isinstance(place, DisposalSite):
            carried = []
        elif isinstance(place, Stop):
            carried.append(place)
    return tuple(carried)


def _places_of(problem: Problem, visits: Iterable[Visit]) -> Iterator[Place]:
    """Where these visits are made, those of breaks left out."""
    rows: tuple[Place, ...] = (*problem.depots, *problem.disposal_sites, *problem.stops)
    places = {(kind_of(row), row.id): row for row in rows}
    return (places[visit.kind, visit.id] for visit in visits if visit.kind is not VisitKind.BREAK)
