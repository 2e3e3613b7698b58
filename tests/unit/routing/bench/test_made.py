"""Made problems: a seed means one city, for ever and in both makers."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from routing import Route, RoutingError, Solution, VisitKind, check, read_problem, validate
from routing.bench.made import BREAK_S, Rules, made_problem
from routing.bench.timing import Order, Timetable
from tests.support.beside import load_tool


def test_seed_means_the_same_city_for_ever() -> None:
    """Protects figures measured before: the roads of seed 7 with 60 stops, by their checksum."""
    problem = made_problem(60, 7)
    matrix = problem.matrices["truck"]
    roads = matrix.distance_m.astype("<i4").tobytes() + matrix.duration_s.astype("<i4").tobytes()
    assert hashlib.sha256(roads).hexdigest()[:16] == "515eabb5cdd8e0ce"
    assert sum(stop.required for stop in problem.stops) == 21


@pytest.mark.parametrize(("stops", "seed"), [(60, 7), (700, 21)])
def test_is_the_problem_of_the_independent_maker(tmp_path: Path, stops: int, seed: int) -> None:
    """Protects the comparison: the maker the peers were measured with says the same, number by number."""
    data, arrays = load_tool("make_problem").make(stops, seed)
    data["matrices"]["truck"]["npz"] = "roads.npz"
    np.savez(tmp_path / "roads.npz", **arrays)
    (tmp_path / "made.json").write_text(json.dumps(data))
    theirs, ours = read_problem(tmp_path / "made.json"), made_problem(stops, seed)
    for name in ("name", "prices", "locations", "depots", "disposal_sites", "vehicles", "stops"):
        assert getattr(ours, name) == getattr(theirs, name), name
    for name in ("distance_m", "duration_s"):
        assert np.array_equal(getattr(ours.matrices["truck"], name), getattr(theirs.matrices["truck"], name))


def test_full_rules_are_the_same_city_with_more_rules() -> None:
    """Protects the comparison of both: roads, stops and hours of work are the same, and the new rules are there."""
    plain, full = made_problem(700, 3), validate(made_problem(700, 3, Rules.FULL))
    assert full.stops == plain.stops
    assert np.array_equal(full.matrices["truck"].duration_s, plain.matrices["truck"].duration_s)
    for was, now in zip(plain.vehicles, full.vehicles, strict=True):
        assert now.rest is not None
        assert now.shift[1] - was.shift[1] == now.rest.duration_s == BREAK_S
        assert now.max_stops is not None
        assert now.day_limit_kg is not None
    assert all(len(site.open) == 2 for site in full.disposal_sites)


def test_full_rules_bite() -> None:
    """Protects against rules nobody meets: a morning timed for the plain city lacks its break in the full one."""
    plain, full = made_problem(300, 7), made_problem(300, 7, Rules.FULL)
    stops: Order = [(VisitKind.STOP, stop.id) for stop in plain.stops[:40]]
    order = [(VisitKind.DEPOT, "D1"), *stops, (VisitKind.DISPOSAL, "L1"), (VisitKind.DEPOT, "D1")]
    route = Route("T001", Timetable(plain).timed(plain.vehicles[0], order))
    plan = Solution(plain.name, (route,))
    assert not any("no break" in violation for violation in check(plain, plan).violations)
    assert any("no break" in violation for violation in check(full, plan).violations)


def test_nonsense_is_refused() -> None:
    """Protects callers: no stops, no city."""
    with pytest.raises(RoutingError, match="expected at least 1 stop"):
        made_problem(0, 1)
