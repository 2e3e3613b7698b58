"""The parts of the search, each on a case one can work out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from routing import Break, DisposalSite, MaxIterations, Problem
from routing.engine.arrays import make_arrays
from routing.engine.plan import NOBODY
from routing.engine.unloading import unload_better
from routing.search.chain import Chain
from routing.search.ortools_model import Effort, resolve
from routing.search.polish import polish
from routing.search.watch import Watch
from tests.unit.routing.line_town import TRUCK, bin_at, make_town

EFFORT = Effort(seconds=1.0, solutions=30)


def chain_for(problem: Problem) -> Chain:
    return Chain(make_arrays(problem), Watch(MaxIterations(3000)), seed=1)


def line_of_bins(**changes: object) -> Problem:
    """Depot at km 0, landfill at km 6, bins of 400 kg at km 1, 2, 3 and 4: nodes 0 to 3; landfill 4, depot 5."""
    return make_town(
        [0, 6, 1, 2, 3, 4], [bin_at(n, **changes) for n in (2, 3, 4, 5)], [replace(TRUCK, capacity_kg=1600)]
    )


@pytest.mark.slow
def test_unloading_is_placed_where_the_detour_is_smallest() -> None:
    """Protects the cuts: with room for three bins the truck unloads after the ones nearest to the landfill."""
    # Order of collection km 1, 2, 3, 4 and room for 1200 kg: a cut is needed after bin 1, 2 or 3, and one at the end.
    # A cut after km 1, 2 or 3 costs the way to km 6 and back to the next: 5+4-1=8, 4+3-1=6 or 3+2-1=4: after km 3.
    problem = make_town([0, 6, 1, 2, 3, 4], line_of_bins().stops, [replace(TRUCK, capacity_kg=1200)])
    chain = chain_for(problem)
    assert chain.drive(0, [5, 0, 4, 1, 2, 3, 4, 5])
    unload_better(chain.arrays, chain.plan, chain.scratch, 0)
    assert chain.nodes_of(0) == [5, 0, 1, 2, 4, 3, 4, 5]


def test_change_is_taken_back_whole() -> None:
    """Protects the books: after a change that is rolled back, cost, places and loads are what they were."""
    chain = chain_for(line_of_bins())
    assert chain.drive(0, [5, 0, 1, 4, 2, 4, 5])
    chain.settle()
    before, placed = chain.worth(), chain.plan.placed.copy()
    assert chain.would_fit(3)
    assert chain.worth() == pytest.approx(before, abs=1e-9)
    assert (chain.plan.placed[:3] == placed[:3]).all()
    assert chain.plan.placed[3]["truck"] == NOBODY
    assert chain.nodes_of(0) == [5, 0, 1, 4, 2, 4, 5]


def test_model_straightens_a_zigzag() -> None:
    """Protects the OR-Tools model: a round of 6 + 6 km is found from one that drives to and fro."""
    chain = chain_for(line_of_bins())
    (seq,) = resolve(chain.arrays, [0], [[5, 3, 0, 2, 1, 4, 5]], range(4), EFFORT) or [[]]
    assert chain.drive(0, seq)
    # 12 km at 1 a km, 1200 s + 4 x 60 s + 600 s at 0.01: 12 + 20.4.
    assert chain.worth().money == pytest.approx(32.4, abs=0.01)


def test_model_leaves_and_takes_optional_bins_by_their_prize() -> None:
    """Protects disjunctions: bins on the way cost 60 s each, that is 0.6: worth it for 1, not for 0.5."""
    for prize, served in ((1.0, 4), (0.5, 0)):
        stops = [bin_at(2), *(bin_at(n, required=False, prize=prize) for n in (3, 4, 5))]
        arrays = make_arrays(make_town([0, 6, 1, 2, 3, 4], stops, [replace(TRUCK, capacity_kg=1600)]))
        (seq,) = resolve(arrays, [0], [[5, 0, 4, 5]], range(4), EFFORT) or [[]]
        assert len(set(seq) - {4, 5}) == max(1, served)


def test_model_keeps_windows_breaks_streams_and_limits() -> None:
    """Protects the model's rules: what it returns from a hard start is accepted by our own evaluation."""
    sites = [
        DisposalSite("L", 1, 600, ((0, 2500), (4000, 20_000)), frozenset({"residual"})),
        DisposalSite("G", 0, 100, ((0, 20_000),), frozenset({"glass"})),
    ]
    both = frozenset({"residual", "glass"})
    truck = replace(TRUCK, streams=both, rest=Break(600, (1500, 2500)), max_trips=4, max_stops=4, day_limit_kg=1600.0)
    stops = [
        bin_at(2, windows=((0, 300), (6000, 7000))),
        bin_at(3, stream="glass"),
        bin_at(4),
        bin_at(5, required=False, prize=90.0, stream="glass"),
    ]
    chain = chain_for(make_town([0, 6, 1, 2, 3, 4], stops, [truck], sites))
    # Nodes: bins 0 to 3, L 4, G 5, depot 6.
    (seq,) = resolve(chain.arrays, [0], [[6, 0, 2, 4, 1, 5, 6]], range(4), Effort(2.0, 60)) or [[]]
    assert chain.drive(0, seq)
    assert NOBODY not in chain.plan.placed["truck"]


def test_polishing_keeps_what_is_better_and_stops_when_told() -> None:
    """Protects the last phase: a bad route is replaced by the model's better one."""
    chain = chain_for(line_of_bins())
    assert chain.drive(0, [5, 3, 0, 2, 1, 4, 5])
    chain.settle()
    chain.write_down(chain.best)
    polish(chain, 1.0)
    assert chain.best.cost[0] == pytest.approx(32.4, abs=0.01)
