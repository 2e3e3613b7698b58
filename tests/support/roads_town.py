"""A town of a dozen streets, small enough to reckon by hand. Metres east and north of its depot.

  G ---- H ->- T        D-G is a bridge 3 m high, H->T a one-way street that ends.
  |      |              L-D is a lane 2 m wide. B-E is an avenue of four lanes.
L-D ---- C --------- F  K is a yard without a gate, I a street far out; both lead nowhere.
  |  K   |           |
  A ---- B ========= E            I--I
"""

from pathlib import Path
from typing import Any

import numpy as np

from services.city.registry import (
    City,
    Container,
    ContainerKind,
    Depot,
    DisposalSite,
    Prices,
    Registry,
    Truck,
    TruckClass,
    Zone,
)

METRES_A_DEGREE = 111_195.0  # of a circle of 6,371 km
LON, LAT = 2.43, 6.37

NODES = {
    "A": (0, 0), "B": (400, 0), "C": (400, 400), "D": (0, 400), "E": (1400, 0), "F": (1400, 400),
    "G": (0, 1000), "H": (400, 1000), "L": (-300, 400), "T": (700, 1000),
    "K": (200, 150), "k": (200, 250), "I": (4000, 0), "i": (4100, 0),
}  # fmt: skip
STREETS: list[tuple[str, dict[str, str]]] = [
    ("AB", {"highway": "residential", "name": "Rue du Port"}),
    ("BC", {"highway": "residential", "name": "Rue du Marché"}),
    ("CD", {"highway": "residential", "name": "Rue Haute"}),
    ("DA", {"highway": "residential", "name": "Rue de la Mairie"}),
    ("BE", {"highway": "primary", "lanes": "4", "name": "Avenue de la Lagune"}),
    ("EF", {"highway": "residential", "name": "Rue de la Décharge"}),
    ("FC", {"highway": "residential", "name": "Rue du Retour"}),
    ("CH", {"highway": "residential", "name": "Rue du Nord"}),
    ("HG", {"highway": "residential", "name": "Rue du Bois"}),
    ("DG", {"highway": "residential", "name": "Pont bas", "maxheight": "3"}),
    ("DL", {"highway": "service", "width": "2", "name": "Ruelle"}),
    ("HT", {"highway": "residential", "oneway": "yes", "name": "Impasse"}),
    ("Kk", {"highway": "residential", "name": "Cour"}),
    ("Ii", {"highway": "residential", "name": "Loin"}),
]


def at(east_m: float, north_m: float) -> tuple[float, float]:
    """Lon, lat."""
    shrink = float(np.cos(np.radians(LAT)))
    return LON + east_m / METRES_A_DEGREE / shrink, LAT + north_m / METRES_A_DEGREE


def write_town(file: Path) -> Path:
    """The town as an OpenStreetMap file; `file` ends in .osm, .osm.gz, .osm.bz2 or .osm.pbf."""
    import osmium

    ids = {name: number for number, name in enumerate(NODES, start=1)}
    with osmium.SimpleWriter(str(file)) as writer:
        for name, (east_m, north_m) in NODES.items():
            node: Any = osmium.osm.mutable.Node(id=ids[name], location=at(east_m, north_m), version=1)
            writer.add_node(node)
        for number, (ends, tags) in enumerate(STREETS, start=100):
            way: Any = osmium.osm.mutable.Way(id=number, nodes=[ids[name] for name in ends], tags=tags, version=1)
            writer.add_way(way)
    return file


def town(
    containers: dict[str, tuple[float, float]], *, site: tuple[float, float] = (1400, 200), **truck: Any
) -> Registry:
    """A city with its depot at A, a site, one truck of one class (`truck` changes the class) and these containers."""
    square = [[list(at(x, y)) for x, y in ((-500, -500), (5000, -500), (5000, 2000), (-500, -500))]]
    look = {"id": "bin", "name": "Bac", "service_s": 60, "kg_per_l": 0.2, "fill_per_day": 0.5}
    truck_class = {
        "id": "benne", "name": "Benne", "capacity_kg": 5000, "capacity_l": 8000, "max_trips": 3, "fixed_cost": 0,
        "drive_l_per_km": 0.5, "per_stop_l": 0, "idle_l_per_h": 0, "weight_kg": 10_000, **truck,
    }  # fmt: skip
    depot_lon, depot_lat = at(0, 0)
    site_lon, site_lat = at(*site)
    return Registry(
        city=City(schema="tournee/city/1", id="ville", name="Ville", timezone="Africa/Porto-Novo", currency="XOF",
                  prices=Prices(fuel_per_l=700, crew_per_h=1600)),
        zones=(Zone(id="z", name="Z", population=100),),
        zone_shapes={"z": {"type": "Polygon", "coordinates": square}},
        container_kinds=(ContainerKind.model_validate(look),),
        containers=tuple(
            Container(id=name, name=name, lon=lon, lat=lat, kind="bin", capacity_l=660, zone="z")
            for name, (lon, lat) in ((name, at(*place)) for name, place in containers.items())
        ),
        truck_classes=(TruckClass.model_validate(truck_class),),
        trucks=(Truck.model_validate({"id": "T1", "truck_class": "benne", "depot": "depot",
                                      "shift_from": "05:00", "shift_to": "13:00"}),),
        depots=(Depot(id="depot", name="Dépôt", lon=depot_lon, lat=depot_lat),),
        disposal_sites=(DisposalSite.model_validate({"id": "site", "name": "Décharge", "lon": site_lon, "lat": site_lat,
                                                     "service_s": 300, "open_from": "05:00", "open_to": "18:00"}),),
        baseline=(),
    )  # fmt: skip
