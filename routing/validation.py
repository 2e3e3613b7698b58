"""Find every contradiction in a problem before anybody tries to solve it.

What is merely impossible (a stop heavier than any truck, a closed landfill, no vehicle) is no contradiction:
it is answered by a plan with reasons.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from routing.amounts import MOST, MOST_S, is_amount, is_beyond
from routing.errors import Fault, ProblemError
from routing.limits import AMOUNTS
from routing.matrix_faults import array_faults, shown
from routing.problem import DisposalSite, Problem, Stop, Vehicle, Window


def validate(problem: Problem) -> Problem:
    """Return the problem as it is, or raise `ProblemError` with all its faults."""
    faults = list(find_faults(problem))
    if faults:
        raise ProblemError(faults)
    return problem


def find_faults(problem: Problem) -> Iterator[Fault]:
    yield from _amounts("prices", problem.prices, "fuel_per_l", "crew_per_h")
    for number, place in enumerate(problem.locations):
        if not (-180 <= place.lon <= 180 and -90 <= place.lat <= 90):
            yield Fault(f"locations[{number}]", f"{place.lon}, {place.lat}", "lon in -180..180 and lat in -90..90")
    yield from _matrix_faults(problem)
    yield from _repeated("depots", [depot.id for depot in problem.depots])
    yield from _repeated("disposal_sites", [site.id for site in problem.disposal_sites])
    yield from _repeated("vehicles", [vehicle.id for vehicle in problem.vehicles])
    yield from _repeated("stops", [stop.id for stop in problem.stops])
    for depot in problem.depots:
        yield from _place(f"depots[{depot.id}]", depot.location, problem)
    for site in problem.disposal_sites:
        yield from _site_faults(site, problem)
    depots = {depot.id for depot in problem.depots}
    for vehicle in problem.vehicles:
        yield from _vehicle_faults(vehicle, depots, problem)
    vehicles = {vehicle.id for vehicle in problem.vehicles}
    for stop in problem.stops:
        yield from _stop_faults(stop, vehicles, problem)


def _matrix_faults(problem: Problem) -> Iterator[Fault]:
    for profile, matrix in problem.matrices.items():
        for name in ("distance_m", "duration_s"):
            values = np.asarray(getattr(matrix, name))
            yield from array_faults(f"matrices[{profile}].{name}", values, len(problem.locations))


def _site_faults(site: DisposalSite, problem: Problem) -> Iterator[Fault]:
    where = f"disposal_sites[{site.id}]"
    yield from _place(where, site.location, problem)
    yield from _amounts(where, site, "service_s")
    yield from _windows(f"{where}.open", site.open)


def _vehicle_faults(vehicle: Vehicle, depots: set[str], problem: Problem) -> Iterator[Fault]:
    where = f"vehicles[{vehicle.id}]"
    if vehicle.profile not in problem.matrices:
        yield Fault(f"{where}.profile", repr(vehicle.profile), f"one of the matrices {sorted(problem.matrices)}")
    for end in ("start_depot", "end_depot"):
        if getattr(vehicle, end) not in depots:
            yield Fault(f"{where}.{end}", repr(getattr(vehicle, end)), f"one of the depots {sorted(depots)}")
    yield from _windows(f"{where}.shift", (vehicle.shift,))
    for limit in AMOUNTS:
        amount = getattr(vehicle, limit.field)
        known = is_beyond(amount, MOST) or (is_amount(amount) and limit.accepts.holds(amount))
        if amount is not None and not known:
            yield Fault(f"{where}.{limit.field}", shown(amount), limit.accepts.words)
    yield from _amounts(where, vehicle, "fixed_cost")
    yield from _amounts(f"{where}.fuel", vehicle.fuel, "drive_l_per_km", "per_stop_l", "idle_l_per_h")
    if vehicle.rest is not None:
        yield from _amounts(f"{where}.break", vehicle.rest, "duration_s")
        yield from _windows(f"{where}.break.window", (vehicle.rest.window,))


def _stop_faults(stop: Stop, vehicles: set[str], problem: Problem) -> Iterator[Fault]:
    where = f"stops[{stop.id}]"
    yield from _place(where, stop.location, problem)
    yield from _amounts(where, stop, "demand_kg", "demand_l", "service_s", "prize")
    yield from _windows(f"{where}.windows", stop.windows)
    for unknown in sorted((stop.vehicles or frozenset()) - vehicles):
        yield Fault(f"{where}.vehicles", repr(unknown), "the id of a vehicle of this problem")


def _place(where: str, location: int, problem: Problem) -> Iterator[Fault]:
    if not 0 <= location < len(problem.locations):
        yield Fault(f"{where}.location", str(location), f"an index into the {len(problem.locations)} locations")


def _amounts(where: str, row: object, *names: str) -> Iterator[Fault]:
    for name in names:
        amount = getattr(row, name)
        if not is_amount(amount):
            yield Fault(f"{where}.{name}", shown(amount), f"a number, 0 or more, at most {MOST:g}")


def _windows(where: str, windows: Iterable[Window]) -> Iterator[Fault]:
    for from_s, to_s in windows:
        if not 0 <= from_s <= to_s or from_s >= MOST_S:
            found = f"[{shown(from_s)}, {shown(to_s)}]"
            yield Fault(where, found, f"[from_s, to_s] with 0 <= from_s <= to_s, from_s below {MOST_S:g}")


def _repeated(where: str, ids: Sequence[str]) -> Iterator[Fault]:
    seen: set[str] = set()
    for number, row_id in enumerate(ids):
        if row_id in seen:
            yield Fault(f"{where}[{number}].id", repr(row_id), "an id used once")
        seen.add(row_id)
