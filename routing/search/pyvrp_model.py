"""A plan, or part of one, searched on by PyVRP: the one place of the search that imports pyvrp.

PyVRP knows trips by way of reload depots, windows, prizes, shifts, a mixed fleet, and how far and how long each may
drive. A disposal site is a reload depot, one for each opening. Nobody comes home loaded: the last trip ends at a
virtual home, whose legs hold the cheapest way 'last stop, disposal site, depot'. `suits` tells where that says all.
Whoever calls evaluates the sequences that come back by our own rules: what the virtual home does not know (a site that
closes before the end of the shift), and the last rounding, are judged there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import pyvrp
from numpy.typing import NDArray
from pyvrp.search import OPERATORS, LocalSearch, PerturbationManager, compute_neighbours

from routing.engine.arrays import Arrays, Truck, adds
from routing.limits import LIMITS, METRES, SECONDS, TRIPS, Limit, Measure, Over

USUAL_SCALE = 1000.0  # cost units per unit of money
FEWEST_UNITS_PER_M, FINE_UNITS_PER_M = 100.0, 1000.0  # PyVRP finds less where a metre is hardly a unit
LOAD_SCALE = 10  # load units per kg or litre; demands round up, capacities down
NO_WAY = 10**7  # metres and seconds from the virtual home to anywhere
ENDLESS_S = 10**9
ENDLESS = 10**15  # units of whatever has no limit
LOADS = tuple(limit for limit in LIMITS if limit.over is Over.TRIP)
MOST_LOAD = 10**9  # kg or litres of all stops together
MOST_UNITS = 2.0**53  # of cost, of all that a plan could cost: beyond, PyVRP's doubles and int64s lose count
MOST_PENALTY = 100_000.0  # PyVRP's own default
LIKE = 0.5  # kinds of truck that serve at prices this much apart, in shares of the mean, count as alike

type Longs = NDArray[np.int64]


def suits(arrays: Arrays, trucks: Sequence[int]) -> bool:
    """Tell whether PyVRP can say every rule that binds these trucks and the problem's stops."""
    rows = arrays.trucks[list(trucks)]
    kinds = np.unique(rows["kind"])
    if not len(rows) or not arrays.nodes["worth"][: arrays.stops].any() or not arrays.open_to[kinds[0]].any():
        return False
    one_of = all(len(np.unique(rows[field])) == 1 for field in ("profile", "start", "end"))
    stops = arrays.nodes[: arrays.stops]
    serve = arrays.serve[kinds][:, : arrays.stops][:, stops["worth"]]
    return bool(
        one_of
        and not any(_may_bind(arrays, rows, limit) for limit in LIMITS if not _is_known(limit))
        and not rows["rest_s"].any()
        and not arrays.mixed
        and (stops["windows"] <= 1).all()
        and arrays.can[kinds][:, stops["worth"]].all()
        and (arrays.open_to[kinds] == arrays.open_to[kinds[0]]).all()
        and np.ptp(serve, axis=0).max(initial=0) <= LIKE * serve.mean()
        and _is_countable(arrays, rows)
    )


def _is_known(limit: Limit) -> bool:
    """Tell whether PyVRP has a word for it: what holds over a trip, how many trips, how far and how long."""
    return limit.over is Over.TRIP or limit.counts in {TRIPS, METRES, SECONDS}


def _may_bind(arrays: Arrays, rows: Any, limit: Limit) -> bool:
    """Tell whether all stops together come to more than one of the trucks may."""
    return bool(adds(arrays, limit.counts).sum() > rows[limit.field].min())


def _least(truck: Truck, measure: Measure) -> int:
    """What a duty may come to, as PyVRP counts."""
    return int(min([ENDLESS, *(truck[limit.field] for limit in LIMITS if limit.counts is measure)]))


def _is_countable(arrays: Arrays, rows: Any) -> bool:
    """Tell whether loads, times and money stay within what PyVRP's whole numbers hold, penalties included."""
    worthy = arrays.nodes[: arrays.stops][arrays.nodes["worth"][: arrays.stops]]
    most_m, most_s = (float(arrays.roads[rows["profile"][0], :, :, which].max()) for which in (0, 1))
    legs = 3.0 * len(worthy) + len(rows)
    service_s = float(arrays.nodes["service_s"][: arrays.sites_end].max()) * legs
    shifts_s = float(np.minimum(rows["to_s"] - rows["from_s"], ENDLESS_S).sum())
    money = float(rows["fixed"].sum()) + float(worthy["prize"].sum())
    money += legs * most_m * float(rows["per_m"].max()) + arrays.crew_per_s * (legs * most_s + service_s + shifts_s)
    money += float(np.abs(arrays.serve[rows["kind"][0]]).max()) * legs
    return bool(
        max(worthy[load.counts.of_stop].sum() for load in LOADS) <= MOST_LOAD
        and service_s + legs * most_s + rows["from_s"].max() <= ENDLESS_S * 100
        and max(int(rows["from_s"].max()), int(arrays.windows[:, 0].max(initial=0))) < ENDLESS_S
        and money * _scale(rows, arrays.crew_per_s) <= MOST_UNITS
    )


def _scale(rows: Any, crew_per_s: float) -> float:
    """Cost units per unit of money."""
    least = float(rows["per_m"].min()) or crew_per_s
    return FINE_UNITS_PER_M / least if 0 < least * USUAL_SCALE < FEWEST_UNITS_PER_M else USUAL_SCALE


def resolve(
    arrays: Arrays,
    trucks: Sequence[int],
    sequences: Sequence[list[int]],
    stops: Iterable[int],
    ended: Callable[[], bool],
    seed: int,
) -> list[list[int]]:
    """Search on from the given sequences until `ended` says so, asked at every iteration; return the best found.

    Sequences run over the nodes of `arrays`, depots included, one for each truck: two nodes long where it is parked.
    Stops named by none are candidates to add. Only for what `suits`.
    """
    return _Model(arrays, trucks, sorted(set(stops))).solve(sequences, ended, seed)


class _Model:
    """PyVRP's locations: start depot, virtual home, stops, then the open disposal sites."""

    def __init__(self, arrays: Arrays, trucks: Sequence[int], stops: list[int]) -> None:
        self.arrays, self.stops, self.trucks = arrays, stops, trucks
        self.typical: Truck = arrays.trucks[trucks[0]]
        self.sites = (arrays.stops + np.flatnonzero(arrays.open_to[self.typical["kind"]])).tolist()
        self.nodes = [*stops, *self.sites]
        self.scale = _scale(arrays.trucks[list(trucks)], arrays.crew_per_s)
        self.reloads = [(site, span) for site in self.sites for span in self._spans(site)]
        kind = {truck: int(arrays.trucks[truck]["kind"]) for truck in trucks}
        ordered = sorted(trucks, key=lambda truck: (kind[truck], truck))
        self.types = [list(group) for _, group in groupby(ordered, key=lambda truck: kind[truck])]
        metres, seconds = self._roads()
        location = {node: 2 + number for number, node in enumerate(self.nodes)}
        self.data = pyvrp.ProblemData(
            [pyvrp.Location(0, 0)] * len(metres),
            [self._client(stop, location[stop]) for stop in stops],
            [
                pyvrp.Depot(0),
                pyvrp.Depot(1),
                *(self._reload(site, span, location[site]) for site, span in self.reloads),
            ],
            [self._vehicle_type(group) for group in self.types],
            _only_profile(metres),
            _only_profile(seconds),
        )

    def _spans(self, node: int) -> list[tuple[int, int]]:
        record = self.arrays.nodes[node]
        spans = self.arrays.windows[record["window"] : record["window"] + record["windows"]]
        return [(int(opens), min(int(closes), ENDLESS_S)) for opens, closes in spans] or [(0, ENDLESS_S)]

    def _roads(self) -> tuple[Longs, Longs]:
        """Metres and seconds; what idling at a disposal site costs is told as metres to it.

        Not so where metres have a limit, which it would use up, or cost nothing.
        """
        depot, home, arrays = int(self.typical["start"]), int(self.typical["end"]), self.arrays
        roads = arrays.roads[self.typical["profile"]].astype(np.int64)
        size = 2 + len(self.nodes)
        metres, seconds = np.zeros((size, size), np.int64), np.zeros((size, size), np.int64)
        at = [depot, depot, *self.nodes]
        for table, which in ((metres, 0), (seconds, 1)):
            table[:] = roads[np.ix_(at, at)][:, :, which]
        service_s = arrays.nodes["service_s"][self.sites]
        fuel = arrays.serve[self.typical["kind"], self.sites] - arrays.crew_per_s * service_s
        per_m = float(self.typical["per_m"])
        limited = any(_least(arrays.trucks[truck], METRES) < ENDLESS for truck in self.trucks)
        idle_m = np.zeros(len(fuel), np.int64)
        if per_m and not limited:
            idle_m = np.rint(np.clip(fuel / per_m, 0, NO_WAY)).astype(np.int64)
        unload_m = roads[np.ix_(self.stops, self.sites)][:, :, 0] + idle_m
        unload_s = roads[np.ix_(self.stops, self.sites)][:, :, 1]
        via_m = unload_m + roads[self.sites, home, 0]
        via_s = unload_s + service_s + roads[self.sites, home, 1]
        money = self.typical["per_m"] * via_m + arrays.crew_per_s * via_s
        money[:, ~self._is_open_late()] = np.inf
        self.last = np.argmin(money, axis=1)
        ends, rows = 2 + len(self.stops), np.arange(len(self.stops))
        metres[1, :] = seconds[1, :] = metres[:, 1] = seconds[:, 1] = NO_WAY
        for table in (metres, seconds):  # PyVRP wants it so, and two stops at one place are two locations here
            np.fill_diagonal(table, 0)
        metres[2:ends, 1], seconds[2:ends, 1] = via_m[rows, self.last], via_s[rows, self.last]
        metres[ends:, 1], seconds[ends:, 1] = roads[self.sites, home, 0], roads[self.sites, home, 1]
        metres[:2, 1] = seconds[:2, 1] = 0
        metres[2:ends, ends:] += idle_m
        return metres, seconds

    def _is_open_late(self) -> NDArray[np.bool_]:
        """Which sites unload until the last shift ends; all of them where none does."""
        end_s = min(int(self.arrays.trucks[list(self.trucks)]["to_s"].max()), ENDLESS_S)
        late = np.array([max(closes for _, closes in self._spans(site)) >= end_s for site in self.sites], np.bool_)
        return late if late.any() else np.ones_like(late)

    def _client(self, stop: int, location: int) -> pyvrp.Client:
        record = self.arrays.nodes[stop]
        ((opens, closes),) = self._spans(stop)
        service_s = int(record["service_s"])
        # Fuel of serving is a constant of a served stop: it lowers the prize of an optional one.
        fuel = float(self.arrays.serve[self.typical["kind"], stop]) - self.arrays.crew_per_s * service_s
        return pyvrp.Client(
            location,
            pickup=[int(np.ceil(record[load.counts.of_stop] * LOAD_SCALE - 1e-6)) for load in LOADS],
            service_duration=service_s,
            tw_early=opens,
            tw_late=closes,
            required=bool(record["required"]),
            prize=0 if record["required"] else max(0, int((record["prize"] - fuel) * self.scale)),
        )

    def _reload(self, site: int, span: tuple[int, int], location: int) -> pyvrp.Depot:
        service_s = int(self.arrays.nodes[site]["service_s"])
        return pyvrp.Depot(location, tw_early=span[0], tw_late=span[1], service_duration=service_s)

    def _vehicle_type(self, group: list[int]) -> pyvrp.VehicleType:
        truck = self.arrays.trucks[group[0]]
        return pyvrp.VehicleType(
            len(group),
            [int(min(truck[load.field], MOST_LOAD) * LOAD_SCALE) for load in LOADS],
            start_depot=0,
            end_depot=1,
            fixed_cost=round(float(truck["fixed"]) * self.scale),
            tw_early=int(truck["from_s"]),
            tw_late=min(int(truck["to_s"]), ENDLESS_S),
            shift_duration=_least(truck, SECONDS),
            max_distance=_least(truck, METRES),
            unit_distance_cost=round(float(truck["per_m"]) * self.scale),
            unit_duration_cost=round(self.arrays.crew_per_s * self.scale),
            reload_depots=list(range(2, 2 + len(self.reloads))),
            max_reloads=int(min(truck["max_trips"], self.arrays.stops + 1)) - 1,
        )

    def solve(self, sequences: Sequence[list[int]], ended: Callable[[], bool], seed: int) -> list[list[int]]:
        start = self._as_solution(sequences)
        neighbours = compute_neighbours(self.data)
        search = LocalSearch(self.data, pyvrp.RandomNumberGenerator(seed=seed), neighbours, PerturbationManager())
        for operator in OPERATORS:
            if operator.supports(self.data):
                search.add_operator(operator(self.data))
        algorithm = pyvrp.IteratedLocalSearch(self.data, _Penalties(self.data), search, start)
        return self._as_sequences(algorithm.run(lambda _: ended(), collect_stats=False).best)

    def _as_solution(self, sequences: Sequence[list[int]]) -> pyvrp.Solution:
        client = {stop: number for number, stop in enumerate(self.stops)}
        reload: dict[int, int] = {}
        for number, (site, _) in enumerate(self.reloads):  # of several openings the first: PyVRP finds the right one
            reload.setdefault(site, 2 + number)
        type_of = {truck: number for number, group in enumerate(self.types) for truck in group}
        routes = []
        for truck, sequence in zip(self.trucks, sequences, strict=True):
            inner = sequence[1:-2]  # without the depots, and the last disposal visit, which the way home holds
            activities = [
                pyvrp.Activity(pyvrp.ActivityType.CLIENT, client[node])
                if node < self.arrays.stops
                else pyvrp.Activity(pyvrp.ActivityType.DEPOT, reload[node])
                for node in inner
            ]
            if any(node < self.arrays.stops for node in inner):
                routes.append(pyvrp.Route(self.data, activities, type_of[truck]))
        return pyvrp.Solution(self.data, routes)

    def _as_sequences(self, best: pyvrp.Solution) -> list[list[int]]:
        free = [list(group) for group in self.types]
        found: dict[int, list[int]] = {}
        for route in best.routes():
            truck = free[route.vehicle_type()].pop(0)
            nodes = [int(self.typical["start"])]
            nodes += [
                self.stops[activity.idx] if activity.is_client() else self.reloads[activity.idx - 2][0]
                for activity in list(route)[1:-1]
            ]
            if nodes[-1] < self.arrays.stops:
                nodes.append(self.sites[int(self.last[self.stops.index(nodes[-1])])])
            found[truck] = [*nodes, int(self.typical["end"])]
        parked = [int(self.typical["start"]), int(self.typical["end"])]
        return [found.get(truck, parked) for truck in self.trucks]


class _Penalties(pyvrp.PenaltyManager):
    """PyVRP's penalties, up to the same maximum, without its warning there: a tight problem is nothing to warn of.

    It warns when a penalty is at its bound, so the bound is put a step further and never reached.
    """

    def __init__(self, data: pyvrp.ProblemData) -> None:
        usual = pyvrp.PenaltyParams(max_penalty=MOST_PENALTY)
        self._beyond = pyvrp.PenaltyParams(max_penalty=2 * usual.penalty_increase * MOST_PENALTY)
        super().__init__(usual.midpoint_penalties(data), self._beyond)

    def register(self, sol: pyvrp.Solution) -> None:
        super().register(sol)
        loads, time, distance = self.penalties()
        if max(*loads, time, distance) > MOST_PENALTY:
            # Just updated, so what was registered is used up and nothing is lost by beginning anew.
            capped = [min(penalty, MOST_PENALTY) for penalty in (*loads, time, distance)]
            super().__init__((capped[:-2], capped[-2], capped[-1]), self._beyond)


def _only_profile(values: Longs) -> list[Any]:
    """One profile; PyVRP's stubs have a type for arrays that no array has."""
    return [values]
