"""What is written reads back the same, whatever the registry holds."""

import math
from datetime import time
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.city.folder import read_folder
from services.city.registry import Container, Registry, Truck
from services.city.write import write_folder

names = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), min_size=1, max_size=60
)
minutes = st.integers(0, 24 * 60 - 2)


def registry_of(folder: Path) -> Registry:
    reading = read_folder(folder)
    assert reading.errors == ()
    assert reading.registry is not None
    return reading.registry


def test_the_example_reads_back_equal(folder: Path, tmp_path: Path) -> None:
    registry = registry_of(folder)
    write_folder(registry, tmp_path / "copy", notes=["What to do next", ""])
    assert registry_of(tmp_path / "copy") == registry
    assert (tmp_path / "copy" / "city.toml").read_text(encoding="utf-8").startswith("# What to do next\n#\n")


def test_a_basemap_is_written_and_a_stale_one_removed(folder: Path, tmp_path: Path) -> None:
    street = {
        "type": "Feature",
        "properties": {"kind": "street"},
        "geometry": {"type": "LineString", "coordinates": []},
    }
    registry = registry_of(folder)
    with_map = registry.model_copy(update={"basemap": {"type": "FeatureCollection", "features": [street]}})
    write_folder(with_map, tmp_path / "copy")
    assert registry_of(tmp_path / "copy") == with_map
    write_folder(registry, tmp_path / "copy")
    assert registry_of(tmp_path / "copy") == registry


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=names,
    lon=st.floats(-180, 180),
    lat=st.floats(-90, 90),
    capacity_l=st.floats(20, 100_000),
    start=minutes,
    break_s=st.integers(1, 86_400),
    assumptions=st.lists(names, max_size=3),
)
def test_any_registry_reads_back_equal(
    folder: Path,
    name: str,
    lon: float,
    lat: float,
    capacity_l: float,
    start: int,
    break_s: int,
    assumptions: list[str],
) -> None:
    registry = registry_of(folder)
    window = {"window_from": time(*divmod(start, 60)), "window_to": time(*divmod(start + 1, 60), 30)}
    place = {"name": name, "lon": lon, "lat": lat, "capacity_l": capacity_l}
    container = Container.model_validate({**registry.containers[0].model_dump(), **place, **window})
    rest = {"break_s": break_s, "break_from": time(*divmod(start, 60)), "break_to": time(23, 59, 59)}
    truck = Truck.model_validate({**registry.trucks[0].model_dump(), **rest})
    changed = registry.model_copy(
        update={
            "city": registry.city.model_copy(update={"assumptions": tuple(assumptions), "name": container.name}),
            "containers": (container, *registry.containers[1:]),
            "trucks": (truck, *registry.trucks[1:]),
        }
    )
    copy = folder.parent / "copy"
    write_folder(changed, copy)
    assert registry_of(copy) == changed
    assert math.isclose(registry_of(copy).containers[0].lon, lon)
