"""Problem and plan files: what is written is read again, what is wrong is named."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from routing import (
    Break,
    FileError,
    MaxIterations,
    PlanError,
    Problem,
    ProblemError,
    read_plan,
    read_problem,
    solve,
    write_plan,
    write_problem,
)
from tests.unit.routing.line_town import TRUCK, bin_at, make_town


def town() -> Problem:
    truck = replace(TRUCK, rest=Break(600, (1000, 1500)), max_trips=3, max_stops=9, day_limit_kg=5000.0)
    stops = [
        bin_at(2, windows=((0, 5000), (6000, 7000))),
        bin_at(3, required=False, prize=4.5, vehicles=frozenset({"T1"})),
    ]
    return make_town([0, 5, 1, 2], stops, [truck])


@pytest.mark.parametrize("npz", [True, False])
def test_problem_comes_back_as_it_was_written(tmp_path: Path, npz: bool) -> None:
    """Protects the interface: inline matrices and .npz say the same."""
    problem = town()
    write_problem(problem, tmp_path / "town.problem.json", npz=npz)
    again = read_problem(tmp_path / "town.problem.json")
    for name in ("name", "prices", "locations", "depots", "disposal_sites", "vehicles", "stops"):
        assert getattr(again, name) == getattr(problem, name)
    assert np.array_equal(again.matrices["truck"].distance_m, problem.matrices["truck"].distance_m)
    assert again.matrices["truck"].duration_s.dtype == np.int32


def test_plan_comes_back_as_it_was_written(tmp_path: Path) -> None:
    """Protects plans at rest: the driver's visits and the reasons survive the file."""
    plan = solve(town(), MaxIterations(50))
    write_plan(plan, tmp_path / "plan.json")
    assert read_plan(tmp_path / "plan.json") == plan


def document(tmp_path: Path) -> dict[str, Any]:
    write_problem(town(), tmp_path / "town.json", npz=False)
    data: dict[str, Any] = json.loads((tmp_path / "town.json").read_text())
    return data


def faults_of(tmp_path: Path, data: dict[str, Any]) -> str:
    (tmp_path / "wrong.json").write_text(json.dumps(data))
    with pytest.raises(ProblemError) as caught:
        read_problem(tmp_path / "wrong.json")
    return str(caught.value)


def test_missing_and_mistyped_fields_are_named_together(tmp_path: Path) -> None:
    """Protects whoever writes the file by hand: one run shows all the cells to correct."""
    data = document(tmp_path)
    del data["prices"]["fuel_per_l"]
    data["vehicles"][0]["shift"] = "morning"
    data["stops"][0]["windows"] = [[0, float("nan")]]
    data["stops"][0]["demand_kg"] = "heavy"
    data["stops"][1]["required"] = "yes"
    text = faults_of(tmp_path, data)
    for expected in (
        "prices.fuel_per_l",
        "vehicles[T1].shift",
        "stops[B2].demand_kg",
        "stops[B2].windows",
        "stops[B3].required",
    ):
        assert expected in text


@pytest.mark.parametrize(
    ("cell", "found"),
    [(None, "null"), (-3, "-3"), (1.5, "1.5"), ("7", '"7"'), (True, "true"), (2**31, "2147483648"), (10**400, "1000"),
     (float("nan"), "NaN"), ([5], "[5]")],
)  # fmt: skip
def test_cell_that_is_no_distance_is_named(tmp_path: Path, cell: object, found: str) -> None:
    """Protects the roads: which row and column, what stands there; nothing is guessed over."""
    data = document(tmp_path)
    data["matrices"]["truck"]["duration_s"][2][1] = cell
    said = faults_of(tmp_path, data)
    assert (
        f"1 faults in the problem; correct them and try again:\nmatrices[truck].duration_s[2][1]: found {found}" in said
    )
    assert "expected whole numbers without holes, 0 or more, at most 2147483647" in said


def test_matrix_of_nothing_is_told_in_few_lines(tmp_path: Path) -> None:
    """Protects the reader: a program that wrote nulls wrote them everywhere; three cells show it."""
    data = document(tmp_path)
    data["matrices"]["truck"]["distance_m"] = [[None] * 4] * 4
    said = faults_of(tmp_path, data)
    assert said.count("found null") == 3
    assert "matrices[truck].distance_m: found 13 more such cells" in said


@pytest.mark.parametrize(("cell", "found"), [(np.nan, "NaN"), (-3.0, "-3"), (0.5, "0.5"), (2.0**31, "2147483648.0")])
def test_cell_of_an_npz_is_named_too(tmp_path: Path, cell: float, found: str) -> None:
    """Protects matrices of other programs: floats of whole numbers are taken, one that is none is named."""
    data = document(tmp_path)
    metres, seconds = (np.array(data["matrices"]["truck"][name], float) for name in ("distance_m", "duration_s"))
    np.savez(tmp_path / "roads.npz", distance_m=metres, duration_s=seconds)
    data["matrices"]["truck"] = {"npz": "roads.npz"}
    (tmp_path / "town.json").write_text(json.dumps(data))
    assert read_problem(tmp_path / "town.json").matrices["truck"].distance_m.dtype == np.int32
    seconds[1, 3] = cell
    np.savez(tmp_path / "roads.npz", distance_m=metres, duration_s=seconds)
    assert f"matrices[truck].duration_s[1][3]: found {found}" in faults_of(tmp_path, data)


def test_matrix_of_the_wrong_shape_is_refused(tmp_path: Path) -> None:
    """Protects the order of locations: one row too few is a fault, not a shift of all places."""
    data = document(tmp_path)
    data["matrices"]["truck"]["distance_m"].pop()
    assert "one row and column per location" in faults_of(tmp_path, data)


def test_npz_must_lie_beside_the_problem_and_hold_both_arrays(tmp_path: Path) -> None:
    """Protects the disk: a problem cannot make us open any file it likes, nor unpack a huge one."""
    data = document(tmp_path)
    data["matrices"]["truck"] = {"npz": "../secret.npz"}
    assert "bare name" in faults_of(tmp_path, data)
    data["matrices"]["truck"] = {"npz": "half.npz"}
    np.savez_compressed(tmp_path / "half.npz", distance_m=np.zeros((4, 4), np.int32))
    assert "duration_s" in faults_of(tmp_path, data)
    np.savez_compressed(tmp_path / "half.npz", distance_m=np.zeros((900, 900)), duration_s=np.zeros((4, 4)))
    assert "bytes" in faults_of(tmp_path, data)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": "other"}', "\udcff"])
def test_file_that_is_no_problem_is_named(tmp_path: Path, text: str) -> None:
    """Protects against stack traces: unreadable JSON and foreign schemas get one clear sentence."""
    (tmp_path / "bad.json").write_text(text, errors="surrogateescape")
    with pytest.raises(FileError, match=r"bad\.json"):
        read_problem(tmp_path / "bad.json")
    with pytest.raises(FileError, match="cannot be read"):
        read_problem(tmp_path / "absent.json")


def test_plan_with_an_unknown_reason_is_refused(tmp_path: Path) -> None:
    """Protects the vocabulary of reasons."""
    plan = {"schema": "tournee/plan/1", "problem": "x", "routes": [], "unserved": [{"id": "B1", "reason": "tired"}]}
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    with pytest.raises(PlanError, match="tired"):
        read_plan(tmp_path / "plan.json")


HUGE = [10**19, 10**400, float("inf"), 1e300]


@pytest.mark.parametrize("number", HUGE, ids=["1e19", "1e400", "infinite", "1e300"])
@pytest.mark.parametrize(
    "field", ["capacity_kg", "capacity_l", "max_trips", "max_stops", "day_limit_kg", "day_limit_l"]
)
def test_more_than_any_day_needs_is_no_limit(tmp_path: Path, field: str, number: float) -> None:
    """Protects files of programs that write a large number where they mean none: the plan is that without the limit."""
    data = document(tmp_path)
    usual = solve(read_problem(tmp_path / "town.json"), MaxIterations(50))
    data["vehicles"][0][field] = number
    (tmp_path / "huge.json").write_text(json.dumps(data))
    plan = solve(read_problem(tmp_path / "huge.json"), MaxIterations(50))
    assert (plan.cost, plan.violations) == (usual.cost, ())


@pytest.mark.parametrize(
    "number", [2**31, 2**32 - 1, *HUGE], ids=["2^31", "2^32", "1e19", "1e400", "infinite", "1e300"]
)
@pytest.mark.parametrize("where", ["shift", "open", "windows", "break"])
def test_end_of_time_is_no_limit(tmp_path: Path, where: str, number: float) -> None:
    """Protects the clock: an end beyond what the search counts in is an end that never comes."""
    data = document(tmp_path)
    usual = solve(read_problem(tmp_path / "town.json"), MaxIterations(50))
    if where == "shift":
        data["vehicles"][0]["shift"][1] = number
    elif where == "open":
        data["disposal_sites"][0]["open"] = [[0, number]]
    elif where == "windows":
        data["stops"][0]["windows"][1][1] = number
    else:
        data["vehicles"][0]["break"]["window"][1] = number
        usual = solve(replace(town(), vehicles=(replace(town().vehicles[0], rest=None),)), MaxIterations(50))
    (tmp_path / "huge.json").write_text(json.dumps(data))
    plan = solve(read_problem(tmp_path / "huge.json"), MaxIterations(50))
    assert (plan.cost, plan.violations) == (usual.cost, ())


@pytest.mark.parametrize(
    ("row", "field"),
    [("stops", "demand_kg"), ("stops", "demand_l"), ("stops", "service_s"), ("stops", "prize"),
     ("vehicles", "fixed_cost"), ("disposal_sites", "service_s")],
)  # fmt: skip
@pytest.mark.parametrize("number", [10**400, float("inf")], ids=["1e400", "infinite"])
def test_amount_beyond_all_numbers_is_named(tmp_path: Path, row: str, field: str, number: float) -> None:
    """Protects the sums: what no sum can hold is a mistake."""
    data = document(tmp_path)
    data[row][0][field] = number
    assert f"{row}[{data[row][0]['id']}].{field}: found " in faults_of(tmp_path, data)
    assert "at most 1e+300" in faults_of(tmp_path, data)


@pytest.mark.parametrize("start", [10**15, 10**400, float("inf")])
def test_beginning_after_all_days_is_named(tmp_path: Path, start: float) -> None:
    """Protects the clock from the other side: what begins beyond all days is a mistake, not an endless day."""
    data = document(tmp_path)
    data["stops"][0]["windows"] = [[start, start]]
    assert "stops[B2].windows: found [1000000000000000, 1000000000000000]" in faults_of(tmp_path, data)
