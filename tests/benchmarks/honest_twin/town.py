"""The town of the twin: four districts, one of them poor and far, three trucks, one landfill. Made up."""

from datetime import time

import numpy as np

from services.city.fields import Weekday
from services.city.registry import (
    BaselineStop,
    City,
    Container,
    ContainerKind,
    Depot,
    DisposalSite,
    Planning,
    Prices,
    Registry,
    RoadEstimate,
    Truck,
    TruckClass,
    Zone,
)

LON, LAT = 2.40, 6.24
METRES_A_DEGREE = 111_195.0
DISTRICTS: dict[str, tuple[float, float, int, tuple[Weekday, ...], str]] = {
    # east and north of the depot in metres, containers, weekdays of the fixed circuits, truck
    "centre": (600, 300, 16, ("mon", "tue", "wed", "thu", "fri", "sat"), "C1"),
    "marche": (-900, 1200, 14, ("mon", "tue", "wed", "thu", "fri", "sat"), "C1"),
    "lagune": (1500, -1400, 14, ("mon", "tue", "wed", "thu", "fri", "sat"), "C2"),
    "collines": (-3200, -2400, 12, ("mon", "tue", "thu", "sat"), "B1"),
}
POOR = "collines"
SPREAD_M = 450.0
DETOUR_FACTOR = 1.3
"""Of the ledger's estimate. Simulated streets are 1.4 times as long as the crow flies: it has to find out by GPS."""


def draw_town(seed: int) -> Registry:
    """The same town for the same seed."""
    rng = np.random.default_rng([seed, 0x717])
    containers: list[Container] = []
    baseline: list[BaselineStop] = []
    for zone, (east_m, north_m, count, weekdays, truck) in DISTRICTS.items():
        places = rng.normal((east_m, north_m), SPREAD_M, (count, 2))
        order = np.lexsort((places[:, 1], np.floor(places[:, 0] / 300)))
        for position, (x_m, y_m) in enumerate(places[order].tolist(), start=1):
            name = f"{zone}-{position:02d}"
            lon, lat = _degrees(x_m, y_m)
            kind = "bac-1100" if rng.random() < 0.7 else "bac-660"
            capacity_l = 1100.0 if kind == "bac-1100" else 660.0
            containers.append(
                Container(id=name, name=name, lon=lon, lat=lat, kind=kind, capacity_l=capacity_l, zone=zone)
            )
            baseline.append(
                BaselineStop(circuit=zone, truck=truck, weekdays=weekdays, position=position, container=name)
            )
    depot, landfill = _degrees(0, 0), _degrees(-6500, 2500)
    return Registry(
        city=City(
            schema="tournee/city/1", id="jumelle", name="Jumelle", timezone="Africa/Porto-Novo", currency="XOF",
            simulated=True, prices=Prices(fuel_per_l=700, crew_per_h=2500), planning=Planning(),
            roads=RoadEstimate(detour_factor=DETOUR_FACTOR),
        ),
        zones=tuple(Zone(id=zone, name=zone.title(), population=4000) for zone in DISTRICTS),
        zone_shapes={zone: _square(*row[:2]) for zone, row in DISTRICTS.items()},
        container_kinds=(
            ContainerKind(id="bac-660", name="Bac 660 L", service_s=60, kg_per_l=0.28, fill_per_day=0.20),
            ContainerKind(id="bac-1100", name="Bac 1100 L", service_s=90, kg_per_l=0.28, fill_per_day=0.22),
        ),
        containers=tuple(containers),
        truck_classes=(
            TruckClass(id="compacteur", name="Compacteur", capacity_kg=3200, capacity_l=6000, compaction=2.5,
                       max_trips=4, fixed_cost=15_000, drive_l_per_km=0.52, per_stop_l=0.06, idle_l_per_h=3.2),
            TruckClass(id="benne", name="Benne", capacity_kg=2000, capacity_l=6000, compaction=1.5, max_trips=4,
                       fixed_cost=9_000, drive_l_per_km=0.34, per_stop_l=0.045, idle_l_per_h=2.4),
        ),
        trucks=tuple(
            Truck(id=truck, truck_class=kind, depot="depot", shift_from=time(6), shift_to=time(14))
            for truck, kind in (("C1", "compacteur"), ("C2", "compacteur"), ("B1", "benne"))
        ),
        depots=(Depot(id="depot", name="Dépôt", lon=depot[0], lat=depot[1]),),
        disposal_sites=(
            DisposalSite(id="decharge", name="Décharge", lon=landfill[0], lat=landfill[1], service_s=900,
                         open_from=time(5), open_to=time(20)),
        ),
        baseline=tuple(baseline),
    )  # fmt: skip


def _degrees(x_m: float, y_m: float) -> tuple[float, float]:
    shrink = float(np.cos(np.radians(LAT)))
    return round(LON + x_m / METRES_A_DEGREE / shrink, 6), round(LAT + y_m / METRES_A_DEGREE, 6)


def _square(x_m: float, y_m: float) -> dict[str, object]:
    half = 3 * SPREAD_M
    corners = [(-half, -half), (half, -half), (half, half), (-half, half), (-half, -half)]
    return {"type": "Polygon", "coordinates": [[list(_degrees(x_m + x, y_m + y)) for x, y in corners]]}
