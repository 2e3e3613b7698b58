"""A fault that a thousand cells share is told once, with its number, its first lines and a sample."""

from collections.abc import Callable
from pathlib import Path

import pytest

from services.city.findings import WrongFile
from services.city.folder import read_folder
from services.city.points import read_points

type Edit = Callable[[str, str, str], None]

HEADER = "nom;lon;lat;litres\n"


def told(path: Path, text: str) -> list[str]:
    """The errors of a list."""
    path.write_text(text, encoding="utf-8")
    with pytest.raises(WrongFile) as caught:
        read_points(path)
    return [str(error) for error in caught.value.errors]


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return tmp_path / "points.csv"


def test_a_thousand_cells_with_one_fault_are_one_error(csv: Path) -> None:
    rows = "".join(f"P{number};2,44;6°22'{number % 60};1100\n" for number in range(1000))
    assert told(csv, HEADER + rows) == [
        # 6 + 22/60 = 6.366667
        'points.csv line 2, column lat: "6°22\'0" — expected degrees north, -90 to 90 (WGS 84) (degrees, minutes and '
        'seconds: write 6.366667) — in 1000 places, also line 3 "6°22\'1", line 4 "6°22\'2", line 5 "6°22\'3", '
        'line 6 "6°22\'4", ...'
    ]


def test_the_same_value_is_shown_once_and_another_is_not_missed(csv: Path) -> None:
    """Lines 2 to 9 hold x, line 10 holds y: the first lines are named, and the other value."""
    rows = "".join(f"P{number};2,44;{'x' if number < 8 else 'y'};1100\n" for number in range(9))
    assert told(csv, HEADER + rows) == [
        'points.csv line 2, column lat: "x" — expected degrees north, -90 to 90 (WGS 84) — in 9 places, also '
        'line 3, line 4, line 10 "y", ...'
    ]


def test_two_faults_of_one_column_stay_two(csv: Path) -> None:
    errors = told(csv, HEADER + "A;2,44;6,37;1100\nB;2,44;x;1100\nC;2,44;;1100\nD;2,44;y;1100\n")
    assert [error.partition(" — expected")[0] for error in errors] == [
        'points.csv line 3, column lat: "x"',
        "points.csv line 4, column lat: empty",
    ]


def test_check_tells_a_repeated_fault_once(folder: Path) -> None:
    """11 containers with a word that is neither yes nor no, and 12 stops of circuits without a truck of that id."""
    path = folder / "containers.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",residual,", ",residual,x"), encoding="utf-8")
    stops = folder / "baseline.csv"
    stops.write_text(stops.read_text(encoding="utf-8").replace("RB-", "BR-"), encoding="utf-8")
    errors = [str(error) for error in read_folder(folder).errors]
    assert len(errors) == 3
    assert "column sensor" in errors[0]
    assert "in 11 places, also line 3" in errors[0]
    assert errors[1].startswith('baseline.csv line 2, column truck: "BR-1021" — expected an id of trucks.csv')
    assert "in 9 places, also line 3, line 4, ..." in errors[1]  # circuits centre and se
    assert "in 3 places, also line 12" in errors[2]  # the hint at RB-2210 is another one


def test_a_repeated_warning_is_told_once_too(folder: Path) -> None:
    """Three zones with a property of a drawing program."""
    path = folder / "zones.geojson"
    path.write_text(path.read_text(encoding="utf-8").replace('{"id"', '{"fid": 7, "id"'), encoding="utf-8")
    assert [str(warning) for warning in read_folder(folder).warnings] == [
        "zones.geojson, feature 1, fid: unknown property: not read — in 3 places, also feature 2, feature 3"
    ]


# Algiers lies at 3.05 E, Madrid at 3.70 W: a list of one, some of whose rows have slipped.
SLIPS = [
    ("3,70;40,41", "a minus lost before lon?", "-3,70;40,41"),
    ("-3,05;36,75", "a minus too many before lon?", "3,05;36,75"),
    ("40,41;-3,70", "lon and lat look swapped", "-3,70;40,41"),
    ("-3,70;-40,41", "a minus too many before lat?", "-3,70;40,41"),
    ("3,70;-40,41", "minus signs lost or too many before both?", "-3,70;40,41"),
    ("-37,0;40,41", "the decimal point is lost or misplaced?", "-3,70;40,41"),
]


@pytest.mark.parametrize(("slipped", "hint", "right"), SLIPS)
def test_far_points_get_the_hint_that_would_mend_them(csv: Path, slipped: str, hint: str, right: str) -> None:
    """All far points of one kind are one error, even where they are nearly half of the list."""
    rows = "".join(f"P{number};{slipped if number % 5 < 2 else right};1100\n" for number in range(50))
    (error,) = told(csv, HEADER + rows)
    assert error.startswith("points.csv line 2, columns lon, lat:")
    assert f"km from the middle of the points: expected a city ({hint}) — in 20 places, also line 3, line 7" in error


def test_far_points_are_told_together_with_wrong_cells(csv: Path) -> None:
    """Whoever mends the cells should not find the far points only then."""
    errors = told(csv, HEADER + "A;2,44;6,37;1100\nB;2,43;6,36;1100\nC;-2,44;6,37;1100\nD;2,44;6,37;0,66\n")
    assert [error.partition(":")[0] for error in errors] == [
        "points.csv line 4, columns lon, lat",
        "points.csv line 5, column litres",
    ]
    assert "a minus too many before lon?" in errors[0]
    assert "cubic metres?" in errors[1]


def test_a_container_outside_its_zone_gets_the_hint_too(folder: Path, edit: Edit) -> None:
    edit("containers.csv", "1.8587,6.5402", "-1.8587,6.5402")
    (warning,) = map(str, read_folder(folder).warnings)
    assert "km outside the shape of zone centre (a minus too many before lon?)" in warning
