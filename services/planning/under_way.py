"""A day under way, as the crews' own words tell it: what is done, what cannot be, and what each truck has still to do.

From the plan in force and the confirmations comes the plan as it really runs, with the times at which things happened
and, for what is ahead, those that follow from now. `routing.replan` goes on from there.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import routing
from routing import Route, Solution, VisitKind
from services.contracts.confirmations import SkipReason
from services.contracts.planning import Circuit, PlanMade
from services.times import seconds_after_midnight

COMES_BACK: frozenset[SkipReason] = frozenset({"truck_full"})
"""Of a visit that was skipped: a truck that comes back empty, or another, can make it today. No other reason is gone by
then, and nobody is sent twice in a day to a container that burns."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What a crew said of one visit of the day. Of a stop the last word counts."""

    truck: str
    kind: str
    place: str
    outcome: str
    reason: SkipReason | None
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A day that has begun: the plan in force and what became of it. `confirmed` in the order in which it happened."""

    plan: PlanMade
    confirmed: Sequence[Confirmed] = ()
    seen_out: frozenset[str] = field(default_factory=frozenset)
    """Trucks that GPS has seen away from their depot since they were to leave."""

    def has_begun(self, now: datetime) -> bool:
        """Whether anybody is on the road, or should be."""
        return bool(self.confirmed) or any(circuit.visits[0].leave_at <= now for circuit in self.plan.circuits)

    def emptied(self) -> frozenset[str]:
        """Containers that a crew has emptied today, whichever plan had asked for it."""
        return frozenset(place for place, said in self._last_words().items() if said.outcome == "done")

    def given_up(self) -> Mapping[str, SkipReason]:
        """Containers that a crew could not empty, and that nobody can today."""
        said = self._last_words().items()
        return {place: s.reason for place, s in said if s.reason is not None and s.reason not in COMES_BACK}

    def _last_words(self) -> dict[str, Confirmed]:
        return {said.place: said for said in self.confirmed if said.kind == "stop"}


def as_it_runs(problem: routing.Problem, under_way: UnderWay, now_s: int, zone: ZoneInfo) -> Solution:
    """The plan in force with the times at which its visits happened, and will from `now_s` on (local seconds).

    A crew is free once it has made the visit it drives to. One of which nobody has heard leaves now, unless GPS saw it
    leave: then it drives to its first stop. Visits to containers that `problem` does not have are left out: nobody
    asks for them any more.
    """
    vehicles = {vehicle.id: vehicle for vehicle in problem.vehicles}
    known = {stop.id for stop in problem.stops} | {site.id for site in problem.disposal_sites}
    routes = []
    for circuit in under_way.plan.circuits:
        if circuit.truck in vehicles:
            said = [word for word in under_way.confirmed if word.truck == circuit.truck and word.place in known]
            crew = _Crew(problem, vehicles[circuit.truck], circuit, said, now_s, zone)
            routes.append(crew.route(was_seen_out=circuit.truck in under_way.seen_out))
    return Solution(problem.name, tuple(routes))


class _Crew:
    """One circuit as it really runs. Places are those of the problem: depots, sites and stops."""

    def __init__(
        self,
        problem: routing.Problem,
        vehicle: routing.Vehicle,
        circuit: Circuit,
        said: list[Confirmed],
        now_s: int,
        zone: ZoneInfo,
    ) -> None:
        self._vehicle, self._said, self._now_s = vehicle, said, now_s
        self._places = _Places(problem, vehicle)
        self._second = partial(
            seconds_after_midnight, day=circuit.visits[0].leave_at.astimezone(zone).date(), zone=zone
        )
        self._departs_s = self._second(circuit.visits[0].leave_at)
        inner = [(VisitKind(visit.kind), visit.place or "break") for visit in circuit.visits[1:-1]]
        self._planned = [key for key in inner if key in self._places]
        """Kind and id of what lies between the depots, breaks too, in the plan's order."""

    def route(self, *, was_seen_out: bool) -> Route:
        is_out = bool(self._said) or (was_seen_out and self._departs_s <= self._now_s)
        leave_s = self._departs_s if is_out else max(self._departs_s, self._now_s + 1)
        done = [self._places.visit((VisitKind.DEPOT, self._vehicle.start_depot), leave_s, leave_s)]
        done += self._done(leave_s)
        return Route(self._vehicle.id, (*done, *self._ahead(done[-1], self._left_to_do())))

    def _done(self, leave_s: int) -> Iterator[routing.Visit]:
        """What the crew has done, when it said so; service just before that, where there was time for it."""
        free_s = leave_s
        rests = self._rests_before()
        for word in self._said:
            if word.outcome != "done":
                continue
            key = (VisitKind(word.kind), word.place)
            end_s = max(free_s, self._second(word.happened_at))
            if key in rests:
                rest = self._places.visit((VisitKind.BREAK, "break"), free_s, free_s)
                yield rest
                free_s = min(rest.leave_s, end_s)
            start_s = max(free_s, end_s - self._places.service_s(key))
            yield routing.Visit(*key, start_s, start_s, end_s)
            free_s = end_s

    def _rests_before(self) -> set[tuple[VisitKind, str]]:
        """The visit before which the crew must have rested: the first it has done of those planned after its break."""
        did = {(VisitKind(word.kind), word.place) for word in self._said if word.outcome == "done"}
        rest_at = next((n for n, (kind, _) in enumerate(self._planned) if kind is VisitKind.BREAK), len(self._planned))
        return set([key for key in self._planned[rest_at + 1 :] if key in did][:1])

    def _left_to_do(self) -> list[tuple[VisitKind, str]]:
        """What nothing was said of, in the plan's order. Each word about a site stands for one visit to it."""
        stops = {word.place for word in self._said if word.kind == "stop" and word.reason not in COMES_BACK}
        unloaded = [word.place for word in self._said if word.kind == "disposal" and word.outcome == "done"]
        has_rested = bool(self._rests_before())
        left = []
        for kind, place in self._planned:
            if kind is VisitKind.DISPOSAL and place in unloaded:
                unloaded.remove(place)
            elif not (kind is VisitKind.STOP and place in stops) and not (kind is VisitKind.BREAK and has_rested):
                left.append((kind, place))
        return left

    def _ahead(self, last: routing.Visit, left: list[tuple[VisitKind, str]]) -> Iterator[routing.Visit]:
        """What is left, one after the other from now on, waiting where somebody has to be waited for."""
        here, clock_s = last, last.leave_s
        for number, key in enumerate((*left, (VisitKind.DEPOT, self._vehicle.end_depot))):
            arrive_s = clock_s + self._places.travel_s(here, key)
            if number == 0:
                arrive_s = max(arrive_s, self._now_s + 1)
            visit = self._places.visit(key, arrive_s, self._places.opens_s(key, arrive_s))
            yield visit
            clock_s = visit.leave_s
            here = here if visit.kind is VisitKind.BREAK else visit


class _Places:
    """What a vehicle may visit, by kind and id."""

    def __init__(self, problem: routing.Problem, vehicle: routing.Vehicle) -> None:
        self._duration_s = problem.matrices[vehicle.profile].duration_s
        self._rest = vehicle.rest
        self._rows: dict[tuple[VisitKind, str], routing.Depot | routing.DisposalSite | routing.Stop] = {
            **{(VisitKind.DEPOT, depot.id): depot for depot in problem.depots},
            **{(VisitKind.DISPOSAL, site.id): site for site in problem.disposal_sites},
            **{(VisitKind.STOP, stop.id): stop for stop in problem.stops},
        }

    def __contains__(self, key: tuple[VisitKind, str]) -> bool:
        return key in self._rows or (key[0] is VisitKind.BREAK and self._rest is not None)

    def service_s(self, key: tuple[VisitKind, str]) -> int:
        if key[0] is VisitKind.BREAK:
            return self._rest.duration_s if self._rest is not None else 0
        row = self._rows[key]
        return 0 if isinstance(row, routing.Depot) else row.service_s

    def opens_s(self, key: tuple[VisitKind, str], arrive_s: int) -> int:
        """When service can start there, at the earliest; on arrival where that is never again."""
        row = self._rows.get(key)
        windows: Sequence[tuple[int, int]] = ()
        if isinstance(row, routing.Stop):
            windows = row.windows
        elif isinstance(row, routing.DisposalSite):
            windows = row.open
        elif row is None and self._rest is not None:
            windows = (self._rest.window,)
        return min((max(arrive_s, from_s) for from_s, to_s in windows if arrive_s <= to_s), default=arrive_s)

    def travel_s(self, here: routing.Visit, key: tuple[VisitKind, str]) -> int:
        if key[0] is VisitKind.BREAK:
            return 0
        return int(self._duration_s[self._rows[here.kind, here.id].location, self._rows[key].location])

    def visit(self, key: tuple[VisitKind, str], arrive_s: int, start_s: int) -> routing.Visit:
        return routing.Visit(*key, arrive_s, start_s, start_s + self.service_s(key))
