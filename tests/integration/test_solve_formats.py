"""`tournee solve` reads other people's files through the same command, and judges the answer by the same check."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from routing import check, read_plan
from routing.formats import read_any_problem
from services.cli.app import app
from tests.unit.routing.formats.test_cvrplib import SMALL as CVRP
from tests.unit.routing.formats.test_kim import SMALL as KIM


@pytest.mark.parametrize(("name", "text", "cost"), [("small.vrp", CVRP, 42.0), ("small_stop.txt", KIM, 1010.0)])
def test_solves_other_formats(tmp_path: Path, name: str, text: str, cost: float) -> None:
    """Protects the command: 42 is the small CVRP's best, one vehicle and ten miles the small waste round's."""
    file, out = tmp_path / name, tmp_path / "plan.json"
    file.write_text(text)
    answer = CliRunner().invoke(app, ["solve", str(file), "--time-limit", "1", "--out", str(out)])
    assert answer.exit_code == 0, answer.output
    verdict = check(read_any_problem(file), read_plan(out))
    assert verdict.violations == []
    assert verdict.cost == pytest.approx(cost, abs=0.01)


def test_too_few_vehicles_leave_stops_with_reasons(tmp_path: Path) -> None:
    """Protects `--vehicles`: 17 on one vehicle of 10 cannot be done, the exit code says so and a plan is written."""
    (tmp_path / "small.vrp").write_text(CVRP)
    options = ["--vehicles", "1", "--time-limit", "1", "--out", str(tmp_path / "plan.json")]
    answer = CliRunner().invoke(app, ["solve", str(tmp_path / "small.vrp"), *options])
    assert answer.exit_code == 3
    assert len(read_plan(tmp_path / "plan.json").unserved) >= 1


def test_a_plan_to_start_from_is_kept_when_there_is_no_time(tmp_path: Path) -> None:
    """Protects `--start`: with no second to search, the plan that was given comes back, not a greedy one."""
    file, first, again = tmp_path / "small.vrp", tmp_path / "first.json", tmp_path / "again.json"
    file.write_text(CVRP)
    CliRunner().invoke(app, ["solve", str(file), "--time-limit", "1", "--out", str(first)])
    options = ["--time-limit", "0", "--start", str(first), "--out", str(again)]
    answer = CliRunner().invoke(app, ["solve", str(file), *options])
    assert answer.exit_code == 0, answer.output
    assert read_plan(again).routes == read_plan(first).routes
