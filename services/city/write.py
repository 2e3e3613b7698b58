"""A registry as a city folder. Reading the folder gives the same registry again."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

from services.city.cells import written
from services.city.city_toml import NAME as CITY
from services.city.city_toml import city_text
from services.city.entry import Entry
from services.city.geojson import BASEMAP, ZONES
from services.city.registry import Registry
from services.city.sheets import TABLES


def write_folder(registry: Registry, path: Path, *, notes: Sequence[str] = ()) -> None:
    """Write every file of the folder, making it if need be; what is optional and not in the registry goes.

    Args:
        registry: what to write.
        path: the folder; files of the same names are replaced.
        notes: comment lines for the top of `city.toml`, what to do next.

    Raises:
        OSError: the folder cannot be written.
    """
    path.mkdir(parents=True, exist_ok=True)
    (path / CITY).write_text(city_text(registry.city, notes), encoding="utf-8")
    (path / ZONES).write_text(_zones_text(registry), encoding="utf-8")
    for table, model in TABLES.items():
        _write_table(path / f"{table}.csv", model, getattr(registry, table))
    for table in ("fleets", "penalties"):
        if not getattr(registry, table):
            (path / f"{table}.csv").unlink(missing_ok=True)
    if registry.basemap is None:
        (path / BASEMAP).unlink(missing_ok=True)
    else:
        (path / BASEMAP).write_text(json.dumps(registry.basemap, ensure_ascii=False) + "\n", encoding="utf-8")


def _write_table(path: Path, model: type[Entry], rows: Sequence[Entry]) -> None:
    columns = tuple(model.model_fields)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([written(getattr(row, column)) for column in columns] for row in rows)


def _zones_text(registry: Registry) -> str:
    """One feature a line, so that a difference between two versions can be read."""
    features = (
        {"type": "Feature", "properties": zone.model_dump(), "geometry": registry.zone_shapes[zone.id]}
        for zone in registry.zones
    )
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in features)
    return f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n'
