"""The whole city from one seed, in metres of its plane."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial import cKDTree

from simulators.city.avenues import Avenue, draw_avenues
from simulators.city.baseline import BaselineRow, draw_baseline
from simulators.city.containers import PlacedContainer, place_containers
from simulators.city.districts import District, draw_districts
from simulators.city.fleet import DEPOTS, LANDFILL, TRANSFER, TRUCKS, Depot, DisposalSite, Truck
from simulators.city.markets import Market, draw_markets
from simulators.city.streets import BRIDGE, Streets, draw_streets
from simulators.city.strokes import Stroke, name_streets, names_by_edge
from simulators.city.terrain import Terrain, draw_terrain
from simulators.geometry import Plane

PLANE = Plane(2.40, 6.24)
"""The beach below the centre: some 12 km off the Bight of Benin's coast, so that nobody takes it for a real city."""


@dataclass(frozen=True)
class DrawnCity:
    """Everything a city folder is written from; positions in metres of `plane`.

    `strokes` are the streets by name, each edge of `streets` in exactly one. `containers` stand in the order of their
    ids. `baseline` is in the order of driving, circuit after circuit.
    """

    seed: int
    plane: Plane
    terrain: Terrain
    avenues: list[Avenue]
    streets: Streets
    strokes: list[Stroke]
    districts: tuple[District, ...]
    markets: list[Market]
    containers: list[PlacedContainer]
    trucks: tuple[Truck, ...]
    depots: tuple[Depot, ...]
    sites: tuple[DisposalSite, ...]
    baseline: list[BaselineRow]

    @property
    def sites_xy_m(self) -> dict[str, tuple[float, float]]:
        """Depots and disposal sites by id."""
        return _places(self.depots, self.sites)


def draw_city(seed: int) -> DrawnCity:
    """The city of this seed; the same seed draws the same city."""
    rng = np.random.default_rng([seed, 0x7031])
    terrain = draw_terrain(rng)
    avenues = draw_avenues(terrain, rng)
    markets = draw_markets(terrain, avenues, rng)
    streets = draw_streets(terrain, avenues, [market.shape for market in markets], rng)
    districts, owner = draw_districts(streets, terrain, rng)
    strokes = name_streets(streets, owner)
    edge_names = names_by_edge(strokes, len(streets.edges))
    containers = place_containers(streets, edge_names, districts, owner, markets, rng)
    corners = _Corners(streets)
    depots = tuple(depot._replace(xy_m=corners.nearest(depot.xy_m)) for depot in DEPOTS)
    sites = tuple(replace(site, xy_m=corners.nearest(site.xy_m)) for site in (TRANSFER, LANDFILL))
    return DrawnCity(
        seed=seed,
        plane=PLANE,
        terrain=terrain,
        avenues=avenues,
        streets=streets,
        strokes=strokes,
        districts=districts,
        markets=markets,
        containers=containers,
        trucks=TRUCKS,
        depots=depots,
        sites=sites,
        baseline=draw_baseline(containers, _places(depots, sites), rng),
    )


def _places(depots: tuple[Depot, ...], sites: tuple[DisposalSite, ...]) -> dict[str, tuple[float, float]]:
    return {depot.id: depot.xy_m for depot in depots} | {site.id: site.xy_m for site in sites}


class _Corners:
    """Street corners on land."""

    def __init__(self, streets: Streets) -> None:
        self.xy_m = streets.nodes_xy_m[np.unique(streets.edges[streets.kinds != BRIDGE])]
        self.tree = cKDTree(self.xy_m)

    def nearest(self, xy_m: tuple[float, float]) -> tuple[float, float]:
        x, y = self.xy_m[self.tree.query(xy_m)[1]].tolist()
        return x, y
