"""Read any city folder as plain files: what the simulators need of it, and no more checks than they need."""

import csv
import json
import tomllib
from dataclasses import dataclass
from datetime import time
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from simulators.geometry import FloatArray, Plane

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Container:
    """A container as the folder has it, with its kind's figures. `fill_per_day` is a share of its volume."""

    id: str
    lon: float
    lat: float
    kind: str
    capacity_l: float
    sensor: bool
    service_s: float
    kg_per_l: float
    fill_per_day: float


@dataclass(frozen=True)
class Truck:
    """A truck with its class's limits. `loose_l`: litres of loose waste that its body takes."""

    id: str
    depot: str
    capacity_kg: float
    loose_l: float
    shift_from: time = time(6)


@dataclass(frozen=True)
class Site:
    """A depot or a disposal site; a depot has no service time."""

    id: str
    lon: float
    lat: float
    service_s: float


@dataclass(frozen=True)
class BaselineStop:
    """A row of the fixed circuits; `weekdays` as numbers, 0 = Monday."""

    truck: str
    weekdays: frozenset[int]
    position: int
    container: str


@dataclass(frozen=True)
class CityFolder:
    """One city. `basemap` and `zones` are GeoJSON feature lists; `basemap` is empty where the folder has none."""

    id: str
    timezone: ZoneInfo
    containers: tuple[Container, ...]
    trucks: tuple[Truck, ...]
    sites: tuple[Site, ...]
    basemap: tuple[dict[str, Any], ...]
    zones: tuple[dict[str, Any], ...]
    baseline: tuple[BaselineStop, ...]

    @property
    def lonlat(self) -> FloatArray:
        """(n, 2) degrees, in the order of `containers`."""
        return np.array([[c.lon, c.lat] for c in self.containers])

    @cached_property
    def plane(self) -> Plane:
        """A plane in metres round the middle of the containers."""
        lon, lat = self.lonlat.mean(axis=0)
        return Plane(float(lon), float(lat))


def read_city_folder(folder: Path) -> CityFolder:
    """Read the folder. A missing file or column is an error that names it."""
    about = tomllib.loads((folder / "city.toml").read_text(encoding="utf-8"))
    kinds = {row["id"]: row for row in _rows(folder / "container_kinds.csv")}
    classes = {row["id"]: row for row in _rows(folder / "truck_classes.csv")}
    sites = [*_rows(folder / "depots.csv"), *_rows(folder / "disposal_sites.csv")]
    return CityFolder(
        id=about["id"],
        timezone=ZoneInfo(about["timezone"]),
        containers=tuple(_container(row, kinds[row["kind"]]) for row in _rows(folder / "containers.csv")),
        trucks=tuple(_truck(row, classes[row["truck_class"]]) for row in _rows(folder / "trucks.csv")),
        sites=tuple(Site(s["id"], float(s["lon"]), float(s["lat"]), float(s.get("service_s") or 0)) for s in sites),
        basemap=_features(folder / "basemap.geojson"),
        zones=_features(folder / "zones.geojson"),
        baseline=_baseline(folder / "baseline.csv"),
    )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = file.readline()
        file.seek(0)
        # A spreadsheet set to French writes semicolons.
        return list(csv.DictReader(file, delimiter=";" if first.count(";") > first.count(",") else ","))


def _features(path: Path) -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(path.read_text(encoding="utf-8"))["features"]) if path.exists() else ()


def _container(row: dict[str, str], kind: dict[str, str]) -> Container:
    return Container(
        id=row["id"],
        lon=float(row["lon"]),
        lat=float(row["lat"]),
        kind=row["kind"],
        capacity_l=float(row["capacity_l"]),
        sensor=(row.get("sensor") or "yes").lower() in ("yes", "oui", "true", "1"),
        service_s=float(kind["service_s"]),
        kg_per_l=float(kind["kg_per_l"]),
        fill_per_day=float(kind["fill_per_day"]),
    )


def _truck(row: dict[str, str], klass: dict[str, str]) -> Truck:
    loose_l = float(klass["capacity_l"]) * float(klass.get("compaction") or 1)
    return Truck(
        row["id"], row["depot"], float(klass["capacity_kg"]), loose_l, time.fromisoformat(row["shift_from"].zfill(5))
    )


def _baseline(path: Path) -> tuple[BaselineStop, ...]:
    """Empty for a city that has no fixed circuits."""
    if not path.exists():
        return ()
    return tuple(
        BaselineStop(row["truck"], _weekdays(row["weekdays"]), int(row["position"]), row["container"])
        for row in _rows(path)
    )


def _weekdays(cell: str) -> frozenset[int]:
    words = cell.lower().split()
    return frozenset(range(7)) if words == ["all"] else frozenset(WEEKDAYS.index(word) for word in words)
