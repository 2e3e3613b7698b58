"""Litres of a truck's day: four terms, their coefficients and how far these may be wrong.

The form: kilometres and stops predict a collection truck's energy within 5 to 14 % (Waste Management & Research 18(2),
2000, doi 10.1177/0734242X0001800203); one constant per kilometre or tonne errs far more (Sousa et al. 2023, Cascais).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

import routing

type Row = tuple[float, float, float, float]
"""In the order of `TERMS`."""

TERMS = ("haul_l_per_km", "collect_l_per_km", "stop_l", "idle_l_per_h")
"""Litres per kilometre of haul, per kilometre from container to container, per container lifted, per hour standing."""

COMMON_SPREAD = 0.10
"""All default coefficients too high or too low together, one standard deviation. Assumed: within the 5 to 14 % by which
the form predicts energy."""
TRUCK_SPREAD = 0.20
"""A truck thirstier than its class. Assumed: fleets of refuse trucks are told of with 82 to 124 L/100 km."""
HAUL_SPREAD = 0.15
"""Haul kilometres dearer and collecting ones cheaper than the class's one coefficient, or the reverse. Assumed."""
WORK_SPREAD = 0.30
"""Litres a lift and an hour standing, each by itself. Assumed: 3 L/h idling is a quoted mean of heavy trucks."""
DEFAULT_NAME = "fuel/defaults"


@dataclass(frozen=True, slots=True)
class Work:
    """What of a truck's day burns fuel. `idle_s`: standing at containers and disposal sites, lifting included."""

    haul_m: float = 0.0
    collect_m: float = 0.0
    stops: float = 0
    idle_s: float = 0.0

    @property
    def amounts(self) -> NDArray[np.float64]:
        """(4,) in the units of `TERMS`."""
        return np.array([self.haul_m / 1000, self.collect_m / 1000, self.stops, self.idle_s / 3600])

    @property
    def distance_m(self) -> float:
        return self.haul_m + self.collect_m

    def __add__(self, other: "Work") -> "Work":
        return Work(
            self.haul_m + other.haul_m,
            self.collect_m + other.collect_m,
            self.stops + other.stops,
            self.idle_s + other.idle_s,
        )


@dataclass(frozen=True, slots=True)
class TruckFuel:
    """Coefficients in the order of `TERMS`, and errors of one standard deviation each, independent of each other."""

    per: Row
    errors: tuple[Row, ...]
    is_calibrated: bool

    def litres(self, work: Work) -> float:
        return float(np.dot(self.per, work.amounts))

    @property
    def l_per_km(self) -> float:
        """Of a kilometre of either kind, for errors of length."""
        return (self.per[0] + self.per[1]) / 2


def default_fuel(model: routing.FuelModel) -> TruckFuel:
    """A class's coefficients, as its city gave them: it knows one kilometre only."""
    drive, stop, idle = model.drive_l_per_km, model.per_stop_l, model.idle_l_per_h
    per = (drive, drive, stop, idle)
    errors: tuple[Row, ...] = (
        (TRUCK_SPREAD * drive, TRUCK_SPREAD * drive, TRUCK_SPREAD * stop, TRUCK_SPREAD * idle),
        (HAUL_SPREAD * drive, -HAUL_SPREAD * drive, 0.0, 0.0),
        (0.0, 0.0, WORK_SPREAD * stop, 0.0),
        (0.0, 0.0, 0.0, WORK_SPREAD * idle),
    )
    return TruckFuel(per, errors, is_calibrated=False)


@dataclass(frozen=True)
class FuelBook:
    """The calibrated trucks of a version; every other has its class's default."""

    version: int | None = None
    trucks: Mapping[str, TruckFuel] = field(default_factory=dict)
    road_factors: Mapping[tuple[str, str], float] = field(default_factory=dict)
    """GPS kilometres over estimated ones, by fleet and what they were estimated on ("osm", "estimated")."""

    def of(self, truck: str, default: routing.FuelModel) -> TruckFuel:
        return self.trucks.get(truck) or default_fuel(default)

    def usual_road_factor(self, fleet: str, roads: str) -> float | None:
        """None where too little was measured to know."""
        return self.road_factors.get((fleet, roads))

    def error_name(self, truck: str, number: int) -> str:
        """The same on every day that is counted with this version."""
        calibrated = f"v{self.version}" if truck in self.trucks else "default"
        return f"fuel/{calibrated}/{truck}/{number}"
