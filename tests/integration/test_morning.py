"""The whole morning on real input, from sensors to the ledger, every part a process of its own."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from infra.demo.city import read_city
from infra.demo.director import DemoOptions, run_demo
from services.city.from_points import from_points
from services.city.write import write_folder
from tests.support.example_town import EXAMPLE


def morning(folder: Path, capsys: pytest.CaptureFixture[str], days: int) -> dict[str, Any]:
    """Run the demo on a folder; what its last line says."""
    run_demo(DemoOptions(folder, days=days, time_limit_s=3, ends_by_itself=True), Console(file=StringIO(), width=110))
    told: dict[str, Any] = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    return told


def test_example_town_goes_through_its_morning(capsys: pytest.CaptureFixture[str]) -> None:
    """The town of the documentation: readings, plans, circuits driven and confirmed, litres, people."""
    told = morning(EXAMPLE, capsys, days=2)
    assert told["plans"] == 3
    assert told["readings"] > 0
    assert told["stops_confirmed"] > 0
    assert told["km"] > 0
    assert 0 <= told["served_people_pct"] <= 100
    baseline_l = told["fuel_l"] + told["fuel_saved_l"]
    # Both figures are told to a tenth of a litre: at some 10 L that leaves the share open by about one per cent.
    assert told["fuel_saved_pct"] == pytest.approx(100 * told["fuel_saved_l"] / baseline_l, abs=1.0)


def test_the_skips_of_blantyre_become_a_city(shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A plain list of 53 real containers is enough for circuits, confirmations and a ledger."""
    points = shared / "data" / "skips-blantyre" / "wasteskipsblantyre.csv"
    registry = from_points(points, city_id="blantyre", name="Blantyre", timezone="Africa/Blantyre", currency="MWK")
    assert len(registry.containers) == 53
    write_folder(registry, tmp_path / "blantyre")
    told = morning(tmp_path / "blantyre", capsys, days=1)
    assert told["plans"] == 2
    # The first morning nobody knows how full they are: all 53 are due, and the crews skip a few per cent of them.
    assert told["stops_confirmed"] >= 40
    assert told["fuel_l"] > 0
    # A real list of containers, but simulated trucks and crews: no figure may pass for a real one.
    _, demonstrated = read_city(tmp_path / "blantyre", seed=1, scratch=tmp_path)
    assert demonstrated.city.simulated
