"""What is said of required stops that nobody serves: proven where that is cheap, and never more than is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing import MaxIterations, Reason, Stop, Vehicle, solve
from routing.search.proofs import trips_needed
from tests.unit.routing.line_town import TRUCK, bin_at, make_town

SOME = MaxIterations(3000)
ONCE = replace(TRUCK, max_trips=1)
BINS = range(2, 12)  # ten bins, more than are tried out one by one


def reasons(stops: Sequence[Stop], vehicles: Sequence[Vehicle]) -> set[Reason]:
    """Why stops at km 1, 2, 3 ... are left out, with the landfill at the depot's gate."""
    plan = solve(make_town([0, 0, *range(1, len(stops) + 1)], stops, vehicles), SOME)
    assert plan.unserved
    return {row.reason for row in plan.unserved}


def trucks(count: int, truck: Vehicle = ONCE) -> list[Vehicle]:
    return [replace(truck, id=f"T{number}") for number in range(count)]


def test_bins_that_do_not_pack() -> None:
    """Protects from "search longer": ten bins of 600 kg, nine trucks of one ton that unload once; 6 t of 9 t."""
    assert reasons([bin_at(n, demand_kg=600) for n in BINS], trucks(9)) == {Reason.NO_CAPACITY}


def test_bins_of_one_truck_that_does_not_suffice() -> None:
    """Protects one truck's stops from being lost in a fleet that has room: nine stops a day, ten only it may serve."""
    stops = [bin_at(n, demand_kg=1, vehicles=frozenset({"T0"})) for n in BINS]
    fleet = [replace(TRUCK, id="T0", max_stops=9), *trucks(6)[1:]]
    assert reasons(stops, fleet) == {Reason.NO_CAPACITY}


def test_hours_that_clash() -> None:
    """Protects the word for it: ten bins a kilometre apart, all open at second 5,000 alone, and nine trucks."""
    stops = [bin_at(n, demand_kg=1, windows=((5000, 5000),)) for n in BINS]
    assert Reason.WINDOW_UNREACHABLE in reasons(stops, trucks(9))
    assert Reason.TIME_LIMIT not in reasons(stops, trucks(9))


def test_what_is_not_proven_is_not_found() -> None:
    """Protects the truth: ten bins of 400 kg on four trucks come to 4 t of 4 t, and eight fit: no bound sees it.

    Searching longer would not help, and nothing has been proven.
    """
    assert reasons([bin_at(n, demand_kg=400) for n in BINS], trucks(4)) == {Reason.NOT_FOUND}


@pytest.mark.parametrize(
    ("sizes", "trips"),
    [
        ([], 0),
        ([6, 6, 2, 2], 2),  # 8 and 8
        ([5, 5, 5], 3),  # no two together
        ([4, 4, 4], 2),
        ([6, 6, 4, 4], 3),  # no 4 goes with a 6: two, and one for both 4
    ],
)
def test_trips_of_a_truck_of_eight(sizes: list[float], trips: int) -> None:
    """Protects the bound by hand: a truck holds 8."""
    assert trips_needed(np.array(sizes, np.float64), 8.0) == trips


@given(st.lists(st.integers(1, 20), max_size=12))
def test_bound_is_never_above_a_packing(sizes: list[int]) -> None:
    """Protects every reason given by it: what first-fit packs into n trips cannot be proven to need more."""
    room: list[int] = []
    for size in sorted(sizes, reverse=True):
        place = next((at for at, left in enumerate(room) if left >= size), None)
        if place is None:
            room.append(20 - size)
        else:
            room[place] -= size
    assert trips_needed(np.array(sizes, np.float64), 20.0) <= len(room)
