"""A short run of the benchmark, so that it works on the day it is needed and a collapse of the rate is seen."""

import pytest

from tests.benchmarks.stream.copy_path import copy_path
from tests.benchmarks.stream.runs import flat_out

LOWEST_PER_S = 2000
"""A fifth of the goal: machines that run tests are busy, but a lost batch or a wait in the wrong place costs more."""
MOST_MB = 200

# It starts servers of its own; where those of the session cannot be had, neither can these.
pytestmark = pytest.mark.usefixtures("real_stack_running")


def test_devices_flat_out_are_stored_at_a_fifth_of_the_goal_at_least() -> None:
    """One bridge and one writer on the real servers: every message committed, at a rate a city can live with."""
    outcome = flat_out(1, 1, 50_000, warm_up=5000)
    assert outcome.per_s > LOWEST_PER_S, outcome
    assert max(outcome.peak_mb[service] for service in ("bridge", "writer")) < MOST_MB, outcome


def test_copy_path_is_far_faster_than_the_stream() -> None:
    """The store must never be what a burst waits for."""
    outcome = copy_path(50_000)
    assert outcome.per_s > 4 * LOWEST_PER_S, outcome
