"""Both cores on one problem: chains that compete on a small one, districts shared out on a large one."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from random import Random

import numpy as np

from routing.engine.arrays import Arrays
from routing.engine.plan import Note, copied
from routing.options import SolverOptions
from routing.search.chain import Chain, Stops
from routing.search.districts import District, cut_ground, cut_routes, ground_of, note_inside, write_back
from routing.search.everything import best_of_all, is_little
from routing.search.fleet import FEW_KINDS, better_trucks
from routing.search.partner import can_help, search_on
from routing.search.polish import polish
from routing.search.shape import SETTLING, grow, reshape
from routing.search.watch import Watch
from routing.search.worth import WORST, worth_of

SMALL = 1600  # stops worth serving up to which chains compete on the whole (docs/routing.md)
DISTRICT = 400  # stops of a district
GROWN, SHAPED, REFINED = 0.3, 0.5, 0.95  # shares of the whole search after which each phase ends at the latest
WARM, COLD = 0.3, 0.01  # temperatures of refining, in mean costs of a stop
HOT = 1.0  # instead of WARM where no shape of the fleet was looked for that could be lost again
FEW = 500  # stops up to which PyVRP is the quicker of the two from early on
POLISHED = 500  # stops up to which OR-Tools' polishing gains more than searching on (docs/routing.md)
ALONE_FEW, ALONE_MANY = 0.4, 0.88  # shares of refining before PyVRP goes on from the best plan, on one core
ROUNDS = 8  # cuts into districts per phase
RUINS_PER_S = 15_000  # of one core, about: whether there is time to grow beside a plan to start from
HURRY_S_PER_STOP = 0.01  # with less, a plan to start from is only mended
MENDED = 0.7  # share of mending that is spent round what changed; the rest goes everywhere
LUKEWARM = 0.03  # temperature at which a good plan is searched on without being forgotten, in mean costs of a stop
MENDING_NEIGHBOURS = 30  # of each stop that changed, searched too
AFTERWARDS = 3  # times as long as trying optional stops first took: they are tried again at the end, and reasons found
ENOUGH = 0.8  # of the time are searched at least, whatever comes after
EMPTYING = 8000  # ruins spent on doing without the trucks that greedy insertion opened


class Team:
    """Searches `arrays`; `chain` holds the plan of the whole."""

    def __init__(
        self,
        arrays: Arrays,
        watch: Watch,
        seed: int,
        tell: Callable[[Note], None],
        options: SolverOptions,
    ) -> None:
        self.arrays, self.watch, self.seed, self.tell = arrays, watch, seed, tell
        self.ground = ground_of(arrays)
        self.without = options.without
        self.shapes = "own-moves" not in self.without and _has_shapes(arrays)
        self.chain = Chain(arrays, watch, seed)
        self.news: SimpleQueue[Note] = SimpleQueue()  # better plans on their way to `tell`
        self.told = WORST
        self.rng = Random(f"{seed} team")  # noqa: S311 - no secret hangs on it
        self.cores = max(1, len(os.sched_getaffinity(0))) if watch.by_clock else 1
        self.changed: Stops | None = None
        self.started: set[int] = set()  # trucks of the plan to start from
        self.is_proven = False  # that no plan is better

    def search(self, changed: Stops | None = None) -> None:
        """Search until there is just time left to finish the plan; better plans are told in the thread that calls.

        `changed` says that the chain holds a plan to start from, and round which stops it is not what it was.
        """
        self.changed = changed
        self.started = set(self.chain.used())
        self.chain.serve_required()
        began_s = self.watch.elapsed_s()  # the machine code is loaded by now
        self.chain.serve_greedily()
        tried_s = self.watch.elapsed_s() - began_s
        self.chain.write_down(self.chain.best)
        self.watch.advance(1, self.chain.best_worth())
        until = max(ENOUGH, self.watch.share_before(AFTERWARDS * tried_s))
        self._tell(self.chain.best)
        if len(self.chain.worthy) == 0:
            return
        if "enumeration" not in self.without and is_little(self.chain):
            self.chain.keep_if_better(best_of_all(self.chain))
            self._tell(self.chain.best)
            self.is_proven = True
            return
        knows_all = not self.arrays.wishes.is_asked  # OR-Tools minimises the cost alone
        polished = knows_all and "ortools" not in self.without and len(self.chain.worthy) <= POLISHED
        refined = REFINED * until if polished else until
        if len(self.chain.worthy) <= SMALL or "decomposition" in self.without:
            self._compete(refined)
        else:
            self._share_out(refined)
        if polished:
            polish(self.chain, until)
            self._tell(self.chain.best)

    def _tell(self, note: Note) -> None:
        if worth_of(note).beats(self.told):
            self.told = worth_of(note)
            self.tell(note)

    def _hear(self, note: Note) -> None:
        """Called by a chain, in its own thread, on its own best plan."""
        if worth_of(note).beats(self.told):
            self.news.put(copied(note))

    def _compete(self, until: float) -> None:
        chains = [self.chain, *(self._twin(number) for number in range(1, self.cores))]
        for chain in chains:
            chain.on_better = self._hear if len(chains) > 1 else self._tell
        hurry = self._must_hurry()
        self._side_by_side([partial(self._mend if hurry else self._shape, chain, until) for chain in chains])
        self._take_best(chains)
        self._tell(self.chain.best)
        begin, warm = self.watch.share, self._warmth(hurry)
        partnered = "pyvrp" not in self.without and can_help(self.chain)
        alone = begin + (until - begin) * (self._alone() if partnered else 1.0)
        for step in range(1, 4):
            end = begin + (alone - begin) * step / 3
            self._side_by_side([partial(self._refine, chain, end, warm, (begin, alone)) for chain in chains])
            self._take_best(chains)
            self._tell(self.chain.best)
        if partnered:
            others = [partial(chain.refine, until, COLD, COLD, (alone, until)) for chain in chains[1:]]
            self._side_by_side([partial(search_on, self.chain, until), *others])
            self._take_best(chains)
            self._better_trucks(self.chain)
            self._tell(self.chain.best)

    def _refine(self, chain: Chain, until: float, warm: float, heat_at: tuple[float, float]) -> None:
        chain.refine(until, warm, COLD, heat_at)
        self._better_trucks(chain)

    def _better_trucks(self, chain: Chain) -> None:
        if "own-moves" not in self.without:
            better_trucks(chain)

    def _twin(self, number: int) -> Chain:
        twin = Chain(self.arrays, self.watch, self.seed, number)
        twin.keep_if_better(self.chain.best)
        return twin

    def _must_hurry(self) -> bool:
        """Tell whether there is a plan to start from and no time, or no leave, to look for another shape."""
        if self.changed is None:
            return False
        return "own-moves" in self.without or self.watch.left_s() < HURRY_S_PER_STOP * len(self.chain.worthy)

    def _alone(self) -> float:
        return ALONE_FEW if len(self.chain.worthy) <= FEW else ALONE_MANY

    def _warmth(self, hurry: bool) -> float:
        if self.changed is not None:
            return LUKEWARM if hurry else WARM
        return WARM if self.shapes else HOT

    def _mend(self, chain: Chain, until: float) -> None:
        """Search round what changed in the plan that was given: first for a plan that needs no other trucks."""
        if self.changed is None or not len(self.changed):
            return
        near = self.arrays.near[self.changed, :MENDING_NEIGHBOURS].ravel()
        seeds = np.unique(np.concatenate([self.changed, near[near >= 0]]))
        self._do_without_new_trucks(chain, seeds)
        begin, end = self.watch.share, MENDED * until
        chain.refine(end, LUKEWARM, COLD, (begin, end), seeds)

    def _do_without_new_trucks(self, chain: Chain, seeds: Stops) -> None:
        """Offer what new trucks took to those of the start: stop by stop the search would hardly empty a truck."""
        chain.go_to(chain.best)
        stops = [stop for truck in chain.used() if truck not in self.started for stop in chain.drop(truck)]
        if not stops:
            return
        chain.offer(stops)
        chain.settle()
        candidate = chain.new_note()
        chain.anneal(candidate, seeds, EMPTYING, WARM, COLD, may_open=False)
        chain.keep_if_better(candidate)

    def _shape(self, chain: Chain, until: float) -> None:
        if self.shapes:
            if self._may_grow(chain):
                _grow(chain, GROWN * until)
                self._better_trucks(chain)
            reshape(chain, SHAPED * until)
            self._better_trucks(chain)

    def _may_grow(self, chain: Chain) -> bool:
        """With a plan to start from, one chain keeps to it; the others grow one from nothing if they can finish it."""
        if self.changed is None:
            return True
        return self._can_finish_growing(1) and (self.cores == 1 or chain is not self.chain)

    def _can_finish_growing(self, cores: int) -> bool:
        """Tell whether there is time to grow about as many routes as there are now; half a plan is worth nothing."""
        kinds = min(FEW_KINDS, len(np.unique(self.arrays.trucks["kind"])))
        ruins = int(np.count_nonzero(self.chain.best.length)) * kinds * SETTLING
        return ruins / (RUINS_PER_S * cores) <= GROWN * self.watch.left_s()

    def _take_best(self, chains: list[Chain]) -> None:
        best = min(chains, key=lambda chain: worth_of(chain.best))
        for chain in chains:
            chain.keep_if_better(best.best)

    def _share_out(self, until: float) -> None:
        """Search by districts: grown, unless there is a plan to start from; reshaped, unless in a hurry; refined."""
        hurry = self._must_hurry()
        warm = self._warmth(hurry)
        if self.shapes and not hurry:
            if self.changed is None and self._can_finish_growing(self.cores):
                self._round(cut_ground(self.arrays, self.ground, DISTRICT, self.rng), GROWN * until, _grow)
                self._tell(self.chain.best)
            begin = self.watch.share
            for step in range(1, ROUNDS + 1):
                if self.watch.share >= 1:
                    return
                end = begin + (SHAPED * until - begin) * step / ROUNDS
                self._round(self._cut(), end, reshape)
                self._tell(self.chain.best)
        begin = self.watch.share
        for step in range(1, ROUNDS + 1):
            if self.watch.share >= 1:
                return
            end = begin + (until - begin) * step / ROUNDS
            self._round(self._cut(), end, lambda chain, end: chain.refine(end, warm, COLD, (begin, until)))
            self._tell(self.chain.best)

    def _cut(self) -> list[District]:
        self.chain.go_to(self.chain.best)
        return cut_routes(self.arrays, self.chain.plan, self.ground, DISTRICT, self.rng)

    def _round(self, districts: list[District], until: float, work: Callable[[Chain, float], None]) -> None:
        """Let every district be worked on, all between now and the share `until`, and put the plans together."""
        begin, lanes = self.watch.share, min(self.cores, len(districts))
        results: list[Note] = [self.chain.best] * len(districts)
        streams = [self.rng.randrange(1 << 30) for _ in districts]

        def lane(number: int) -> None:
            mine = range(number, len(districts), lanes)
            for turn, which in enumerate(mine, start=1):
                end = begin + (until - begin) * turn / len(mine)
                results[which] = self._work_on(districts[which], streams[which], end, work)

        self._side_by_side([partial(lane, number) for number in range(lanes)])
        merged = self.chain.new_note()
        for district, result in zip(districts, results, strict=True):
            write_back(self.arrays, district, result, merged)
        self.chain.go_to(merged)
        self.chain.serve_required()  # trying thousands of optional ones everywhere takes a third of the time
        self.chain.keep_if_better(self.chain.new_note())

    def _work_on(self, district: District, stream: int, until: float, work: Callable[[Chain, float], None]) -> Note:
        chain = Chain(district.arrays, self.watch, self.seed, stream)
        if work is _grow:  # cut by the ground, not by routes: the plan of the whole says nothing about it
            chain.base = WORST
        else:
            chain.go_to(note_inside(self.arrays, self.chain.best, district))
            chain.base = worth_of(self.chain.best).minus(chain.worth())
        chain.write_down(chain.best)
        work(chain, until)
        self._better_trucks(chain)
        return chain.best

    def _side_by_side(self, jobs: Sequence[Callable[[], None]]) -> None:
        if len(jobs) == 1:
            jobs[0]()
            return
        with ThreadPoolExecutor(len(jobs)) as pool:
            futures = [pool.submit(job) for job in jobs]
            while not all(future.done() for future in futures):
                with suppress(Empty):
                    self._tell(self.news.get(timeout=0.1))
            for future in futures:
                future.result()


def _grow(chain: Chain, until: float) -> None:
    chain.keep_if_better(grow(chain, until))


def _has_shapes(arrays: Arrays) -> bool:
    """Whether it costs something to use one truck more, or another: where it does not, routes open and close freely."""
    return bool(arrays.trucks["fixed"].any()) or len(np.unique(arrays.trucks["kind"])) > 1
