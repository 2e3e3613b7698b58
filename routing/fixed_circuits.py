"""Price what a city does today: a fixed sequence of stops, driven as it stands. The baseline of the savings ledger.

Windows, shift, trip and day limits are not enforced, since today's practice is what it is: the excess is reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from routing.errors import PlanError
from routing.fuel import litres
from routing.problem import DisposalSite, Problem, Stop, Vehicle
from routing.solution import Route, Visit, VisitKind


@dataclass(frozen=True, slots=True)
class FixedCircuit:
    """A priced round. `over_shift_s` is how much longer than the shift it lasts, 0 when it fits.

    `overloads` names stops that alone exceed the vehicle: they are driven as if they fitted. `unloads` is False when
    no disposal site takes the vehicle's streams: the round then goes home loaded.
    """

    route: Route
    distance_m: int
    fuel_l: float
    duty_s: int
    service_s: int
    stops: int
    trips: int
    cost: float
    over_shift_s: int
    late_stops: tuple[str, ...]
    overloads: tuple[str, ...]
    unloads: bool


def replay_fixed_circuit(problem: Problem, vehicle_id: str, stop_ids: Sequence[str]) -> FixedCircuit:
    """Drive the stops in their order, unloading at the cheapest detour whenever the next one would not fit.

    Leaves at the start of the shift and never waits. Raises `PlanError` for ids the problem does not have, or twice.
    """
    vehicle = next((row for row in problem.vehicles if row.id == vehicle_id), None)
    if vehicle is None:
        raise PlanError(f"vehicle {vehicle_id} is not in problem {problem.name}; check the circuit's vehicle")
    stops = {stop.id: stop for stop in problem.stops}
    unknown = [stop_id for stop_id in stop_ids if stop_id not in stops]
    if unknown or len(set(stop_ids)) < len(stop_ids):
        raise PlanError(f"circuit of {vehicle_id}: unknown stops {unknown[:5]} or stops listed twice; correct the list")
    return _Drive(problem, vehicle).run([stops[stop_id] for stop_id in stop_ids])


class _Drive:
    """The truck on its way: where it is, what it carries, what it has done so far."""

    def __init__(self, problem: Problem, vehicle: Vehicle) -> None:
        self.problem, self.vehicle = problem, vehicle
        self.matrix = problem.matrices[vehicle.profile]
        places = {depot.id: depot.location for depot in problem.depots}
        self.here, self.home = places[vehicle.start_depot], places[vehicle.end_depot]
        self.sites = [s for s in problem.disposal_sites if not s.streams or s.streams & vehicle.streams]
        self.clock_s = vehicle.shift[0]
        self.visits = [Visit(VisitKind.DEPOT, vehicle.start_depot, self.clock_s, self.clock_s, self.clock_s)]
        self.kg = self.l = 0.0
        self.distance_m = self.service_s = self.trips = 0
        self.loaded = False

    def run(self, stops: Sequence[Stop]) -> FixedCircuit:
        late, overloads = [], []
        for stop in stops:
            if self.loaded and not self._fits(stop):
                self._unload(stop.location)
            if stop.demand_kg > self.vehicle.capacity_kg or stop.demand_l > self.vehicle.capacity_l:
                overloads.append(stop.id)
            self._visit(VisitKind.STOP, stop.id, stop.location, stop.service_s)
            if stop.windows and not any(a <= self.visits[-1].start_s <= b for a, b in stop.windows):
                late.append(stop.id)
            self.kg, self.l, self.loaded = self.kg + stop.demand_kg, self.l + stop.demand_l, True
        if self.loaded:
            self._unload(self.home)
        self._visit(VisitKind.DEPOT, self.vehicle.end_depot, self.home, 0)
        return self._circuit(len(stops), tuple(late), tuple(overloads))

    def _fits(self, stop: Stop) -> bool:
        vehicle = self.vehicle
        return self.kg + stop.demand_kg <= vehicle.capacity_kg and self.l + stop.demand_l <= vehicle.capacity_l

    def _unload(self, towards: int) -> None:
        if not self.sites:
            return
        site = min(self.sites, key=lambda row: self._detour_cost(row, towards))
        self._visit(VisitKind.DISPOSAL, site.id, site.location, site.service_s)
        self.kg, self.l, self.loaded = 0.0, 0.0, False
        self.trips += 1

    def _detour_cost(self, site: DisposalSite, towards: int) -> float:
        """Money of going there, unloading and going on."""
        metres, seconds, prices = self.matrix.distance_m, self.matrix.duration_s, self.problem.prices
        road_m = int(metres[self.here, site.location]) + int(metres[site.location, towards])
        road_s = int(seconds[self.here, site.location]) + int(seconds[site.location, towards])
        fuel_l = litres(self.vehicle.fuel, road_m, 0, site.service_s)
        return prices.fuel_per_l * fuel_l + prices.crew_per_h * (road_s + site.service_s) / 3600

    def _visit(self, kind: VisitKind, name: str, there: int, service_s: int) -> None:
        arrive_s = self.clock_s + int(self.matrix.duration_s[self.here, there])
        self.distance_m += int(self.matrix.distance_m[self.here, there])
        self.visits.append(Visit(kind, name, arrive_s, arrive_s, arrive_s + service_s))
        self.here, self.clock_s = there, arrive_s + service_s
        self.service_s += service_s

    def _circuit(self, stops: int, late: tuple[str, ...], overloads: tuple[str, ...]) -> FixedCircuit:
        vehicle, prices = self.vehicle, self.problem.prices
        route = Route(vehicle.id, tuple(self.visits))
        fuel_l = litres(vehicle.fuel, self.distance_m, stops, self.service_s)
        money = vehicle.fixed_cost + prices.fuel_per_l * fuel_l + prices.crew_per_h * route.duty_s / 3600
        over_shift_s = max(0, route.visits[-1].arrive_s - vehicle.shift[1])
        return FixedCircuit(
            route, self.distance_m, fuel_l, route.duty_s, self.service_s, stops, self.trips,
            money, over_shift_s, late, overloads, not self.loaded,
        )  # fmt: skip
