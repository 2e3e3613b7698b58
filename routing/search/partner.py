"""Let PyVRP search on from a chain's plan, where it can say all the rules."""

from __future__ import annotations

from routing.search.chain import Chain

WEIGHT = 40  # ruins of ours in the time of one of its iterations, so that counted searches end alike
MOST_STOPS = 2000  # beyond, one of its iterations takes so long that the share of a search would end before it helps


def can_help(chain: Chain) -> bool:
    if not 0 < len(chain.worthy) <= MOST_STOPS:
        return False
    from routing.search.pyvrp_model import suits  # noqa: PLC0415 - who searches without PyVRP does not load it

    return suits(chain.arrays, _trucks(chain))


def search_on(chain: Chain, until: float) -> None:
    """Search on from the chain's best until the share `until`; the best gets better, the plan ends as what was found.

    What PyVRP says is evaluated by our rules: a route that breaks one unloads elsewhere, or its stops are served anew.
    """
    from routing.search.pyvrp_model import resolve  # noqa: PLC0415

    arrays, watch, trucks = chain.arrays, chain.watch, _trucks(chain)
    known = chain.base + float(chain.best.cost[0])
    chain.go_to(chain.best)
    parked = [[int(row["start"]), int(row["end"])] for row in arrays.trucks]
    sequences = [chain.nodes_of(truck) or parked[truck] for truck in trucks]

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


def _trucks(chain: Chain) -> list[int]:
    return list(range(len(chain.arrays.trucks)))
