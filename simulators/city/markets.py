"""Market squares: where most of the waste is made, beside the avenues."""

from dataclasses import dataclass

import numpy as np
from shapely import Point, Polygon, distance, linestrings, union_all
from shapely.affinity import rotate, translate
from shapely.geometry.base import BaseGeometry

from simulators.city.avenues import Avenue
from simulators.city.names import MARKETS
from simulators.city.terrain import Terrain

_PLACES: tuple[tuple[float, float, float], ...] = (
    (1050, 2250, 330),
    (950, 750, 190),
    (3900, 2250, 200),
    (4900, 4450, 160),
    (-650, 3250, 210),
    (-2650, 2600, 200),
    (-2350, 850, 160),
    (-4600, 2350, 180),
    (-3300, 4450, 190),
)
"""Metres east, north and width, about: the great market stands at the foot of the inland bridge."""


@dataclass(frozen=True)
class Market:
    name: str
    shape: BaseGeometry


def draw_markets(terrain: Terrain, avenues: list[Avenue], rng: np.random.Generator) -> list[Market]:
    """One square a name, moved beside the nearest avenue and clear of it and of the water."""
    roads = union_all([linestrings(avenue.line_xy_m) for avenue in avenues])
    avoid = union_all([roads.buffer(22), terrain.water.buffer(70)])
    return [
        Market(name, _beside(x, y, width, roads, avoid, rng))
        for name, (x, y, width) in zip(MARKETS, _PLACES, strict=True)
    ]


def _square(width_m: float, rng: np.random.Generator) -> Polygon:
    half, deep = width_m / 2, width_m * rng.uniform(0.28, 0.4)
    corners = np.array([[-half, -deep], [half, -deep], [half, deep], [-half, deep]])
    return Polygon(corners + rng.uniform(-0.07, 0.07, (4, 2)) * width_m)


def _beside(
    x: float, y: float, width_m: float, roads: BaseGeometry, avoid: BaseGeometry, rng: np.random.Generator
) -> BaseGeometry:
    """The try nearest to a road among those that touch neither road nor water."""
    best: BaseGeometry | None = None
    best_m = np.inf
    for _ in range(400):
        shape = rotate(_square(width_m, rng), float(rng.uniform(0, 180)), origin=(0, 0))
        shape = translate(shape, x + rng.normal(0, 160), y + rng.normal(0, 160))
        away_m = float(distance(shape, roads)) + 0.15 * float(distance(shape.centroid, Point(x, y)))
        if not shape.intersects(avoid) and away_m < best_m:
            best, best_m = shape, away_m
    if best is None:
        raise ValueError(f"no room for a market near {x:.0f} m east, {y:.0f} m north: choose another seed")
    return best
