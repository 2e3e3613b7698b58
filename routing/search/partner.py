"""Let PyVRP search on from a chain's plan, where it can say all the rules."""

from __future__ import annotations

import numpy as np

from routing.engine.arrays import Arrays
from routing.search.chain import Chain
from routing.search.fleet import FEW_KINDS

WEIGHT = 40  # ruins of ours in the time of one of its iterations, so that counted searches end alike
MOST_STOPS = 2000  # beyond, one of its iterations takes so long that the share of a search would end before it helps


def can_help(chain: Chain) -> bool:
    if not 0 < len(chain.worthy) <= MOST_STOPS or chain.arrays.wishes.is_asked:
        return False
    from routing.search.pyvrp_model import suits  # noqa: PLC0415 - who searches without PyVRP does not load it

    return suits(chain.arrays, range(len(chain.arrays.trucks)))


def search_on(chain: Chain, until: float) -> None:
    """Search on from the chain's best until the share `until`; the best gets better, the plan ends as what was found.

    What PyVRP says is evaluated by our rules: a route that breaks one unloads elsewhere, or its stops are served anew.
    """
    from routing.search.pyvrp_model import resolve  # noqa: PLC0415

    arrays, watch, trucks = chain.arrays, chain.watch, _trucks(chain)
    known = chain.best_worth()
    chain.go_to(chain.best)
    sequences = [chain.nodes_of(truck) or _parked(arrays, truck) for truck in trucks]

    # A required stop nobody serves may be impossible: with it PyVRP would hold every plan infeasible, and find none.
    served = {node for nodes in sequences for node in nodes if node < arrays.stops}
    stops = served | set(chain.missing(required=False))
    if not stops:
        return

    def ended() -> bool:
        return watch.advance(WEIGHT, known) >= until

    found = resolve(arrays, trucks, sequences, stops, ended, chain.rng.randrange(1 << 31))
    for truck in chain.used():
        chain.drop(truck)
    for truck, nodes in zip(trucks, found, strict=True):
        if len(nodes) > 2 and not chain.drive(truck, nodes):
            chain.drive_unloading_anew(truck, [node for node in nodes if node < arrays.stops])
    chain.serve_greedily()
    chain.keep_if_better(chain.new_note())


def _parked(arrays: Arrays, truck: int) -> list[int]:
    return [int(arrays.trucks[truck]["start"]), int(arrays.trucks[truck]["end"])]


def _trucks(chain: Chain) -> list[int]:
    """Trucks it may use: of many kinds those in use and a few others, since each kind costs it time."""
    trucks = range(len(chain.arrays.trucks))
    if len(np.unique(chain.arrays.trucks["kind"])) <= FEW_KINDS:
        return list(trucks)
    in_use = np.flatnonzero(chain.best.length).tolist()
    chain.go_to(chain.best)
    return sorted([*in_use, *chain.parked_kinds(FEW_KINDS)])
