"""Our own judge: replays a plan against its problem, rule by rule, and prices it. Shares no code with the search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from routing.fuel import litres
from routing.options import COMPANY, Familiarity, Preferences
from routing.problem import Depot, DisposalSite, Problem, Stop, Vehicle, Window
from routing.solution import Route, Solution, Visit, VisitKind

TOLERANCE_LOAD = 1e-6  # kg or litres: sums of decimals are not exact


@dataclass(slots=True)
class Verdict:
    """What the replay found. Amounts are over all routes; `cost` holds the prizes of optional stops left out.

    With preferences: `apart`, the sum over stops of the share of their nearest that another circuit serves, or nobody;
    `long_s`, seconds of duty beyond the even one; `strange`, stops served by a crew that does not know them though
    another does; `preferred`, the money of all, which is no part of `cost`.
    """

    violations: list[str] = field(default_factory=list)
    served: Counter[str] = field(default_factory=Counter)
    cost: float = 0.0
    fuel_l: float = 0.0
    distance_m: int = 0
    duty_s: int = 0
    apart: float = 0.0
    long_s: int = 0
    strange: int = 0
    preferred: float = 0.0


def check(problem: Problem, solution: Solution, preferences: Preferences | None = None) -> Verdict:
    """Replay every route, then account for every stop; with `preferences`, also for what they ask of the plan."""
    verdict = Verdict()
    vehicles = {vehicle.id: vehicle for vehicle in problem.vehicles}
    for vehicle_id, times in Counter(route.vehicle for route in solution.routes).items():
        if times > 1:
            verdict.violations.append(f"{vehicle_id}: used by {times} routes")
    for route in solution.routes:
        if route.vehicle not in vehicles:
            verdict.violations.append(f"unknown vehicle {route.vehicle}")
        elif route.visits:
            _Replay(problem, vehicles[route.vehicle], route, verdict).run()
    _account_for_stops(problem, solution, verdict)
    if preferences is not None:
        verdict.apart = sum(shares_apart(problem, solution).values())
        verdict.long_s = sum(
            max(0, route.duty_s - preferences.even_duty_s) for route in solution.routes if route.visits
        )
        if preferences.familiar is not None:
            verdict.strange = _strange_stops(problem, solution, preferences.familiar)
        verdict.preferred = preferences.money(verdict.apart, verdict.long_s, verdict.strange)
    return verdict


def _strange_stops(problem: Problem, solution: Solution, familiarity: Familiarity) -> int:
    """Stops that somebody knows and another serves, or nobody; required ones left out are not counted."""
    served_by = {stop: route.vehicle for route in solution.routes for stop in route.stop_ids}
    counted = [stop.id for stop in problem.stops if stop.id in served_by or not stop.required]
    return sum(
        served_by.get(stop) not in familiarity.known_by[stop] for stop in counted if stop in familiarity.known_by
    )


def shares_apart(problem: Problem, solution: Solution) -> dict[str, float]:
    """By stop, the share of its `COMPANY` nearest that another circuit serves, or nobody; 1 for a stop left out.

    Required ones left out are not counted: their place is among the violations. Nobody is apart where there is nobody.
    """
    served_by = {stop: route.vehicle for route in solution.routes for stop in route.stop_ids}
    profiles = sorted({vehicle.profile for vehicle in problem.vehicles})
    if not profiles or len(problem.stops) < 2:
        return {}
    metres = problem.matrices[profiles[0]].distance_m
    places = [stop.location for stop in problem.stops]
    shares = {}
    for number, stop in enumerate(problem.stops):
        truck = served_by.get(stop.id)
        if truck is None:
            if not stop.required:
                shares[stop.id] = 1.0
            continue
        there_and_back = metres[stop.location, places].astype("int64") + metres[places, stop.location]
        order = [int(other) for other in there_and_back.argsort(kind="stable")[: COMPANY + 1]]
        nearest = [other for other in order if other != number][:COMPANY]
        away = sum(served_by.get(problem.stops[other].id) != truck for other in nearest)
        shares[stop.id] = away / len(nearest)
    return shares


def with_verdict(plan: Solution, verdict: Verdict) -> Solution:
    """Return the plan with what the replay found written on it; money and litres to the thousandth."""
    return replace(
        plan,
        cost=round(verdict.cost, 3),
        fuel_l=round(verdict.fuel_l, 3),
        distance_m=verdict.distance_m,
        duty_s=verdict.duty_s,
        violations=tuple(verdict.violations),
    )


def _account_for_stops(problem: Problem, solution: Solution, verdict: Verdict) -> None:
    left_out = {row.id for row in solution.unserved if row.reason}
    for stop in problem.stops:
        times = verdict.served[stop.id]
        if times > 1:
            verdict.violations.append(f"{stop.id}: served {times} times")
        if times and stop.id in left_out:
            verdict.violations.append(f"{stop.id}: served and yet reported as left out")
        if times:
            continue
        if stop.id not in left_out:
            verdict.violations.append(f"{stop.id}: left out without a reason")
        if stop.required:
            verdict.violations.append(f"{stop.id}: required, left out")
        else:
            verdict.cost += stop.prize


class _Replay:
    """One route against its vehicle's rules; writes what it finds into the verdict."""

    def __init__(self, problem: Problem, vehicle: Vehicle, route: Route, verdict: Verdict) -> None:
        self.problem, self.vehicle, self.route, self.verdict = problem, vehicle, route, verdict
        self.matrix = problem.matrices[vehicle.profile]
        self.kg = self.l = self.day_kg = self.day_l = 0.0
        self.streams: set[str] = set()
        self.stops = self.trips = self.distance_m = self.service_s = 0
        self.clock = route.visits[0].leave_s
        self.here = -1

    def say(self, text: str) -> None:
        self.verdict.violations.append(f"{self.vehicle.id}: {text}")

    def run(self) -> None:
        visits = self.route.visits
        self._check_ends()
        depots = {depot.id: depot for depot in self.problem.depots}
        self.here = depots[self.vehicle.start_depot].location
        stops = {stop.id: stop for stop in self.problem.stops}
        sites = {site.id: site for site in self.problem.disposal_sites}
        places: dict[VisitKind, dict[str, Stop] | dict[str, DisposalSite] | dict[str, Depot]] = {
            VisitKind.STOP: stops,
            VisitKind.DISPOSAL: sites,
            VisitKind.DEPOT: depots,
        }
        for number, visit in enumerate(visits[1:], start=1):
            if visit.kind is VisitKind.BREAK:
                self._rest(visit)
                continue
            place = places[visit.kind].get(visit.id)
            if place is None:
                self.say(f"unknown {visit.kind} {visit.id}")
                continue
            self._drive_to(visit, place.location)
            if isinstance(place, Stop):
                self._collect(visit, place)
            elif isinstance(place, DisposalSite):
                self._unload(visit, place)
            elif number < len(visits) - 1:
                self.say(f"passes depot {visit.id} in the middle of its duty")
        self._check_totals()
        self._check_break()
        self._price()

    def _check_ends(self) -> None:
        first, last, vehicle = self.route.visits[0], self.route.visits[-1], self.vehicle
        if (first.kind, first.id) != (VisitKind.DEPOT, vehicle.start_depot):
            self.say(f"does not start at {vehicle.start_depot}")
        if (last.kind, last.id) != (VisitKind.DEPOT, vehicle.end_depot):
            self.say(f"does not end at {vehicle.end_depot}")
        if first.leave_s < vehicle.shift[0] or last.arrive_s > vehicle.shift[1]:
            self.say(f"duty {first.leave_s}..{last.arrive_s} outside shift {vehicle.shift}")

    def _drive_to(self, visit: Visit, there: int) -> None:
        earliest = self.clock + int(self.matrix.duration_s[self.here, there])
        self.distance_m += int(self.matrix.distance_m[self.here, there])
        if visit.arrive_s < earliest:
            self.say(f"reaches {visit.id} at {visit.arrive_s}, cannot before {earliest}")
        self.here, self.clock = there, max(visit.arrive_s, earliest)

    def _serve(self, visit: Visit, service_s: int, windows: Iterable[Window]) -> None:
        if visit.start_s < self.clock:
            self.say(f"service at {visit.id} starts before arrival")
        if visit.leave_s < visit.start_s + service_s:
            self.say(f"service at {visit.id} is cut short")
        if not any(from_s <= visit.start_s <= to_s for from_s, to_s in windows):
            self.say(f"{visit.id} served at {visit.start_s}, outside its windows")
        self.clock = max(self.clock, visit.leave_s)
        self.service_s += service_s

    def _collect(self, visit: Visit, stop: Stop) -> None:
        self._serve(visit, stop.service_s, stop.windows or ((0, visit.start_s),))
        vehicle = self.vehicle
        self.verdict.served[stop.id] += 1
        if stop.stream not in vehicle.streams:
            self.say(f"{stop.id} holds {stop.stream}, not carried")
        if stop.vehicles is not None and vehicle.id not in stop.vehicles:
            self.say(f"may not serve {stop.id}")
        self.stops += 1
        self.streams.add(stop.stream)
        self.kg, self.day_kg = self.kg + stop.demand_kg, self.day_kg + stop.demand_kg
        self.l, self.day_l = self.l + stop.demand_l, self.day_l + stop.demand_l
        if self.kg > vehicle.capacity_kg + TOLERANCE_LOAD or self.l > vehicle.capacity_l + TOLERANCE_LOAD:
            self.say(f"overloaded after {stop.id} ({self.kg:.0f} kg, {self.l:.0f} l)")

    def _unload(self, visit: Visit, site: DisposalSite) -> None:
        self._serve(visit, site.service_s, site.open)
        if site.streams and (self.streams - site.streams or not site.streams & self.vehicle.streams):
            self.say(f"{site.id} does not take {sorted(self.streams) or sorted(self.vehicle.streams)}")
        self.kg = self.l = 0.0
        self.streams = set()
        self.trips += 1

    def _rest(self, visit: Visit) -> None:
        if visit.start_s < self.clock:
            self.say("break starts before the truck is free")
        self.clock = max(self.clock, visit.leave_s)

    def _check_totals(self) -> None:
        vehicle = self.vehicle
        if self.streams:
            self.say(f"ends loaded ({self.kg:.0f} kg, {self.l:.0f} l)")
        limits = (
            ("max_stops", self.stops, vehicle.max_stops),
            ("max_trips", self.trips, vehicle.max_trips),
            ("day_limit_kg", self.day_kg, vehicle.day_limit_kg),
            ("day_limit_l", self.day_l, vehicle.day_limit_l),
            ("max_distance_m", self.distance_m, vehicle.max_distance_m),
            ("max_duty_s", self.clock - self.route.visits[0].leave_s, vehicle.max_duty_s),
        )
        for name, amount, limit in limits:
            if limit is not None and amount > limit + TOLERANCE_LOAD:
                self.say(f"{amount:.0f} exceeds {name} {limit}")

    def _check_break(self) -> None:
        rest, visits = self.vehicle.rest, self.route.visits
        if rest is None or not visits[0].leave_s < rest.window[1] < visits[-1].arrive_s:
            return
        for visit in visits:
            whole = visit.leave_s - visit.start_s >= rest.duration_s
            if visit.kind is VisitKind.BREAK and whole and rest.window[0] <= visit.start_s <= rest.window[1]:
                return
        self.say(f"no break of {rest.duration_s} s starting in {rest.window}")

    def _price(self) -> None:
        verdict, prices = self.verdict, self.problem.prices
        duty_s = self.clock - self.route.visits[0].leave_s
        fuel_l = litres(self.vehicle.fuel, self.distance_m, self.stops, self.service_s)
        verdict.fuel_l += fuel_l
        verdict.distance_m += self.distance_m
        verdict.duty_s += duty_s
        verdict.cost += self.vehicle.fixed_cost + prices.fuel_per_l * fuel_l + prices.crew_per_h * duty_s / 3600
