"""A simulated city lives, day by day, under one policy; what its trucks burn and what lies beside bins is known.

Waste, sensors and crews' notes are the simulators'; belief, choice and circuits are the product's own. Every policy's
circuits are driven by the same rule: in their order, with the loads that are really there, unloading at the cheapest
detour whenever the next container would not fit (`routing.replay_fixed_circuit`), on the distances of the plan.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

import routing
from services.city.fields import WEEKDAYS
from services.city.registry import Registry
from services.contracts.planning import ContainerForecast
from services.fill.belief import Belief, learn, start
from services.fill.city_model import CityModel
from services.fill.due import forecasts_from
from services.fill.evidence import Evidence, place_in_time
from services.fill.prospects import MAX_FILL_RATIO, Prospects, learn_city, prospects_of, rounds_from, service_instant
from services.lab.policies import AT_LEVEL, Policy
from services.planning.problem import fuel_models, problem_of_day
from services.times import instant_of, seconds_of_day
from simulators.bins.faults import SensorFaults
from simulators.bins.sensors import Sensors
from simulators.bins.truth import Bins
from simulators.chance import device_keys, uniform
from simulators.city_folder import CityFolder
from simulators.trucks.habits import Habits

WARM_UP_DAYS = 21
"""Lived before the first day that counts, on the fixed circuits: the product listens, and plans nothing yet."""
LEARNED_EVERY_DAYS = 7
"""The planner learns anew each day; on real data each week was as good (docs/forecast.md)."""
STEP_S = 1800
"""Between two looks at what lies beside containers."""
_HAS_SENSOR, _BLOCKED, _EYES = 41, 42, 43
"""Purposes of chance: the same container is blocked on the same day under every policy."""


@dataclass(frozen=True)
class DayLived:
    """Of one day; simulated. Money without what waste beside containers costs."""

    litres: float
    km: float
    stops: int
    trips: int
    circuits: int
    duty_h: float
    overtime_h: float
    money: float
    collected_l: float
    beside_l: float
    """Found beside containers when they were emptied."""
    overflow_lh: float
    """Litre-hours of waste beside containers."""
    people_share: float
    """Of those who live in zones with containers."""


class Life:
    """Of one seed and policy. Call `live` for each day in turn."""

    def __init__(self, registry: Registry, folder: CityFolder, seed: int, policy: Policy, iterations: int) -> None:
        """`registry` and `folder` are of the same city; `iterations`: of the circuits' search."""
        self.registry, self.policy, self.seed = registry, policy, seed
        self._iterations = iterations
        self._keys = device_keys(seed, [c.id for c in folder.containers])
        has_sensor = uniform(self._keys, _HAS_SENSOR) < policy.measured
        containers = [replace(c, sensor=bool(has)) for c, has in zip(folder.containers, has_sensor, strict=True)]
        self._folder = replace(folder, containers=tuple(containers))
        self._people = {zone.id: zone.population for zone in registry.zones}
        self._fuels = fuel_models(registry)
        self._beliefs: dict[str, Belief] = {}
        self._emptied: dict[date, Counter[str]] = {}
        self._news: dict[str, list[Evidence]] = defaultdict(list)
        self._model: tuple[date, CityModel] | None = None
        self._heard_until: datetime | None = None
        self.sensors_count = int(has_sensor.sum())

    def begin(self, first: date) -> None:
        """Live the days before the first one that counts."""
        begun = first - timedelta(days=WARM_UP_DAYS)
        self.bins = Bins(self._folder, self.seed, begun)
        self._sensors = Sensors(self.bins, self.seed, SensorFaults())
        self._heard_until = self._plan_at(begun)
        for number in range(WARM_UP_DAYS):
            day = begun + timedelta(days=number)
            self._listen(day)
            self._drive(self._fixed_lists(day), day)

    def live(self, day: date) -> DayLived:
        """Choose, plan, drive; look at what lies beside containers."""
        self._listen(day)
        driven, collected_l, beside_l = self._drive(self._lists(day), day)
        return DayLived(
            litres=sum(circuit.fuel_l for circuit in driven),
            km=sum(circuit.distance_m for circuit in driven) / 1000,
            stops=sum(circuit.stops for circuit in driven),
            trips=sum(circuit.trips for circuit in driven),
            circuits=len(driven),
            duty_h=sum(circuit.duty_s for circuit in driven) / 3600,
            overtime_h=sum(circuit.over_shift_s for circuit in driven) / 3600,
            money=sum(circuit.cost for circuit in driven),
            collected_l=collected_l,
            beside_l=beside_l,
            overflow_lh=self._overflow_lh(day),
            people_share=self._people_share(day),
        )

    def _lists(self, day: date) -> Mapping[str, Sequence[str]]:
        """Containers by truck, in driving order."""
        if self.policy.how == "fixed":
            return self._fixed_lists(day)
        asked = [f for f in self._forecasts(day) if f.due]
        problem = problem_of_day(self.registry, asked, day, name=f"{self.policy.id} {day}")
        if not problem.stops:
            return {}
        solution = routing.solve(problem, routing.MaxIterations(self._iterations), self.seed)
        return {route.vehicle: route.stop_ids for route in solution.routes}

    def _forecasts(self, day: date) -> Sequence[ContainerForecast]:
        if self.policy.how == "rerouted":
            listed = dict.fromkeys(c for stops in self._fixed_lists(day).values() for c in stops)
            return [self._as_it_is(container, day) for container in listed]
        if self.policy.how == "at_level":
            levels = self._true_levels(self._plan_at(day))
            full = (c.id for c, level in zip(self.registry.containers, levels, strict=True) if level >= AT_LEVEL)
            return [self._as_it_is(container, day) for container in full]
        rounds = rounds_from(self.registry, day, self.registry.city.planning.days_decided + 1)
        if self.policy.how == "perfect":
            levels = np.column_stack([self._true_levels(one.at) for one in rounds])
            rates = self.bins.mean_l_per_day[self._order()] / self.bins.capacity_l[self._order()]
            known = np.ones(len(levels), dtype=bool)
            over, chances = np.maximum(levels - 1, 0.0), (levels >= 1).astype(np.float64)
            levels = np.minimum(levels, MAX_FILL_RATIO)
            prospects = Prospects(
                rounds, levels, levels[:, 0], (levels[:, 0], levels[:, 0]), over, chances, rates, known
            )
        else:
            model = self._learned(day)
            prospects = prospects_of(self.registry, self._beliefs, rounds, self._plan_at(day), model)
        chosen = forecasts_from(self.registry, self._beliefs, prospects)
        return [self._weighed(one, day) for one in chosen] if self.policy.how == "perfect" else chosen

    def _learned(self, day: date) -> CityModel:
        if self._model is None or (day - self._model[0]).days >= LEARNED_EVERY_DAYS:
            self._model = day, learn_city(self.registry, self._beliefs, self._plan_at(day))
        return self._model[1]

    def _drive(self, lists: Mapping[str, Sequence[str]], day: date) -> tuple[list[routing.FixedCircuit], float, float]:
        """Empty what lies on the way. Returns circuits, litres collected, and of these what lay beside containers."""
        asked = [self._as_it_is(container, day) for container in dict.fromkeys(c for s in lists.values() for c in s)]
        problem = problem_of_day(self.registry, asked, day, name=f"driven {day}")
        driven = [routing.replay_fixed_circuit(problem, truck, stops) for truck, stops in lists.items() if stops]
        blocked = uniform(self._keys, _BLOCKED, day.toordinal()) < sum(Habits().skip_chances.values())
        notes = uniform(self._keys, _EYES, day.toordinal()) < Habits().sees_fill_chance
        emptied, collected_l, beside_l = Counter[str](), 0.0, 0.0
        for circuit in driven:
            for visit in circuit.route.visits:
                number = self.bins.index.get(visit.id or "") if visit.kind is routing.VisitKind.STOP else None
                if number is None or blocked[number]:
                    continue
                at = instant_of(day, visit.leave_s, self.registry.city.zone_info)
                fill_l, capacity_l = self.bins.level_of_l(visit.id, at.timestamp()), float(self.bins.capacity_l[number])
                self.bins.empty(visit.id, at.timestamp())
                emptied[visit.id] += 1
                collected_l, beside_l = collected_l + fill_l, beside_l + max(fill_l - capacity_l, 0.0)
                seen = min(round(fill_l / capacity_l * 4) / 4, 1.0) if self.policy.eyes and notes[number] else None
                self._news[visit.id].append(Evidence("emptied", at, at, seen))
        self._emptied[day] = emptied
        return driven, collected_l, beside_l

    def _fixed_lists(self, day: date) -> Mapping[str, Sequence[str]]:
        weekday = WEEKDAYS[day.weekday()]
        in_service = {truck.id for truck in self.registry.trucks if truck.in_service}
        lists: dict[str, list[str]] = defaultdict(list)
        for row in sorted(self.registry.baseline, key=lambda row: (row.truck, row.circuit, row.position)):
            if weekday in row.weekdays and row.truck in in_service and row.container not in lists[row.truck]:
                lists[row.truck].append(row.container)
        return lists

    def _listen(self, day: date) -> None:
        """To what sensors and crews have said until this morning's plan is made."""
        since, until = self._heard_until, self._plan_at(day)
        self._heard_until = until
        if not self.policy.learns or since is None:
            return
        for message in self._sensors.readings(since, until):
            container = message.topic.split("/")[4]
            fill = _fill_of(message.payload)
            if fill is not None and container in self.bins.index:
                self._news[container].append(Evidence("reading", message.happened_at, message.happened_at, fill))
        for container, pieces in self._news.items():
            belief = self._beliefs.get(container, start())
            for piece in sorted(pieces, key=place_in_time):
                belief = learn(belief, piece)
            self._beliefs[container] = belief
        self._news.clear()

    def _plan_at(self, day: date) -> datetime:
        city = self.registry.city
        return instant_of(day, seconds_of_day(city.planning.plan_at), city.zone_info)

    def _order(self) -> NDArray[np.int64]:
        """Of the registry's containers in the simulated city."""
        return np.array([self.bins.index[container.id] for container in self.registry.containers])

    def _true_levels(self, at: datetime) -> NDArray[np.float64]:
        """(n,) shares of the volume, heaps and what lies beside included, in the order of the registry."""
        order = self._order()
        levels_l = self.bins.level_l(order, np.full(len(order), at.timestamp()))
        return np.asarray(levels_l / self.bins.capacity_l[order])

    def _as_it_is(self, container: str, day: date) -> ContainerForecast:
        """What a crew finds in it in the middle of the shift."""
        at_s = service_instant(self.registry, day).timestamp()
        return ContainerForecast(
            container=container, fill_ratio=0, fill_per_day=0, evidence="readings", due="full", required=True,
            demand_kg=self.bins.weight_of_kg(container, at_s), demand_l=self.bins.level_of_l(container, at_s),
        )  # fmt: skip

    def _weighed(self, forecast: ContainerForecast, day: date) -> ContainerForecast:
        """With the load that is really there: wet waste is heavier."""
        found = self._as_it_is(forecast.container, day)
        return forecast.model_copy(update={"demand_kg": found.demand_kg, "demand_l": found.demand_l})

    def _overflow_lh(self, day: date) -> float:
        midnight = instant_of(day, 0, self.registry.city.zone_info).timestamp()
        count = len(self.bins.capacity_l)
        at_s = midnight + STEP_S * (np.arange(86_400 // STEP_S) + 0.5)
        levels = self.bins.level_l(np.repeat(np.arange(count), len(at_s)), np.tile(at_s, count)).reshape(count, -1)
        return float(np.maximum(levels - self.bins.capacity_l[:, None], 0).sum() * STEP_S / 3600)

    def _people_share(self, day: date) -> float:
        """Served as the ledger counts it, of those in zones with containers."""
        service = self.registry.city.service
        last = [self._emptied.get(day - timedelta(days=ago), Counter()) for ago in range(service.period_days)]
        emptyings = sum(last, Counter[str]())
        containers: dict[str, list[str]] = defaultdict(list)
        for container in self.registry.containers:
            containers[container.zone].append(container.id)
        # A city of which nobody knows how many live where counts its zones alike.
        known = any(self._people[zone] for zone in containers)
        zones = [routing.Zone(zone, self._people[zone] if known else 1000) for zone in containers]
        covered = routing.service_coverage(zones, containers, emptyings, service.min_emptyings)
        return sum(zone.people_served for zone in covered.zones) / sum(zone.population for zone in zones)


def _fill_of(payload: bytes) -> float | None:
    """None of a sensor's nonsense, which the bridge would refuse."""
    try:
        fill = json.loads(payload)["fill_ratio"]
    except (ValueError, KeyError, TypeError):
        return None
    return float(fill) if isinstance(fill, int | float) and 0 <= fill <= 1.2 else None


def as_row(lived: DayLived) -> dict[str, float]:
    """To be written."""
    return {name: round(value, 4) for name, value in asdict(lived).items()}
