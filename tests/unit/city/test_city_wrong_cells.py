"""A wrong cell is told its file, line, column, value and what is expected; all of a folder at once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from services.city.folder import read_folder

type Edit = Callable[[str, str, str], None]


def told(folder: Path) -> list[str]:
    reading = read_folder(folder)
    assert (reading.registry is None) == bool(reading.errors)
    return [str(error) for error in reading.errors]


def test_the_example_is_right(folder: Path) -> None:
    reading = read_folder(folder)
    assert reading.errors == ()
    assert reading.warnings == ()
    assert reading.registry is not None
    assert reading.counts["containers.csv"] == len(reading.registry.containers) == 12


ID = "expected an id of letters, digits, '.', '_' or '-', no spaces or accents, at most 64"

WRONG_CELLS = [
    # file, old, new, what is told
    (
        "containers.csv", "HOU-002,Mairie,1.8587,6.5402", "HOU-002,Mairie,1.8587,96.4",
        'containers.csv line 3, column lat: "96.4" — expected degrees north, -90 to 90 (WGS 84)',
    ),
    (
        "containers.csv", "HOU-002,Mairie,1.8587,6.5402", "HOU-002,Mairie,,6.5402",
        "containers.csv line 3, column lon: empty — expected degrees east, -180 to 180 (WGS 84)",
    ),
    ("containers.csv", "HOU-002,Mairie,1.8587", "HOU-002,Mairie,nan",
     'containers.csv line 3, column lon: "nan" — expected degrees east, -180 to 180 (WGS 84)'),
    ("baseline.csv", "se,RB-1021,tue thu sat,2", "Sè 1,RB-1021,tue thu sat,2",
     f'baseline.csv line 8, column circuit: "Sè 1" — {ID}'),
    ("containers.csv", "HOU-002,Mairie,1.8587,6.5402,bac-1100,1100", "HOU-002,Mairie,1.8587,6.5402,bac-1100,1_100",
     'containers.csv line 3, column capacity_l: "1_100" — expected litres, 20 to 100000'),
    ("containers.csv", "HOU-002,Mairie,1.8587,6.5402,bac-1100,1100", "HOU-002,Mairie,1.8587,6.5402,bac-1100,1.1",
     'containers.csv line 3, column capacity_l: "1.1" — expected litres, 20 to 100000'
     " (cubic metres? 1 m3 = 1000 litres)"),
    ("containers.csv", "HOU-002,Mairie,1.8587,6.5402,bac-1100,1100,centre,residual,yes",
     "HOU-002,Mairie,1.8587,6.5402,bac-1100,1100,centre,residual,perhaps",
     'containers.csv line 3, column sensor: "perhaps" — expected yes or no'),
    ("containers.csv", "05:00,09:00", "05:00,", "containers.csv line 2, column window_to: empty — "
     "expected a time HH:MM, because window_from has one: both or neither"),
    ("containers.csv", "05:00,09:00", "09:00,05:00",
     'containers.csv line 2, column window_from: "09:00" — expected a time before window_to'),
    ("containers.csv", "05:00,09:00", "05:00,25:00",
     'containers.csv line 2, column window_to: "25:00" — expected a time HH:MM, 00:00 to 23:59'),
    ("containers.csv", "05:00,09:00", "0500,09:00",
     'containers.csv line 2, column window_from: "0500" — expected a time HH:MM, 00:00 to 23:59'),
    ("truck_classes.csv", "6500,12000,2.5,3", "6500,12000,2.5,3.5",
     'truck_classes.csv line 2, column max_trips: "3.5" — expected disposal visits a day, 1 to 20'),
    ("trucks.csv", "1800,09:00,11:00", "1800,,", 'trucks.csv line 2, column break_s: "1800" — '
     "break_s, break_from and break_to go together: all three or none"),
    ("trucks.csv", "05:00,13:00", "13:00,05:00",
     'trucks.csv line 2, column shift_from: "13:00" — expected a time before shift_to'),
    ("trucks.csv", "residual recycling", "residual residual",
     'trucks.csv line 3, column streams: "residual residual" — expected ids separated by spaces, each once'),
    ("disposal_sites.csv", "mon tue wed thu fri", "mon tuesday",
     'disposal_sites.csv line 3, column weekdays: "mon tuesday" — '
     "expected 'all', or days of mon tue wed thu fri sat sun, each once"),
    ("disposal_sites.csv", "06:00,18:00", "06:00,",
     "disposal_sites.csv line 2, column open_to: empty — "
     "expected a time HH:MM, because open_from has one: both or neither"),
    ("baseline.csv", "tue thu sat,2,HOU-007", "tue thu sat,0,HOU-007",
     'baseline.csv line 8, column position: "0" — expected place of the stop in the circuit, from 1, 1 to 10000'),
    ("container_kinds.csv", "90,0.25", "90,4",
     'container_kinds.csv line 2, column kg_per_l: "4" — '
     "expected density of the waste in the container, kg per litre, above 0, at most 2"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "message"), WRONG_CELLS)
def test_a_wrong_cell_is_told_its_place_and_what_is_expected(
    folder: Path, edit: Edit, name: str, old: str, new: str, message: str
) -> None:
    edit(name, old, new)
    assert told(folder) == [message]


REFERENCES = [
    ("containers.csv", "6.5402,bac-1100,1100,centre", "6.5402,bac-1100,1100,center",
     'containers.csv line 3, column zone: "center" — expected an id of zones.geojson, did you mean centre?'),
    ("containers.csv", "6.5402,bac-1100,1100", "6.5402,bac-110,1100",
     'containers.csv line 3, column kind: "bac-110" — expected an id of container_kinds.csv, did you mean bac-1100?'),
    ("containers.csv", "09:00,compacteur", "09:00,compacteur hayon",
     'containers.csv line 2, column truck_classes: "hayon" — expected an id of truck_classes.csv'),
    ("trucks.csv", "RB-2210,benne", "RB-2210,bene",
     'trucks.csv line 3, column truck_class: "bene" — expected an id of truck_classes.csv, did you mean benne?'),
    ("trucks.csv", "benne,depot-mairie", "benne,depot-marie",
     'trucks.csv line 3, column depot: "depot-marie" — expected an id of depots.csv, did you mean depot-mairie?'),
    ("baseline.csv", "thu sat,2,HOU-007", "thu sat,2,HOU-7",
     'baseline.csv line 8, column container: "HOU-7" — expected an id of containers.csv, did you mean HOU-007?'),
    ("baseline.csv", "thu sat,2,HOU-007", "thu sat,1,HOU-007",
     'baseline.csv line 8, column position: "1" — position 1 of circuit se stands on line 7 already: each only once'),
    ("baseline.csv", "se,RB-1021,tue thu sat,2", "se,RB-2210,tue thu sat,2",
     'baseline.csv line 8, column truck: "RB-2210" — '
     "circuit se has truck RB-1021 on line 7: expected one truck a circuit"),
    ("containers.csv", "HOU-003,Gare", "HOU-002,Gare",
     'containers.csv line 4, column id: "HOU-002" — the id stands on line 3 already: each only once'),
    ("trucks.csv", "residual recycling", "residual",
     'containers.csv line 13, column stream: "recycling" — no truck that may come here carries this stream '
     "(1 container(s)); expected it in trucks.csv"),
    ("disposal_sites.csv", "fri,recycling", "fri,glass",
     'containers.csv line 13, column stream: "recycling" — no disposal site takes this stream '
     "(1 container(s)); expected it in disposal_sites.csv"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "message"), REFERENCES)
def test_what_does_not_fit_another_file_is_told(
    folder: Path, edit: Edit, name: str, old: str, new: str, message: str
) -> None:
    edit(name, old, new)
    assert message in told(folder)


def test_all_errors_of_all_files_come_at_once_and_in_order(folder: Path, edit: Edit) -> None:
    edit("city.toml", 'currency = "XOF"', 'currency = "francs"')
    edit("zones.geojson", '"population": 7600', '"population": -1')
    edit("containers.csv", "1.8651,6.5345", "x,y")
    edit("containers.csv", "1.8612,6.5371", "1.8612,99")
    edit("depots.csv", "1.8579", "")
    (folder / "trucks.csv").unlink()
    reading = read_folder(folder)
    places = [(error.file, error.line, error.place) for error in reading.errors]
    assert places == [
        ("city.toml", 7, "key currency"),
        ("zones.geojson", None, "feature 3, population"),
        ("containers.csv", 2, "column lat"),
        ("containers.csv", 4, "column lon"),
        ("trucks.csv", None, None),
        ("depots.csv", 2, "column lon"),
    ]


def test_a_wrong_row_is_not_missed_where_it_is_meant(folder: Path, edit: Edit) -> None:
    """The container of line 4 is wrong in its position only: the baseline may name it."""
    edit("containers.csv", "1.8651,6.5345", "x,6.5345")
    assert len(told(folder)) == 1


def test_a_row_names_every_wrong_cell(folder: Path, edit: Edit) -> None:
    edit("container_kinds.csv", "90,0.25,0.45", "-1,0,eleven")
    assert [error.split(":")[0] for error in told(folder)] == [
        "container_kinds.csv line 2, column fill_per_day",
        "container_kinds.csv line 2, column kg_per_l",
        "container_kinds.csv line 2, column service_s",
    ]


def test_a_swapped_position_gets_a_hint_where_the_others_tell(folder: Path) -> None:
    """Jakarta lies at 106.8 E, 6.2 S: the second row has them turned round, the third a digit too many."""
    (folder / "depots.csv").write_text(
        "id,name,lon,lat\ndepot-mairie,A,106.8,-6.2\nb,B,-6.21,106.81\nc,C,106.8,-96.2\n", encoding="utf-8"
    )
    expected = "expected degrees north, -90 to 90 (WGS 84)"
    assert told(folder) == [
        f'depots.csv line 3, column lat: "106.81" — {expected} (lon and lat look swapped)',
        f'depots.csv line 4, column lat: "-96.2" — {expected}',
    ]


def test_thousands_of_different_errors_are_cut_short(folder: Path, edit: Edit) -> None:
    """1,500 keys that are not known: 1,000 are told, and that there are more."""
    edit("city.toml", "simulated = true", "".join(f"key{number} = 1\n" for number in range(1500)))
    errors = read_folder(folder).errors
    assert len(errors) == 1001
    assert str(errors[0]) == "city.toml: more than 1000 different errors in this file: the others are not listed"
