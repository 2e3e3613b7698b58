"""What lies together on the roads comes into one sector, however near something else looks on the map."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray

from routing import Matrix, Route, Solution, Visit, VisitKind
from routing.sectors import Ground
from routing.sharing import split
from tests.unit.routing.line_town import TRUCK, bin_at, make_town

BANK, BRIDGE_M = 12, 9_000


def _two_banks() -> NDArray[np.int32]:
    """Metres between two rows of 12 bins, 100 m apart along each and 50 m across water; the bridge is 9 km away."""
    along = 100 * np.arange(BANK)
    same = np.abs(along[:, None] - along[None, :])
    across = 2 * BRIDGE_M + along[:, None] + along[None, :]
    return np.block([[same, across], [across, same]]).astype(np.int32)


@pytest.mark.parametrize("seed", range(20))
def test_a_sector_keeps_to_its_bank(seed: int) -> None:
    """Protects crews from a district on both sides of a lagoon: they would cross its bridge all day."""
    everywhere = np.arange(2 * BANK)
    sectors = Ground([_two_banks()]).cut(everywhere, np.ones(2 * BANK, np.intp), BANK, Random(seed))
    assert sorted(sorted((sector // BANK).tolist()) for sector in sectors) == [[0] * BANK, [1] * BANK]


@pytest.mark.parametrize("most", [1, 2, 5, 11, 24])
def test_every_place_is_in_one_sector_of_the_weight_asked(most: int) -> None:
    """Protects completeness and size: a place in none would be planned by nobody."""
    weights = np.array([1, 3, 2] * (2 * BANK // 3))
    sectors = Ground([_two_banks()]).cut(np.arange(2 * BANK), weights, most, Random(5))
    assert sorted(np.concatenate(sectors).tolist()) == list(range(2 * BANK))
    assert all(weights[sector].sum() <= most or len(sector) == 1 for sector in sectors)


def test_the_seams_move() -> None:
    """Protects the next round's purpose: what one cut parts, another has to bring together."""
    x, y = np.divmod(np.arange(64), 8)  # a square town of 64 crossings
    square = 100 * (np.abs(np.subtract.outer(x, x)) + np.abs(np.subtract.outer(y, y))).astype(np.int32)
    halves = [Ground([square]).cut(np.arange(64), np.ones(64, np.intp), 32, Random(seed))[0] for seed in range(9)]
    assert len({frozenset(half.tolist()) for half in halves}) > 3


def test_a_side_valley_is_cut_across_not_shuffled() -> None:
    """Protects neighbours in a tree of roads, where all of a valley is as much nearer to one end as to the other."""
    numbers = np.random.default_rng(1).permutation(40)  # neighbours by road are not neighbours in the list
    valley, depth_m = numbers // 10, 1000 * (1 + numbers % 10)
    same = np.abs(np.subtract.outer(depth_m, depth_m))
    other = 200 * np.abs(np.subtract.outer(valley, valley)) + np.add.outer(depth_m, depth_m)
    metres = np.where(np.equal.outer(valley, valley), same, other).astype(np.int32)
    parted = []
    for seed in range(10):
        sector_of = np.empty(40, np.intp)
        for number, sector in enumerate(Ground([metres]).cut(np.arange(40), np.ones(40, np.intp), 10, Random(seed))):
            sector_of[numbers[sector]] = number
        parted.append(int((np.diff(sector_of.reshape(4, 10), axis=1) != 0).sum()))
    assert max(parted) <= 10, "of 36 neighbours along the valleys"


def test_of_several_vehicles_the_one_with_a_way_decides() -> None:
    """Protects what only tricycles reach: for a truck all of it is equally far."""
    truck = np.full((4, 4), 5_000_000, np.int32)
    tricycle = np.abs(np.subtract.outer([0, 10, 900, 910], [0, 10, 900, 910])).astype(np.int32)
    ground = Ground([truck, tricycle])
    assert ground.medoid(np.arange(4)) in {1, 2}
    assert ground.nearest(np.array([1, 2]), np.array([3, 0])).tolist() == [1, 0]


@pytest.mark.parametrize("seed", range(6))
def test_circuits_shared_out_among_workers_keep_to_their_bank(seed: int) -> None:
    """Protects the districts of a plan: all bins at one point of the map, so that only the roads tell banks apart."""
    bins = [bin_at(2 + place) for place in range(2 * BANK)]
    crews = [replace(TRUCK, id=f"T{number}") for number in range(2 * BANK // 4)]
    town = make_town([0.0] * (2 + 2 * BANK), bins, crews)
    metres = np.full((2 + 2 * BANK, 2 + 2 * BANK), BRIDGE_M, np.int32)
    metres[2:, 2:] = _two_banks()
    problem = replace(town, matrices={"truck": Matrix(metres, metres // 10)})
    rounds = [bins[first : first + 4] for first in range(0, 2 * BANK, 4)]
    circuits = tuple(
        Route(crew.id, tuple(Visit(VisitKind.STOP, each.id, 0, 0, 0) for each in stops))
        for crew, stops in zip(crews, rounds, strict=True)
    )
    parts = split(problem, Solution(town.name, circuits), BANK, seed)
    banks = [{int(stop.id[1:]) - 2 >= BANK for stop in part.problem.stops} for part in parts]
    assert sorted(map(sorted, banks)) == [[False], [True]]
