"""The commands: what they say, and how they end (0 right, 1 folder wrong, 2 usage)."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.cli.city import city_app

type Edit = Callable[[str, str, str], None]

POINTS = "name,long,lat,capacity_l\nNaizi market,35.08,-15.85,7000\nNaizi market,35.09,-15.85,7000\n"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(city_app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})


@pytest.fixture
def points(tmp_path: Path) -> Path:
    path = tmp_path / "points.csv"
    path.write_text(POINTS, encoding="utf-8")
    return path


def test_check_of_a_right_folder(folder: Path) -> None:
    result = run("check", folder)
    assert result.exit_code == 0
    assert "containers 12" in result.output
    assert "Houéyogbé is right" in result.output


def test_check_of_a_wrong_folder_shows_errors_and_ends_with_1(folder: Path, edit: Edit) -> None:
    edit("containers.csv", "1.8587,6.5402", "1.8587,96.4")
    result = run("check", folder)
    assert result.exit_code == 1
    assert "1 error\n" in result.output
    assert 'containers.csv line 3, column lat: "96.4" — expected degrees north' in result.output


def test_many_errors_are_cut_unless_all_are_asked_for(folder: Path) -> None:
    rows = "".join(f"d{number},Depot,1.8,99\n" for number in range(50))
    (folder / "depots.csv").write_text(f"id,name,lon,lat\n{rows}", encoding="utf-8")
    assert "more: --all shows them" in run("check", folder).output
    assert "depots.csv line 51" in run("check", folder, "--all").output


def test_load_of_a_wrong_folder_needs_no_database(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOURNEE_DATABASE_URL", raising=False)
    (folder / "trucks.csv").unlink()
    assert run("load", folder).exit_code == 1


def test_from_points_writes_a_folder_that_checks(points: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run("from-points", points, "--out", out, "--id", "blantyre", "--name", "Blantyre", "--depot", "35.1,-15.8")
    assert result.exit_code == 0, result.output
    assert "still assumed" in result.output
    assert run("check", out).exit_code == 0


def test_from_points_spares_a_folder_that_is_not_empty(points: Path, folder: Path) -> None:
    before = (folder / "city.toml").read_text(encoding="utf-8")
    arguments = ("from-points", points, "--out", folder, "--id", "b", "--name", "B")
    assert run(*arguments).exit_code == 2
    assert (folder / "city.toml").read_text(encoding="utf-8") == before
    assert run(*arguments, "--force").exit_code == 0


@pytest.mark.parametrize(
    ("options", "exit_code", "said"),
    [
        (("--id", "Not An Id", "--name", "B"), 2, "small letters"),
        (("--id", "b", "--name", "B", "--timezone", "Mars/Olympus"), 2, "IANA"),
        (("--id", "b", "--name", "B", "--depot", "here"), 2, "LON,LAT"),
        (("--id", "b", "--name", "B", "--depot", "nan,95"), 2, "degrees"),
    ],
)
def test_wrong_options_end_with_2(
    points: Path, tmp_path: Path, options: tuple[str, ...], exit_code: int, said: str
) -> None:
    result = run("from-points", points, "--out", tmp_path / "out", *options)
    assert result.exit_code == exit_code
    assert said in result.output
    assert not (tmp_path / "out").exists()


def test_a_wrong_list_ends_with_1(points: Path, tmp_path: Path) -> None:
    points.write_text(POINTS.replace("-15.85,7000\nNaizi", "-95,7000\nNaizi"), encoding="utf-8")
    result = run("from-points", points, "--out", tmp_path / "out", "--id", "b", "--name", "B")
    assert result.exit_code == 1
    assert "points.csv line 2, column lat" in result.output
