"""Three digits after the only separator: thousands or decimals is asked once a column, and never guessed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from services.city.cells import written
from services.city.folder import read_folder
from services.city.numbers import NOT_READ, UNCLEAR, Answer, NumberColumn, number_column
from services.city.registry import Container, ContainerKind, Registry, TruckClass

type Edit = Callable[[str, str, str], None]

# As a town hall's spreadsheet writes them where thousands are grouped by points: 6,500 kg and 12,000 L.
CLASSES = """id;name;capacity_kg;capacity_l;compaction;max_trips;fixed_cost;drive_l_per_km;per_stop_l;idle_l_per_h
compacteur;Compacteur 12 m3;6.500;12.000;2,5;3;15.000;0,82;0,1;3
benne;Camion benne 6 m3;3.500;6.000;1;4;8.000;0,35;0,02;1,5
"""


def told(folder: Path) -> list[str]:
    return [str(error) for error in read_folder(folder).errors]


def registry_of(folder: Path) -> Registry:
    reading = read_folder(folder)
    assert reading.errors == ()
    assert reading.registry is not None
    return reading.registry


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_a_truck_of_6_500_kg_is_asked_about_and_not_loaded_with_6_and_a_half(folder: Path, delimiter: str) -> None:
    (folder / "truck_classes.csv").write_text(CLASSES.replace(";", delimiter), encoding="utf-8")
    how = (
        "Three digits after the only separator can be either. Write the one that is meant, or in city.toml below "
        '[numbers]: truck_classes.{column} = "thousands" or "decimals" — in 2 places, also line 3'
    )
    place = "truck_classes.csv line 2, column"
    assert told(folder) == [
        f'{place} capacity_kg: "6.500" — 6500 or 6.5? {how.format(column="capacity_kg")} "3.500"',
        f'{place} capacity_l: "12.000" — 12000 or 12? {how.format(column="capacity_l")} "6.000"',
        f'{place} fixed_cost: "15.000" — 15000 or 15? {how.format(column="fixed_cost")} "8.000"',
    ]


def test_the_answer_of_city_toml_is_taken_column_by_column(folder: Path) -> None:
    plain = registry_of(folder)
    (folder / "truck_classes.csv").write_text(CLASSES, encoding="utf-8")
    with (folder / "city.toml").open("a", encoding="utf-8") as file:
        file.write("\n[numbers]\n")
        file.writelines(
            f'truck_classes.{column} = "thousands"\n' for column in ("capacity_kg", "capacity_l", "fixed_cost")
        )
    assert registry_of(folder) == plain


def test_decimals_are_an_answer_too(folder: Path, edit: Edit) -> None:
    edit("truck_classes.csv", "6500,12000", "1.125,12000")
    edit("city.toml", "[planning]", '[numbers]\ntruck_classes.capacity_kg = "decimals"\n[planning]')
    assert registry_of(folder).truck_classes[0].capacity_kg == 1.125


WRONG_ANSWERS = [
    ('truck_classes.capacity_g = "thousands"', "key numbers.truck_classes.capacity_g: no such column of numbers in "
     "truck_classes.csv, did you mean truck_classes.capacity_kg?"),
    ('truck_classes.name = "thousands"', "key numbers.truck_classes.name: no such column of numbers in"),
    ('lorries.capacity_kg = "thousands"', "key numbers.lorries.capacity_kg: no such column of numbers in lorries.csv"),
    ('trucks.break_s = "perhaps"', 'key numbers.trucks.break_s: "perhaps" — expected lines like'),
    ("trucks.break_s = []", 'key numbers.trucks.break_s: "[]" — expected lines like'),
    ('trucks = "thousands"', "key numbers: expected lines like truck_classes.capacity_kg ="),
]  # fmt: skip


@pytest.mark.parametrize(("line", "message"), WRONG_ANSWERS)
def test_an_answer_for_no_column_of_numbers_is_told_with_its_line(
    folder: Path, edit: Edit, line: str, message: str
) -> None:
    edit("city.toml", "[planning]", f"[numbers]\n{line}\n[planning]")
    (error,) = told(folder)
    # [planning] stood on line 14: the table is now there, its key a line below.
    assert error.startswith(f"city.toml line {14 if message.startswith('key numbers:') else 15}, {message}")


@pytest.mark.parametrize("cell", ["1.000", '"1,000"'])
def test_a_whole_number_column_does_not_read_a_thousand_as_one(folder: Path, edit: Edit, cell: str) -> None:
    edit("container_kinds.csv", "Bac 1100 L,90", f"Bac 1100 L,{cell}")
    (error,) = told(folder)
    assert "column service_s" in error
    assert "1000 or 1?" in error


LITRES = Container.model_fields["capacity_l"]  # 20 to 100,000
DENSITY = ContainerKind.model_fields["kg_per_l"]  # at most 2
SECONDS = ContainerKind.model_fields["service_s"]  # whole, at most 86,400
COST = TruckClass.model_fields["fixed_cost"]  # at most ten million
LON = Container.model_fields["lon"]

COLUMNS = [
    # other cells of the column, the field, the cell, what it is read as
    ([], LITRES, "20.000", UNCLEAR),
    ([], LITRES, "20,000", UNCLEAR),
    ([], LITRES, "1.100", UNCLEAR),
    ([], LITRES, "+7,000", UNCLEAR),
    (["1100", "660"], LITRES, "20.000", UNCLEAR),  # nothing that shows what the point is
    (["1.100,5"], LITRES, "20.000", "20000"),  # the point groups in another cell
    (["1.250.000"], COST, "20.000", "20000"),
    (["1,100.5"], LITRES, "20,000", "20000"),
    (["1,100.5"], LITRES, "20.000", "20"),
    (["240.5"], LITRES, "240.125", "240.125"),  # the point is a decimal one in another cell
    (["1100.000"], LITRES, "240.000", "240"),  # four digits before it: no group
    (["7 000,5"], LITRES, "20,125", "20.125"),
    (["240.5", "1.100,5"], LITRES, "20.000", UNCLEAR),  # both
    ([], DENSITY, "1.250", "1.25"),  # 1,250 kg a litre cannot be meant
    ([], DENSITY, "0.125", "0.125"),  # no group begins with 0
    ([], LON, "39,941", "39.941"),
    ([], LON, "-3.701", "-3.701"),
    ([], SECONDS, "1.000", UNCLEAR),
    (["2.5"], SECONDS, "1.000", UNCLEAR),  # a fraction of a second is a fault of its own
    (["1.000.000"], SECONDS, "1.000", "1000"),
]  # fmt: skip


@pytest.mark.parametrize(("others", "info", "cell", "read"), COLUMNS)
def test_the_column_and_its_limits_tell_where_a_cell_cannot(
    others: list[str], info: object, cell: str, read: object
) -> None:
    assert number_column([*others, cell], info).read(cell) == read  # type: ignore[arg-type]


CLEAR = [
    ("1100", "1100"),
    ("1.1", "1.1"),
    ("1,1", "1.1"),
    ("1.100,50", "1100.50"),
    ("1,100.50", "1100.50"),
    ("1.234.567", "1234567"),
    ("1,234,567", "1234567"),
    ("1 100", "1100"),
    ("1\u202f100,5", "1100.5"),
    ("1'100", "1100"),
    ("7 000.500", "7000.500"),
    ("1.12345", "1.12345"),
    ("1e-05", "1e-05"),
    ("\u22124.35", "-4.35"),
    ("\u20134,35", "-4.35"),
    ("1.23.456", NOT_READ),
    ("1.100.50", NOT_READ),
    ("1_100", NOT_READ),
    ("nan", NOT_READ),
    ("--4", NOT_READ),
]


@pytest.mark.parametrize(("cell", "read"), CLEAR)
def test_clear_numbers_are_read_as_spreadsheets_write_them(cell: str, read: object) -> None:
    assert NumberColumn().read(cell) == read


@pytest.mark.parametrize(("answer", "read"), [(Answer.THOUSANDS, "6500"), (Answer.DECIMALS, "6.5")])
def test_an_answer_goes_before_what_other_cells_show(answer: Answer, read: str) -> None:
    assert number_column(["6.500", "3.5"], COST, answer=answer).read("6.500") == read


def test_a_quoted_decimal_comma_is_read_in_a_file_with_commas(folder: Path, edit: Edit) -> None:
    plain = registry_of(folder)
    edit("containers.csv", "HOU-002,Mairie,1.8587,6.5402", 'HOU-002,Mairie,"1,8587","6,5402"')
    assert registry_of(folder) == plain


@pytest.mark.parametrize(
    ("value", "cell"), [(6.125, "6.1250"), (12.5, "12.5"), (1000.125, "1000.125"), (0.125, "0.125")]
)
def test_what_is_written_is_never_unclear(value: float, cell: str) -> None:
    assert written(value) == cell
    assert float(str(NumberColumn().read(cell))) == value


QUOTED = [
    ("city.toml", "fuel_per_l = 700 ", 'fuel_per_l = "1.000"', "key prices.fuel_per_l: \"1.000\" — expected price of a "
     "litre of fuel, in the currency of the city, above 0, at most 10000000 (a number, without quotes)"),
    ("city.toml", "crew_per_h = 1600 ", "crew_per_h = true", 'key prices.crew_per_h: "True" — expected cost of a'),
    ("zones.geojson", '"population": 9800', '"population": "9.800"', 'feature 1, population: "9.800" — 9800 or 9.8?'),
    ("zones.geojson", '"population": 9800', '"population": true', 'feature 1, population: "True" — expected people'),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "message"), QUOTED)
def test_a_text_or_a_truth_is_no_number(folder: Path, edit: Edit, name: str, old: str, new: str, message: str) -> None:
    """The models alone would read "1.000" as 1, and true as 1."""
    edit(name, old, new)
    (error,) = told(folder)
    assert message in error


def test_a_population_that_a_program_wrote_as_text_is_read(folder: Path, edit: Edit) -> None:
    edit("zones.geojson", '"population": 9800', '"population": "9 800"')
    assert registry_of(folder).zones[0].population == 9800


TOO_SMALL = [
    # Of 11 residual containers two are skips: HOU-001 and HOU-006, 6,000 L at 0.3 kg/L.
    ("6500,12000", "6.5,12000", 'truck_classes.csv line 2, column capacity_kg: "6.5" — cannot take 11 of the 11 '
     "containers it may come to when they are full: HOU-001 alone holds 6000 L and so 1800 kg"),
    ("6500,12000", "1500,12000", 'truck_classes.csv line 2, column capacity_kg: "1500" — cannot take 2 of the 11 '
     "containers it may come to when they are full: HOU-001 alone holds 6000 L and so 1800 kg"),
    # 6,000 L pressed 2.5 times.
    ("6500,12000", "6500,12", 'truck_classes.csv line 2, column capacity_l: "12" — cannot take 11 of the 11 '
     "containers it may come to when they are full: HOU-001 alone holds 6000 L, pressed 2400 L"),
    # The open truck may not come to the skips, and takes HOU-012's recycling too: 11 - 2 + 1 of 1,100 L.
    ("3500,6000", "3500,6", 'truck_classes.csv line 3, column capacity_l: "6" — cannot take 10 of the 10 '
     "containers it may come to when they are full: HOU-002 alone holds 1100 L"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message"), TOO_SMALL)
def test_a_class_that_cannot_take_a_full_container_is_warned_about(
    folder: Path, edit: Edit, old: str, new: str, message: str
) -> None:
    edit("truck_classes.csv", old, new)
    reading = read_folder(folder)
    assert reading.errors == ()
    assert [str(warning) for warning in reading.warnings] == [message]


def test_litres_that_look_like_cubic_metres_are_warned_about(folder: Path) -> None:
    path = folder / "containers.csv"
    path.write_text(
        path.read_text(encoding="utf-8").replace(",1100,", ",20,").replace(",6000,", ",30,"), encoding="utf-8"
    )
    assert [str(warning) for warning in read_folder(folder).warnings] == [
        'containers.csv, column capacity_l: "30" — no container holds more: cubic metres? 1 m3 = 1000 litres'
    ]
