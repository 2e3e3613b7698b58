"""A city lives, under its fixed circuits or under the product's plans; what its trucks really did is known."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from heapq import merge
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import numpy as np

import routing
from services.city.fields import WEEKDAYS
from services.city.registry import Registry
from services.contracts.planning import ContainerForecast, PlanMade
from services.fill.belief import Belief, learn, start
from services.fill.due import forecasts_of_day
from services.fill.evidence import Evidence, place_in_time
from services.ledger.driven import Confirmed
from services.ledger.fuel import Work
from services.ledger.tonnes import WeighedLoad
from services.planning.problem import circuits_of, problem_of_day, totals_of
from services.roads.tracks import TrackFix
from services.times import instant_of
from simulators.bins.faults import SensorFaults
from simulators.events import Confirmation, Event, Outgoing, by_time
from simulators.trucks.driver import Driver
from simulators.trucks.habits import Habits
from simulators.world import World

WARM_UP_DAYS = 8
"""Both lives share them: the fixed circuits are driven."""
LISTENS_FROM_S = 17 * 3600
"""Of the last evening before the change: no crew has ever told it of an emptying."""
PLAN_AT_S = 4 * 3600 + 1800


@dataclass(frozen=True)
class TrueDay:
    """What really happened, by truck; nobody but the judge sees it."""

    works: Mapping[str, Work]
    loads: Sequence[WeighedLoad] = ()


@dataclass
class SeenDay:
    """What a ledger sees of a day."""

    plan: PlanMade
    confirmed: list[Confirmed] = field(default_factory=list)
    tracks: dict[str, list[TrackFix]] = field(default_factory=lambda: defaultdict(list))
    weighed: list[WeighedLoad] = field(default_factory=list)
    """What a scale at the landfill would have said."""


class WatchedDriver(Driver):
    """A driver whose true metres, stands and lifts are counted."""

    work = Work()
    _before = ""

    def __init__(self, *told: Any) -> None:
        super().__init__(*told)
        self.loads: list[WeighedLoad] = []
        self._aboard: list[str] = []

    def _drive_to(self, visit: dict[str, Any]) -> Iterator[Outgoing]:
        metres = self._roads.way(self.here_xy_m, self._xy_m(visit)).distance_m
        is_collecting = self._before == visit["kind"] == "stop"
        self.work += Work(collect_m=metres) if is_collecting else Work(haul_m=metres)
        self._before = visit["kind"]
        yield from super()._drive_to(visit)

    def _stay(self, lasts_s: float) -> Iterator[Outgoing]:
        self.work += Work(idle_s=max(lasts_s, 0.0))
        yield from super()._stay(lasts_s)

    def _confirm(
        self, visit: dict[str, Any], outcome: str, reason: str | None, fill_ratio: float | None
    ) -> Confirmation:
        if visit["kind"] == "stop" and outcome == "done":
            self.work += Work(stops=1)
            self._aboard.append(visit["place"])
        return super()._confirm(visit, outcome, reason, fill_ratio)

    def _unload(self, visit: dict[str, Any]) -> Iterator[Event]:
        if self._aboard:
            self.loads.append(WeighedLoad(self._load_kg, self._aboard))
            self._aboard = []
        yield from super()._unload(visit)


class UnloadingDriver(WatchedDriver):
    """Goes by the list alone, and unloads on the way to a container that would not fit, as the crew can see."""

    def _drive_to(self, visit: dict[str, Any]) -> Iterator[Outgoing]:
        if visit["kind"] == "stop" and not self._fits(visit["place"]):
            site = next(one for one in self._visits if one["kind"] == "disposal")
            yield from super()._drive_to(site)
            yield from (event for event in self._unload(site) if isinstance(event, Outgoing))
        yield from super()._drive_to(visit)

    def _fits(self, place: str) -> bool:
        load_kg = self._load_kg + self._bins.weight_of_kg(place, self.at_s)
        load_l = self._load_l + self._bins.level_of_l(place, self.at_s)
        return load_kg <= self._truck.capacity_kg and load_l <= self._truck.loose_l


class Life:
    """A world with the days before the change behind it."""

    def __init__(self, registry: Registry, folder: Path, seed: int, first: date, habits: Habits) -> None:
        self.registry = registry
        self.world = World.from_folder(folder, seed, first - timedelta(days=WARM_UP_DAYS), SensorFaults(), habits)
        for n in range(WARM_UP_DAYS, 0, -1):
            self.world.follow_baseline(first - timedelta(days=n))

    def drive(
        self, circuits: Sequence[dict[str, Any]], kind: type[WatchedDriver] = WatchedDriver
    ) -> tuple[list[Event], TrueDay]:
        """A day's circuits, driven at the same time."""
        world = self.world
        drivers = [kind(circuit, world.city, world.bins, world.roads, world.habits, world.seed) for circuit in circuits]
        events = list(merge(*(driver.events() for driver in drivers), key=by_time))
        return events, TrueDay(
            {driver.truck_id: driver.work for driver in drivers}, [load for driver in drivers for load in driver.loads]
        )


class FixedLife(Life):
    """Nothing ever changed: the circuits of the weekday, unloading when the next container would not fit."""

    def live(self, day: date) -> tuple[dict[str, list[TrackFix]], TrueDay]:
        """What trackers tell, and what was."""
        weekday = WEEKDAYS[day.weekday()]
        rows = [row for row in self.registry.baseline if weekday in row.weekdays]
        problem = problem_of_day(self.registry, [_on_a_list(row.container) for row in rows], day, name=f"fixed {day}")
        lists: dict[str, list[str]] = defaultdict(list)
        for row in rows:
            lists[row.truck].append(row.container)
        circuits, plan = circuits_as_sent(problem, lists, day, self.registry, f"fixed {day}")
        events, true = self.drive(circuits, UnloadingDriver)
        seen = SeenDay(plan)
        for event in events:
            if isinstance(event, Outgoing):
                _see(seen, event)
        return seen.tracks, true


def _on_a_list(container: str) -> ContainerForecast:
    """Nobody knows what is in it: the crew will see."""
    return ContainerForecast(
        container=container, fill_ratio=0.5, fill_per_day=0.25, evidence="prior", due="full", required=True,
        demand_kg=1.0, demand_l=1.0,
    )  # fmt: skip


class PlannedLife(Life):
    """The product chooses containers by its own forecasts; a simple planner makes circuits of them."""

    def __init__(self, registry: Registry, folder: Path, seed: int, first: date, habits: Habits) -> None:
        super().__init__(registry, folder, seed, first, habits)
        self._beliefs: dict[str, Belief] = {}
        self._fold([], instant_of(first - timedelta(days=1), LISTENS_FROM_S, registry.city.zone_info), first)

    def live(self, day: date, left_out: Collection[str] = ()) -> tuple[SeenDay, TrueDay]:
        """Plan, drive, listen. Containers that are left out are in no plan, whatever stands in them."""
        forecasts = forecasts_of_day(self.registry, self._beliefs, day)
        due = [f for f in forecasts if f.due and f.container not in left_out]
        problem = problem_of_day(self.registry, due, day, name=f"plan {day}")
        dicts, plan = circuits_as_sent(problem, shared_out(problem), day, self.registry, f"plan {day}", forecasts)
        events, true = self.drive(dicts)
        seen = SeenDay(plan, weighed=list(true.loads))
        for event in events:
            if isinstance(event, Outgoing):
                _see(seen, event)
            else:
                body = event.body
                word = (event.truck, body["kind"], body["place"], body["outcome"], event.happened_at, plan.plan_id)
                seen.confirmed.append(Confirmed(*word))
        self._fold(seen.confirmed, instant_of(day, PLAN_AT_S, self.registry.city.zone_info), day + timedelta(days=1))
        return seen, true

    def rest(self, day: date) -> None:
        """Nobody drives; sensors go on."""
        zone = self.registry.city.zone_info
        self._fold([], instant_of(day, PLAN_AT_S, zone), day + timedelta(days=1))

    def _fold(self, confirmed: Sequence[Confirmed], since: datetime, until_day: date) -> None:
        """What sensors and crews said, from `since` until the next plan is made, in the order in which it happened."""
        until = instant_of(until_day, PLAN_AT_S, self.registry.city.zone_info)
        account: dict[str, list[Evidence]] = defaultdict(list)
        for message in self.world.readings(since, until):
            container = message.topic.split("/")[4]
            try:
                fill = json.loads(message.payload)["fill_ratio"]
            except (ValueError, KeyError, TypeError):
                continue  # a sensor's nonsense, which the bridge refuses
            if isinstance(fill, int | float) and 0 <= fill <= 1.2:
                account[container].append(Evidence("reading", message.happened_at, message.happened_at, fill))
        for word in confirmed:
            if word.kind == "stop" and word.outcome == "done":
                piece = Evidence("emptied", word.happened_at, word.happened_at, id=UUID(int=1))
                account[word.place].append(piece)
        for container, pieces in account.items():
            for piece in sorted(pieces, key=place_in_time):
                self._beliefs[container] = learn(self._beliefs.get(container, start()), piece)


def _see(seen: SeenDay, message: Outgoing) -> None:
    body = json.loads(message.payload)
    truck = message.topic.split("/")[4]
    at_s = message.happened_at.timestamp()
    seen.tracks[truck].append(TrackFix(at_s, body["lon"], body["lat"], body.get("accuracy_m")))


def shared_out(problem: routing.Problem) -> dict[str, list[str]]:
    """Containers by truck: swept round the depot, each truck an arc by what it carries."""
    if not problem.stops:
        return {}
    depot = problem.locations[problem.depots[0].location]
    where = {s.id: problem.locations[s.location] for s in problem.stops}
    by_angle = sorted(where, key=lambda s: float(np.arctan2(where[s].lat - depot.lat, where[s].lon - depot.lon)))
    demand = {stop.id: stop.demand_kg for stop in problem.stops}
    room = [(v.id, v.capacity_kg) for v in problem.vehicles]
    total = sum(demand.values())
    used = next((n for n in range(1, len(room)) if 2 * sum(kg for _, kg in room[:n]) >= total), len(room))
    shares = np.cumsum([kg for _, kg in room[:used]]) / sum(kg for _, kg in room[:used])
    lists: dict[str, list[str]] = defaultdict(list)
    done = 0.0
    for stop in by_angle:
        number = int(np.searchsorted(shares, min((done + demand[stop] / 2) / max(total, 1e-9), 1.0)))
        lists[room[min(number, used - 1)][0]].append(stop)
        done += demand[stop]
    return {truck: _nearest_first(stops, where, depot) for truck, stops in lists.items()}


def _nearest_first(stops: Sequence[str], where: Mapping[str, routing.Location], here: routing.Location) -> list[str]:
    left, order = list(stops), []
    while left:
        place = here
        nearest = min(left, key=lambda s: (where[s].lon - place.lon) ** 2 + (where[s].lat - place.lat) ** 2)
        left.remove(nearest)
        order.append(nearest)
        here = where[nearest]
    return order


def circuits_as_sent(
    problem: routing.Problem,
    lists: Mapping[str, list[str]],
    day: date,
    registry: Registry,
    name: str,
    forecasts: Sequence[ContainerForecast] = (),
) -> tuple[list[dict[str, Any]], PlanMade]:
    """As drivers get them, and the plan that they are of."""
    routes = tuple(routing.replay_fixed_circuit(problem, truck, stops).route for truck, stops in lists.items() if stops)
    circuits = circuits_of(routing.Solution(problem.name, routes), problem, day, registry)
    made_at = instant_of(day, PLAN_AT_S, registry.city.zone_info)
    plan_id = uuid5(NAMESPACE_URL, f"{registry.city.id} {name}")
    plan = PlanMade(
        plan_id=plan_id, request_id=plan_id, city=registry.city.id, day=day, as_of=made_at, made_at=made_at, seed=1,
        time_limit_s=0, solve_s=0, status="planned", roads="estimated", cost=0, currency=registry.city.currency,
        totals=totals_of(circuits), baseline=None, circuits=circuits, unserved=(), forecasts=tuple(forecasts),
    )  # fmt: skip
    common = {"plan_id": str(plan_id), "day": day.isoformat()}
    return [{**common, **circuit.model_dump(mode="json")} for circuit in circuits], plan
