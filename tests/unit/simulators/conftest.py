"""A small town for the simulators: a few streets, a market, two trucks, a landfill at the end of an avenue."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulators.city_folder import CityFolder, read_city_folder
from simulators.world import World

START = date(2026, 11, 2)  # a Monday
M = 1 / 111_000  # degrees a metre, near enough

CITY_TOML = """\
schema = "tournee/city/1"
id = "small-town"
name = "Small Town"
timezone = "Africa/Porto-Novo"
currency = "XOF"
"""


def _line(kind: str, *points_m: tuple[float, float]) -> dict[str, Any]:
    coordinates = [[round(2 + x * M, 6), round(6 + y * M, 6)] for x, y in points_m]
    return {
        "type": "Feature",
        "properties": {"kind": kind},
        "geometry": {"type": "LineString", "coordinates": coordinates},
    }


def _polygon(properties: dict[str, Any], *points_m: tuple[float, float]) -> dict[str, Any]:
    ring = [[2 + x * M, 6 + y * M] for x, y in (*points_m, points_m[0])]
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def _collection(features: list[dict[str, Any]]) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features})


def _write_town(folder: Path, containers: int) -> Path:
    """Crossings every 200 m; containers on the streets that run east, the first three at the market."""
    folder.mkdir()
    rows, columns = range(0, 1001, 200), range(0, 1001, 200)
    streets = [_line("street", *((x, y) for x in columns)) for y in rows]
    streets += [_line("street", *((x, y) for y in rows)) for x in columns]
    streets += [_line("avenue", (1000, 400), (4000, 500), (8000, 400))]
    market = _polygon({"kind": "market"}, (0, 10), (150, 10), (150, 150), (0, 150))
    (folder / "basemap.geojson").write_text(_collection([*streets, market]))
    zone = _polygon(
        {"id": "Z1", "name": "Town", "population": 9000}, (-50, -50), (1050, -50), (1050, 1050), (-50, 1050)
    )
    (folder / "zones.geojson").write_text(_collection([zone]))
    (folder / "city.toml").write_text(CITY_TOML)
    (folder / "container_kinds.csv").write_text(
        "id,name,service_s,kg_per_l,fill_per_day\nbac,Bac,60,0.28,0.4\nmarche,Caisson de marché,120,0.35,0.6\n"
    )
    lines = ["id,name,lon,lat,kind,capacity_l,zone,sensor"]
    baseline = ["circuit,truck,weekdays,position,container"]
    for k in range(containers):
        x, y = 40 + 73 * k % 900, 200 * (73 * k // 900 % 6) + 4
        kind, volume = ("marche", 2500) if k < 3 else ("bac", 660)
        lines.append(
            f"C{k:03d},Bin {k},{2 + x * M:.6f},{6 + y * M:.6f},{kind},{volume},Z1,{'no' if k % 5 == 4 else 'yes'}"
        )
        baseline.append(f"B1,T1,{'all' if k < 3 else 'mon thu'},{k + 1},C{k:03d}")
    (folder / "containers.csv").write_text("\n".join(lines) + "\n")
    (folder / "baseline.csv").write_text("\n".join(baseline) + "\n")
    (folder / "truck_classes.csv").write_text("id,name,capacity_kg,capacity_l,compaction\nbig,Big,9000,14000,2.5\n")
    (folder / "trucks.csv").write_text("id,truck_class,depot,shift_from\nT1,big,D1,06:00\nT2,big,D1,06:00\n")
    (folder / "depots.csv").write_text(f"id,name,lon,lat\nD1,Depot,{2 + 400 * M},{6 + 800 * M}\n")
    (folder / "disposal_sites.csv").write_text(
        f"id,name,lon,lat,service_s\nL1,Landfill,{2 + 8000 * M},{6 + 400 * M},900\n"
    )
    return folder


@pytest.fixture(scope="session")
def town_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty containers."""
    return _write_town(tmp_path_factory.mktemp("town") / "folder", 40)


@pytest.fixture
def town(town_folder: Path) -> CityFolder:
    return read_city_folder(town_folder)


@pytest.fixture
def make_world(town_folder: Path) -> Callable[..., World]:
    """A world of the small town that begins on START; keyword arguments are passed on."""

    def make(seed: int = 1, **options: Any) -> World:
        return World.from_folder(town_folder, seed, START, **options)

    return make


@pytest.fixture
def make_circuit(town: CityFolder) -> Callable[..., dict[str, Any]]:
    """A circuit as the web hands it to the phone: depot at 06:00, these containers, the landfill, the depot."""

    def make(stops: list[str], truck: str = "T1", day: date = START, plan_id: str = "plan-1") -> dict[str, Any]:
        places = {c.id: (c.lon, c.lat) for c in town.containers} | {s.id: (s.lon, s.lat) for s in town.sites}
        kinds = [("depot", "D1"), *(("stop", stop) for stop in stops), ("disposal", "L1"), ("depot", "D1")]
        at = f"{day}T06:00:00+01:00"
        visits = [
            {
                "sequence": n,
                "kind": kind,
                "place": place,
                "name": place,
                "lon": places[place][0],
                "lat": places[place][1],
                "arrive_at": at,
                "start_at": at,
                "leave_at": at,
            }
            for n, (kind, place) in enumerate(kinds)
        ]
        return {"plan_id": plan_id, "day": day.isoformat(), "truck": truck, "number": 1, "visits": visits}

    return make


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)
