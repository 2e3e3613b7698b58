"""Containers beside the streets: more where more people live, clusters at the markets, none where no truck goes."""

from dataclasses import dataclass, replace

import numpy as np
from shapely import Point, prepare
from shapely.geometry.base import BaseGeometry

from simulators.city.districts import UNSERVED, District
from simulators.city.markets import Market
from simulators.city.names import LANDMARKS
from simulators.city.streets import AVENUE, BRIDGE, CENTRE_XY_M, Streets
from simulators.geometry import BoolArray, FloatArray, IntArray

STREET_CONTAINERS = 652
MARKET_CONTAINERS = (11, 4, 5, 4, 6, 5, 4, 4, 5)
"""By market, in the order of `names.MARKETS`; 700 containers in all."""
SENSOR_SHARE = 0.7
BESIDE_M = 5.0
"""From the middle of the street to the container's place on its side."""
MIN_SPACING_M = 55.0
OUTSIDE_M = 60.0
"""Borders are simplified, so a street of the district may lie a little outside its shape."""
NARROW_QUARTERS = 0.2
"""Share of the small quarters whose lanes only the small trucks enter."""
CONTAINERS_PER_PERSON = np.array([1, 1, 1, 1, 1.5, 1, 1.4, 1.4, 1, 1, 1.1, 0.7, 0.8])
"""Containers per person against the mean: the centre has more of them, the outskirts fewer."""


@dataclass(frozen=True)
class PlacedContainer:
    """One container, metres east and north. `zone` is its district's index and `edge` that of its street edge.

    `small_only`: its lane is too narrow for a big truck. `market` is the index of the market it stands at, if any.
    """

    id: str
    name: str
    xy_m: tuple[float, float]
    kind: str
    zone: int
    sensor: bool
    small_only: bool
    market: int | None
    edge: int


def place_containers(
    streets: Streets,
    stroke_names: list[str],
    districts: tuple[District, ...],
    owner: IntArray,
    markets: list[Market],
    rng: np.random.Generator,
) -> list[PlacedContainer]:
    """All containers, those of a district together, market containers first."""
    taken: list[FloatArray] = []
    placed: list[PlacedContainer] = []
    edge_zone = np.where(owner[streets.edges[:, 0]] == owner[streets.edges[:, 1]], owner[streets.edges[:, 0]], -1)
    narrow = rng.random(int(streets.quarters.max()) + 1) < NARROW_QUARTERS
    for number, market in enumerate(markets):
        placed += _at_market(number, market, streets, edge_zone, taken, rng)
    share = np.array([d.population for d in districts]) * CONTAINERS_PER_PERSON
    share[UNSERVED] = 0
    counts = _largest_remainder(share / share.sum(), STREET_CONTAINERS)
    for zone, count in enumerate(counts):
        home = districts[zone].shape.buffer(OUTSIDE_M)
        placed += _in_district(zone, count, home, streets, edge_zone, narrow, taken, stroke_names, rng)
    placed.sort(key=lambda c: (c.zone, c.market is None))
    return [replace(c, id=f"C{k + 1:04d}") for k, c in enumerate(placed)]


def _largest_remainder(share: FloatArray, total: int) -> list[int]:
    exact = share * total
    counts = np.floor(exact).astype(int)
    for k in np.argsort(exact - counts)[::-1][: total - int(counts.sum())]:
        counts[k] += 1
    return [int(c) for c in counts]


def _beside_edge(streets: Streets, edge: int, along: float, rng: np.random.Generator) -> FloatArray:
    a, b = streets.nodes_xy_m[streets.edges[edge]]
    direction = (b - a) / np.hypot(*(b - a))
    side = np.array([-direction[1], direction[0]]) * (BESIDE_M if rng.random() < 0.5 else -BESIDE_M)
    return np.asarray(a + (b - a) * along + side)


def _is_free(xy_m: FloatArray, taken: list[FloatArray], spacing_m: float) -> bool:
    return not taken or float(np.hypot(*(np.array(taken) - xy_m).T).min()) >= spacing_m


def _at_market(
    number: int,
    market: Market,
    streets: Streets,
    edge_zone: IntArray,
    taken: list[FloatArray],
    rng: np.random.Generator,
) -> list[PlacedContainer]:
    """Skips in rows on the streets round the square, some 12 m apart."""
    middle = streets.nodes_xy_m[streets.edges].mean(axis=1)
    away = np.array([market.shape.distance(Point(xy)) for xy in middle])
    usable = (edge_zone >= 0) & (edge_zone != UNSERVED) & (streets.kinds != BRIDGE)
    nearest = np.where(usable, away, np.inf).argsort()[:8]
    placed: list[PlacedContainer] = []
    spots = [(int(edge), along) for edge in nearest for along in np.linspace(0.2, 0.8, 5)]
    for edge, along in spots:
        if len(placed) == MARKET_CONTAINERS[number]:
            break
        xy_m = _beside_edge(streets, edge, along, rng)
        if not _is_free(xy_m, taken, 11) or market.shape.contains(Point(xy_m)):
            continue
        taken.append(xy_m)
        name = f"{market.name}, caisson {len(placed) + 1}"
        x, y = xy_m.tolist()
        zone = int(edge_zone[edge])
        placed.append(PlacedContainer("", name, (x, y), "caisson-marche", zone, True, False, number, edge))
    return placed


def _in_district(
    zone: int,
    count: int,
    home: BaseGeometry,
    streets: Streets,
    edge_zone: IntArray,
    narrow: BoolArray,
    taken: list[FloatArray],
    stroke_names: list[str],
    rng: np.random.Generator,
) -> list[PlacedContainer]:
    candidates = np.flatnonzero((edge_zone == zone) & (streets.kinds != BRIDGE))
    middle = streets.nodes_xy_m[streets.edges[candidates]].mean(axis=1)
    away = np.hypot(*(middle - CENTRE_XY_M).T)
    busy = np.where(streets.kinds[candidates] == AVENUE, 2.0, 1.0) * np.exp(-away / 5000)
    chance = streets.lengths_m[candidates] * busy
    prepare(home)
    placed: list[PlacedContainer] = []
    for _ in range(60 * count):
        if len(placed) == count:
            break
        edge = int(rng.choice(candidates, p=chance / chance.sum()))
        xy_m = _beside_edge(streets, edge, rng.uniform(0.12, 0.88), rng)
        if not _is_free(xy_m, taken, MIN_SPACING_M) or not home.contains(Point(xy_m)):
            continue
        taken.append(xy_m)
        on_avenue = streets.kinds[edge] == AVENUE
        small_only = bool(narrow[streets.quarters[streets.edges[edge, 0]]]) and not on_avenue
        large = rng.random() < (0.75 if on_avenue else 0.3) and not small_only
        landmark = LANDMARKS[int(rng.integers(len(LANDMARKS)))]
        kind = "bac-1100" if large else "bac-660"
        x, y = xy_m.tolist()
        sensor = bool(rng.random() < SENSOR_SHARE)
        name = f"{stroke_names[edge]}, {landmark}"
        placed.append(PlacedContainer("", name, (x, y), kind, zone, sensor, small_only, None, edge))
    return placed
