"""Whatever bytes a file holds, reading tells what is wrong and never crashes."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from services.city.findings import WrongFile
from services.city.folder import read_folder
from services.city.latin import plain_letters, unique_ids
from services.city.numbers import Answer, NumberColumn
from services.city.points import read_points
from services.contracts.fields import Id

MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
FILES = ("city.toml", "zones.geojson", "containers.csv", "trucks.csv", "disposal_sites.csv", "baseline.csv")

cells = st.one_of(
    st.sampled_from(["", "HOU-001", "centre", "06:00", "18:00", "99", "-1", "1e309", "yes", "a b", '"', "1,5", "nan"]),
    st.text(max_size=8),
)
rows = st.lists(st.lists(cells, max_size=14).map(",".join), max_size=5).map("\n".join)


@MANY
@given(name=st.sampled_from(FILES), data=st.binary(max_size=300))
@example(name="containers.csv", data=b"\xff")
@example(name="city.toml", data=b"a = 1" + b"0" * 5000)
@example(name="zones.geojson", data=b'{"type":"FeatureCollection","features":[{"properties":{"id":[]},"geometry":{}}]}')
def test_any_bytes_become_findings(folder: Path, name: str, data: bytes) -> None:
    (folder / name).write_bytes(data)
    reading = read_folder(folder)
    assert (reading.registry is None) == bool(reading.errors)
    assert all(str(finding) for finding in reading.errors + reading.warnings)


@pytest.mark.slow
@MANY
@given(name=st.sampled_from([name for name in FILES if name.endswith(".csv")]), text=rows)
def test_any_rows_under_a_right_header_become_findings(folder: Path, name: str, text: str) -> None:
    path = folder / name
    header = path.read_text(encoding="utf-8").partition("\n")[0]
    path.write_bytes(f"{header}\n{text}".encode(errors="replace"))
    reading = read_folder(folder)
    assert (reading.registry is None) == bool(reading.errors)
    path.write_text(header, encoding="utf-8")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["id", "type", "name"]), inner),
    max_leaves=12,
)


@pytest.mark.slow
@MANY
@given(geometry=json_values, properties=json_values, coordinates=json_values)
def test_any_feature_becomes_findings(folder: Path, geometry: object, properties: object, coordinates: object) -> None:
    features = [
        {"type": "Feature", "properties": properties, "geometry": geometry},
        {
            "properties": {"id": "a", "name": "A", "population": 1},
            "geometry": {"type": "Polygon", "coordinates": coordinates},
        },
    ]
    (folder / "zones.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert read_folder(folder).registry is None


@MANY
@given(data=st.binary(max_size=200))
def test_any_list_of_points_is_read_or_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "points.csv"
    path.write_bytes(b"name,lon,lat,litres\n" + data)
    with suppress(WrongFile):
        assert read_points(path).points


@given(st.lists(st.text(max_size=70), max_size=30))
def test_ids_of_any_names_are_unique_and_valid(names: list[str]) -> None:
    ids = unique_ids(names)
    assert len(set(ids)) == len(names)
    TypeAdapter(list[Id]).validate_python(ids)


@given(st.text(max_size=12) | st.text("0123456789.,' -+e", max_size=12), st.none() | st.sampled_from(Answer))
def test_numbers_are_plain_ascii_ones_or_not_read(cell: str, answer: Answer | None) -> None:
    number = NumberColumn(answer).read(cell)
    assert not isinstance(number, str) or (number.isascii() and "_" not in number and float(number) is not None)


@pytest.mark.parametrize(("name", "plain"), [("Sè-Ɖowa", "Se-Dowa"), ("Œuvre", "OEuvre"), ("Gbɛ̀tɔ́", "Gbeto")])
def test_accents_are_taken_off(name: str, plain: str) -> None:
    assert plain_letters(name) == plain
