"""The clock of a search."""

from __future__ import annotations

import time

import pytest

from routing import MaxIterations, MaxRuntime
from routing.search.watch import Watch
from routing.search.worth import Worth


def test_time_is_left_for_what_comes_after() -> None:
    """Protects the limit: at 10,000 stops, finding out why stops are left out takes seconds after the search."""
    watch = Watch(MaxRuntime(100), began_s=time.monotonic() - 10)
    watch.advance(1, Worth(0, 5.0))
    assert watch.share_before(4) == pytest.approx(0.96, abs=0.001)
    assert watch.share_before(200) == watch.share


def test_counted_searches_look_at_no_clock() -> None:
    """Protects repeatability: the same count has to end at the same place on a slow machine."""
    watch = Watch(MaxIterations(100), began_s=time.monotonic() - 10)
    watch.advance(10, Worth(0, 5.0))
    assert watch.share_before(4) == 1
    assert watch.left_s() == float("inf")
