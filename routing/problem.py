"""A day's collection problem: who drives, what waits where, which places take the waste. Immutable.

Times of day are integer seconds after local midnight (86400 and more: past midnight). A window is
`(from_s, to_s)`, both ends included. Rows name a place by its index in `Problem.locations`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

type Window = tuple[int, int]
type IntMatrix = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Prices:
    """Money per litre of fuel and per hour of a crew's duty, in `currency`."""

    fuel_per_l: float
    crew_per_h: float
    currency: str = "XOF"


@dataclass(frozen=True, slots=True)
class Location:
    """A place on the ground, WGS 84 degrees."""

    lon: float
    lat: float


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """What the roads say for one profile: row = from, column = to, in the order of `Problem.locations`.

    `distance_m` and `duration_s` are (n, n) int32, at least 0, without holes; they need not be symmetric.
    """

    distance_m: IntMatrix
    duration_s: IntMatrix


@dataclass(frozen=True, slots=True)
class Depot:
    id: str
    location: int


@dataclass(frozen=True, slots=True)
class DisposalSite:
    """Landfill, transfer station or regrouping point. Unloading starts inside an opening; no opening = closed today.

    An empty `streams` takes any waste.
    """

    id: str
    location: int
    service_s: int
    open: tuple[Window, ...]
    streams: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Break:
    """A rest of `duration_s`, taken whole, that starts inside `window`."""

    duration_s: int
    window: Window


@dataclass(frozen=True, slots=True)
class FuelModel:
    """Litres per kilometre driven, per stop lifted, and per hour of service at stops and disposal sites."""

    drive_l_per_km: float
    per_stop_l: float = 0.0
    idle_l_per_h: float = 0.0


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A truck, tricycle or cart with its crew. `None` in a limit means: no limit.

    `max_trips` counts disposal visits, `max_distance_m` all the way from depot to depot, `max_duty_s` all the time from
    leaving the one to being at the other; but for the capacities, limits hold over the whole duty. `routing.limits`
    says of each what it counts.
    """

    id: str
    profile: str
    start_depot: str
    end_depot: str
    shift: Window
    capacity_kg: float
    capacity_l: float
    streams: frozenset[str]
    fuel: FuelModel
    max_trips: int | None = None
    rest: Break | None = None
    fixed_cost: float = 0.0
    max_stops: int | None = None
    day_limit_kg: float | None = None
    day_limit_l: float | None = None
    max_distance_m: int | None = None
    max_duty_s: int | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """A container or group to empty. No windows = any time; `vehicles` None = any vehicle.

    `prize` is what leaving it for tomorrow costs, in money. An optional stop has to be worth the way to it. Where not
    all required ones can be served, as few as possible are left, and their prizes weigh which.
    """

    id: str
    location: int
    demand_kg: float
    demand_l: float
    service_s: int
    stream: str
    windows: tuple[Window, ...] = ()
    required: bool = True
    prize: float = 0.0
    vehicles: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Everything the solver is told. Call `routing.validation.validate` on one built by hand; `solve` does so too."""

    name: str
    prices: Prices
    locations: tuple[Location, ...]
    matrices: Mapping[str, Matrix]
    depots: tuple[Depot, ...]
    disposal_sites: tuple[DisposalSite, ...]
    vehicles: tuple[Vehicle, ...]
    stops: tuple[Stop, ...] = field(default=())
