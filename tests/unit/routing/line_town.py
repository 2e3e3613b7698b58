"""Small towns on a line: places `km` kilometres from the depot, 1 km taking 100 s, so that sums fit in the head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from routing import Depot, DisposalSite, FuelModel, Location, Matrix, Prices, Problem, Stop, Vehicle

TRUCK = Vehicle(
    id="T1",
    profile="truck",
    start_depot="D",
    end_depot="D",
    shift=(0, 20_000),
    capacity_kg=1000,
    capacity_l=10_000,
    streams=frozenset({"residual"}),
    fuel=FuelModel(drive_l_per_km=1.0),
)


def line_matrix(km: Sequence[float]) -> Matrix:
    """Roads along a line: 1000 m and 100 s a kilometre."""
    at = np.array(km, dtype=np.float64)
    away = np.abs(at[:, None] - at[None, :])
    return Matrix((away * 1000).astype(np.int32), (away * 100).astype(np.int32))


def bin_at(number: int, **changes: object) -> Stop:
    """A required bin of 400 kg, 60 s of service, at location `number` (0 is the depot, 1 the landfill)."""
    stop = Stop(f"B{number}", number, 400, 400, 60, "residual")
    return replace(stop, **changes)  # type: ignore[arg-type]


def make_town(
    km: Sequence[float],
    stops: Sequence[Stop],
    vehicles: Sequence[Vehicle] = (TRUCK,),
    sites: Sequence[DisposalSite] = (DisposalSite("L", 1, 600, ((0, 86_400),)),),
) -> Problem:
    """A town with its depot at place 0, its landfill at place 1; fuel costs 1 a litre, crews 36 an hour (0.01 a s)."""
    return Problem(
        name="line",
        prices=Prices(fuel_per_l=1.0, crew_per_h=36.0),
        locations=tuple(Location(2.4, 6.3 + x / 100) for x in km),
        matrices={"truck": line_matrix(km)},
        depots=(Depot("D", 0),),
        disposal_sites=tuple(sites),
        vehicles=tuple(vehicles),
        stops=tuple(stops),
    )
