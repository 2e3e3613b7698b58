"""What was driven: kilometres by GPS, stops by the crews' word, litres by the linear model."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import asin, cos, radians, sin, sqrt

import routing
from services.city.registry import Registry
from services.contracts.ledger import DayFigures
from services.contracts.planning import Circuit, PlanMade
from services.planning.problem import fuel_models

EARTH_RADIUS_M = 6_371_008.8  # mean radius, IUGG
MIN_GPS_SHARE = 0.8
"""Share of a circuit's expected time that GPS must cover for its kilometres to count as measured."""
MAX_SPEED_M_S = 35.0  # 126 km/h: a jump beyond it is a wrong fix
MIN_STEP_M = 15.0
"""Shorter steps are the noise of a standing receiver (5 to 10 m); summed for hours they would become kilometres."""
MAX_GAP_S = 300.0
"""A longer silence is not driven in a straight line: that circuit's kilometres are then not measured."""


@dataclass(frozen=True, slots=True)
class Fix:
    """One GPS position."""

    happened_at: datetime
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What a driver said of one visit. Of a visit reported twice, the later word counts."""

    truck: str
    kind: str
    place: str
    outcome: str
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class Driven:
    """One circuit as it went. `measured_m` is None where GPS does not cover it.

    A circuit of which nobody has said a word counts with its planned road and service: a phone left at home must not
    look like a saving.
    """

    truck: str
    heard_of: bool
    stops: int
    lifts: int
    """Stops that fuel is reckoned for: the confirmed ones, or the planned ones of a circuit not heard of."""
    trips: int
    service_s: float
    estimated_m: float
    measured_m: float | None


def track_length_m(fixes: Sequence[Fix]) -> float | None:
    """Length of a track in time order; None where it has a hole in driving or fewer than two fixes.

    A fix counts once it is `MIN_STEP_M` from the last that counted; impossible jumps are left out.
    """
    if len(fixes) < 2:
        return None
    length_m, last, previous_at = 0.0, fixes[0], fixes[0].happened_at
    for fix in fixes[1:]:
        step_m = distance_m(last, fix)
        seconds = (fix.happened_at - last.happened_at).total_seconds()
        silent_s = (fix.happened_at - previous_at).total_seconds()
        previous_at = fix.happened_at
        if seconds <= 0 or step_m > MAX_SPEED_M_S * seconds:
            continue
        if silent_s > MAX_GAP_S and step_m > 10 * MIN_STEP_M:
            return None
        if step_m >= MIN_STEP_M:
            length_m, last = length_m + step_m, fix
    return length_m


def distance_m(a: Fix, b: Fix) -> float:
    """Great-circle distance (haversine)."""
    lat_a, lat_b = radians(a.lat), radians(b.lat)
    half = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin(radians(b.lon - a.lon) / 2) ** 2
    return 2 * EARTH_RADIUS_M * asin(sqrt(half))


def driven_circuits(
    plan: PlanMade, confirmed: Sequence[Confirmed], tracks: Mapping[str, Sequence[Fix]], registry: Registry
) -> list[Driven]:
    """Every circuit of the plan in force, as it went."""
    by_truck: dict[str, list[Confirmed]] = defaultdict(list)
    for word in confirmed:
        by_truck[word.truck].append(word)
    services = _service_times(registry)
    return [_driven(c, by_truck[c.truck], tracks.get(c.truck, ()), services) for c in plan.circuits]


def road_factor(driven: Sequence[Driven]) -> float:
    """Measured over estimated kilometres, on the circuits that have both; 1 where none has."""
    both = [(d.measured_m, d.estimated_m) for d in driven if d.measured_m is not None]
    estimated_m = sum(estimated for _, estimated in both)
    return sum(measured for measured, _ in both) / estimated_m if estimated_m > 0 else 1.0


def figures_of(driven: Sequence[Driven], factor: float, registry: Registry) -> DayFigures:
    """The sums; a circuit that GPS does not cover counts with its estimated kilometres times the road factor."""
    fuels = fuel_models(registry)
    metres = [d.estimated_m * factor if d.measured_m is None else d.measured_m for d in driven]
    fuel_l = sum(routing.litres(fuels[d.truck], m, d.lifts, d.service_s) for d, m in zip(driven, metres, strict=True))
    return DayFigures(
        circuits=sum(d.heard_of for d in driven),
        stops=sum(d.stops for d in driven),
        trips=sum(d.trips for d in driven),
        distance_m=round(sum(metres), 1),
        service_s=sum(d.service_s for d in driven),
        fuel_l=round(fuel_l, 2),
    )


def _driven(
    circuit: Circuit, confirmed: Sequence[Confirmed], fixes: Sequence[Fix], services: Mapping[tuple[str, str], int]
) -> Driven:
    last_word = {(c.kind, c.place): c.outcome for c in sorted(confirmed, key=lambda c: c.happened_at)}
    done = {visit for visit, outcome in last_word.items() if outcome == "done"}
    visits = [v for v in circuit.visits if v.place is not None and (v.kind, v.place) in services]
    made = [v for v in visits if (v.kind, v.place) in done] if confirmed else visits
    lifts = sum(v.kind == "stop" for v in made)
    return Driven(
        truck=circuit.truck,
        heard_of=bool(confirmed),
        stops=lifts if confirmed else 0,
        lifts=lifts,
        trips=len(made) - lifts if confirmed else 0,
        service_s=sum(services[v.kind, v.place or ""] for v in made),
        estimated_m=circuit.distance_m,
        measured_m=_measured_m(circuit, fixes),
    )


def _service_times(registry: Registry) -> dict[tuple[str, str], int]:
    """Seconds at each place, by kind of visit and id."""
    kinds = {kind.id: kind.service_s for kind in registry.container_kinds}
    stops = {("stop", container.id): kinds[container.kind] for container in registry.containers}
    return stops | {("disposal", site.id): site.service_s for site in registry.disposal_sites}


def _measured_m(circuit: Circuit, fixes: Sequence[Fix]) -> float | None:
    if len(fixes) < 2:
        return None
    seen_s = (fixes[-1].happened_at - fixes[0].happened_at).total_seconds()
    return track_length_m(fixes) if seen_s >= MIN_GPS_SHARE * circuit.duty_s else None
