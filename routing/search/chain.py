"""One line of search over one set of arrays: a plan that changes, and the best it has been."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.engine.anneal import anneal
from routing.engine.arrays import Arrays, lifted
from routing.engine.money import LEAST_GAIN
from routing.engine.places import Look, serve
from routing.engine.plan import (
    INFEASIBLE,
    NOBODY,
    Note,
    adopt,
    copy_note,
    empty_note,
    empty_plan,
    evaluate,
    note,
    park,
    redraw,
    roll_back,
    settle,
)
from routing.engine.ruin import remove
from routing.engine.scratch import make_scratch
from routing.engine.unloading import place_unloading
from routing.search.watch import Watch
from routing.search.worth import NOTHING, Worth, worth_of, worth_of_plan
from routing.solution import Reason

WIDE = Look(1.0, 0.0, True, True)
CLOSED = Look(1.0, 0.0, False, False)
TURN_S = 0.03  # of work between two looks at the clock
FIRST_TURN, LONGEST_TURN, COUNTED_TURN = 20, 4000, 100  # ruins; the last when no clock decides
type Stops = NDArray[np.int32]


class Chain:
    """`plan` is the one that changes, `best` the cheapest seen. Repeatable by `seed` and `stream` unless by clock."""

    def __init__(self, arrays: Arrays, watch: Watch, seed: int, stream: int = 0) -> None:
        self.arrays, self.watch = arrays, watch
        self.plan = empty_plan(arrays)
        self.best = empty_note(self.plan)
        self.scratch = make_scratch(arrays, self.plan, seed, stream)
        self.rng = Random(f"{seed} {stream}")  # noqa: S311 - no secret hangs on it
        self.worthy: Stops = np.flatnonzero(arrays.nodes["worth"][: arrays.stops]).astype(np.int32)
        self.turn = FIRST_TURN if watch.by_clock else COUNTED_TURN
        self.on_better: Callable[[Note], None] | None = None
        self.base = NOTHING  # worth of what lies outside these arrays, when they are a district of a larger plan

    def write_down(self, target: Note) -> None:
        """Write the whole plan into a note other than the one `anneal` keeps up to date."""
        self.plan.routes["noted"] = False
        note(self.plan, target)
        self.plan.routes["noted"] = False

    def new_note(self) -> Note:
        """The plan as it is, in a note of its own."""
        target = empty_note(self.plan)
        self.write_down(target)
        return target

    def go_to(self, source: Note) -> None:
        redraw(self.arrays, source, self.plan)

    def keep_if_better(self, source: Note) -> bool:
        """Take a note over as the best if it is better."""
        if not worth_of(source).beats(worth_of(self.best)):
            return False
        copy_note(source, self.best)
        if self.on_better is not None:
            self.on_better(self.best)
        return True

    def serve_greedily(self) -> None:
        """Serve what nobody serves, at every position tried: required stops first, hardest first; then what pays."""
        self.serve_required()
        nodes = self.arrays.nodes
        for stop in sorted(
            self.missing(required=False), key=lambda s: -nodes[s]["prize"] / (1 + nodes[s]["demand_kg"])
        ):
            serve(self.arrays, self.plan, self.scratch, stop, WIDE)
        settle(self.plan)

    def serve_required(self) -> None:
        """Serve the required stops that nobody serves, at every position tried, hardest first."""
        for stop in sorted(self.missing(required=True), key=self._hardness):
            serve(self.arrays, self.plan, self.scratch, stop, WIDE)
        settle(self.plan)

    def missing(self, required: bool) -> list[int]:
        """Worthwhile stops nobody serves."""
        free = (self.plan.placed["truck"] == NOBODY)[self.worthy]
        kind = self.arrays.nodes["required"][self.worthy] == required
        return [int(stop) for stop in self.worthy[free & kind]]

    def _hardness(self, stop: int) -> tuple[int, float, float]:
        """Sort key: few vehicles first, then narrow windows, then the farthest from its first vehicle's depot."""
        arrays, node = self.arrays, self.arrays.nodes[stop]
        kinds = np.flatnonzero(arrays.can[:, stop])
        spans = arrays.windows[node["window"] : node["window"] + node["windows"]]
        width = float((spans[:, 1] - spans[:, 0]).sum()) if len(spans) else 1e6
        allowed = int(np.isin(arrays.trucks["kind"], kinds).sum())
        truck = arrays.trucks[int(np.argmax(arrays.trucks["kind"] == kinds[0]))]
        return allowed, width, -float(arrays.roads[truck["profile"], truck["start"], stop, 0])

    def used(self) -> list[int]:
        return [int(t) for t in np.flatnonzero(self.plan.routes["length"][:-1])]

    def parked_kinds(self, most: int | None = None) -> list[int]:
        """One parked truck of each kind; of more than `most` kinds some, other ones each time, from small to large."""
        trucks = self.arrays.trucks
        free = np.flatnonzero(self.plan.routes["length"][:-1] == 0)
        _, first = np.unique(trucks["kind"][free], return_index=True)
        parked = free[first]
        if most is not None and len(parked) > most:
            size = [trucks[field][parked] for field in ("fixed", "capacity_l", "capacity_kg", "profile")]
            drawn = (np.arange(most) + self.rng.random()) * len(parked) / most
            parked = parked[np.lexsort(size)[drawn.astype(np.intp)]]
        return [int(t) for t in parked]

    def nodes_of(self, truck: int) -> list[int]:
        nodes: list[int] = self.plan.visits[truck]["node"][: self.plan.routes[truck]["length"]].tolist()
        return nodes

    def stops_of(self, truck: int) -> list[int]:
        return [node for node in self.nodes_of(truck) if node < self.arrays.stops]

    def drop(self, truck: int) -> list[int]:
        """Park a truck; return the stops it had."""
        stops = self.stops_of(truck)
        park(self.arrays, self.plan, truck)
        return stops

    def take_out(self, stop: int) -> bool:
        """Take one stop from whoever serves it; False when the rest of the route could not be driven without."""
        truck = int(self.plan.placed[stop]["truck"])
        if truck != NOBODY:
            self.scratch.absent[0] = stop
            self.scratch.stamps[1] += 1
            remove(self.arrays, self.plan, self.scratch, truck, 0, 1)
        return bool(self.plan.placed[stop]["truck"] == NOBODY)

    def drive(self, truck: int, nodes: list[int]) -> bool:
        """Give a truck this sequence, depots included; False, and nothing changed, when it breaks a rule."""
        trial = len(self.arrays.trucks)
        if len(nodes) > self.plan.visits.shape[1]:
            return False
        self.plan.visits["node"][trial, : len(nodes)] = nodes
        if evaluate(self.arrays, self.plan, truck, len(nodes)) == INFEASIBLE:
            return False
        adopt(self.arrays, self.plan, truck)
        return True

    def drive_unloading_anew(self, truck: int, stops: list[int]) -> bool:
        """Give a truck these stops in this order, unloading where it is cheapest; False when it breaks a rule."""
        if len(stops) + 2 > self.plan.visits.shape[1]:
            return False
        self.scratch.gaps["stop"][: len(stops)] = stops
        number: Any = np.int32(truck)  # as the compiled search passes it: no second compilation
        length = place_unloading(self.arrays, self.plan, self.scratch, number, len(stops))
        if not length or evaluate(self.arrays, self.plan, truck, length) == INFEASIBLE:
            return False
        adopt(self.arrays, self.plan, truck)
        return True

    def could_drive(self, truck: int, nodes: list[int]) -> bool:
        """Tell whether a truck could drive this sequence, depots included; changes nothing."""
        self.plan.visits["node"][len(self.arrays.trucks), : len(nodes)] = nodes
        return bool(evaluate(self.arrays, self.plan, truck, len(nodes)) < INFEASIBLE)

    def would_fit(self, stop: int, without: Reason | None = None) -> bool:
        """Tell whether a missing stop would find a place, however dear; the plan ends as it was.

        `without` lifts the limits that have this reason.
        """
        arrays = self.arrays if without is None else lifted(self.arrays, without)
        record = arrays.nodes[stop : stop + 1]
        required = bool(record["required"][0])
        record["required"] = True
        fits = serve(arrays, self.plan, self.scratch, stop, WIDE)
        roll_back(self.arrays, self.plan)
        record["required"] = required
        return bool(fits)

    def one_of_kind(self, kind: int) -> int:
        return int(np.argmax(self.arrays.trucks["kind"] == kind))

    def with_sites_always_open(self) -> Chain:
        """A chain for asking only, in whose problem no disposal site ever closes."""
        nodes = self.arrays.nodes.copy()
        nodes["windows"][self.arrays.stops : self.arrays.sites_end] = 0
        return Chain(self.arrays._replace(nodes=nodes), self.watch, 0)

    def without_limits(self, reason: Reason) -> Chain:
        """A chain for asking only, in whose problem no limit that has this reason holds."""
        return Chain(lifted(self.arrays, reason), self.watch, 0)

    def start_route(self, truck: int, stop: int) -> bool:
        """Let a parked truck serve this stop alone, unloading where it is cheapest to."""
        row = self.arrays.trucks[truck]
        site = int(self.arrays.solo[row["kind"], stop]["site"])
        first = [site] if site >= 0 else []
        for one in [*first, *self._sites(truck)]:
            if self.drive(truck, [int(row["start"]), stop, one, int(row["end"])]):
                self._unload_elsewhere(truck)
                return True
        return False

    def unload_elsewhere(self) -> None:
        """Let single disposal visits go to another site where that costs less.

        The search chooses sites by driving: one may open late, or keep the crew out so long that it owes a break.
        """
        for truck in self.used():
            self._unload_elsewhere(truck)
        self.settle()

    def _unload_elsewhere(self, truck: int) -> None:
        nodes, trial = self.nodes_of(truck), len(self.arrays.trucks)
        for at, here in enumerate(nodes[1:-1], start=1):
            for site in self._sites(truck) if here >= self.arrays.stops else ():
                other = [*nodes[:at], site, *nodes[at + 1 :]]
                self.plan.visits["node"][trial, : len(other)] = other
                cost = evaluate(self.arrays, self.plan, truck, len(other))
                if cost < self.plan.routes[truck]["cost"] - LEAST_GAIN:
                    adopt(self.arrays, self.plan, truck)
                    nodes = other

    def _sites(self, truck: int) -> list[int]:
        """Nodes of the disposal sites that are open to a truck."""
        kind = self.arrays.trucks[truck]["kind"]
        return [self.arrays.stops + int(site) for site in np.flatnonzero(self.arrays.open_to[kind])]

    def offer(self, stops: list[int]) -> None:
        """Serve those of the stops that find a place beside their neighbours, without opening a truck."""
        for stop in stops:
            if self.plan.placed[stop]["truck"] == NOBODY and self.arrays.nodes[stop]["worth"]:
                serve(self.arrays, self.plan, self.scratch, stop, CLOSED)

    def settle(self) -> None:
        settle(self.plan)

    def worth(self) -> Worth:
        return worth_of_plan(self.plan)

    def best_worth(self) -> Worth:
        """Of the best plan, with what lies outside these arrays."""
        return self.base.plus(worth_of(self.best))

    def mean_cost(self) -> float:
        """Money per served stop: the unit of temperatures."""
        served = max(1, int((self.plan.placed["truck"] != NOBODY).sum()))
        return float(self.plan.routes["cost"][:-1].sum()) / served

    def anneal(self, target: Note, seeds: Stops, iterations: int, warm: float, cold: float, may_open: bool) -> bool:
        """Search round `seeds`, cooling from `warm` to `cold` mean costs; False when the search ended meanwhile."""
        unit, left = self.mean_cost(), iterations
        while left > 0 and self.watch.share < 1:
            turn, done = min(left, self.turn), iterations - left
            from_, to = (warm * (cold / warm) ** (share / iterations) for share in (done, done + turn))
            self.run(target, seeds, turn, unit * from_, unit * to, may_open)
            left -= turn
        return self.watch.share < 1

    def run(self, target: Note, seeds: Stops, iterations: int, warm: float, cold: float, may_open: bool) -> None:
        """One turn of ruins, temperatures in money."""
        began_s = time.perf_counter()
        before = worth_of(self.best)
        warm, cold = max(warm, 1e-9), max(cold, 1e-9)
        anneal(self.arrays, self.plan, target, self.scratch, seeds, iterations, warm, cold, may_open)
        if target is self.best and worth_of(target) < before and self.on_better is not None:
            self.on_better(target)
        self.watch.advance(iterations, self.base.plus(min(worth_of(target), worth_of(self.best))))
        if self.watch.by_clock:
            took_s = max(1e-6, time.perf_counter() - began_s)
            self.turn = max(FIRST_TURN, min(LONGEST_TURN, int(iterations * TURN_S / took_s)))

    def refine(
        self, until: float, warm: float, cold: float, heat_at: tuple[float, float], seeds: Stops | None = None
    ) -> None:
        """Search everywhere, or round `seeds`, until the share `until`.

        It cools between the shares `heat_at[0]` and `heat_at[1]`.
        """
        seeds = self.worthy if seeds is None else seeds
        begin, end = heat_at
        self.go_to(self.best)
        self.write_down(self.best)
        while self.watch.share < until:
            done = min(1.0, max(0.0, (self.watch.share - begin) / max(1e-9, end - begin)))
            heat = self.mean_cost() * warm * math.exp(math.log(cold / warm) * done)
            self.run(self.best, seeds, self.turn, heat, heat, True)
