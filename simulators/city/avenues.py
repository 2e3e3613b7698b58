"""The avenues: the long lines that the rest of the streets grow between, and the only ones that cross the channel."""

from dataclasses import dataclass

import numpy as np
from shapely import LineString, get_parts, intersection, segmentize, union_all
from shapely.geometry.base import BaseGeometry

from simulators.city.terrain import Terrain
from simulators.geometry import FloatArray, smooth_curve

LANDFILL_XY_M = (-18_400.0, 4_600.0)
"""About 18 km west of the centre: cities of that coast drive 20 to 30 km to theirs."""
NODE_EVERY_M = 115.0
HAUL = "haul"
"""Key of the road to the landfill."""

_ROUTES: dict[str, list[tuple[float, float]]] = {
    "inland": [(-6300, 2900), (-4300, 2650), (-2400, 2350), (-500, 2450), (1450, 2600), (3600, 2500), (6000, 2800)],
    "centre": [(-650, 480), (-820, 1500), (-500, 2450), (-900, 3500), (-1000, 4600)],
    "northwest": [(-500, 2450), (-1900, 3350), (-3500, 4350), (-4700, 5500), (-5600, 7000)],
    "west": [(-4400, 520), (-4250, 1600), (-4300, 2650), (-4500, 4000), (-5000, 5600)],
    "ring": [(-2600, 480), (-2350, 1400), (-2400, 2350), (-1900, 3350), (-900, 3500), (300, 3450), (900, 3300)],
    "east": [(3700, 480), (3500, 1500), (3600, 2500), (3750, 3600), (3900, 4400)],
}
"""Control points in metres, where the avenues of one such city could run; the seed moves them about."""


@dataclass(frozen=True)
class Avenue:
    """A piece of an avenue between two crossings, bank to bank where `bridge`."""

    name_key: str
    bridge: bool
    line_xy_m: FloatArray


def _centrelines(terrain: Terrain, rng: np.random.Generator) -> dict[str, FloatArray]:
    shifts: dict[tuple[float, float], FloatArray] = {}

    def moved(point: tuple[float, float]) -> FloatArray:
        # A point that two avenues share moves once, so that they still meet.
        if point not in shifts:
            shifts[point] = np.array(point) + rng.uniform(-130, 130, 2)
        return shifts[point]

    lines = {key: np.array([moved(p) for p in points]) for key, points in _ROUTES.items()}
    x_m = np.linspace(-6400, 6100, 11)
    lines["coast"] = np.column_stack([x_m, terrain.coast_y_m(x_m) + 430 + rng.uniform(-60, 60, 11)])
    for key, bank in (("shore", np.linspace(2150, 6000, 6)),):
        lines[key] = np.column_stack([bank, terrain.shore_y_m(bank) - 420 + rng.uniform(-60, 60, len(bank))])
    west_gate = lines["inland"][0]
    lines[HAUL] = np.array([west_gate, [-9_000, 3_300], [-12_500, 3_000], [-15_800, 4_000], list(LANDFILL_XY_M)])
    return {key: smooth_curve(points, NODE_EVERY_M) for key, points in lines.items()}


def _bridge_cut(line: LineString, channel: BaseGeometry) -> list[tuple[bool, BaseGeometry]]:
    """The line as dry pieces and, where it crosses the channel, one straight bridge from bank to bank."""
    banks = channel.buffer(25)
    wet = intersection(line, banks)
    if wet.is_empty:
        return [(False, line)]
    dry = list(get_parts(line.difference(banks)))
    spans = [
        (True, LineString([part.coords[0], part.coords[-1]])) for part in get_parts(wet) if part.intersects(channel)
    ]
    return [(False, part) for part in dry] + spans


def _on_land(line: BaseGeometry, terrain: Terrain, key: str) -> list[tuple[bool, BaseGeometry]]:
    pieces = _bridge_cut(line, terrain.channel) if key in ("coast", "inland") else [(False, line)]
    blocked = terrain.water.buffer(60)
    kept: list[tuple[bool, BaseGeometry]] = []
    for bridge, piece in pieces:
        if bridge:
            kept.append((True, piece))
            continue
        # The approach to a bridge may come nearer to the water than any other street.
        avoid = terrain.water.buffer(10) if key in ("coast", "inland") else blocked
        kept.extend((False, part) for part in get_parts(piece.difference(avoid)) if part.length > 150)
    return kept


def draw_avenues(terrain: Terrain, rng: np.random.Generator) -> list[Avenue]:
    """All avenues, cut where they cross each other, with a vertex at least every 115 m."""
    named = [
        (key, bridge, piece)
        for key, line in _centrelines(terrain, rng).items()
        for bridge, piece in _on_land(LineString(line), terrain, key)
    ]
    noded = union_all([piece for _, _, piece in named], grid_size=0.5)
    avenues: list[Avenue] = []
    for part in get_parts(noded):
        middle = part.interpolate(0.5, normalized=True)
        key, bridge, _ = min(named, key=lambda entry: entry[2].distance(middle))
        shape = part if bridge or key == HAUL else segmentize(part, NODE_EVERY_M)
        avenues.append(Avenue(key, bridge, np.asarray(shape.coords, dtype=float)))
    return avenues
