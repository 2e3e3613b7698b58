"""From millimetres to a share, by the container kind's inside."""

from pathlib import Path

import pytest

from services.city.folder import read_folder
from services.city.registry import ContainerKind
from services.edges.filling import fill, fill_ratio
from services.edges.heard import Heard, Refused
from tests.support.example_town import EXAMPLE


def kind(**inside: object) -> ContainerKind:
    plain = {"id": "bac-1100", "name": "Bac", "service_s": 90, "kg_per_l": 0.25, "fill_per_day": 0.45}
    return ContainerKind.model_validate(plain | inside)


@pytest.mark.parametrize(("distance_mm", "ratio"), [(1300, 0), (775, 0.5), (250, 1), (1400, 0)])
def test_box_is_full_where_the_sensor_begins_to_hear(distance_mm: float, ratio: float) -> None:
    """1300 mm above the floor, blind for 250: 1050 mm make it full, half of it is 525 mm high, 775 below the sensor."""
    assert fill_ratio(kind(mount_mm=1300, blind_mm=250), distance_mm) == pytest.approx(ratio)


def test_depth_says_where_full_is() -> None:
    """1000 mm are full: 300 below the sensor is full, 800 is half."""
    deep = kind(mount_mm=1300, blind_mm=250, depth_mm=1000)
    assert fill_ratio(deep, 300) == 1
    assert fill_ratio(deep, 800) == 0.5


def test_levels_tell_the_litres_of_a_container_that_is_no_box() -> None:
    """Heights 0, 400, 1100 hold 0, 180, 660 L: at 750 mm it is half way from 180 to 660, 420 of 660 L."""
    funnel = kind(mount_mm=1300, blind_mm=100, levels=("0:0", "400:180", "1100:660"))
    assert fill_ratio(funnel, 1300 - 750) == pytest.approx(420 / 660)
    assert fill_ratio(funnel, 150) == 1
    assert fill_ratio(funnel, 1310) == 0


@pytest.mark.parametrize("distance_mm", [100, 1500])
def test_distance_that_cannot_be_of_this_container_is_refused_with_its_limits(distance_mm: float) -> None:
    """Nearer than it hears, or farther than the floor by over a tenth: 1300 * 1.1 = 1430."""
    with pytest.raises(Refused, match=f"distance: {distance_mm}; expected 250 to 1430 mm for container kind bac-1100"):
        fill_ratio(kind(mount_mm=1300, blind_mm=250), distance_mm)


def test_tilted_sensor_tells_no_fill_and_keeps_its_distance() -> None:
    heard = Heard(distance_mm=775, alarms=["tilt"])
    fill(heard, kind(mount_mm=1300, blind_mm=250))
    assert (heard.fill_ratio, heard.distance_mm) == (None, 775)
    assert "tilted" in heard.dropped[0].told


def test_kind_without_an_inside_says_which_column_is_missing() -> None:
    heard = Heard(distance_mm=775)
    fill(heard, kind())
    assert heard.fill_ratio is None
    assert "mount_mm" in heard.dropped[0].told


@pytest.mark.parametrize(
    ("columns", "wrong"),
    [
        ("blind_mm", "mount_mm"),
        ("mount_mm,blind_mm", "blind_mm"),
        ("mount_mm,depth_mm", "depth_mm"),
        ("mount_mm,levels", "levels"),
    ],
)
def test_inside_that_no_sensor_could_look_into_is_told_at_its_cell(folder: Path, columns: str, wrong: str) -> None:
    values = {"mount_mm": "300", "blind_mm": "300", "depth_mm": "400", "levels": "0:0 200:90 100:180"}
    cells = ",".join(values[column] for column in columns.split(","))
    head = "id,name,service_s,kg_per_l,fill_per_day"
    lines = (folder / "container_kinds.csv").read_text().splitlines()
    empty = "," * columns.count(",") + ","
    rows = [f"{lines[1]},{cells}", *(f"{line}{empty}" for line in lines[2:])]
    assert lines[0] == head
    (folder / "container_kinds.csv").write_text("\n".join([f"{head},{columns}", *rows]) + "\n")
    errors = [str(error) for error in read_folder(folder).errors]
    assert len(errors) == 1
    assert f"container_kinds.csv line 2, column {wrong}" in errors[0]


def test_folder_without_these_columns_is_the_same_city_as_before() -> None:
    registry = read_folder(EXAMPLE).registry
    assert registry is not None
    document = registry.container_kinds[0].model_dump(mode="json")
    assert set(document) == {"id", "name", "service_s", "kg_per_l", "fill_per_day"}
