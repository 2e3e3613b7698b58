"""A running day seen from one moment: what each crew has done, where it is and what it carries."""

from __future__ import annotations

from dataclasses import dataclass, replace

from routing.problem import Break, Depot, Problem, Stop, Vehicle
from routing.solution import Route, Visit, VisitKind


@dataclass(frozen=True, slots=True)
class Crew:
    """A crew whose duty has begun and is not over: `done` visits stand, it is free at `location` from `free_s` on."""

    vehicle: Vehicle
    done: tuple[Visit, ...]
    ahead: tuple[Visit, ...]
    location: int
    free_s: int
    on_board: tuple[Stop, ...]

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

    def remaining(self, stops: dict[str, Stop]) -> Vehicle | None:
        """The vehicle with what its duty still allows; None when it may only go home."""
        vehicle, load = self.vehicle, len(self.load())
        done = [stops[visit.id] for visit in self.done if visit.kind is VisitKind.STOP]
        unloaded = done[: len(done) - len(self.on_board)]
        trips = sum(visit.kind is VisitKind.DISPOSAL for visit in self.done)
        most_stops = None if vehicle.max_stops is None else vehicle.max_stops - len(done) + load
        most_trips = None if vehicle.max_trips is None else vehicle.max_trips - trips
        if most_stops == 0 or most_trips == 0:
            return None
        return replace(
            vehicle,
            start_depot=self.depot.id,
            shift=(self.free_s, max(self.free_s, vehicle.shift[1])),
            fixed_cost=0.0,
            max_stops=most_stops,
            max_trips=most_trips,
            rest=self.rest,
            day_limit_kg=_left(vehicle.day_limit_kg, sum(stop.demand_kg for stop in unloaded)),
            day_limit_l=_left(vehicle.day_limit_l, sum(stop.demand_l for stop in unloaded)),
        )

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


def _left(limit: float | None, used: float) -> float | None:
    return None if limit is None else max(0.0, limit - used)


def crew_of(problem: Problem, route: Route, now_s: int, closed_sites: frozenset[str]) -> Crew | None:
    """The crew of a route at `now_s`; None when its duty has not begun, or when it is on its way home.

    The visit it makes or drives to is done too. If that is a site closed meanwhile, the crew turns round: it is free
    where it came from, after driving as long again as it has driven since.
    """
    visits = route.visits
    count = next((number for number, visit in enumerate(visits) if visit.leave_s > now_s), len(visits))
    if count == 0 or count >= len(visits) - 1:
        return None
    current, free_s = visits[count], visits[count].leave_s
    if current.kind is VisitKind.DISPOSAL and current.id in closed_sites and current.start_s > now_s:
        free_s = now_s + max(0, min(now_s, current.arrive_s) - visits[count - 1].leave_s)
    else:
        count += 1
    done = visits[:count]
    vehicle = next(row for row in problem.vehicles if row.id == route.vehicle)
    return Crew(vehicle, done, visits[count:], place_of(problem, done), free_s, _on_board(problem, done))


def place_of(problem: Problem, done: tuple[Visit, ...]) -> int:
    """Location of the last visit that is no break."""
    places = {(VisitKind.DEPOT, row.id): row.location for row in problem.depots}
    places |= {(VisitKind.STOP, row.id): row.location for row in problem.stops}
    places |= {(VisitKind.DISPOSAL, row.id): row.location for row in problem.disposal_sites}
    return next(places[visit.kind, visit.id] for visit in reversed(done) if visit.kind is not VisitKind.BREAK)


def _on_board(problem: Problem, done: tuple[Visit, ...]) -> tuple[Stop, ...]:
    stops = {stop.id: stop for stop in problem.stops}
    carried: list[Stop] = []
    for visit in done:
        if visit.kind is VisitKind.DISPOSAL:
            carried = []
        elif visit.kind is VisitKind.STOP:
            carried.append(stops[visit.id])
    return tuple(carried)
