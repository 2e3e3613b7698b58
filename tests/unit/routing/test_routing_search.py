"""The parts of the search, each on a case one can work out."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from routing import Break, DisposalSite, Problem
from routing.decompose import polish
from routing.draft import NOBODY, Draft
from routing.instance import Instance
from routing.ortools_model import Effort, resolve
from routing.unloading import place_unloading
from tests.unit.routing.line_town import TRUCK, bin_at, make_town

EFFORT = Effort(seconds=1.0, solutions=30)


def line_of_bins(**changes: object) -> Problem:
    """Depot at km 0, landfill at km 6, bins of 400 kg at km 1, 2, 3 and 4: nodes 0 to 3; landfill 4, depot 5."""
    return make_town(
        [0, 6, 1, 2, 3, 4], [bin_at(n, **changes) for n in (2, 3, 4, 5)], [replace(TRUCK, capacity_kg=1600)]
    )


def test_unloading_is_placed_where_the_detour_is_smallest() -> None:
    """Protects the cuts: with room for two bins the truck unloads after the ones nearest to the landfill."""
    # Order of collection km 1, 2, 3, 4 and room for 1200 kg: a cut is needed after bin 1, 2 or 3, and one at the end.
    # A cut after km 1, 2 or 3 costs the way to km 6 and back to the next: 5+4-1=8, 4+3-1=6 or 3+2-1=4: after km 3.
    problem = make_town([0, 6, 1, 2, 3, 4], line_of_bins().stops, [replace(TRUCK, capacity_kg=1200)])
    instance = Instance(problem)
    assert place_unloading(instance, instance.trucks[0], [0, 1, 2, 3]) == [5, 0, 1, 2, 4, 3, 4, 5]


def test_model_straightens_a_zigzag() -> None:
    """Protects the OR-Tools model: a round of 6 + 6 km is found from one that drives to and fro."""
    instance = Instance(line_of_bins())
    (seq,) = resolve(instance, instance.trucks, [[5, 3, 0, 2, 1, 4, 5]], range(4), EFFORT) or [[]]
    draft = Draft(instance)
    assert draft.replace(instance.trucks[0], seq)
    # 12 km at 1 a km, 1200 s + 4 x 60 s + 600 s at 0.01: 12 + 20.4.
    assert draft.cost == pytest.approx(32.4, abs=0.01)


def test_model_leaves_and_takes_optional_bins_by_their_prize() -> None:
    """Protects disjunctions: bins on the way cost 60 s each, that is 0.6: worth it for 1, not for 0.5."""
    for prize, served in ((1.0, 4), (0.5, 0)):
        stops = [bin_at(2), *(bin_at(n, required=False, prize=prize) for n in (3, 4, 5))]
        instance = Instance(make_town([0, 6, 1, 2, 3, 4], stops, [replace(TRUCK, capacity_kg=1600)]))
        (seq,) = resolve(instance, instance.trucks, [[5, 0, 4, 5]], range(4), EFFORT) or [[]]
        assert len(set(seq) - {4, 5}) == max(1, served)


def test_model_keeps_windows_breaks_streams_and_limits() -> None:
    """Protects the model's rules: what it returns from a hard start is accepted by our own tour builder."""
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
    instance = Instance(make_town([0, 6, 1, 2, 3, 4], stops, [truck], sites))
    # Nodes: bins 0 to 3, L 4, G 5, depot 6.
    (seq,) = resolve(instance, instance.trucks, [[6, 0, 2, 4, 1, 5, 6]], range(4), Effort(2.0, 60)) or [[]]
    draft = Draft(instance)
    assert draft.replace(instance.trucks[0], seq)
    assert NOBODY not in draft.where


def test_polishing_keeps_what_is_better_and_stops_when_told() -> None:
    """Protects the last phase: a bad tour is replaced by the model's better one."""
    instance = Instance(line_of_bins())
    draft = Draft(instance)
    assert draft.replace(instance.trucks[0], [5, 3, 0, 2, 1, 4, 5])
    calls = iter([0.0, 0.5])
    better = polish(draft, Random(1), lambda _cost, _weight=1: next(calls, None), lambda: 1.0)
    assert better.cost == pytest.approx(32.4, abs=0.01)
