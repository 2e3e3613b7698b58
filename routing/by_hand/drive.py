"""Drive a circuit in the order it is given: at its best timing where one keeps the hours, else as early as it can."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from routing.by_hand.broken import Broken, broken_by
from routing.explain.untimed import Bill, UntimedRoute
from routing.problem import Break, Window
from routing.schedule import Legs, Timing, best_timing, earliest_starts, latest_starts
from routing.solution import Route
from routing.timed_route import route_at

FOR_EVER_S = 10**9
"""Past any day, and far below what a problem may hold: a window or a shift that does not close."""


@dataclass(frozen=True, slots=True)
class Driven:
    """A circuit with its times, what it costs, and the rules that it breaks. `route` is None for a parked vehicle."""

    untimed: UntimedRoute
    route: Route | None
    bill: Bill
    broken: tuple[Broken, ...]


def drive(untimed: UntimedRoute) -> Driven:
    """Time and price the places in their order; the same places always give the same times.

    Where the best timing keeps every hour, it is that one. Else the crew leaves when its shift begins and is nowhere
    later than it must be.
    """
    if untimed.is_parked():
        return Driven(untimed, None, Bill(), ())
    vehicle, legs = untimed.vehicle, untimed.legs()
    timing = best_timing(legs, vehicle.shift, vehicle.rest) if _sites_open(untimed) else None
    timing = timing or _as_early_as_it_can(legs, vehicle.shift, vehicle.rest)
    route = route_at(vehicle, untimed.places, legs, timing)
    return Driven(untimed, route, untimed.bill(route.duty_s), broken_by(untimed, route))


def _sites_open(untimed: UntimedRoute) -> bool:
    """No opening means closed for a site, and any time for the scheduler."""
    return all(site.open for _, site in untimed.trips())


def _as_early_as_it_can(legs: Legs, shift: Window, rest: Break | None) -> Timing:
    return min(_late_timings(legs, shift, rest), key=lambda timing: _lateness_s(legs, shift, timing))


def _late_timings(legs: Legs, shift: Window, rest: Break | None) -> Iterator[Timing]:
    """Without the break where it is not due or fits nowhere; else with it where a crew would look for it."""
    patient = replace(legs, windows=[_never_closing(windows) for windows in legs.windows])
    plain = _starts(patient, shift)
    if rest is None or not plain[0] < rest.window[1] < plain[-1]:
        yield Timing(tuple(plain))
        return
    found = False
    for here in _where_to_rest(legs, plain, rest):
        starts = _starts(_with_rest(patient, here, rest), shift)
        if rest.window[0] <= starts[here + 1] <= rest.window[1]:
            found = True
            yield Timing((*starts[: here + 1], *starts[here + 2 :]), here, starts[here + 1])
    if not found:
        yield Timing(tuple(plain))


def _where_to_rest(legs: Legs, plain: Sequence[int], rest: Break) -> list[int]:
    """After the first visit that ends within its hours, after the last, and where the crew waits longest anyway."""
    free_s = [start_s + service_s for start_s, service_s in zip(plain, legs.service_s, strict=True)][:-1]
    before = [here for here, at_s in enumerate(free_s) if at_s <= rest.window[1]]
    inside = [here for here in before if free_s[here] >= rest.window[0]]
    waits = max(before, key=lambda here: plain[here + 1] - free_s[here] - legs.travel_s[here], default=None)
    chosen = [*before[-1:], *inside[:1], *inside[-1:], *([] if waits is None else [waits])]
    return sorted(set(chosen))


def _starts(patient: Legs, shift: Window) -> list[int]:
    """Earliest starts, and of the departures that make nobody later the last: crews wait at the depot."""
    earliest = earliest_starts(patient, shift[0])
    assert earliest is not None  # noqa: S101 - no window closes
    kept = [
        tuple((from_s, min(to_s, max(start_s, from_s))) for from_s, to_s in windows) if windows else ()
        for windows, start_s in zip(patient.windows, earliest, strict=True)
    ]
    latest = latest_starts(replace(patient, windows=kept), earliest[-1])
    if latest is None:
        return earliest
    later = earliest_starts(patient, max(shift[0], latest[0]))
    return earliest if later is None or later[-1] > earliest[-1] else later


def _never_closing(windows: tuple[Window, ...]) -> tuple[Window, ...]:
    if not windows:
        return ()
    ordered = sorted(windows)
    return (*ordered[:-1], (ordered[-1][0], FOR_EVER_S))


def _lateness_s(legs: Legs, shift: Window, timing: Timing) -> int:
    """Seconds past closings, over all visits and the shift."""
    late_s = max(0, timing.start_s[-1] - shift[1])
    for windows, start_s in zip(legs.windows, timing.start_s, strict=True):
        if windows:
            late_s += max(0, start_s - max(to_s for _, to_s in windows))
    return late_s


def _with_rest(legs: Legs, here: int, rest: Break) -> Legs:
    """The break as a visit on the spot after visit `here`, from when its hours begin."""
    cut = here + 1
    return Legs(
        [*legs.travel_s[:here], 0, *legs.travel_s[here:]],
        [*legs.service_s[:cut], rest.duration_s, *legs.service_s[cut:]],
        [*legs.windows[:cut], ((rest.window[0], FOR_EVER_S),), *legs.windows[cut:]],
    )
