"""Files as town halls save them: encodings, delimiters, columns in any order; and files that cannot be read at all."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from services.city import texts
from services.city.folder import read_folder
from services.city.registry import Registry

type Edit = Callable[[str, str, str], None]


def told(folder: Path) -> list[str]:
    return [str(error) for error in read_folder(folder).errors]


def registry_of(folder: Path) -> Registry:
    reading = read_folder(folder)
    assert reading.errors == ()
    assert reading.registry is not None
    return reading.registry


def rewrite(path: Path, change: Callable[[str], str], encoding: str = "utf-8") -> None:
    path.write_bytes(change(path.read_text(encoding="utf-8")).encode(encoding))


def with_semicolons(text: str) -> str:
    """As a French spreadsheet saves it; a comma in a quoted name would be taken for a delimiter, so it goes."""
    text = text.replace('"Centre de santé, entrée"', "Centre de santé entrée")
    return re.sub(r"(\d)\.(\d)", r"\1,\2", text.replace(",", ";"))


def test_semicolons_and_decimal_commas_are_read(folder: Path, edit: Edit) -> None:
    edit("containers.csv", '"Centre de santé, entrée"', "Centre de santé entrée")
    plain = registry_of(folder)
    for path in folder.glob("*.csv"):
        rewrite(path, with_semicolons)
    assert registry_of(folder) == plain


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_bom_and_foreign_line_ends_are_read(folder: Path, newline: str) -> None:
    plain = registry_of(folder)
    for path in folder.glob("*.csv"):
        rewrite(path, lambda text: text.replace("\n", newline), "utf-8-sig")
    assert registry_of(folder) == plain


def test_windows_1252_is_read_with_a_warning(folder: Path) -> None:
    plain = registry_of(folder)
    rewrite(folder / "containers.csv", str, "cp1252")
    reading = read_folder(folder)
    assert reading.registry == plain
    # The first accent of the file stands in line 2, "Marché central".
    assert [str(warning) for warning in reading.warnings] == [
        'containers.csv line 2: "Marché central" — not UTF-8: read as Windows-1252. '
        "Check the accents, and save it as UTF-8"
    ]


def test_columns_may_stand_in_any_order_and_spelling_of_capitals(folder: Path) -> None:
    plain = registry_of(folder)
    (folder / "depots.csv").write_text(
        "LAT, Name ,lon,ID\n6.5409,Parc de la mairie,1.8579,depot-mairie\n", encoding="utf-8"
    )
    assert registry_of(folder) == plain


def test_blank_lines_and_blank_cells_at_the_ends_are_tolerated(folder: Path) -> None:
    plain = registry_of(folder)
    (folder / "depots.csv").write_text(
        "id,name,lon,lat,,\n\ndepot-mairie,Parc de la mairie,1.8579,6.5409,,,\n,,,\n\n\n", encoding="utf-8"
    )
    (folder / "truck_classes.csv").write_text(
        (folder / "truck_classes.csv").read_text(encoding="utf-8").replace("\n", ",,\n"), encoding="utf-8"
    )
    assert registry_of(folder) == plain


def test_lines_are_counted_as_an_editor_does(folder: Path) -> None:
    """A quoted name over two lines and a blank line shift the lines after them: the wrong row begins on line 7."""
    (folder / "depots.csv").write_text(
        'id,name,lon,lat\na,"Parc ""Nord""",1.8,6.5\n\nb,Parc,1.8,6.5\nc,"Parc\nSud",1.8,6.5\nd,Parc,1.8,99\n',
        encoding="utf-8",
    )
    assert [error.line for error in read_folder(folder).errors if error.file == "depots.csv"] == [7]


@pytest.mark.parametrize(
    ("cell", "column", "value"),
    [
        ("oui", "sensor", True),
        ("Non", "sensor", False),
        ("0", "sensor", False),
        ("TRUE", "sensor", True),
        ("7 000", "capacity_l", 7000),
        ("7\u202f000", "capacity_l", 7000),
    ],
)
def test_words_and_groups_of_spreadsheets_are_read(folder: Path, cell: str, column: str, value: object) -> None:
    cells = {"capacity_l": "1100", "sensor": "yes", column: cell}
    (folder / "baseline.csv").unlink()
    (folder / "containers.csv").write_text(
        f"id,name,lon,lat,kind,zone,capacity_l,sensor\na,A,1.86,6.53,bac-1100,centre,{cells['capacity_l']},{cells['sensor']}\n",
        encoding="utf-8",
    )
    assert getattr(registry_of(folder).containers[0], column) == value


def test_weekdays_may_be_all_or_french_and_lists_may_use_plus(folder: Path, edit: Edit) -> None:
    edit("disposal_sites.csv", "mon tue wed thu fri", "lun+mar mer")
    edit("trucks.csv", "residual recycling", "residual+recycling")
    edit("trucks.csv", "05:00,13:00", "5:00,13:00")
    registry = registry_of(folder)
    assert registry.disposal_sites[0].weekdays == ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    assert registry.disposal_sites[1].weekdays == ("mon", "tue", "wed")
    assert registry.trucks[1].streams == ("residual", "recycling")


HEADERS = [
    ("id,name,lon,latt", ["column lat: the column is missing", "column latt: unknown column, did you mean lat?"]),
    ("id,name,lon", ["column lat: the column is missing; expected degrees north, -90 to 90 (WGS 84)"]),
    ("id,name,lon,lat,lat", ["column lat: the column stands twice"]),
    ("id,name,lon,lat,colour", ["column colour: unknown column; the columns are id, name, lon, lat"]),
]


@pytest.mark.parametrize(("header", "told_columns"), HEADERS)
def test_a_wrong_header_is_told_once(folder: Path, header: str, told_columns: list[str]) -> None:
    rows = "".join(f"depot-{number},Parc,1.8,6.5,x\n" for number in range(3)).replace("depot-0", "depot-mairie")
    rows = rows if header.count(",") == 4 else rows.replace(",x", "")
    (folder / "depots.csv").write_text(f"{header}\n{rows}", encoding="utf-8")
    found = [error for error in told(folder) if " line 1, " in error]
    assert len(found) == len(told_columns)
    for error, text in zip(found, told_columns, strict=True):
        assert error.startswith(f"depots.csv line 1, {text}")


def test_a_value_beyond_the_last_column_is_told(folder: Path, edit: Edit) -> None:
    edit("depots.csv", "6.5409", "6.5409,extra")
    assert told(folder) == [
        'depots.csv line 2: "extra" — a value under no column name: an unquoted delimiter, or a missing header'
    ]


SPOILT = [
    ("containers.csv", b"", "the file is empty"),
    ("containers.csv", b"\xef\xbb\xbf \n\n", "the file is empty"),
    ("containers.csv", b",,,\n\n,\n", "the file is empty"),
    ("containers.csv", b"sep=;\n", "the file is empty"),
    ("containers.csv", b"id,name,lon\n\x00", "not a text file"),
    ("containers.csv", b"PK\x03\x04rest", "a spreadsheet under another name"),
    ("containers.csv", "id,name".encode("utf-16"), "in UTF-16"),
    ("containers.csv", b"id,name\na,\x81\xff", "neither UTF-8 nor Windows-1252"),
    ("depots.csv", b'id,name,lon,lat\na,"Parc,1.8,6.5\nb,Sud,1.8,6.5\n', 'a quote (") opens in this row'),
    ("depots.csv", b"id,name,lon,lat\n", "expected at least one row"),
    ("city.toml", b"id = \n", "not valid TOML"),
    ("city.toml", "name = 'Sè'".encode("cp1252"), "not UTF-8"),
    ("city.toml", b"x = " + b"[" * 5000, "not valid TOML"),
    ("zones.geojson", b'{"type": "FeatureCollection", ', "not valid JSON"),
    ("zones.geojson", b"[]", "expected a GeoJSON FeatureCollection"),
    ("zones.geojson", b"null", "expected a GeoJSON FeatureCollection"),
    ("zones.geojson", b'{"type": "FeatureCollection", "features": []}', "expected at least one zone"),
    ("zones.geojson", b"[" * 100_000, "not valid JSON"),
    ("zones.geojson", b'{"type": "FeatureCollection", "features": [{"a": NaN}]}', "NaN and Infinity"),
    ("zones.geojson", b'{"type": "FeatureCollection", "features": [{"a": 1e999}]}', "not valid JSON"),
    ("zones.geojson", b'{"type": "FeatureCollection", "features": [{"a": "\\u0000"}]}', "cannot be stored"),
    ("zones.geojson", b'{"type": "FeatureCollection", "features": [{"a": "\\ud800"}]}', "cannot be stored"),
]


@pytest.mark.parametrize(("name", "data", "message"), SPOILT)
def test_a_spoilt_file_is_told_and_nothing_else(folder: Path, name: str, data: bytes, message: str) -> None:
    (folder / name).write_bytes(data)
    errors = read_folder(folder).errors
    assert [error.file for error in errors] == [name]
    assert message in errors[0].message


@pytest.mark.parametrize("name", sorted(path.name for path in (Path(__file__).parents[2] / "data/houeyogbe").iterdir()))
def test_a_missing_file_is_an_error_but_for_the_baseline(folder: Path, name: str) -> None:
    (folder / name).unlink()
    reading = read_folder(folder)
    if name == "baseline.csv":
        assert reading.registry is not None
        assert [warning.file for warning in reading.warnings] == ["baseline.csv"]
    else:
        assert [str(error) for error in reading.errors] == [f"{name}: the file is missing"]


def test_a_folder_in_place_of_a_file_and_no_folder_at_all(folder: Path, tmp_path: Path) -> None:
    (folder / "depots.csv").unlink()
    (folder / "depots.csv").mkdir()
    assert told(folder) == ["depots.csv: this is a folder, not a file"]
    assert told(tmp_path / "nowhere") == ["nowhere: there is no such folder"]
    assert told(folder / "city.toml") == ["city.toml: this is a file: give the folder that holds city.toml"]


def test_a_file_over_its_bound_is_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.city.sheets.CSV_LIMIT", 200)
    assert "containers.csv: the file has 0.0 MB; at most 0 MB are read" in told(folder)
    assert texts.CSV_LIMIT > 5_000_000  # 50,000 containers


TOML = [
    ('currency = "XOF"', 'curency = "XOF"', [
        "city.toml, key currency: the key is missing; expected three capital letters (ISO 4217), like XOF",
        "city.toml line 7, key curency: unknown key, did you mean currency?; the keys are schema, id, name, timezone, "
        "currency, simulated, assumptions, prices, planning, roads, emissions, service, contract, special_days",
    ]),
    ("fuel_per_l = 700", "fuel_per_litre = 700", [
        "city.toml line 10, key prices.fuel_per_l: the key is missing; "
        "expected price of a litre of fuel, in the currency of the city, above 0, at most 10000000",
        "city.toml line 11, key prices.fuel_per_litre: unknown key, did you mean fuel_per_l?; "
        "the keys are fuel_per_l, crew_per_h",
    ]),
    ('"Africa/Porto-Novo"', '"Africa/Cotonou"', [
        'city.toml line 6, key timezone: "Africa/Cotonou" — '
        "expected a time zone of the IANA database, like Africa/Porto-Novo",
    ]),
    ('"04:30"', "430", [
        'city.toml line 15, key planning.plan_at: "430" — expected time the day\'s plan is made, HH:MM',
    ]),
    ("tournee/city/1", "tournee/city/9", [
        'city.toml line 3, key schema: "tournee/city/9" — expected one of tournee/city/1',
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "messages"), TOML)
def test_a_wrong_key_is_told_its_path_and_line(
    folder: Path, edit: Edit, old: str, new: str, messages: list[str]
) -> None:
    edit("city.toml", old, new)
    assert told(folder) == messages


SHAPES = [
    ('"type": "MultiPolygon"', '"type": "Point"', "feature 3, geometry", "expected a Polygon or a MultiPolygon"),
    ("[1.814, 6.498], [1.814, 6.476]]]", "[1.814, 6.498]]]", "feature 2, geometry", "expected rings"),
    ("[1.838, 6.476]", "[402000, 722000]", "feature 2, geometry", "EPSG:4326"),
    ("[1.838, 6.476]", "[6.476, 101.838]", "feature 2, geometry", "lon and lat look swapped"),
    ('"population": 9800', '"people": 9800', "feature 1, population", "the property is missing"),
    ('"id": "doutou"', '"id": "se"', "feature 3, id", "stands in feature 2 already"),
]


@pytest.mark.parametrize(("old", "new", "place", "message"), SHAPES)
def test_a_wrong_zone_is_told_by_feature(
    folder: Path, edit: Edit, old: str, new: str, place: str, message: str
) -> None:
    edit("zones.geojson", old, new)
    first = next(error for error in read_folder(folder).errors if error.file == "zones.geojson")
    assert first.place == place
    assert message in first.message


NUMBERED = [
    ('"properties": {"id": "centre"', '"properties": {"id": 0'),
    ('"properties": {"id": "centre"', '"properties": {"id": 0.0'),
    ('"properties": {"id": "centre", ', '"id": 0, "properties": {'),
    ('"properties": {"id": "centre"', '"id": 7, "properties": {"id": "0"'),
]


@pytest.mark.parametrize(("old", "new"), NUMBERED)
def test_whole_numbers_are_ids_of_zones(folder: Path, edit: Edit, old: str, new: str) -> None:
    """As mapping programs number them; containers then name the zone 0."""
    edit("zones.geojson", old, new)
    rewrite(folder / "containers.csv", lambda text: text.replace(",centre,", ",0,"))
    assert [zone.id for zone in registry_of(folder).zones] == ["0", "se", "doutou"]


@pytest.mark.parametrize("value", ["true", "0.5", "null", "[0]"])
def test_other_values_are_no_ids(folder: Path, edit: Edit, value: str) -> None:
    edit("zones.geojson", '"id": "centre"', f'"id": {value}')
    assert told(folder)[0].startswith("zones.geojson, feature 1, id:")


def test_a_table_of_another_format_is_called_by_its_name(folder: Path) -> None:
    (folder / "depots.csv").write_bytes((folder / "zones.geojson").read_bytes())
    assert told(folder) == [
        "depots.csv: this is GeoJSON, not CSV: save the layer as CSV, with its positions in the columns lon and lat"
    ]


def test_titles_and_a_line_for_spreadsheets_stand_above_a_table(folder: Path) -> None:
    plain = registry_of(folder)
    rewrite(folder / "depots.csv", lambda text: "sep=,\n" + text)
    assert registry_of(folder) == plain
    rewrite(folder / "trucks.csv", lambda text: "Camions de la mairie,,\n\n" + text)
    reading = read_folder(folder)
    assert reading.registry == plain
    assert [str(warning) for warning in reading.warnings] == [
        'trucks.csv line 1: "Camions de la mairie" — read as a title: the column names stand on line 3'
    ]
