"""Part of a plan as an OR-Tools routing model: the one place that imports ortools.

The model holds all of `routing.limits`, several trips over copies of the disposal sites, windows, openings, breaks,
streams, allowed vehicles, and costs per vehicle. Costs are whole thousandths of the search's money. Whoever calls it
evaluates the sequences it returns: the exact rule of the break and the last rounding are judged there.

Peculiarities met: forbidding `stop -> end` outright blinds the search, so going home loaded is only very dear; python
callbacks are slow, so only matrices and vectors are registered; the large-neighbourhood operators are switched off
because guided local search alone found more on 50 to 150 nodes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ortools.constraint_solver import pywrapcp, routing_enums_pb2
from ortools.util import optional_boolean_pb2

from routing.engine.arrays import ROADS, Arrays, Truck, adds
from routing.limits import LIMITS, SECONDS, Limit, Measure, Over

SCALE = 1000.0  # cost units per unit of the search's money, unless so much money is at stake that sums would run over
LOAD_SCALE = 10  # load units per kg or litre; demands round up, capacities down
MUST_UNITS = 10**11  # leaving a required stop, at least: dearer than all that money can be at stake for
HOME_LOADED = 10  # driving from a stop to the depot, in required stops left
MOST_UNITS = 2**61  # of all costs of a model together
ENDLESS = 10**15  # units of whatever has no limit
SPARE_COPIES = 1  # of each disposal site, beyond the visits of the given sequences
NO_LNS = (
    "use_path_lns", "use_full_path_lns", "use_tsp_lns", "use_inactive_lns", "use_global_cheapest_insertion_path_lns",
    "use_local_cheapest_insertion_path_lns", "use_global_cheapest_insertion_visit_types_lns",
    "use_local_cheapest_insertion_visit_types_lns", "use_relocate_path_global_cheapest_insertion_insert_unperformed",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Effort:
    """Limits of one call: seconds of clock, and solutions looked at (which alone make a run repeatable)."""

    seconds: float
    solutions: int


def resolve(
    arrays: Arrays, trucks: Sequence[int], sequences: Sequence[list[int]], stops: Iterable[int], effort: Effort
) -> list[list[int]] | None:
    """Search better sequences for these trucks and stops, starting from the given ones; None when none was found.

    Sequences run over the nodes of `arrays`, depots included; stops named by none of them are candidates to add.
    """
    return _Model(arrays, trucks, sequences, sorted(set(stops))).solve(effort)


class _Model:
    """Local nodes: start depots, end depots, disposal copies, stops; `origin` gives the node in `arrays` of each."""

    def __init__(self, arrays: Arrays, trucks: Sequence[int], sequences: Sequence[list[int]], stops: list[int]) -> None:
        self.arrays, self.sequences, self.stops = arrays, sequences, stops
        self.trucks = [arrays.trucks[truck] for truck in trucks]
        starts = sorted({int(truck["start"]) for truck in self.trucks})
        ends = sorted({int(truck["end"]) for truck in self.trucks})
        self.copies = self._disposal_copies()
        self.origin = [*starts, *ends, *self.copies, *stops]
        self.ends_at, self.copies_at = len(starts), len(starts) + len(ends)
        self.stops_at = self.copies_at + len(self.copies)
        self.manager = pywrapcp.RoutingIndexManager(
            len(self.origin),
            len(trucks),
            [starts.index(truck["start"]) for truck in self.trucks],
            [self.ends_at + ends.index(truck["end"]) for truck in self.trucks],
        )
        self.model = pywrapcp.RoutingModel(self.manager)
        at_stake = self._money_at_stake()
        most_musts = HOME_LOADED * len(trucks) + len(stops) + 1
        self.scale = min(SCALE, MOST_UNITS / most_musts / max(at_stake, 1e-9))
        self.must = max(MUST_UNITS, math.ceil(at_stake * self.scale))
        self._add_costs()
        self._add_loads()
        self._add_totals()
        self._add_clock()
        self._add_choices()

    def _disposal_copies(self) -> list[int]:
        sites = sorted({site for truck in self.trucks for site in self._sites(truck)})
        visits = [node for seq in self.sequences for node in seq]
        return [site for site in sites for _ in range(visits.count(site) + SPARE_COPIES)]

    def _sites(self, truck: Truck) -> list[int]:
        return [self.arrays.stops + int(site) for site in np.flatnonzero(self.arrays.open_to[truck["kind"]])]

    def _roads(self, truck: Truck) -> NDArray[np.float64]:
        """Metres and seconds between the model's nodes, (nodes, nodes, 2)."""
        roads: NDArray[np.float64] = self.arrays.roads[truck["profile"]][np.ix_(self.origin, self.origin)].astype(float)
        return roads

    def _arcs(self, truck: Truck) -> NDArray[np.float64]:
        """Money of driving from node to node, serving the node that is left included."""
        money: NDArray[np.float64] = self._roads(truck) @ np.array([truck["per_m"], self.arrays.crew_per_s])
        return money + self.arrays.serve[truck["kind"], self.origin][:, None]

    def _money_at_stake(self) -> float:
        """A bound of what any plan of these trucks and stops costs: each node left once, everybody out all day."""
        arcs = max(float(self._arcs(truck).max()) for truck in self.trucks) * (len(self.origin) + len(self.trucks))
        shifts_s = sum(int(truck["to_s"] - truck["from_s"]) for truck in self.trucks)
        fixed = sum(float(truck["fixed"]) for truck in self.trucks)
        return arcs + self.arrays.crew_per_s * shifts_s + fixed + float(self.arrays.nodes["prize"][self.stops].sum())

    def _add_costs(self) -> None:
        """Price arcs by the kind of truck."""
        evaluators: dict[int, int] = {}
        for number, truck in enumerate(self.trucks):
            kind = int(truck["kind"])
            if kind not in evaluators:
                units = np.rint(self._arcs(truck) * self.scale).astype(np.int64)
                units[self.stops_at :, self.ends_at : self.copies_at] = HOME_LOADED * self.must
                units[: self.ends_at, self.ends_at : self.copies_at] = 0
                evaluators[kind] = self.model.RegisterTransitMatrix(units.tolist())
            self.model.SetArcCostEvaluatorOfVehicle(evaluators[kind], number)
            self.model.SetFixedCostOfVehicle(round(float(truck["fixed"]) * self.scale), number)

    def _add_loads(self) -> None:
        """Count kg, litres and, where sites refuse waste, each stream; a disposal visit brings all down to zero."""
        nodes = self.arrays.nodes[self.stops]
        for limit in LIMITS:
            if limit.over is Over.TRIP:
                demands = np.ceil(nodes[limit.counts.of_stop] * self._units_in(limit.counts)).astype(int).tolist()
                self._add_load(limit.name, demands, [self._most(limit, truck) for truck in self.trucks])
        if not self.arrays.mixed:
            return
        for bit in np.unique(nodes["stream"]).tolist():
            held = (nodes["stream"] == bit).astype(int).tolist()
            self._add_load(f"stream {bit}", held, [len(self.stops)] * len(self.trucks))
            on_board = self.model.GetDimensionOrDie(f"stream {bit}")
            for node in range(self.copies_at, self.stops_at):
                if not self.arrays.accepts[self.origin[node] - self.arrays.stops] & bit:
                    on_board.CumulVar(self.manager.NodeToIndex(node)).SetMax(0)

    def _add_load(self, name: str, demands: list[int], capacities: list[int]) -> None:
        most = max(capacities)
        change = [0] * self.copies_at + [-most] * len(self.copies) + demands
        unary = self.model.RegisterUnaryTransitVector(change)
        self.model.AddDimensionWithVehicleCapacity(unary, most, capacities, True, name)
        load = self.model.GetDimensionOrDie(name)
        for number in range(len(self.trucks)):
            load.SlackVar(self.model.Start(number)).SetValue(0)
        for node in range(self.stops_at, len(self.origin)):
            load.SlackVar(self.manager.NodeToIndex(node)).SetValue(0)

    def _add_totals(self) -> None:
        """Hold what counts over the whole duty; seconds are the clock's."""
        for limit in LIMITS:
            bound = any(math.isfinite(truck[limit.field]) for truck in self.trucks)
            if bound and limit.over is Over.DUTY and limit.counts is not SECONDS:
                transits = self._transits(limit.counts)
                most = [self._most(limit, truck) for truck in self.trucks]
                self.model.AddDimensionWithVehicleTransitAndCapacity(transits, 0, most, True, limit.name)

    def _units_in(self, measure: Measure) -> float:
        """The model's whole units in one of what is counted: fewer where all visits together would be too many."""
        if measure.whole:
            return 1.0
        total = float(adds(self.arrays, measure)[self.origin].sum())
        return LOAD_SCALE if total * LOAD_SCALE <= ENDLESS else ENDLESS / total

    def _most(self, limit: Limit, truck: Truck) -> int:
        """What the truck may come to, in the model's units."""
        return int(min(truck[limit.field] * self._units_in(limit.counts), ENDLESS))

    def _transits(self, measure: Measure) -> list[int]:
        """Register what an arc adds, for each truck: the visit it leaves, and the leg. Parked, it drives nowhere."""
        visits = np.ceil(adds(self.arrays, measure)[self.origin] * self._units_in(measure)).astype(np.int64)
        if not measure.of_leg:
            return [self.model.RegisterUnaryTransitVector(visits.tolist())] * len(self.trucks)
        registered: dict[int, int] = {}
        for truck in self.trucks:
            profile = int(truck["profile"])
            if profile not in registered:
                arcs = self._roads(truck)[:, :, ROADS.index(measure.of_leg)].astype(np.int64) + visits[:, None]
                arcs[: self.ends_at, self.ends_at : self.copies_at] = 0
                registered[profile] = self.model.RegisterTransitMatrix(arcs.tolist())
        return [registered[int(truck["profile"])] for truck in self.trucks]

    def _add_clock(self) -> None:
        """Hold shifts, windows, breaks and limits in seconds; waiting and resting cost the crew's time."""
        horizon = max(int(truck["to_s"]) for truck in self.trucks)
        self.model.AddDimensionWithVehicleTransits(self._transits(SECONDS), horizon, horizon, False, "clock")
        clock = self.model.GetDimensionOrDie("clock")
        for number, truck in enumerate(self.trucks):
            for end in (self.model.Start(number), self.model.End(number)):
                clock.CumulVar(end).SetRange(int(truck["from_s"]), int(truck["to_s"]))
            longest = min(truck[limit.field] for limit in LIMITS if limit.counts is SECONDS)
            if longest < truck["shift"]:
                clock.SetSpanUpperBoundForVehicle(int(longest), number)
        self._add_windows(clock, horizon)
        self._add_breaks(clock)

    def _add_windows(self, clock: Any, horizon: int) -> None:
        waiting = any(truck["rest_s"] for truck in self.trucks)
        for node in range(self.copies_at, len(self.origin)):
            record = self.arrays.nodes[self.origin[node]]
            if not record["windows"]:
                continue
            spans = self.arrays.windows[record["window"] : record["window"] + record["windows"]].tolist()
            windows = [(opens, min(closes, horizon)) for opens, closes in spans if opens <= horizon]
            waiting = True
            start = clock.CumulVar(self.manager.NodeToIndex(node))
            if not windows:
                self.model.solver().Add(self.model.ActiveVar(self.manager.NodeToIndex(node)) == 0)
                continue
            start.SetRange(windows[0][0], max(closes for _, closes in windows))
            latest = windows[0][1]
            for opens, closes in windows[1:]:
                if opens > latest + 1:
                    start.RemoveInterval(latest + 1, opens - 1)
                latest = max(latest, closes)
        if waiting:
            clock.SetSlackCostCoefficientForAllVehicles(round(self.arrays.crew_per_s * self.scale))

    def _add_breaks(self, clock: Any) -> None:
        """Ask for a break starting in its window; OR-Tools lets it fall outside the duty, like the rule nearly does."""
        service_s = self.arrays.nodes["service_s"][self.origin]
        visits = [0] * self.model.Size()
        for index in range(self.model.Size()):
            visits[index] = int(service_s[self.manager.IndexToNode(index)])
        for number, truck in enumerate(self.trucks):
            if truck["rest_s"]:
                span = int(truck["rest_from_s"]), int(truck["rest_to_s"]), int(truck["rest_s"])
                rest = self.model.solver().FixedDurationIntervalVar(*span, False, f"break {number}")
                clock.SetBreakIntervalsOfVehicle([rest], number, visits)

    def _add_choices(self) -> None:
        """Make every stop and disposal copy optional at its price, and restrict who may go there."""
        arrays = self.arrays
        for node in range(self.copies_at, len(self.origin)):
            index, origin = self.manager.NodeToIndex(node), self.origin[node]
            if node < self.stops_at:
                price, allowed = 0, [k for k, truck in enumerate(self.trucks) if origin in self._sites(truck)]
            else:
                record = arrays.nodes[origin]
                price = round(float(record["prize"]) * self.scale) + (self.must if record["required"] else 0)
                allowed = [k for k, truck in enumerate(self.trucks) if arrays.can[truck["kind"], origin]]
            self.model.AddDisjunction([index], price)
            if len(allowed) < len(self.trucks):
                # SetAllowedVehiclesForIndex refuses Python lists in ortools 9.15; -1 is "nobody".
                self.model.VehicleVar(index).SetValues([-1, *allowed])

    def solve(self, effort: Effort) -> list[list[int]] | None:
        parameters = _parameters(effort)
        self.model.CloseModelWithParameters(parameters)
        start = self.model.ReadAssignmentFromRoutes(self._local_routes(), True)
        if start is None:
            return None
        assignment = self.model.SolveFromAssignmentWithParameters(start, parameters)
        if assignment is None:
            return None
        return [self._sequence(assignment, number) for number in range(len(self.trucks))]

    def _local_routes(self) -> list[list[int]]:
        """Sequences as indices of the model, each disposal visit taking a copy of its own."""
        copies: dict[int, list[int]] = {}
        for node in range(self.stops_at - 1, self.copies_at - 1, -1):
            copies.setdefault(self.origin[node], []).append(node)
        at = {stop: self.stops_at + number for number, stop in enumerate(self.stops)}
        routes = []
        for seq in self.sequences:
            nodes = [at[node] if node in at else copies[node].pop() for node in seq[1:-1]]
            routes.append([self.manager.NodeToIndex(node) for node in nodes])
        return routes

    def _sequence(self, assignment: Any, number: int) -> list[int]:
        """One vehicle's sequence, without disposal visits that unload nothing."""
        seq = [int(self.trucks[number]["start"])]
        index = assignment.Value(self.model.NextVar(self.model.Start(number)))
        while not self.model.IsEnd(index):
            node = self.origin[self.manager.IndexToNode(index)]
            if node < self.arrays.stops or seq[-1] < self.arrays.stops:
                seq.append(node)
            index = assignment.Value(self.model.NextVar(index))
        return [*seq, int(self.trucks[number]["end"])]


def _parameters(effort: Effort) -> Any:
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    parameters.guided_local_search_lambda_coefficient = 0.1
    for name in NO_LNS:
        setattr(parameters.local_search_operators, name, optional_boolean_pb2.BOOL_FALSE)
    parameters.time_limit.FromMilliseconds(max(1, int(1000 * effort.seconds)))
    parameters.solution_limit = effort.solutions
    return parameters
