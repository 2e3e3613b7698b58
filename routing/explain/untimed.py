"""A vehicle's sequence of places, without times: what it costs at its best timing, and whether it keeps the limits.

Prices are those of `routing.check`; the two are compared by the tests, not by sharing code, since `check` is the judge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from routing.errors import PlanError
from routing.fuel import litres
from routing.limits import KG, LITRES, METRES, SECONDS, STOPS, TRIPS, Over, is_limited, keeps, of_visits, total
from routing.problem import Depot, DisposalSite, Matrix, Problem, Stop, Vehicle
from routing.schedule import Legs, best_timing
from routing.solution import Route, Visit, VisitKind
from routing.timed_route import Place, kind_of, legs_of, service_of, timed_route


@dataclass(frozen=True, slots=True)
class Bill:
    """What a route costs in money, and what it burns, drives and lasts. A difference of two may be negative."""

    cost: float = 0.0
    fuel_l: float = 0.0
    distance_m: int = 0
    duty_s: int = 0

    def __sub__(self, other: Bill) -> Bill:
        return Bill(
            self.cost - other.cost,
            self.fuel_l - other.fuel_l,
            self.distance_m - other.distance_m,
            self.duty_s - other.duty_s,
        )


@dataclass(frozen=True, slots=True, eq=False)
class UntimedRoute:
    """`places` run from depot to depot; with the depots alone the vehicle stays parked and costs nothing."""

    problem: Problem
    vehicle: Vehicle
    places: tuple[Place, ...]

    def is_parked(self) -> bool:
        return len(self.places) == 2

    def with_places(self, places: Sequence[Place]) -> UntimedRoute:
        return UntimedRoute(self.problem, self.vehicle, tuple(places))

    @property
    def roads(self) -> Matrix:
        return self.problem.matrices[self.vehicle.profile]

    def legs(self) -> Legs:
        """Return driving, service and windows as the scheduler wants them."""
        return legs_of(self.problem, self.vehicle, self.places)

    def bill(self, duty_s: int) -> Bill:
        """Price a duty of so many seconds: fixed_cost + fuel_per_l * litres + crew_per_h * hours."""
        distance_m = int(total(METRES, self.places, self.roads, duty_s))
        stops = sum(isinstance(place, Stop) for place in self.places)
        fuel_l = litres(self.vehicle.fuel, distance_m, stops, sum(service_of(place) for place in self.places))
        prices = self.problem.prices
        cost = self.vehicle.fixed_cost + prices.fuel_per_l * fuel_l + prices.crew_per_h * duty_s / 3600
        return Bill(cost, fuel_l, distance_m, duty_s)

    def cheapest(self) -> Bill | None:
        """Price the route at its best timing; None when it cannot be driven in time, or becomes too long."""
        if self.is_parked():
            return Bill()
        timing = best_timing(self.legs(), self.vehicle.shift, self.vehicle.rest)
        if timing is None:
            return None
        bill = self.bill(timing.duty_s)
        lengths = ((METRES, bill.distance_m), (SECONDS, bill.duty_s))
        return bill if all(keeps(self.vehicle, Over.DUTY, *length) for length in lengths) else None

    def drive(self) -> Route | None:
        """Return the route at its best timing; None when it cannot be driven in time."""
        return timed_route(self.problem, self.vehicle, self.places)

    def keeps_counts(self) -> bool:
        """Tell whether loads, trips, stops and what sites take are kept; says nothing of metres and seconds."""
        vehicle = self.vehicle
        counted = [measure for measure in (KG, LITRES, STOPS, TRIPS) if is_limited(vehicle, Over.DUTY, measure)]
        if not all(keeps(vehicle, Over.DUTY, measure, of_visits(measure, self.places)) for measure in counted):
            return False
        if not all(may_serve(vehicle, place) for place in self.places if isinstance(place, Stop)):
            return False
        return all(_may_end(vehicle, trip, site) for trip, site in self.trips())

    def trips(self) -> list[tuple[list[Stop], DisposalSite]]:
        """Return the stops of each disposal visit, in the order of the duty."""
        trips, stops = list[tuple[list[Stop], DisposalSite]](), list[Stop]()
        for place in self.places:
            if isinstance(place, Stop):
                stops.append(place)
            elif isinstance(place, DisposalSite):
                trips.append((stops, place))
                stops = []
        return trips


class Town:
    """A problem whose rows are found by their id."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.vehicles = {vehicle.id: vehicle for vehicle in problem.vehicles}
        self.depots = {depot.id: depot for depot in problem.depots}
        places: tuple[Place, ...] = (*problem.stops, *problem.disposal_sites, *problem.depots)
        self._places = {(kind_of(place), place.id): place for place in places}

    def untimed_of(self, route: Route) -> UntimedRoute:
        """Return the places of a route. Raises `PlanError` for ids the problem lacks, or a route without depots."""
        vehicle = self.vehicles.get(route.vehicle)
        if vehicle is None:
            raise PlanError(f"route of {route.vehicle}: no such vehicle in problem {self.problem.name}")
        places = tuple(self._place(route, visit) for visit in route.visits if visit.kind is not VisitKind.BREAK)
        if len(places) < 2 or not (isinstance(places[0], Depot) and isinstance(places[-1], Depot)):
            raise PlanError(f"route of {route.vehicle}: expected a depot at its beginning and at its end")
        return UntimedRoute(self.problem, vehicle, places)

    def parked(self, vehicle: Vehicle) -> UntimedRoute:
        return UntimedRoute(self.problem, vehicle, (self.depots[vehicle.start_depot], self.depots[vehicle.end_depot]))

    def _place(self, route: Route, visit: Visit) -> Place:
        place = self._places.get((visit.kind, visit.id))
        if place is None:
            raise PlanError(f"route of {route.vehicle}: no {visit.kind} {visit.id} in problem {self.problem.name}")
        return place


def may_serve(vehicle: Vehicle, stop: Stop) -> bool:
    """Tell whether the vehicle carries the stop's waste and is allowed there."""
    return stop.stream in vehicle.streams and (stop.vehicles is None or vehicle.id in stop.vehicles)


def _may_end(vehicle: Vehicle, stops: list[Stop], site: DisposalSite) -> bool:
    if not all(keeps(vehicle, Over.TRIP, measure, of_visits(measure, stops)) for measure in (KG, LITRES)):
        return False
    return bool(site.open) and (not site.streams or {stop.stream for stop in stops} <= site.streams)
