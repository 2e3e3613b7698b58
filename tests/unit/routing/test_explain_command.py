"""`tournee explain` reads the files that `tournee solve` reads and writes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from routing import write_plan, write_problem
from services.cli.app import app
from tests.unit.routing.line_town import TRUCK, bin_at, make_town
from tests.unit.routing.test_routing_explain import line_plan


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """A bin at 2 km that is served, one at 3 km left out: 4.6 to serve it, 4 of prize."""
    town = make_town([0, 0, 2, 3], [bin_at(2), bin_at(3, required=False, prize=4.0)], [replace(TRUCK, max_trips=1)])
    write_problem(town, tmp_path / "town.json", npz=False)
    write_plan(line_plan(town, "B2", "L"), tmp_path / "plan.json")
    return [str(tmp_path / "town.json"), str(tmp_path / "plan.json")]


def test_tables_say_what_binds_and_what_stops_cost(files: list[str]) -> None:
    """Protects the reading: the circuit's limit in words, the stop's cost, and the one left out with its price."""
    answer = CliRunner().invoke(app, ["explain", *files])
    assert answer.exit_code == 0, answer.output
    # 4 km: 4.00; 400 + 60 + 600 s at 0.01 = 10.60; the bin left out adds 4.00 of prize.
    for words in ("cost 19 XOF", "trips: 1 of 1 made, 40% of their load used", "14.6", "prize_below_cost", "4.6"):
        assert words in answer.output


def test_json_holds_the_same_figures_and_estimates(files: list[str]) -> None:
    """Protects machine readers: one object, its schema named, estimates with their effort."""
    answer = CliRunner().invoke(app, ["explain", *files, "--json", "--what-if", "0.2"])
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    assert told["schema"] == "tournee/explanation/1"
    assert told["circuits"][0]["binding"] == "trips"
    assert told["stops"][0]["marginal"]["cost"] == pytest.approx(14.6)
    assert told["left_out"][0]["extra"]["cost"] == pytest.approx(4.6)
    assert [row["change"] for row in told["what_if"]] == [
        "60 min more of shift for every vehicle",
        "one more vehicle like T1",
    ]
    assert all(row["effort"] == "MaxRuntime(seconds=0.2)" for row in told["what_if"])


def test_plan_that_breaks_a_rule_is_explained_with_exit_code_3(files: list[str]) -> None:
    """Protects scripts: a plan in which a required stop is missing does not pass for a good one."""
    plan = Path(files[1])
    data = json.loads(plan.read_text())
    plan.write_text(json.dumps(data | {"routes": [], "unserved": [{"id": "B2", "reason": "time_limit"}]}))
    answer = CliRunner().invoke(app, ["explain", *files])
    assert answer.exit_code == 3
    assert "breaks a rule: B2: required, left out" in answer.output
