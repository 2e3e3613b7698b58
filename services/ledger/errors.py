"""How far a saving may be wrong: named errors of a day, and the interval that any days and fleets have together.

A saving is a difference of two sums of products, so each thing that may be wrong moves it in proportion. A line holds,
for each, how much more would be saved were it off by one standard deviation. One rule makes every interval of them:
errors of one name are added with their signs, different names are independent, and the sum is taken to be normal.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt
from typing import NamedTuple

from services.contracts.ledger import ErrorTerm
from services.ledger.counterfactual import Counterfactual
from services.ledger.driven import Driven
from services.ledger.driving import Scale
from services.ledger.fuel import COMMON_SPREAD, DEFAULT_NAME, FuelBook, TruckFuel, Work

Z90, Z68 = 1.645, 0.994
"""Half of a normal's middle 90 and 68 %, in standard deviations."""

MEASURED_SPREAD = 0.02
"""Of a day's kilometres by a cleaned track, one truck from the next. Assumed."""
LENGTH_SPREAD = 0.03
"""Of all kilometres of both sides, every day alike: a track of a fix each ten seconds cuts corners. Assumed."""
PLANNED_SPREAD = 0.12
"""Of a truck's kilometres where only the plan tells them. Assumed: detours, a stop out of turn."""
ROAD_SPREAD = 0.008
"""Of the counterfactual's kilometres, every day alike: the fixed circuits' streets may be longer against their estimate
than those that were driven, which the road factor is of. Assumed."""
UNMEASURED_SPREAD = 0.12
"""Of the kilometres saved on a day on which no truck was measured: both sides are then the same estimate. Assumed."""
CREW_SPREAD = 0.02
"""Of the counterfactual, each day: crews who left a container or took another way than the list says. Assumed."""
STANDING_LOAD_SHARE = 0.5
"""Of the error of the day's waste, as much again every day alike: rates learned too high or too low. Assumed."""
DUTY_SPREAD = 0.08
"""Of hours on duty, of the counterfactual's and of those that GPS does not tell. Assumed."""
LEAST_L = 0.001
"""An error below a millilitre is not worth its place in the line."""


@dataclass(frozen=True)
class Interval:
    """A value and its 90 % interval; `half_68` is half of the 68 % one, for ASHRAE 14's test."""

    value: float
    low: float
    high: float
    half_68: float

    def times(self, factor: float) -> "Interval":
        """The same in another unit; `factor` is above 0."""
        return Interval(self.value * factor, self.low * factor, self.high * factor, self.half_68 * factor)


class Spread(NamedTuple):
    """Standard deviations."""

    fuel_l: float
    distance_m: float
    duty_s: float


def spread_of(errors: Iterable[ErrorTerm]) -> Spread:
    """Of any lines' errors together."""
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for error in errors:
        of_name = sums[error.name]
        of_name[0] += error.fuel_l
        of_name[1] += error.distance_m
        of_name[2] += error.duty_s
    return Spread(*(sqrt(sum(row[n] ** 2 for row in sums.values())) for n in range(3)))


def interval_of(value: float, spread: float) -> Interval:
    """Around a value with this standard deviation."""
    return Interval(value, value - Z90 * spread, value + Z90 * spread, Z68 * spread)


@dataclass(frozen=True)
class BothSides:
    """What was driven and what would have been, of one fleet and day."""

    fleet: str
    day: date
    driven: Sequence[Driven]
    counterfactual: Counterfactual
    fuel: Mapping[str, TruckFuel]
    """Of every truck of either side."""
    book: FuelBook
    scale: Scale

    @property
    def is_road_measured(self) -> bool:
        return any(d.track is not None for d in self.driven)


def errors_of_day(sides: BothSides) -> tuple[ErrorTerm, ...]:
    """All that may be wrong with a day's saving, by name."""
    found = [*_fuel_errors(sides), _gps_error(sides), *_counterfactual_errors(sides)]
    return tuple(
        ErrorTerm(
            name=error.name,
            fuel_l=round(error.fuel_l, 4),
            distance_m=round(error.distance_m, 1),
            duty_s=round(error.duty_s, 1),
        )
        for error in found
        if abs(error.fuel_l) >= LEAST_L or abs(error.distance_m) >= 1 or abs(error.duty_s) >= 1
    )


def _fuel_errors(sides: BothSides) -> Iterator[ErrorTerm]:
    """Both sides burn by the same coefficients, so an error of these moves the saving by the difference of work."""
    done = {d.truck: d.work(sides.scale.road_factor) for d in sides.driven}
    defaults_l = 0.0
    for truck, fuel in sorted(sides.fuel.items()):
        more = sides.counterfactual.works.get(truck, Work()).amounts - done.get(truck, Work()).amounts
        for number, error in enumerate(fuel.errors, start=1):
            name = sides.book.error_name(truck, number)
            yield ErrorTerm(name=name, fuel_l=float(more @ error))
        if not fuel.is_calibrated:
            defaults_l += float(more @ fuel.per)
    yield ErrorTerm(name=DEFAULT_NAME, fuel_l=COMMON_SPREAD * defaults_l)


def _gps_error(sides: BothSides) -> ErrorTerm:
    """Each truck's own, independent of the others'."""
    litres = metres = seconds = 0.0
    for d in sides.driven:
        off_m = d.metres(sides.scale.road_factor) * (PLANNED_SPREAD if d.track is None else MEASURED_SPREAD)
        litres += (off_m / 1000 * sides.fuel[d.truck].l_per_km) ** 2
        metres += off_m**2
        if d.track is None or d.track.duty_s is None:
            seconds += (DUTY_SPREAD * d.duty_s(sides.scale.pace_factor)) ** 2
    name = f"gps/{sides.fleet}/{sides.day}"
    return ErrorTerm(name=name, fuel_l=sqrt(litres), distance_m=sqrt(metres), duty_s=sqrt(seconds))


def _counterfactual_errors(sides: BothSides) -> Iterator[ErrorTerm]:
    told, fleet, day = sides.counterfactual, sides.fleet, sides.day
    swing_l, swing_m, swing_s = told.swing
    yield ErrorTerm(name=f"load/{fleet}/{day}", fuel_l=swing_l, distance_m=swing_m, duty_s=swing_s)
    every = STANDING_LOAD_SHARE
    yield ErrorTerm(name=f"load/{fleet}", fuel_l=every * swing_l, distance_m=every * swing_m, duty_s=every * swing_s)
    figures, factor = told.figures, sides.scale.road_factor
    more_m = {truck: work.distance_m for truck, work in told.works.items()}
    on_road_l = _on_road_l(more_m, sides.fuel)
    for d in sides.driven:
        more_m[d.truck] = more_m.get(d.truck, 0.0) - d.metres(factor)
    saved_m = sum(more_m.values())
    # A truck's own coefficients were learned of its own measured kilometres: too short, they are too high, to no harm.
    by_default = {truck: metres for truck, metres in more_m.items() if not sides.fuel[truck].is_calibrated}
    length_l = LENGTH_SPREAD * _on_road_l(by_default, sides.fuel)
    yield ErrorTerm(name="gps", fuel_l=length_l, distance_m=LENGTH_SPREAD * saved_m)
    yield ErrorTerm(name=f"road/{fleet}", fuel_l=ROAD_SPREAD * on_road_l, distance_m=ROAD_SPREAD * figures.distance_m)
    if not sides.is_road_measured:
        unmeasured_l = UNMEASURED_SPREAD * _on_road_l(more_m, sides.fuel)
        yield ErrorTerm(name=f"unmeasured/{fleet}", fuel_l=unmeasured_l, distance_m=UNMEASURED_SPREAD * saved_m)
    duty_s = figures.duty_s or 0.0
    yield ErrorTerm(name=f"pace/{fleet}", duty_s=DUTY_SPREAD * duty_s)
    yield ErrorTerm(
        name=f"crews/{fleet}/{day}",
        fuel_l=CREW_SPREAD * figures.fuel_l,
        distance_m=CREW_SPREAD * figures.distance_m,
        duty_s=CREW_SPREAD * duty_s,
    )


def _on_road_l(metres: Mapping[str, float], fuel: Mapping[str, TruckFuel]) -> float:
    return sum(of_truck_m / 1000 * fuel[truck].l_per_km for truck, of_truck_m in metres.items())
