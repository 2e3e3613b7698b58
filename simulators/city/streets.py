"""Streets: quarters of small irregular blocks between the avenues, none of them on water."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from scipy.spatial import Delaunay, cKDTree
from shapely import STRtree, contains_xy, linestrings, prepare, union_all
from shapely.geometry.base import BaseGeometry

from simulators.city.avenues import Avenue
from simulators.city.terrain import Terrain
from simulators.geometry import BoolArray, FloatArray, IntArray

CENTRE_XY_M = np.array([-500.0, 2100.0])
QUARTERS = 64
SHORE_CLEARANCE_M = 55.0
BEACH_CLEARANCE_M = 210.0
MAX_EDGE_M = 420.0
MAX_OPPOSITE_DEG = 75.0  # a block's diagonal sees its corners at about 90 degrees, its sides at less
REMOVED_SHARE = 0.19  # of the edges that the city can lose without falling apart: culs-de-sac and long blocks

STREET, AVENUE, BRIDGE = 0, 1, 2


@dataclass(frozen=True)
class Streets:
    """The street graph. `edges` (m, 2) index `nodes_xy_m` (n, 2); `kinds` is STREET, AVENUE or BRIDGE.

    `names` holds the avenue's key by edge, "" for a street. `quarters` (n,) is the small neighbourhood of each node.
    """

    nodes_xy_m: FloatArray
    edges: IntArray
    kinds: IntArray
    names: tuple[str, ...]
    quarters: IntArray

    @property
    def lengths_m(self) -> FloatArray:
        ends = self.nodes_xy_m[self.edges]
        return np.asarray(np.hypot(*(ends[:, 0] - ends[:, 1]).T), dtype=np.float64)


def urban(terrain: Terrain, xy_m: FloatArray) -> BoolArray:
    """Where the city is built: dry, back from beach and shore, and frayed towards its western and eastern ends."""
    x, y = xy_m.T
    frayed_west = -6350 + 700 * np.sin(y / 830 + terrain.phases[0]) - 0.09 * y
    frayed_east = 5900 + 450 * np.sin(y / 700 + terrain.phases[1])
    frayed_north = 6900 + 500 * np.sin(x / 610 + terrain.phases[2])
    built = (y > terrain.coast_y_m(x) + BEACH_CLEARANCE_M) & (x > frayed_west) & (x < frayed_east) & (y < frayed_north)
    dry = terrain.water.buffer(SHORE_CLEARANCE_M)
    prepare(dry)
    return np.asarray(built & ~contains_xy(dry, x, y))


def _block_m(xy_m: FloatArray) -> FloatArray:
    """Short side of a block: 85 m in the old centre, some 190 m at the edge of town."""
    away = np.hypot(*(xy_m - CENTRE_XY_M).T)
    return np.asarray(85 + 105 * np.clip(away / 6200, 0, 1) ** 1.2, dtype=np.float64)


def _quarter_points(terrain: Terrain, rng: np.random.Generator) -> tuple[FloatArray, IntArray]:
    """Corners of blocks: each quarter has its own lattice, turned, stretched and shaken."""
    wide = np.column_stack([rng.uniform(-7000, 6300, 600), rng.uniform(0, 7400, 600)])
    seeds = wide[urban(terrain, wide)][:QUARTERS]
    tree = cKDTree(seeds)
    points, quarters = [], []
    for number, seed in enumerate(seeds):
        short = float(_block_m(seed[None])[0]) * rng.uniform(0.9, 1.1)
        long = short * rng.uniform(1.15, 1.9)
        turn = rng.normal(0, 0.33) + rng.integers(0, 2) * np.pi / 2
        i, j = np.meshgrid(np.arange(-22, 23), np.arange(-22, 23))
        bend = 0.0016 * rng.normal() * (i * j)  # nobody laid the lines with a ruler
        lattice = np.stack([(i + bend) * short, (j + 0.5 * bend) * long], -1).reshape(-1, 2)
        lattice += rng.normal(0, 0.085 * short, lattice.shape)
        rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        cloud = lattice @ rotation.T + seed
        cloud = cloud[tree.query(cloud)[1] == number]
        points.append(cloud)
        quarters.append(np.full(len(cloud), number))
    xy_m = np.vstack(points)
    owner = np.concatenate(quarters)
    inside = urban(terrain, xy_m)
    return xy_m[inside], owner[inside]


def _thinned(xy_m: FloatArray, rng: np.random.Generator, keep_share: FloatArray) -> BoolArray:
    """Drop the corners that stand too close to another one, and some at the edge of town."""
    keep = rng.random(len(xy_m)) < keep_share
    tree = cKDTree(xy_m)
    for a, b in sorted(tree.query_pairs(150)):
        near = np.hypot(*(xy_m[a] - xy_m[b])) < 0.62 * float(_block_m(xy_m[a][None])[0])
        if near and keep[a] and keep[b]:
            keep[b] = False
    return keep


def _avenue_nodes(avenues: list[Avenue]) -> tuple[FloatArray, list[tuple[int, int, int, str]]]:
    index: dict[tuple[float, float], int] = {}
    edges = []
    for avenue in avenues:
        ids = [index.setdefault((round(x, 1), round(y, 1)), len(index)) for x, y in avenue.line_xy_m]
        kind = BRIDGE if avenue.bridge else AVENUE
        edges += [(a, b, kind, avenue.name_key) for a, b in pairwise(ids) if a != b]
    return np.array(list(index), dtype=float), edges


def _block_sides(xy_m: FloatArray) -> IntArray:
    """Edges of the Delaunay triangulation that no third corner sees at more than 75 degrees (circle-based skeleton)."""
    simplices = Delaunay(xy_m).simplices
    widest: dict[tuple[int, int], float] = {}
    for k in range(3):
        a, b, c = simplices[:, k], simplices[:, (k + 1) % 3], simplices[:, (k + 2) % 3]
        u, v = xy_m[a] - xy_m[c], xy_m[b] - xy_m[c]
        cosine = (u * v).sum(1) / (np.hypot(*u.T) * np.hypot(*v.T))
        angle = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
        for p, q, seen in zip(np.minimum(a, b).tolist(), np.maximum(a, b).tolist(), angle.tolist(), strict=True):
            widest[p, q] = max(seen, widest.get((p, q), 0.0))
    return np.array(sorted(pair for pair, seen in widest.items() if seen < MAX_OPPOSITE_DEG))


def _dry(xy_m: FloatArray, edges: IntArray, obstacles: BaseGeometry) -> BoolArray:
    prepare(obstacles)
    return np.array([not obstacles.intersects(line) for line in linestrings(xy_m[edges])])


def _not_crossing(xy_m: FloatArray, edges: IntArray, fixed: IntArray) -> BoolArray:
    """False for an edge that crosses an avenue elsewhere than at its own end."""
    lines, avenue_lines = linestrings(xy_m[edges]), linestrings(xy_m[fixed])
    free = np.ones(len(edges), dtype=bool)
    for mine, other in zip(*STRtree(avenue_lines).query(lines, predicate="intersects"), strict=True):
        if not set(edges[mine].tolist()) & set(fixed[other].tolist()):
            free[mine] = False
    return free


def _removable(count: int, edges: IntArray, rng: np.random.Generator) -> BoolArray:
    """True for the edges outside a random spanning tree: the city stays in one piece without them."""
    weights = rng.uniform(1, 2, len(edges))
    tree = minimum_spanning_tree(coo_array((weights, (edges[:, 0], edges[:, 1])), shape=(count, count))).tocoo()
    spanning = set(zip(tree.coords[0].tolist(), tree.coords[1].tolist(), strict=True))
    return np.array([tuple(edge) not in spanning for edge in edges.tolist()])


def draw_streets(
    terrain: Terrain, avenues: list[Avenue], squares: list[BaseGeometry], rng: np.random.Generator
) -> Streets:
    """The connected street graph; `squares` (markets) stay free of streets."""
    fixed_xy, fixed = _avenue_nodes(avenues)
    block_xy, owner = _quarter_points(terrain, rng)
    away = np.hypot(*(block_xy - CENTRE_XY_M).T)
    keep = _thinned(block_xy, rng, 0.97 - 0.22 * np.clip((away - 2500) / 4000, 0, 1))
    keep &= cKDTree(fixed_xy).query(block_xy)[0] > 0.55 * _block_m(block_xy)
    square = union_all([s.buffer(12) for s in squares])
    prepare(square)
    keep &= ~contains_xy(square, *block_xy.T)
    nodes = np.vstack([fixed_xy, block_xy[keep]])
    nearest = cKDTree(block_xy).query(fixed_xy)[1]
    quarters = np.concatenate([owner[nearest], owner[keep]])

    known = {(min(a, b), max(a, b)) for a, b, _, _ in fixed}
    sides = np.array([e for e in _block_sides(nodes).tolist() if tuple(e) not in known])
    ends = nodes[sides]
    sides = sides[np.hypot(*(ends[:, 0] - ends[:, 1]).T) < MAX_EDGE_M]
    sides = sides[_dry(nodes, sides, union_all([terrain.water.buffer(12), square.buffer(-6)]))]
    sides = sides[_not_crossing(nodes, sides, np.array([(a, b) for a, b, _, _ in fixed]))]
    everything = np.vstack([np.array([(min(a, b), max(a, b)) for a, b, _, _ in fixed]), sides])
    spare = _removable(len(nodes), everything, rng)
    spare[: len(fixed)] = False
    kept = ~(spare & (rng.random(len(everything)) < REMOVED_SHARE))
    kinds = np.array([kind for _, _, kind, _ in fixed] + [STREET] * len(sides))
    names = [name for _, _, _, name in fixed] + [""] * len(sides)
    kept_names = tuple(name for name, k in zip(names, kept, strict=True) if k)
    return _largest_part(Streets(nodes, everything[kept], kinds[kept], kept_names, quarters))


def _largest_part(streets: Streets) -> Streets:
    count = len(streets.nodes_xy_m)
    graph = coo_array((np.ones(len(streets.edges)), tuple(streets.edges.T)), shape=(count, count))
    _, label = connected_components(graph, directed=False)
    inside = label == np.bincount(label).argmax()
    renumber = np.cumsum(inside) - 1
    kept = inside[streets.edges[:, 0]]
    return Streets(
        streets.nodes_xy_m[inside],
        renumber[streets.edges[kept]],
        streets.kinds[kept],
        tuple(name for name, k in zip(streets.names, kept, strict=True) if k),
        streets.quarters[inside],
    )
