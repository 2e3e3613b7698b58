"""Lists of containers as town halls send them: in any encoding, under any heading, with every sign of a spreadsheet."""

from pathlib import Path

import pytest

from services.city.findings import WrongFile
from services.city.headings import Heading, heading_of
from services.city.numbers import Answer
from services.city.points import ListOptions, Point, PointList, read_points

HEADER = "nom;lon;lat;litres\n"
MARKET = Point(name="Marché", lon=2.44, lat=6.37, litres=1100)


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return tmp_path / "points.csv"


def read(path: Path, text: str, options: ListOptions | None = None, encoding: str = "utf-8") -> PointList:
    path.write_bytes(text.encode(encoding))
    return read_points(path, options)


def errors_of(path: Path, text: str, options: ListOptions | None = None, encoding: str = "utf-8") -> list[str]:
    with pytest.raises(WrongFile) as caught:
        read(path, text, options, encoding)
    return [str(error) for error in caught.value.errors]


def warnings_of(points: PointList) -> list[str]:
    return [str(warning) for warning in points.warnings]


# Encodings: names become ids, and ids levels of MQTT topics, for good.

ENCODED = [
    ("Marché de Dantokpa", "cp1252", ["cp1252     Marché de Dantokpa", "mac_roman  MarchÈ de Dantokpa"]),
    ("Marché de Dantokpa", "mac_roman", ["mac_roman  Marché de Dantokpa", "cp1252     MarchŽ de Dantokpa"]),
    ("سوق باب الزوار", "cp1256", ["cp1256     سوق باب الزوار", "cp1252     ÓæÞ ÈÇÈ ÇáÒæÇÑ"]),
    ("Marché de Dantokpa", "cp850", ["cp850      Marché de Dantokpa"]),
]


@pytest.mark.parametrize(("name", "encoding", "choices"), ENCODED)
def test_a_list_that_is_not_utf_8_is_shown_in_each_likely_encoding_and_not_guessed(
    csv: Path, name: str, encoding: str, choices: list[str]
) -> None:
    (error,) = errors_of(csv, f"{HEADER}{name};2,44;6,37;1100\n", encoding=encoding)
    assert error.startswith("points.csv line 2: not UTF-8, and ids are made of the names for good.")
    shown = [line.strip() for line in error.split("\n")[1:]]
    assert {f"--encoding {choice}" for choice in choices} <= set(shown)
    # The one that is right is among them, exactly as the town hall wrote it.
    assert read(csv, f"{HEADER}{name};2,44;6,37;1100\n", ListOptions(encoding), encoding).points[0].name == name


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-8"])
def test_unicode_needs_no_guess(csv: Path, encoding: str) -> None:
    options = ListOptions("utf-16") if encoding == "utf-16" else ListOptions("utf-8")
    assert read(csv, f"{HEADER}Marché;2,44;6,37;1100\n", options, encoding).points == (MARKET,)


def test_a_named_encoding_that_does_not_fit_is_told(csv: Path) -> None:
    text = f"{HEADER}Marché;2,44;6,37;1100\n"
    assert errors_of(csv, text, ListOptions("utf-8"), "cp1252") == [
        "points.csv line 2: the file is not in utf-8: the bytes here mean nothing in it"
    ]
    assert "or say --encoding utf-16" in errors_of(csv, text, encoding="utf-16")[0]
    assert "spreadsheet" in errors_of(csv, "PK\x03\x04", ListOptions("cp1252"))[0]
    assert "NUL" in errors_of(csv, f"{HEADER}\x00", ListOptions("cp1252"))[0]


def test_a_name_that_was_misread_before_is_shown_before_anything_is_made_of_it(csv: Path) -> None:
    """The file is UTF-8, and yet its accents were lost in an earlier program."""
    (warning,) = warnings_of(read(csv, f"{HEADER}MarchÃ©;2,44;6,37;1100\n"))
    assert 'line 2, column name: "MarchÃ©" — was "Marché" meant?' in warning


# Headings.

HEADINGS = [
    ("Nom", Heading("name")),
    ("Nom du point de collecte", Heading("name")),
    ("Site name", Heading("name")),
    ("Nome do local", Heading("name")),
    ("Nombre", Heading("name", is_weak=True)),
    ("Nombre del contenedor", Heading("name")),
    ("Dirección", Heading("name", is_weak=True)),
    ("Endereço", Heading("name", is_weak=True)),
    ("Designação", Heading("name")),
    ("Calle", Heading("name", is_weak=True)),
    ("Longitude (°)", Heading("lon")),
    ("Longitud", Heading("lon")),
    ("lon_wgs84", Heading("lon")),
    ("Coord. X", Heading("lon")),
    ("Longitud Oeste", Heading("lon")),
    ("Taille (L)", Heading("litres", "l")),
    ("Taille", Heading(None)),
    ("Coordonnée Y (degrés)", Heading("lat")),
    ("LATITUD (grados decimales)", Heading("lat")),
    ("Litres", Heading("litres", "l")),
    ("Capacité (L)", Heading("litres", "l")),
    ("Capacidad [litros]", Heading("litres", "l")),
    ("Capacidade em litros", Heading("litres", "l")),
    ("Bin volume", Heading("litres")),
    ("Volume (m³)", Heading("litres", "m3")),
    ("Volume en mètres cubes", Heading("litres", "m3")),
    ("m3", Heading("litres", "m3")),
    ("litres (en litres, pas en m3, arrondi, estimé)", Heading("litres", "l")),
    ("Volume (L ou m3)", Heading("litres", "unclear")),
    ("Nombre de bacs", Heading("count")),
    ("Nb conteneurs", Heading("count")),
    ("Number of bins", Heading("count")),
    ("Nº de contenedores", Heading("count")),
    ("Quantidade", Heading("count")),
    ("Coordonnées GPS", Heading("both")),
    ("Latitude, longitude", Heading("both")),
    ("UTM_X", Heading("projected")),
    ("Easting (m)", Heading("projected")),
    ("Coordenada Norte", Heading("projected")),
    ("Commentaire", Heading(None)),
    ("contenu", Heading(None)),
]


@pytest.mark.parametrize(("text", "heading"), HEADINGS)
def test_headings_of_four_languages_are_known_with_and_without_units(text: str, heading: Heading) -> None:
    assert heading_of(text) == heading


LISTS = [
    # A name in brackets may hold the sign that parts columns.
    "nom;lon;lat;litres (en litres, pas en m3, arrondi, estimé)\nMarché;2,44;6,37;1100\n",
    "Libellé;Longitude (°);Latitude (°);Capacité (L)\nMarché;2,44;6,37;1100\n",
    "Nombre;Longitud;Latitud;Capacidad (m³)\nMarché;2,44;6,37;1,1\n",
    "Nome do local;Longitude;Latitude;Capacidade (litros)\nMarché;2,44;6,37;1.100,0\n",
    "Site name,Longitude (deg),Latitude (deg),Bin volume [litres]\nMarché,2.44,6.37,1100\n",
    "name|lon|lat|litres\nMarché|2.44|6.37|1100\n",
    # What spreadsheets put above the header.
    "sep=;\nnom;lon;lat;litres\nMarché;2,44;6,37;1100\n",
    '"sep=,"\r\nnom,lon,lat,litres\r\nMarché,2.44,6.37,1100\r\n',
    "SEP=\t\rnom\tlon\tlat\tlitres\rMarché\t2,44\t6,37\t1100\r",
    # Signs of numbers.
    'name,lon,lat,litres\nMarché,"2,44","6,37",1100\n',
]


@pytest.mark.parametrize("text", LISTS)
def test_lists_of_any_shape_give_the_same_container(csv: Path, text: str) -> None:
    assert read(csv, text).points == (MARKET,)


@pytest.mark.parametrize("minus", ["-", "\u2010", "\u2011", "\u2012", "\u2212", "\u2013", "\u2014", "\uff0d"])
def test_every_minus_is_one(csv: Path, minus: str) -> None:
    assert read(csv, f"name,lon,lat,litres\nA,{minus}4.3579,36.727,1100\n").points[0].lon == -4.3579


def test_titles_above_the_header_are_passed_over_and_told(csv: Path) -> None:
    text = "Mairie de Lokossa;;;\nListe des bacs au 12/03/2025;;;\n;;;\n" + f"{HEADER}Marché;2,44;6,37;1100\n"
    points = read(csv, text)
    assert points.points == (MARKET,)
    assert warnings_of(points) == [
        'points.csv line 1: "Mairie de Lokossa" — read as a title: the column names stand on line 4'
    ]
    # Lines are counted from the top of the file.
    (error,) = errors_of(csv, text.replace("6,37", "x"))
    assert error.startswith("points.csv line 5, column lat")


def test_column_names_repeated_and_rows_of_sums_are_left_aside_and_told(csv: Path) -> None:
    """Pages of a sheet put one under the other; a sum of litres is no container without a position."""
    marche = "Marché;2,44;6,37;1100\n"
    points = read(
        csv, f"{HEADER}{marche}{HEADER}{marche.replace('Marché', 'Port')}TOTAL GÉNÉRAL;;;2200\nTotal : 2;;;\n"
    )
    assert [point.name for point in points.points] == ["Marché", "Port"]
    assert warnings_of(points) == [
        f'points.csv line 3: "{HEADER.partition(";")[0]}" — the column names again: this line is left aside',
        'points.csv line 5: "TOTAL GÉNÉRAL" — a sum of the rows: this line is left aside'
        ' — in 2 places, also line 6 "Total : 2"',
    ]


@pytest.mark.parametrize("name", ["Total", "TOTAL Akpakpa", "Somme"])
def test_container_at_a_petrol_station_called_total_is_one(csv: Path, name: str) -> None:
    points = read(csv, f"{HEADER.strip()};x;y;z;remarque\n{name};2,44;6,37;1100;;;;\n".replace("x;y;z", "a;b;c"))
    assert [point.name for point in points.points] == [name]
    assert errors_of(csv, f"{HEADER}TOTAL Akpakpa;;;1100\n")


def test_a_line_break_within_a_name_is_a_space_and_told(csv: Path) -> None:
    points = read(csv, f'{HEADER}"Rue 12\r\n  près de la mosquée";2,44;6,37;1100\n')
    assert points.points[0].name == "Rue 12 près de la mosquée"
    assert warnings_of(points) == [
        'points.csv line 2, column nom: "Rue 12 près de la mosquée" — a line break within the cell: read as a space'
    ]


def test_a_weak_name_gives_way_to_a_strong_one(csv: Path) -> None:
    """An address is a name only where there is no other; both are told where the list has two of a kind."""
    text = "Adresse;Nom;lon;lat;litres\nRue 1;Marché;2,44;6,37;1100\n"
    assert read(csv, text).points == (MARKET,)
    assert read(csv, text.replace("Nom", "Code")).points[0].name == "Rue 1"
    assert errors_of(csv, text.replace("Adresse", "Libellé")) == [
        "points.csv line 1: two columns for name: libellé, nom"
    ]


def test_nombre_is_a_name_in_spanish_and_a_number_in_french(csv: Path) -> None:
    assert read(csv, "Nombre;lon;lat;litres\nPlaza;2,44;6,37;1100\n").points[0].name == "Plaza"
    assert "no column for name" in errors_of(csv, "Nombre;lon;lat;litres\n4;2,44;6,37;1100\n")[0]


# What is not read is told, above all a number of containers.

QUANTITY = "nom;lon;lat;volume;nombre de bacs;remarque\nMarché;2,44;6,37;1100;6;\nGare;2,43;6,36;1100;2;x\n"


def test_columns_that_are_not_read_are_told_a_number_of_containers_with_its_total(csv: Path) -> None:
    points = read(csv, QUANTITY)
    assert len(points.points) == 2
    assert warnings_of(points) == [
        "points.csv line 1, column nombre de bacs: a number of containers, 8 in all? It is not read, and the 2 rows "
        'become 2 containers. Say --count "nombre de bacs" to make as many of each row',
        "points.csv line 1, column remarque: the column is not read",
    ]


def test_a_row_becomes_as_many_containers_as_the_count_says(csv: Path) -> None:
    points = read(csv, QUANTITY, ListOptions(count="Nombre de bacs"))
    assert [point.name for point in points.points] == ["Marché"] * 6 + ["Gare"] * 2
    assert len(read(csv, QUANTITY.replace(";2;x", ";0;x"), ListOptions(count="nombre de bacs")).points) == 6


def test_a_count_that_cannot_be_is_told(csv: Path) -> None:
    count = ListOptions(count="nombre de bacs")
    assert errors_of(csv, QUANTITY, ListOptions(count="bacs")) == [
        'points.csv line 1: "bacs" — no such column for --count; the columns are nom, lon, lat, volume, nombre de '
        "bacs, remarque"
    ]
    assert (
        '"6,5" — expected how many containers stand here, 0 to 200'
        in errors_of(csv, QUANTITY.replace(";6;", ";6,5;"), count)[0]
    )
    assert "1000 or 1?" in errors_of(csv, QUANTITY.replace(";6;", ";1.000;"), count)[0]
    empty = QUANTITY.replace(";6;", ";0;").replace(";2;x", ";0;x")
    assert errors_of(csv, empty, count) == ["points.csv: expected at least one row under the header"]


# Litres, thousands of them, and cubic metres.


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        (HEADER, "A;-3,70;40,41;20.000\nB;-3,71;40,42;30.000\n"),
        ("name\tlon\tlat\tlitres\n", "A\t35.01\t-15.79\t20,000\nB\t35.02\t-15.78\t30,000\n"),
        ("name,lon,lat,litres\n", 'A,35.01,-15.79,"20,000"\nB,35.02,-15.78,"30,000"\n'),
        ("name,lon,lat,litres\n", "A,35.01,-15.79,20.000\nB,35.02,-15.78,30.000\n"),
    ],
)
def test_thousands_are_asked_about_and_the_answer_is_taken(csv: Path, header: str, cells: str) -> None:
    (error,) = errors_of(csv, header + cells)
    assert "20000 or 20? Three digits after the only separator can be either." in error
    assert error.count("--numbers litres=") == 2
    thousands = ListOptions(numbers={"litres": Answer.THOUSANDS})
    assert [point.litres for point in read(csv, header + cells, thousands).points] == [20_000, 30_000]


def test_cubic_metres_under_a_name_that_tells_no_unit_are_asked_about(csv: Path) -> None:
    """20 litres are a basket, 20 m3 a skip."""
    text = "nom;lon;lat;volume\nA;2,44;6,37;20\nB;2,43;6,36;30\nC;2,45;6,38;30\n"
    assert errors_of(csv, text) == [
        'points.csv line 3, column litres: "30" — no container of the list holds more: litres, or cubic metres? '
        "Say --unit l or --unit m3"
    ]
    assert [point.litres for point in read(csv, text, ListOptions(unit="l")).points] == [20, 30, 30]
    cubic = read(csv, text, ListOptions(unit="m3"))
    assert [point.litres for point in cubic.points] == [20_000, 30_000, 30_000]
    assert warnings_of(cubic) == ["points.csv line 1, column volume: read as cubic metres, 1000 litres each"]


def test_a_column_of_two_units_is_asked_about(csv: Path) -> None:
    text = "nom;lon;lat;volume (L ou m3)\nA;2,44;6,37;1100\n"
    assert "Say --unit l or --unit m3" in errors_of(csv, text)[0]
    assert read(csv, text, ListOptions(unit="l")).points[0].litres == 1100


def test_cubic_metres_with_three_digits_are_decimals_by_their_limit(csv: Path) -> None:
    """1.100 m3 are 1,100 L; 1,100 m3 would be more than any container holds."""
    text = "nom;lon;lat;volume (m3)\nA;2,44;6,37;1.100\nB;2,43;6,36;0,66\n"
    assert [point.litres for point in read(csv, text).points] == [1100, 660]


# Positions that are no degrees.

POSITIONS = [
    ("2°26'24\"E;6°22'12\"N", "degrees, minutes and seconds: write 2.44", "degrees, minutes and seconds: write 6.37"),
    ("W 2° 26.4';6º22′12″S", "write -2.44)", "write -6.37)"),
    ("2°26'24,0”O;6:22:12", "write -2.44)", "write 6.37)"),
    ("002-26-24E;6 22 12 N", "seconds: write 2.44)", "seconds: write 6.37)"),
    ("O 2 26 24,0;06-22-12 s", "write -2.44)", "write -6.37)"),
    ("2,44 W;6.37N", "minus for south and west: write -2.44", "write 6.37)"),
    ("447109,71;4469732,48", "metres of a projection such as UTM", "metres of a projection such as UTM"),
    ("447.109,71;4.469.732,48", "metres of a projection such as UTM", "metres of a projection such as UTM"),
    ("434 120;704 512", "metres of a projection such as UTM", "metres of a projection such as UTM"),
    ("2.440.012;6.370.034", "taken for groups of thousands: 2.440012?", "taken for groups of thousands: 6.370034?"),
    ("2,440,012;6 370 034", "taken for groups of thousands: 2.440012?", "taken for groups of thousands: 6.370034?"),
    ("-3.701.234;40.412.345", "thousands: -3.701234?", "thousands: 40.412345?"),
    ("2440012;6370034", "the decimal point is lost or misplaced?", "the decimal point is lost or misplaced?"),
    ("\u200e2,44x;6,37°", "it holds U+200E LEFT-TO-RIGHT MARK", "degrees, minutes and seconds: write 6.37"),
    ("٢٫٤٤;٦٫٣٧", "write it with the digits 0 to 9", "write it with the digits 0 to 9"),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "lon", "lat"), POSITIONS)
def test_positions_that_are_no_degrees_get_the_hint_that_mends_them(csv: Path, cells: str, lon: str, lat: str) -> None:
    on_lat, on_lon = errors_of(csv, f"{HEADER}A;{cells};1100\n")
    assert lat in on_lat
    assert "column lat" in on_lat
    assert lon in on_lon
    assert "column lon" in on_lon


@pytest.mark.parametrize(
    ("header", "hint"),
    [
        ("nom;easting;northing;litres", 'The column "easting" holds metres of a projection'),
        ("nom;UTM_X;UTM_Y;litres", 'The column "utm_x" holds metres of a projection'),
        ("nom;Coordonnées GPS;quartier;litres", 'The column "coordonnées gps" holds both: part it into lon and lat'),
    ],
)
def test_columns_that_cannot_be_lon_and_lat_are_named(csv: Path, header: str, hint: str) -> None:
    errors = errors_of(csv, f"{header}\nA;447109;4469732;1100\n")
    assert [error.partition(";")[0] for error in errors] == [
        "points.csv line 1: no column for lat",
        "points.csv line 1: no column for lon",
    ]
    assert all(hint in error for error in errors)


OTHERS = [
    ('{"type": "FeatureCollection", "features": []}', "this is GeoJSON, not CSV"),
    ('\n[{"nom": "A", "lon": 2.44}]', "this is JSON, not CSV"),
    ('<?xml version="1.0"?><kml></kml>', "this is XML (KML, GPX or a web page), not CSV"),
    ("Marché;2,44;6,37;1100\nGare;2,43;6,36;1100\n", "this looks like data: put column names above it"),
    (f"{HEADER}A;2,44;6,37;1100 L\n", "write the number alone, without its unit"),
]


@pytest.mark.parametrize(("text", "message"), OTHERS)
def test_what_is_no_list_is_called_by_its_name(csv: Path, text: str, message: str) -> None:
    (error,) = errors_of(csv, text)
    assert message in error


def test_more_rows_than_are_read_are_told(csv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.city.tables.MOST_ROWS", 3)
    assert errors_of(csv, HEADER + "A;2,44;6,37;1100\n" * 5) == [
        "points.csv line 5: more than 3 rows: the others are not read"
    ]
