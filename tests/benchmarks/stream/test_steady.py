"""The steady rate is of what was committed between two looks, and of nothing else."""

import pytest

from tests.benchmarks.stream.runs import Look, steady


def test_steady_rate_leaves_out_start_and_drain() -> None:
    """0.5 s of start-up before the first look must neither help nor harm: 20,000 in 2 s are 10,000/s."""
    looks = [Look(1.0, 5_000, {}), Look(2.0, 16_000, {}), Look(3.0, 25_000, {})]
    found = steady(looks)
    assert found is not None
    assert (found.committed, found.per_s) == (20_000, pytest.approx(10_000))
    assert found.told() == "committed from second 1 to 3: 10,000/s"


def test_run_too_short_for_two_looks_has_no_steady_rate() -> None:
    """Better none than one made up from a single look."""
    assert steady([Look(1.0, 5_000, {})]) is None
