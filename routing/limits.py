"""What a duty can run out of, said once: one row for each limit, and everybody who plans reads it here.

    Vehicle ── most ──> engine/arrays: a column of trucks for each row ──> the loops, both solver models, reasons
            ├─ parse, validation: what may stand in a problem file
            ├─ explain: what a circuit has used, what binds it, what it has room for
            └─ under_way: what is left of each for the rest of a running day

A further limit is a row here and a field of `Vehicle`. The judge (`routing.check`) reads none of this and is told in
his own words; the compiled loops spell what they count (`engine/plan`). Nobody else need hear of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from routing.problem import DisposalSite, Matrix, Stop, Vehicle
from routing.solution import Reason
from routing.timed_route import Place

LOAD_TOLERANCE = 1e-6  # kg or litres: sums of decimals are not exact
NOTHING, ONE = "", "1"  # what is added where no field says it: nothing, or the visit itself


@dataclass(frozen=True, slots=True)
class Measure:
    """What is counted along a duty: the fields of `Stop`, `Matrix` and `DisposalSite` that say what each adds."""

    of_stop: str = NOTHING
    of_leg: str = NOTHING
    of_unloading: str = NOTHING
    whole: bool = True

    @property
    def tolerance(self) -> float:
        return 0.0 if self.whole else LOAD_TOLERANCE


KG = Measure(of_stop="demand_kg", whole=False)
LITRES = Measure(of_stop="demand_l", whole=False)
STOPS = Measure(of_stop=ONE)
TRIPS = Measure(of_unloading=ONE)
METRES = Measure(of_leg="distance_m")
SECONDS = Measure(of_stop="service_s", of_leg="duration_s", of_unloading="service_s")  # and waiting, and the break


class Over(StrEnum):
    """What a limit holds over. Unloading begins a new trip, and the count of what holds over one anew."""

    TRIP = "trip"
    DUTY = "duty"


@dataclass(frozen=True, slots=True)
class Accepted:
    """Amounts a problem may set a limit to, and how they are asked for."""

    words: str
    holds: Callable[[float], bool]


ABOVE_NONE = Accepted("a number above 0", lambda amount: amount > 0)
FROM_ONE = Accepted("1 or more, or null for no limit", lambda amount: amount >= 1)
FROM_NONE = Accepted("a number, 0 or more", lambda amount: amount >= 0)


@dataclass(frozen=True, slots=True)
class Limit:
    """One thing a duty can run out of. `field` is the vehicle's, None there means: no limit.

    `reason` is told of a stop that this limit alone keeps out of a plan; `words` say that it binds a circuit, from what
    `routing.explain.LimitUse.words` knows.
    """

    name: str
    field: str
    counts: Measure
    over: Over
    accepts: Accepted
    reason: Reason
    words: str

    def most(self, vehicle: Vehicle) -> float:
        """Return what a trip or duty of this vehicle may come to, infinite without a limit."""
        if self is SHIFT:
            return vehicle.shift[1] - vehicle.shift[0]
        most: float | None = getattr(vehicle, self.field)
        return math.inf if most is None else most


TRIP, DUTY = Over
NO_CAPACITY, TOO_LONG = Reason.NO_CAPACITY, Reason.CIRCUIT_TOO_LONG

# Of limits that bind equally the first is told.
# fmt: off
LIMITS = (
    #     name        of the vehicle    counts   over  accepts     reason
    Limit("trips",    "max_trips",      TRIPS,   DUTY, FROM_ONE,   NO_CAPACITY,
          "trips: {used:g} of {limit:g} made, {full:.0%} of their load used"),
    Limit("load_kg",  "capacity_kg",    KG,      TRIP, ABOVE_NONE, NO_CAPACITY,
          "load: trips {full:.0%} full by weight, {left:,.0f} kg left"),
    Limit("load_l",   "capacity_l",     LITRES,  TRIP, ABOVE_NONE, NO_CAPACITY,
          "load: trips {full:.0%} full by volume, {left:,.0f} l left"),
    Limit("day_kg",   "day_limit_kg",   KG,      DUTY, FROM_NONE,  NO_CAPACITY,
          "day's weight limit: {left:,.0f} of {limit:,.0f} kg left"),
    Limit("day_l",    "day_limit_l",    LITRES,  DUTY, FROM_NONE,  NO_CAPACITY,
          "day's volume limit: {left:,.0f} of {limit:,.0f} l left"),
    Limit("stops",    "max_stops",      STOPS,   DUTY, FROM_ONE,   NO_CAPACITY,
          "stops: {left:.0f} of {limit:.0f} left"),
    Limit("distance", "max_distance_m", METRES,  DUTY, FROM_NONE,  TOO_LONG,
          "distance: {left_km:,.1f} of {limit_km:,.1f} km left"),
    Limit("duty",     "max_duty_s",     SECONDS, DUTY, FROM_NONE,  TOO_LONG,
          "duty: {left_min:.0f} min of {limit_h:.1f} h left"),
    Limit("time",     "shift",          SECONDS, DUTY, FROM_NONE,  NO_CAPACITY,
          "time: {left_min:.0f} min more work fit, of a shift of {limit_h:.1f} h"),
)
# fmt: on

SHIFT = LIMITS[-1]  # a window rather than an amount: whoever looks at the clock holds it
AMOUNTS = LIMITS[:-1]


def total(measure: Measure, places: Sequence[Place], roads: Matrix, duty_s: int) -> float:
    """Return what a duty past these places comes to. Its seconds are the clock's, with waiting and the break."""
    if measure is SECONDS:
        return duty_s
    amount = of_visits(measure, places)
    if measure.of_leg:
        leg = getattr(roads, measure.of_leg)
        amount += sum(int(leg[here.location, there.location]) for here, there in pairwise(places))
    return amount


def of_visits(measure: Measure, places: Iterable[Place]) -> float:
    """Return what visits to these places add, without the way there."""
    # Spelled out: one answer of where to put a stop asks this some thousand times, each of sixty places.
    amounts: list[float] = []
    for place in places:
        field = NOTHING
        if isinstance(place, Stop):
            field = measure.of_stop
        elif isinstance(place, DisposalSite):
            field = measure.of_unloading
        if field:
            amounts.append(1 if field == ONE else getattr(place, field))
    return sum(amounts)


def is_limited(vehicle: Vehicle, over: Over, measure: Measure) -> bool:
    """Tell whether anything forbids a trip or duty of this vehicle to come to whatever it comes to."""
    return any(limit.over is over and limit.counts is measure and limit.most(vehicle) < math.inf for limit in LIMITS)


def keeps(vehicle: Vehicle, over: Over, measure: Measure, amount: float) -> bool:
    """Tell whether a trip or duty of this vehicle may come to so much."""
    return all(
        amount <= limit.most(vehicle) + measure.tolerance
        for limit in LIMITS
        if limit.over is over and limit.counts is measure
    )
