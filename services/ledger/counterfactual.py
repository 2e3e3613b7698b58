"""The counterfactual of a day: what the baseline would have driven and burnt, with the fills of its own emptyings."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

from scipy.special import gammaincc

import routing
from services.city.fleets import part_of
from services.city.registry import Registry
from services.contracts.ledger import DayFigures
from services.contracts.planning import ContainerForecast
from services.ledger.driving import Drives, Scale
from services.ledger.frozen import FrozenBaseline
from services.ledger.fuel import FuelBook, TruckFuel, Work
from services.ledger.tonnes import USUAL, DayLoad
from services.planning.baseline import parts_of_day
from services.planning.problem import fuel_models
from services.roads.roads import Roads

MOST_FILL_RATIO = 3.0
"""Waste heaped beside a container is the baseline's to pick up too; beyond this the rate is wrong, not the heap."""
NEARLY_EMPTY_RATIO = 0.10
"""Below it a crew drives past without lifting. Assumed: doubts about the baseline are decided against the saving."""
DAY_SPREAD = 0.5
"""Of what a day brings into one container, one standard deviation as a share of its mean; days are independent. So a
container that holds a fifth on the average is found nearly empty on some days. Assumed."""

APART = (3 / 2) ** 0.5
STEPS = (-APART, 0.0, APART)
"""Three equally likely loads, so many standard deviations beside the middle one, have that deviation. A truck unloads
once more or not at all, so the day of the middle load does not cost what such days do on the average."""
_USUAL = STEPS.index(0.0)


@dataclass(frozen=True)
class Counterfactual:
    """Of one fleet and day. Metres and seconds are as measured: times the day's road and pace factors."""

    figures: DayFigures
    works: Mapping[str, Work] = field(default_factory=dict)
    zones_l: Mapping[str, float] = field(default_factory=dict)
    """Litres allotted to each zone by the containers emptied; together all."""
    without_zone_l: Mapping[str, float] = field(default_factory=dict)
    """Litres less, were a zone's containers on no list."""
    swing: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Litres, metres and seconds more, with more waste by the day's `spread`: trips to the landfill come whole."""
    overflowing: Mapping[str, int] = field(default_factory=dict)
    """By zone, containers that would be over the rim after the day's round."""


def counterfactual_of_day(
    city: Registry,
    frozen: FrozenBaseline,
    forecasts: Iterable[ContainerForecast],
    day: date,
    *,
    fleet: str,
    fuel: FuelBook,
    scale: Scale,
    roads: Roads,
    rests: Collection[date] = (),
    load: DayLoad = USUAL,
) -> Counterfactual:
    """Drive the frozen circuits of this weekday, with what would stand in the containers had they been driven always.

    Args:
        city: the whole city of that day.
        frozen: the baseline, which is put into it.
        forecasts: of them the rates at which containers fill are used, and nothing that depends on the plan's own
            emptyings.
        day: of the city's own calendar.
        fleet: whose circuits.
        fuel: the coefficients, the same as on the driven side.
        scale: the same as on the driven side.
        roads: those of the plan that was driven.
        rests: days on which nobody would have driven.
        load: how heavy the day's waste was, against the forecasts.
    """
    registry = part_of(frozen.put_into(city), fleet)
    kinds = {kind.id: kind for kind in registry.container_kinds}
    containers = {container.id: container for container in registry.containers}
    rates = {f.container: f for f in forecasts if f.container in containers}
    fills = {c: _fill_ratio(rates, c, frozen.days_since_emptied(c, day, rests)) for c in rates}
    zones = {c.id: c.zone for c in registry.containers}
    overflowing: dict[str, int] = defaultdict(int)
    for container, fill in fills.items():
        overflowing[zones[container]] += fill >= 1.0 and not frozen.empties_on(container, day, rests)
    if day in rests:
        return Counterfactual(_figures([], {}, {}, 0.0, scale), overflowing=overflowing)
    expected = [
        rates[c].model_copy(
            update={
                "fill_ratio": fill,
                "demand_l": (litres := fill * containers[c].capacity_l),
                "demand_kg": litres * kinds[containers[c].kind].kg_per_l * load.times,
            }
        )
        for c, fill in fills.items()
        if frozen.empties_on(c, day, rests)
    ]
    gaps = {c: frozen.days_since_emptied(c, day, rests) or 0 for c in fills}
    lifted = {c: _lifted(fill, gaps[c]) for c, fill in fills.items()}
    models, duties = fuel_models(registry), list[_Duty]()
    for problem, lists in parts_of_day(registry, expected, day, roads=roads):
        stops = tuple(replace(stop, service_s=round(lifted[stop.id] * stop.service_s)) for stop in problem.stops)
        burns = {truck: fuel.of(truck, models[truck]) for truck, _ in lists}
        drives = Drives(replace(problem, stops=stops), burns, scale, lifted)
        duties += [_Duty(truck, ids, burns[truck], drives) for truck, ids in _duties(lists)]
    return _Day(duties, zones, scale, load.spread).told(overflowing)


class _Duty(NamedTuple):
    """What a truck drives that day, and on what."""

    truck: str
    stops: list[str]
    fuel: TruckFuel
    drives: Drives


class _Day:
    """The lists of a day, driven and priced."""

    def __init__(self, duties: Sequence[_Duty], zones: Mapping[str, str], scale: Scale, spread: float) -> None:
        self._duties, self._zones, self._scale = duties, zones, scale
        self._loads = tuple(1 + step * spread for step in STEPS)
        """Times the likeliest load."""
        self._loaded: dict[tuple[int, float], routing.Problem] = {}

    def told(self, overflowing: Mapping[str, int]) -> Counterfactual:
        driven = [self._at_loads(duty) for duty in self._duties]
        usual = [loads[_USUAL] for loads in driven]
        works_of_loads = [[d.drives.work(one) for one in loads] for d, loads in zip(self._duties, driven, strict=True)]
        works_done = [_mean(loads) for loads in works_of_loads]
        litres = [duty.fuel.litres(work) for duty, work in zip(self._duties, works_done, strict=True)]
        works: dict[str, Work] = defaultdict(Work)
        zones_l: dict[str, float] = defaultdict(float)
        without_l: dict[str, float] = defaultdict(float)
        for duty, circuit, work, burnt_l in zip(self._duties, usual, works_done, litres, strict=True):
            works[duty.truck] += work
            lifts = duty.drives.lifts(circuit)
            for stop, share in lifts.items():
                zones_l[self._zones[stop]] += burnt_l * share / sum(lifts.values()) if share else 0.0
            usual_l = duty.fuel.litres(duty.drives.work(circuit))
            for zone in {self._zones[stop] for stop in lifts}:
                rest = [stop for stop in circuit.route.stop_ids if self._zones[stop] != zone]
                without_l[zone] += usual_l - duty.drives.litres(duty.truck, rest)
        demand_kg = {stop.id: stop.demand_kg for duty in self._duties for stop in duty.drives.problem.stops}
        figures = _figures(driven, works, demand_kg, sum(litres), self._scale)
        return Counterfactual(figures, works, zones_l, without_l, self._swing(driven, works_of_loads), overflowing)

    def _at_loads(self, duty: _Duty) -> list[routing.FixedCircuit]:
        """A list driven at each of the loads: they decide how often the truck unloads."""
        return [
            routing.replay_fixed_circuit(self._with_loads(duty.drives.problem, load), duty.truck, duty.stops)
            for load in self._loads
        ]

    def _with_loads(self, problem: routing.Problem, times: float) -> routing.Problem:
        """With so many times the waste in every container."""
        key = id(problem), times
        if key not in self._loaded:
            stops = (replace(s, demand_kg=s.demand_kg * times, demand_l=s.demand_l * times) for s in problem.stops)
            self._loaded[key] = problem if times == 1 else replace(problem, stops=tuple(stops))
        return self._loaded[key]

    def _swing(
        self, driven: Sequence[Sequence[routing.FixedCircuit]], works: Sequence[Sequence[Work]]
    ) -> tuple[float, float, float]:
        """One standard deviation: what a day with more waste differs from one with less, by how far these lie apart."""
        sums = []
        for place in (0, -1):
            circuits = [loads[place] for loads in driven]
            sums.append(
                (
                    sum(d.fuel.litres(loads[place]) for d, loads in zip(self._duties, works, strict=True)),
                    sum(circuit.distance_m for circuit in circuits) * self._scale.road_factor,
                    sum(circuit.duty_s for circuit in circuits) * self._scale.pace_factor,
                )
            )
        (less_l, less_m, less_s), (more_l, more_m, more_s) = sums
        apart = STEPS[-1] - STEPS[0]
        return (more_l - less_l) / apart, (more_m - less_m) / apart, (more_s - less_s) / apart


def _mean(works: Sequence[Work]) -> Work:
    total = sum(works, start=Work())
    n = len(works)
    return Work(total.haul_m / n, total.collect_m / n, total.stops / n, total.idle_s / n)


def _duties(lists: Sequence[tuple[str, list[str]]]) -> list[tuple[str, list[str]]]:
    """A truck's lists of a day one after the other, as one duty: it comes home once, and unloads when it is full.

    Of a city that says no more than its lists, this is the shorter way to have driven them.
    """
    duties: dict[str, list[str]] = defaultdict(list)
    for truck, stops in lists:
        duties[truck] += [stop for stop in stops if stop not in duties[truck]]
    return list(duties.items())


def _lifted(fill_ratio: float, days: int) -> float:
    """How likely it is to be found fuller than nearly empty: what `days` brought is taken to be gamma distributed."""
    if fill_ratio <= 0 or days <= 0:
        return 0.0
    shape = days / DAY_SPREAD**2
    return float(gammaincc(shape, shape * NEARLY_EMPTY_RATIO / fill_ratio))


def _fill_ratio(rates: Mapping[str, ContainerForecast], container: str, days: int | None) -> float:
    return 0.0 if days is None else min(rates[container].fill_per_day * days, MOST_FILL_RATIO)


def _figures(
    driven: Sequence[Sequence[routing.FixedCircuit]],
    works: Mapping[str, Work],
    demand_kg: Mapping[str, float],
    fuel_l: float,
    scale: Scale,
) -> DayFigures:
    """`driven`: of each list, the circuits at each of the loads."""
    every = [circuit for loads in driven for circuit in loads]
    usual = [loads[_USUAL] for loads in driven]
    return DayFigures(
        circuits=len(driven),
        stops=round(sum(work.stops for work in works.values())),
        trips=round(sum(circuit.trips for circuit in every) / len(STEPS)),
        distance_m=round(sum(work.distance_m for work in works.values()), 1),
        service_s=round(sum(work.idle_s for work in works.values())),
        fuel_l=round(fuel_l, 2),
        collected_kg=round(sum(demand_kg[stop] for c in usual for stop in c.route.stop_ids), 1),
        haul_m=round(sum(work.haul_m for work in works.values()), 1),
        duty_s=round(sum(circuit.duty_s for circuit in every) / len(STEPS) * scale.pace_factor, 1),
    )
