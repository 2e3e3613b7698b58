"""The made-up city as a city folder: the files of `docs/city-folder.md`, the same bytes for the same seed."""

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from simulators.city.basemap import basemap, positions, shape_geometry
from simulators.city.containers import PlacedContainer
from simulators.city.contract import FLEETS, PENALTIES
from simulators.city.draw import DrawnCity, draw_city
from simulators.city.fleet import (
    BREAK_FROM,
    BREAK_S,
    BREAK_TO,
    CAPACITY_L,
    CONTAINER_KINDS,
    MARKET_FROM,
    MARKET_TO,
    SHIFT_FROM,
    SHIFT_TO,
    TIPPER,
    TRUCK_CLASSES,
    Truck,
)
from simulators.city.names import CITY_ID, CITY_NAME
from simulators.city.osm import write_extract
from simulators.geometry import FloatArray

CITY_TOML = f"""\
# A made-up city: coast, streets, people, fleet and prices are drawn or assumed. Written by simulators/city.

schema = "tournee/city/1"
id = "{CITY_ID}"
name = "{CITY_NAME}"
timezone = "Africa/Porto-Novo"
currency = "XOF"
simulated = true

[prices]
fuel_per_l = 695
crew_per_h = 2600

[planning]
plan_at = "04:30"
time_limit_s = 12
full_at_fill_ratio = 0.8
max_days_between_emptyings = 3.0
next_round_h = 24
overflow_price_per_l = 4
"""
RESIDUAL = "residual"

type Row = Sequence[str | int | float]


def write_city_folder(seed: int, folder: Path) -> DrawnCity:
    """Draw the city of this seed and write its folder, making it if need be; files of the same names are replaced."""
    city = draw_city(seed)
    write_drawn_city(city, folder)
    return city


def write_drawn_city(city: DrawnCity, folder: Path) -> None:
    """Write the folder of a city that is already drawn."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "city.toml").write_text(CITY_TOML, encoding="utf-8", newline="\n")
    _write_features(folder / "zones.geojson", _zones(city))
    _write_features(folder / "basemap.geojson", basemap(city))
    write_extract(city, folder / "roads.osm.gz")
    _write_kinds(folder / "container_kinds.csv")
    _write_containers(folder / "containers.csv", city)
    _write_classes(folder / "truck_classes.csv")
    _write_trucks(folder / "trucks.csv", city.trucks)
    _write_places(folder, city)
    _write_baseline(folder / "baseline.csv", city)
    _write_table(folder / "fleets.csv", "id name contractor zones kinds", FLEETS)
    _write_table(folder / "penalties.csv", "code event unit amount grace cap", PENALTIES)


def _write_table(path: Path, columns: str, rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns.split())
        writer.writerows(rows)


def _write_features(path: Path, features: Iterable[dict[str, Any]]) -> None:
    """One feature a line, so that a difference between two versions can be read."""
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False, separators=(",", ":")) for feature in features)
    text = f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n'
    path.write_text(text, encoding="utf-8", newline="\n")


def _lonlat(city: DrawnCity, xy_m: FloatArray) -> tuple[str, str]:
    lon, lat = positions(city.plane, xy_m.reshape(1, 2))[0]
    return f"{lon:.6f}", f"{lat:.6f}"


def _zones(city: DrawnCity) -> list[dict[str, Any]]:
    return [
        {
            "type": "Feature",
            "properties": {"id": district.id, "name": district.name, "population": district.population},
            "geometry": shape_geometry(city.plane, district.shape),
        }
        for district in city.districts
    ]


def _write_kinds(path: Path) -> None:
    _write_table(path, "id name service_s kg_per_l fill_per_day mount_mm blind_mm", CONTAINER_KINDS)


def _write_containers(path: Path, city: DrawnCity) -> None:
    columns = "id name lon lat kind capacity_l zone stream sensor window_from window_to truck_classes"
    _write_table(path, columns, [_container_row(city, container) for container in city.containers])


def _container_row(city: DrawnCity, container: PlacedContainer) -> Row:
    window = (MARKET_FROM, MARKET_TO) if container.market is not None else ("", "")
    return (
        container.id,
        container.name,
        *_lonlat(city, np.array(container.xy_m)),
        container.kind,
        CAPACITY_L[container.kind],
        city.districts[container.zone].id,
        RESIDUAL,
        "yes" if container.sensor else "no",
        *window,
        TIPPER if container.small_only else "",
    )


def _write_classes(path: Path) -> None:
    columns = "id name capacity_kg capacity_l compaction max_trips fixed_cost drive_l_per_km per_stop_l idle_l_per_h"
    rows = [
        (
            c.id,
            c.name,
            c.capacity_kg,
            c.capacity_l,
            c.compaction,
            c.max_trips,
            c.fixed_cost_xof,
            c.drive_l_per_km,
            c.per_stop_l,
            c.idle_l_per_h,
        )
        for c in TRUCK_CLASSES.values()
    ]
    _write_table(path, columns, rows)


def _write_trucks(path: Path, trucks: Iterable[Truck]) -> None:
    columns = "id truck_class depot shift_from shift_to streams break_s break_from break_to in_service"
    rows = []
    for truck in trucks:
        rest = (BREAK_S, BREAK_FROM, BREAK_TO) if truck.has_break else (0, "", "")
        rows.append((truck.id, truck.truck_class, truck.depot, SHIFT_FROM, SHIFT_TO, RESIDUAL, *rest, "yes"))
    _write_table(path, columns, rows)


def _write_places(folder: Path, city: DrawnCity) -> None:
    depots = [(depot.id, depot.name, *_lonlat(city, np.array(depot.xy_m))) for depot in city.depots]
    _write_table(folder / "depots.csv", "id name lon lat", depots)
    columns = "id name lon lat service_s open_from open_to weekdays streams"
    sites = [
        (s.id, s.name, *_lonlat(city, np.array(s.xy_m)), s.service_s, s.open_from, s.open_to, s.weekdays, RESIDUAL)
        for s in city.sites
    ]
    _write_table(folder / "disposal_sites.csv", columns, sites)


def _write_baseline(path: Path, city: DrawnCity) -> None:
    rows = [(s.circuit, s.truck, " ".join(s.weekdays), s.position, s.container) for s in city.baseline]
    _write_table(path, "circuit truck weekdays position container", rows)
