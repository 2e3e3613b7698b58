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


@pytest.mark.parametrize(("cell", "expected"), [(None, "without holes"), (-3, "0 or more"), (1.5, "whole numbers")])
def test_matrix_with_a_hole_is_refused(tmp_path: Path, cell: float | None, expected: str) -> None:
    """Protects the roads: a hole, a negative or a fraction in a matrix is never guessed over."""
    data = document(tmp_path)
    data["matrices"]["truck"]["duration_s"][0][1] = cell
    assert expected in faults_of(tmp_path, data)


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
