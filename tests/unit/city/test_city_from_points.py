"""A plain list becomes a city that can be planned, with everything assumed marked as assumed."""

from pathlib import Path

import pytest

from services.city import assumed
from services.city.findings import WrongFile
from services.city.folder import read_folder
from services.city.from_points import MadeCity, from_points, make_city, notes
from services.city.geometry import distances_m
from services.city.points import read_points
from services.city.registry import Registry
from services.city.write import write_folder

LIST = """nom;longitude;latitude;volume
Marché Dantokpa;2,4400;6,3700;7000
Marché Dantokpa;2,4410;6,3705;7000
Zongo;2,4350;6,3650;240
Ɖowa;2,4300;6,3600;1100
"""


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    path = tmp_path / "points.csv"
    path.write_text(LIST, encoding="utf-8")
    return path


def check(registry: Registry, folder: Path) -> list[str]:
    """Write, read back, and compare; the files that are still assumed."""
    write_folder(registry, folder, notes=notes(registry.city))
    reading = read_folder(folder)
    assert reading.errors == ()
    assert reading.registry == registry
    return [warning.file for warning in reading.warnings if "still assumed" in warning.message]


def test_a_list_becomes_a_right_folder_with_its_assumptions_marked(csv: Path, tmp_path: Path) -> None:
    registry = from_points(csv, city_id="cotonou", name="Cotonou", timezone="Africa/Porto-Novo", currency="XOF")
    assert [container.id for container in registry.containers] == [
        "marche-dantokpa",
        "marche-dantokpa-2",
        "zongo",
        "dowa",
    ]
    assert [container.kind for container in registry.containers] == ["skip", "skip", "bin", "large-bin"]
    assert not any(container.sensor for container in registry.containers)
    assert check(registry, tmp_path / "out") == list(registry.city.assumptions)
    assert len(registry.city.assumptions) == 9
    top = (tmp_path / "out" / "city.toml").read_text(encoding="utf-8").partition("\n\n")[0]
    assert all(file in top for file in registry.city.assumptions)


def test_what_is_given_is_not_assumed(csv: Path, tmp_path: Path) -> None:
    registry = from_points(
        csv,
        city_id="cotonou",
        name="Cotonou",
        fuel_per_l=700,
        population=679_012,
        trucks=3,
        depot=(2.43, 6.37),
        disposal=(2.30, 6.45),
    )
    files = check(registry, tmp_path / "out")
    assert {"city.toml", "zones.geojson", "depots.csv"}.isdisjoint(files)
    assert len(registry.trucks) == 3
    assert (registry.depots[0].lon, registry.depots[0].lat) == (2.43, 6.37)
    assert registry.city.prices.crew_per_h == 2.5 * 700
    assert registry.city.planning.overflow_price_per_l == pytest.approx(2.1)  # 0.003 x 700


def test_every_container_is_in_the_baseline_once_and_every_truck_takes_several(csv: Path) -> None:
    registry = from_points(csv, city_id="c", name="C")
    assert sorted(stop.container for stop in registry.baseline) == sorted(c.id for c in registry.containers)
    body = registry.truck_classes[0]
    # 3 skips of 7,000 L at 0.25 kg/L: 5,250 kg; pressed 2.5 times: 8,400 L.
    assert body.capacity_kg >= 5250
    assert body.capacity_l >= 8400


@pytest.mark.parametrize("trucks", [None, 1, 2, 3, 9])
def test_no_truck_drives_two_rounds_on_one_day(csv: Path, trucks: int | None) -> None:
    registry = from_points(csv, city_id="c", name="C", trucks=trucks)
    circuits = {(stop.circuit, stop.truck, day) for stop in registry.baseline for day in stop.weekdays}
    assert len({(truck, day) for _, truck, day in circuits}) == len(circuits)


def test_the_site_is_8_km_north_of_the_northernmost_container(csv: Path) -> None:
    registry = from_points(csv, city_id="c", name="C")
    site = registry.disposal_sites[0]
    north = max(container.lat for container in registry.containers)
    # 8,000 m / 111,195 m a degree = 0.0719
    assert site.lat - north == pytest.approx(0.0719, abs=1e-4)


def test_rounds_end_where_loads_or_the_shift_do(tmp_path: Path) -> None:
    """40 skips on one street: three loads of 36,000 L take 17 of 6,300 L, eight minutes each is a shift sooner."""
    path = tmp_path / "points.csv"
    path.write_text(
        "name,lon,lat,litres\n" + "".join(f"s{n},{2.4 + n / 2000},6.4,7000\n" for n in range(40)), encoding="utf-8"
    )
    registry = from_points(path, city_id="c", name="C")
    sizes = [sum(stop.circuit == f"round-{n}" for stop in registry.baseline) for n in range(1, 20)]
    assert sum(sizes) == 40
    assert 5 <= max(sizes) <= 17
    assert assumed.load_l(registry.truck_classes[0]) == 36_000  # 9,000 kg / 0.25 kg/L, below 16,000 L x 2.5


def test_a_giant_container_gets_a_truck_of_its_size(tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text("name,lon,lat,litres\nHall,2.4,6.4,40000\n", encoding="utf-8")
    registry = from_points(path, city_id="c", name="C")
    assert registry.truck_classes[0].capacity_kg == 30_000  # 3 x 40,000 L x 0.25 kg/L
    assert check(registry, tmp_path / "out")


# 40 containers of 3,200 L, half a kilometre apart.
LARGE = "name,lon,lat,litres\n" + "".join(f"p{n},{-3.7 + n / 200},40.4,3200\n" for n in range(40))


def made(path: Path, large: assumed.Large | None = None, trucks: int | None = None) -> MadeCity:
    path.write_text(LARGE, encoding="utf-8")
    return make_city(read_points(path), city_id="m", name="M", large=large, trucks=trucks)


def test_street_containers_are_not_taken_for_skips_and_the_assumption_is_told(csv: Path) -> None:
    """Whether 3,200 L are emptied on the spot or hooked and tipped, litres cannot tell; the fleet hangs on it."""
    city, as_skips = made(csv), made(csv, "skip")
    assert {c.kind for c in city.registry.containers} == {"street"}
    assert {k.service_s for k in city.registry.container_kinds} == {120}
    assert {c.kind for c in as_skips.registry.containers} == {"skip"}
    assert {k.service_s for k in as_skips.registry.container_kinds} == {480}
    # Three loads of the 8 m3 body hold 48,000 L, 16 skips at 2,880 L: 40 take three trucks at least. Three of the
    # 22 m3 body hold 144,000 L, 50 of them.
    few, many = len(city.registry.trucks), len(as_skips.registry.trucks)
    assert few < many
    assert many >= 3
    assert city.consequences == (
        # 40 x 3,200 L x 0.9 x 0.25 kg/L
        f"trucks assumed: {few} x Compactor 22 m3, as many as can empty every container on one day (28.8 t of waste)",
        "containers over 2000 L: 40, the largest 3200 L, taken for: street container (120 s each). That takes "
        f"{few} x Compactor 22 m3 to empty all on one day; litres do not tell how they are emptied. "
        f"As skip (480 s each, --large skip): {many} x Compactor 8 m3",
    )


def test_what_is_said_of_large_containers_and_trucks_is_not_told_as_assumed(csv: Path) -> None:
    assert made(csv, "street", trucks=7).consequences == ()
    assert len(made(csv, "street", trucks=7).registry.trucks) == 7
    (told,) = made(csv, trucks=7).consequences
    assert told.startswith("containers over 2000 L: 40")


def test_what_assumptions_lead_to_stands_at_the_top_of_the_folder(csv: Path, tmp_path: Path) -> None:
    city = made(csv)
    write_folder(city.registry, tmp_path / "out", notes=notes(city.registry.city, city.consequences))
    top = (tmp_path / "out" / "city.toml").read_text(encoding="utf-8").partition("schema")[0]
    assert "# trucks assumed:" in top
    assert " ".join(city.consequences[1].split()) in " ".join(top.replace("#", "").split())
    assert max(map(len, top.splitlines())) <= 120


WRONG = [
    ("6,3650;240", "96,3650;240",
     'points.csv line 4, column lat: "96,3650" — expected degrees north, -90 to 90 (WGS 84)'),
    ("6,3650;240", "6,3650;7", 'points.csv line 4, column litres: "7" — expected litres, 20 to 100000'
     " (cubic metres? 1 m3 = 1000 litres)"),
    ("2,4350;6,3650", "6,3650;2,4350", 'points.csv line 4, columns lon, lat: "6.365, 2.435" — '
     "616 km from the middle of the points: expected a city (lon and lat look swapped)"),
    ("Zongo;", ";", "points.csv line 4, column name: empty — expected a text of 1 to 120 letters"),
    (";volume", ";contenu", "points.csv line 1: no column for litres; expected one of litres, liters, litros,"
     " capacity, capacite, capacidad, capacidade, volume, volumen"),
    ("nom;longitude", "x;longitude", "points.csv line 1: two columns for lon: x, longitude"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message"), WRONG)
def test_a_wrong_row_of_the_list_is_told(csv: Path, old: str, new: str, message: str) -> None:
    csv.write_text(LIST.replace(old, new), encoding="utf-8")
    with pytest.raises(WrongFile) as caught:
        from_points(csv, city_id="c", name="C")
    assert message in [str(error) for error in caught.value.errors]


def test_the_skips_of_blantyre_become_a_city(shared: Path, tmp_path: Path) -> None:
    """53 skips of 7,000 L; "Limbe market" stands twice in the list, "Chigumula" three times."""
    path = shared / "data" / "skips-blantyre" / "wasteskipsblantyre.csv"
    registry = from_points(path, city_id="blantyre", name="Blantyre", timezone="Africa/Blantyre", currency="MWK")
    ids = [container.id for container in registry.containers]
    assert len(ids) == len(set(ids)) == 53
    assert {"limbe-market", "limbe-market-2", "chigumula-3"} <= set(ids)
    check(registry, tmp_path / "out")
    points = read_points(path)
    site = registry.disposal_sites[0]
    assert distances_m(points.positions, (site.lon, site.lat)).min() > 7_900
    assert 3 <= len(registry.trucks) <= 8
