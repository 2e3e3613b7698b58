"""Population grids: what is taken, and what is refused in words."""

from pathlib import Path

import pytest

from services.city.registry import Registry
from services.ledger.people import Grid, WrongPopulation, people_of, read_grid
from tests.support.example_town import example_town


@pytest.fixture(scope="module")
def town() -> Registry:
    return example_town()


def read(tmp_path: Path, town: Registry, text: str) -> Grid:
    file = tmp_path / "people.csv"
    file.write_text(text, encoding="utf-8")
    return read_grid(file, town)


def test_a_grid_is_read_and_kept_as_it_was(tmp_path: Path, town: Registry) -> None:
    """Also with a decimal comma, as a spreadsheet in French writes it."""
    grid = read(tmp_path, town, "lon;lat;people\n1,8612;6,5371;12,5\n1,8587;6,5402;7\n")
    assert grid.people.tolist() == [12.5, 7]
    again = Grid.of(grid.rows)
    assert again.sha256 == grid.sha256
    assert len(people_of(town, grid).count) == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x,y,people\n1,2,3\n", "missing lon, lat"),
        ("lon,lat,people\n", "0 cells"),
        ("lon,lat,people\n1.86,6.53,-4\n", ":2: people -4"),
        ("lon,lat,people\n1.86,north,4\n", "lat north; expected a number"),
        ("lon,lat,people\n375641.2,722910.5,40\n", "another projection"),
        ("lon,lat,people\n2.35,48.85,40\n", "over 100 km"),
    ],
)
def test_a_wrong_grid_is_refused_whole(tmp_path: Path, town: Registry, text: str, told: str) -> None:
    """Where, what, and what is expected."""
    with pytest.raises(WrongPopulation, match=told):
        read(tmp_path, town, text)


def test_a_thousand_wrong_lines_are_told_once(tmp_path: Path, town: Registry) -> None:
    with pytest.raises(WrongPopulation) as error:
        read(tmp_path, town, "lon,lat,people\n" + "1.86,6.53,x\n" * 1000)
    assert "and 995 lines more" in str(error.value)
    assert len(str(error.value).splitlines()) == 7


def test_zones_keep_their_people_when_spread(town: Registry) -> None:
    """Each zone's, on points within it."""
    people = people_of(town, None)
    for number, zone in enumerate(town.zones):
        assert people.count[people.zone == number].sum() == pytest.approx(zone.population)
