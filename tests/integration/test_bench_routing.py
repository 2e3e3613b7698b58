"""`tournee bench routing`, whole: real processes, real peers, tiny problems."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from typer.testing import CliRunner

import routing.bench.peers as peers_package
from routing import Reason, Solution, Unserved, write_plan, write_problem
from routing.bench.judge import judge
from routing.bench.made import made_problem
from routing.bench.runner import Run, run_side_by_side
from services.cli.app import app
from tests.unit.routing.formats.test_cvrplib import SMALL

SECOND = """import json, sys
print(json.dumps({"feasible": True, "violations": [], "cost": COST}))
"""


def bench(*options: str) -> tuple[int, str, str]:
    answer = CliRunner().invoke(app, ["bench", "routing", *options])
    return answer.exit_code, answer.stdout, answer.stderr


def test_made_problems_beside_both_peers(tmp_path: Path) -> None:
    """Protects the benchmark end to end: table, last line JSON, file, every plan valid, memory and times measured."""
    made = ("--made", "30", "--seeds", "7,", "--seconds", "1")
    code, out, err = bench(*made, "--peers", "pyvrp,ortools", "--json", str(tmp_path / "r.json"))
    assert code == 0, err
    last = json.loads(out.strip().splitlines()[-1])
    rows = {row["entrant"]: row for row in last["summary"]}
    assert set(rows) == {"ours", "pyvrp", "ortools"}
    for row in rows.values():
        assert row["valid"] == "1 of 1"
        assert row["peak_mb"] > 20
        assert row["missed_required"] == 0
    assert set(rows["ours"]["ratio"]) == {"pyvrp", "ortools"}
    assert out.startswith("| problems | who |")
    runs = json.loads((tmp_path / "r.json").read_text())["runs"]
    assert {run["case"] for run in runs} == {"made-30-7"}
    assert all(0.5 < run["elapsed_s"] < 20 for run in runs)


def test_cvrplib_folder_shows_gaps(tmp_path: Path) -> None:
    """Protects the gap: the small instance's best is 42, and every peer that is there finds it."""
    (tmp_path / "small.vrp").write_text(SMALL)
    (tmp_path / "small.sol").write_text("Route #1: 1 2\nRoute #2: 3\nCost 42\n")
    code, out, err = bench("--cvrplib", str(tmp_path), "--seeds", "1", "--seconds", "1")
    assert code == 0, err
    rows = {row["entrant"]: row for row in json.loads(out.strip().splitlines()[-1])["summary"]}
    try:
        expected = {"ours", "pyvrp", "ortools"} | ({"vroom"} if version("pyvroom") else set())
    except PackageNotFoundError:
        expected = {"ours", "pyvrp", "ortools"}
    assert set(rows) == expected
    assert all(row["gap_mean_pct"] == 0 for row in rows.values())


def test_instance_that_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    """Protects a night of measuring: the spoilt file is named, the others run; alone, it ends with 1."""
    (tmp_path / "a.vrp").write_text(SMALL.replace("CAPACITY : 10", "CAPACITY : much"))
    options = ("--cvrplib", str(tmp_path), "--seeds", "1", "--seconds", "0.5", "--peers", "")
    code, out, err = bench(*options)
    assert code == 1
    (tmp_path / "b.vrp").write_text(SMALL)
    (tmp_path / "b.sol").write_text("no cost")
    code, out, err = bench(*options)
    assert code == 0, err
    assert "a-s101: passed over, it cannot be read: 1 faults" in err
    assert "found 'much', expected 'CAPACITY : N'" in err
    assert "b-s101: without a best known cost: " in err
    assert "Not read, and in none of these sums: a-s101" in out
    last = json.loads(out.strip().splitlines()[-1])
    assert [row["valid"] for row in last["summary"]] == ["1 of 1"]
    assert list(last["unread"]) == ["a-s101"]


def test_gap_below_zero_is_doubted(tmp_path: Path) -> None:
    """Protects the figure: 41.71 cannot be 12 % better than a best known 47.5; with the right reading it is not."""
    (tmp_path / "small.vrp").write_text(SMALL)
    (tmp_path / "small.sol").write_text("Route #1: 1 2\nRoute #2: 3\nCost 47.5\n")
    options = ("--cvrplib", str(tmp_path), "--seeds", "1", "--seconds", "0.5", "--peers", "")
    code, out, err = bench(*options)
    assert code == 0, err
    assert "warning: -11.58 % from the best known 47.50: are the distances meant otherwise" in err
    assert "Warning: cheaper than the best known: small-s101" in out
    (tmp_path / "small.sol").write_text("Route #1: 1 2\nRoute #2: 3\nCost 41.71\n")
    code, out, err = bench(*options)
    assert "arning" not in out + err
    assert json.loads(out.strip().splitlines()[-1])["summary"][0]["gap_mean_pct"] == 0


def test_missing_peer_is_named_not_fatal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects users without the extra: one clear line, and the rest runs."""

    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(peers_package, "version", missing)
    code, out, err = bench("--made", "10", "--seeds", "7,", "--seconds", "0.5", "--peers", "vroom")
    assert code == 0, err
    assert "vroom: left out, its package is not installed (pip install pyvroom)" in err
    assert [row["entrant"] for row in json.loads(out.strip().splitlines()[-1])["summary"]] == ["ours"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--made", "300,many"], "'many', expected whole numbers"),
        (["--made", "30", "--peers", "hexaly"], "'hexaly', expected some of pyvrp, vroom, ortools"),
        (["--made", "30", "--rules", "some"], "'some', expected plain, full or both"),
        ([], "nothing to run"),
    ],
)
def test_wrong_options_are_explained(options: list[str], told: str) -> None:
    """Protects whoever types: what is wrong, and what is expected."""
    code, _, err = bench(*options)
    assert code == 2
    assert told in " ".join(err.replace("│", " ").split())


def test_failing_run_is_reported(tmp_path: Path) -> None:
    """Protects the whole benchmark from one run: a problem nobody can read ends as a failure with its reason."""
    file = tmp_path / "broken.json"
    file.write_text("{}")
    (outcome,) = run_side_by_side([Run("broken", "pyvrp", file, 1.0, 1)])
    assert outcome.plan is None
    assert outcome.failed is not None
    assert "FileError" in outcome.failed


def test_both_judges_must_agree(tmp_path: Path) -> None:
    """Protects the verdict: a second judge that prices otherwise makes a plan invalid, and the difference is said."""
    problem = made_problem(5, 3)
    write_problem(problem, tmp_path / "p.json")
    left = tuple(Unserved(stop.id, Reason.TIME_LIMIT) for stop in problem.stops)
    write_plan(Solution(problem.name, (), left), tmp_path / "plan.json")
    alone = judge(problem, tmp_path / "p.json", tmp_path / "plan.json")
    second = tmp_path / "second.py"
    second.write_text(SECOND.replace("COST", str(alone.cost)))
    assert judge(problem, tmp_path / "p.json", tmp_path / "plan.json", second).violations == alone.violations
    second.write_text(SECOND.replace("COST", str(alone.cost + 5)))
    differing = judge(problem, tmp_path / "p.json", tmp_path / "plan.json", second)
    assert any("price it differently" in violation for violation in differing.violations)
