"""Where people live: a grid that the city gave, or the population of each zone spread evenly over its area."""

import csv
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.city.geometry import Points, distances_m, inside, middle_of, to_degrees, to_metres
from services.city.registry import Registry
from services.errors import TourneeError
from services.ledger.geotiff import SUFFIXES, WrongRaster, read_cells

COLUMNS = ("lon", "lat", "people")
STEP_M, LEAST_STEP_M = 75.0, 10.0
"""Of the points over which a zone's people are spread: half of the usual walk as the crow flies, or finer."""
POINTS_A_ZONE = 400
FARTHEST_M = 100_000.0
"""A cell farther from the containers is of another city, or in another projection. Assumed."""
MOST_CELLS = 500_000
SHOWN = 5


class WrongPopulation(TourneeError):
    """A population grid cannot be taken; nothing of it was."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Cells of a population grid: their middles, (n, 2) float64 [lon, lat], and (n,) people."""

    lonlat: Points
    people: NDArray[np.float64]

    @property
    def rows(self) -> list[list[float]]:
        """As it is kept: lon, lat, people."""
        return [[float(cell) for cell in row] for row in np.column_stack([self.lonlat, self.people])]

    @classmethod
    def of(cls, rows: Sequence[Sequence[float]] | NDArray[np.float64]) -> "Grid":
        """Of kept rows."""
        table = np.asarray(rows, dtype=np.float64).reshape(-1, 3)
        return cls(table[:, :2], table[:, 2])

    @property
    def sha256(self) -> str:
        return hashlib.sha256(np.ascontiguousarray(np.column_stack([self.lonlat, self.people])).tobytes()).hexdigest()


@dataclass(frozen=True, eq=False)
class People:
    """Points where people live. `zone` is (n,) int: a place in the registry's zones."""

    lonlat: Points
    count: NDArray[np.float64]
    zone: NDArray[np.int64]


def read_grid(path: Path, registry: Registry) -> Grid:
    """A GeoTIFF of people in each cell, or a CSV with the columns lon, lat (degrees WGS 84) and people.

    Raises:
        WrongPopulation: says every line that is wrong, and what is expected.
    """
    if path.suffix.lower() in SUFFIXES:
        return _read_geotiff(path, registry)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongPopulation(f"{path.name} cannot be read as UTF-8 text ({error}); expected a CSV file") from error
    first = text.split("\n", 1)[0]
    reader = csv.DictReader(StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ",")
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise WrongPopulation(f"{path.name}: expected the columns {', '.join(COLUMNS)}; missing {', '.join(missing)}")
    rows, faults = [], []
    for row in reader:
        try:
            rows.append([_number(name, row[name]) for name in COLUMNS])
        except ValueError as error:
            faults.append(f"{path.name}:{reader.line_num}: {error}")
    _refuse(path.name, faults)
    if not rows or len(rows) > MOST_CELLS:
        raise WrongPopulation(f"{path.name} has {len(rows)} cells; expected 1 to {MOST_CELLS}")
    grid = Grid.of(rows)
    _refuse(path.name, list(_faults(path.name, grid, registry)))
    return grid


def _read_geotiff(path: Path, registry: Registry) -> Grid:
    """Its cells within the box of the city's zones: people elsewhere are nobody's of this city."""
    shapes = [list(_corners(registry.zone_shapes[zone.id]["coordinates"])) for zone in registry.zones]
    corners = np.array([corner for shape in shapes for corner in shape], dtype=np.float64)
    if not len(corners):
        raise WrongPopulation(f"{registry.city.id} has no zones, so no part of {path.name} is its own; give it some")
    (west, south), (east, north) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    try:
        cells = read_cells(path, (west, south, east, north), MOST_CELLS)
    except WrongRaster as error:
        raise WrongPopulation(f"{path.name} was not taken:\n{error}") from error
    if not len(cells):
        raise WrongPopulation(f"{path.name} has nobody within the zones' box; expected a grid of this city")
    return Grid.of(cells)


def people_of(registry: Registry, grid: Grid | None) -> People:
    """Points with people, each of one zone; of a grid its cells, and those in no zone are nobody's of this city."""
    shapes: list[Mapping[str, Any]] = [registry.zone_shapes[zone.id] for zone in registry.zones]
    if grid is None:
        return _spread(registry, shapes)
    zone = np.full(len(grid.people), -1, dtype=np.int64)
    for number, shape in enumerate(shapes):
        zone[(zone < 0) & inside(grid.lonlat, dict(shape))] = number
    kept = (zone >= 0) & (grid.people > 0)
    return People(grid.lonlat[kept], grid.people[kept], zone[kept])


def _spread(registry: Registry, shapes: Sequence[Mapping[str, Any]]) -> People:
    """Evenly: a lattice over each zone, its people shared among the lattice's points."""
    lonlat, count, zone = [np.empty((0, 2))], [np.empty(0)], [np.empty(0, dtype=np.int64)]
    for number, (row, shape) in enumerate(zip(registry.zones, shapes, strict=True)):
        points = _lattice(dict(shape))
        lonlat.append(points)
        count.append(np.full(len(points), row.population / len(points)))
        zone.append(np.full(len(points), number, dtype=np.int64))
    return People(np.concatenate(lonlat), np.concatenate(count), np.concatenate(zone))


def _lattice(shape: dict[str, Any]) -> Points:
    """Points of a zone, at most `STEP_M` apart; of one too thin for any its middle."""
    corners = np.array(list(_corners(shape["coordinates"])), dtype=np.float64)
    origin = corners.mean(axis=0)
    metres = to_metres(corners, origin)
    low, high = metres.min(axis=0), metres.max(axis=0)
    step = min(STEP_M, max(LEAST_STEP_M, float(np.sqrt(np.prod(high - low) / POINTS_A_ZONE))))
    east, north = (np.arange(a + step / 2, b, step) for a, b in zip(low, high, strict=True))
    points = to_degrees(np.array(np.meshgrid(east, north)).reshape(2, -1).T, origin)
    within = points[inside(points, shape)] if len(points) else points
    return within if len(within) else origin[None, :]


def _corners(coordinates: Any) -> Iterator[list[float]]:
    if isinstance(coordinates[0], int | float):
        yield coordinates[:2]
        return
    for part in coordinates:
        yield from _corners(part)


def _number(name: str, cell: str | None) -> float:
    try:
        value = float((cell or "").strip().replace(",", "."))
    except ValueError:
        raise ValueError(f"{name} {cell or '(empty)'}; expected a number") from None
    if not np.isfinite(value) or (name == "people" and value < 0):
        raise ValueError(f"{name} {cell}; expected {'people, 0 or more' if name == 'people' else 'degrees'}")
    return value


def _faults(name: str, grid: Grid, registry: Registry) -> Iterator[str]:
    lon, lat = grid.lonlat.T
    if (np.abs(lon) > 180).any() or (np.abs(lat) > 90).any():
        yield (
            f"{name}: lon {lon[0]:g}, lat {lat[0]:g} are no degrees: the grid is in another projection (metres?); "
            "expected WGS 84 (EPSG:4326)"
        )
        return
    if registry.containers:
        city = middle_of(np.array([[c.lon, c.lat] for c in registry.containers]))
        far = int((distances_m(grid.lonlat, city) > FARTHEST_M).sum())
        if far:
            yield f"{name}: {far} of {len(lon)} cells are over 100 km from the containers; expected this city's alone"


def _refuse(name: str, faults: list[str]) -> None:
    if faults:
        more = [f"and {len(faults) - SHOWN} lines more"] if len(faults) > SHOWN else []
        raise WrongPopulation("\n".join([f"{name} was not taken:", *faults[:SHOWN], *more]))
