"""What is allowed and yet likely a mistake: warnings, which do not keep a folder from being loaded."""

from collections.abc import Callable
from pathlib import Path

import pytest

from services.city.folder import read_folder

type Edit = Callable[[str, str, str], None]


def warned(folder: Path) -> list[str]:
    reading = read_folder(folder)
    assert reading.errors == ()
    return [str(warning) for warning in reading.warnings]


DOUBTFUL = [
    # 0.02 degrees of latitude beyond the edge at 6.546 are 2.2 km.
    ("containers.csv", "1.8587,6.5402", "1.8587,6.566",
     'containers.csv line 3, columns lon, lat: "1.8587, 6.566" — the position is 2.2 km outside the shape of '
     "zone centre"),
    ("containers.csv", "1.8587,6.5402", "6.5402,1.8587", "outside the shape of zone centre (lon and lat look swapped)"),
    ("containers.csv", "1.8587,6.5402", "1.8262,6.4874", "outside the shape of zone centre (inside zone se)"),
    ("containers.csv", "1.8587,6.5402", "1.8612,6.5371",
     'containers.csv line 2, columns lon, lat: "1.8612, 6.5371" — 2 containers stand on one position '
     "(HOU-001, HOU-002)"),
    ("depots.csv", "1.8579,6.5409", "6.5409,1.8579", "from the middle of the containers (lon and lat look swapped)"),
    ("disposal_sites.csv", "06:00,18:00", ",", "every disposal site for stream residual is closed"),
    ("zones.geojson", '"population": 7600', '"population": 0',
     'zones.geojson, feature 3: "doutou" — nobody lives in this zone'),
    ("zones.geojson", '{"id": "doutou"', '{"fid": 7, "id": "doutou"',
     "zones.geojson, feature 3, fid: unknown property: not read"),
    ("city.toml", "simulated = true", 'assumptions = ["depots.csv"]', "depots.csv: still assumed"),
    ("city.toml", "simulated = true", 'assumptions = ["the price of fuel"]', "still assumed: the price of fuel"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "message"), DOUBTFUL)
def test_what_is_doubtful_is_warned_of(folder: Path, edit: Edit, name: str, old: str, new: str, message: str) -> None:
    edit(name, old, new)
    assert any(message in warning for warning in warned(folder)), warned(folder)


def test_a_container_at_the_edge_of_its_zone_is_no_matter(folder: Path, edit: Edit) -> None:
    """0.0005 degrees beyond the edge at 6.546 are 56 m: across the street."""
    edit("containers.csv", "1.8587,6.5402", "1.8587,6.5465")
    assert warned(folder) == []


def test_a_zone_without_a_container_and_a_fleet_at_rest(folder: Path, edit: Edit) -> None:
    text = (folder / "containers.csv").read_text(encoding="utf-8")
    kept = [line for line in text.splitlines() if "doutou" not in line]
    (folder / "containers.csv").write_text("\n".join(kept), encoding="utf-8")
    (folder / "baseline.csv").write_text("circuit,truck,weekdays,position,container\n", encoding="utf-8")
    edit("trucks.csv", "11:00,yes", "11:00,no")
    edit("trucks.csv", ",,yes", ",,no")
    assert warned(folder) == [
        'zones.geojson, feature 3: "doutou" — no container is in this zone',
        "trucks.csv, column in_service: no truck is in service",
        "baseline.csv: no baseline: savings cannot be compared with what the city did before",
    ]


def test_a_street_network_is_noticed_and_an_odd_basemap_drawn(folder: Path) -> None:
    (folder / "roads.osm.pbf").write_bytes(b"osm")
    (folder / "basemap.geojson").write_text(
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"kind": "volcano"},'
        ' "geometry": {"type": "Point", "coordinates": [1.8, 6.5]}}]}',
        encoding="utf-8",
    )
    assert [warning.split(":")[0] for warning in warned(folder)] == ["basemap.geojson, feature 1", "roads.osm.pbf"]
