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


def test_many_errors_are_cut_unless_all_are_asked_for(folder: Path, edit: Edit) -> None:
    """50 keys that are not known are 50 errors, of which 30 are shown."""
    edit("city.toml", "simulated = true", "".join(f"key{number} = 1\n" for number in range(50)))
    short, whole = run("check", folder).output, run("check", folder, "--all").output
    assert "... and 20 more: --all shows them" in short
    assert "key49" not in short
    assert "key49" in whole


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


def test_from_points_shows_what_is_doubtful_before_it_writes(points: Path, tmp_path: Path) -> None:
    """Warnings of the list, then what assumptions lead to, then the folder that was made."""
    points.write_text(POINTS.replace("capacity_l", "capacity_l,bins").replace(",7000", ",7000,3"), encoding="utf-8")
    result = run("from-points", points, "--out", tmp_path / "out", "--id", "b", "--name", "B")
    assert result.exit_code == 0, result.output
    warning = result.output.index("column bins: a number of containers, 6 in all?")
    consequence = result.output.index("containers over 2000 L: 2, the largest 7000 L, taken for: skip")
    assert warning < consequence < result.output.index("Written to")
    again = run("from-points", points, "--out", tmp_path / "six", "--id", "b", "--name", "B", "--count", "bins")
    assert "containers 6" in again.output


ASKED = [
    (POINTS.replace("market", "marché").encode("cp1252"), ("--encoding", "cp1252")),
    (POINTS.replace("market", "marche").replace("7000", '"7,000"').encode(), ("--numbers", "litres=thousands")),
    (POINTS.replace("market", "marche").replace("7000", "30").encode(), ("--unit", "m3")),
]


@pytest.mark.parametrize(("data", "answer"), ASKED)
def test_from_points_asks_and_writes_nothing_until_it_is_answered(
    points: Path, tmp_path: Path, data: bytes, answer: tuple[str, str]
) -> None:
    points.write_bytes(data)
    out = tmp_path / "out"
    asked = run("from-points", points, "--out", out, "--id", "b", "--name", "B")
    assert asked.exit_code == 1
    assert " ".join(answer) in asked.output
    assert not out.exists()
    result = run("from-points", points, "--out", out, "--id", "b", "--name", "B", *answer)
    assert result.exit_code == 0, result.output
    rows = (out / "containers.csv").read_text(encoding="utf-8").splitlines()
    assert rows[1].startswith("naizi-march")
    assert ",skip," in rows[1]


def test_check_takes_the_answer_of_city_toml(folder: Path, edit: Edit) -> None:
    edit("truck_classes.csv", "6500,12000", '"6.500",12000')
    asked = run("check", folder)
    assert asked.exit_code == 1
    assert 'below [numbers]: truck_classes.capacity_kg = "thousands" or "decimals"' in asked.output
    edit("city.toml", "[planning]", '[numbers]\ntruck_classes.capacity_kg = "thousands"\n[planning]')
    assert run("check", folder).exit_code == 0


@pytest.mark.parametrize(
    ("options", "exit_code", "said"),
    [
        (("--id", "b", "--name", "B", "--encoding", "rot13"), 2, "cp1252"),
        (("--id", "b", "--name", "B", "--encoding", "latin-99"), 2, "cp1252"),
        (("--id", "b", "--name", "B", "--numbers", "litres=yes"), 2, "litres=thousands"),
        (("--id", "b", "--name", "B", "--numbers", "lon=thousands"), 2, "litres=thousands"),
        (("--id", "b", "--name", "B", "--unit", "gallons"), 2, "m3"),
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
