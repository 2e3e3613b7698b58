"""One vehicle's round inside the search: built whole from its sequence of nodes, never changed afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from routing.instance import Instance, Truck
from routing.schedule import Legs, best_timing, last_start, next_start


@dataclass(slots=True)
class Tour:
    """A feasible sequence: start depot, stops and disposal sites, end depot.

    `leave_s[p]` is the earliest moment the truck can drive on from position p (after its break, if taken there);
    `latest_s[p]` the latest start of service at p that still brings it home in time. `trip_of[p]` numbers the trip a
    stop inserted after position p would join; loads are by trip.
    """

    truck: Truck
    seq: list[int]
    pos: dict[int, int]
    leave_s: list[int]
    latest_s: list[int]
    trip_of: list[int]
    trip_kg: list[float]
    trip_l: list[float]
    day_kg: float
    day_l: float
    stops: int
    cost: float


def build_tour(instance: Instance, truck: Truck, seq: list[int]) -> Tour | None:
    """Check and price a sequence; None when it breaks a rule. The search spends most of its time here."""
    loads = _loads(instance, truck, seq)
    if loads is None:
        return None
    trip_of, trip_kg, trip_l, day_kg, day_l = loads
    cost, clock, waited_s, last_windowed = truck.fixed, truck.from_s, 0, 0
    start_s, leave_s = [clock], [clock]
    arc, drive_s, serve, windows, service_s = (
        truck.arc,
        truck.drive_s,
        truck.serve,
        instance.windows,
        instance.service_s,
    )
    here = seq[0]
    for node in seq[1:]:
        cost += arc[here][node] + serve[node]
        clock += drive_s[here][node]
        if windows[node]:
            start = next_start(windows[node], clock)
            if start is None:
                return None
            waited_s += start - clock
            clock = start
            last_windowed = len(start_s)
        start_s.append(clock)
        clock += service_s[node]
        leave_s.append(clock)
        here = node
    if clock > truck.to_s:
        return None
    rest_after = None
    if waited_s or (truck.rest is not None and clock > truck.rest.window[1]):
        timing = best_timing(legs_of(instance, truck, seq), (truck.from_s, truck.to_s), truck.rest)
        if timing is None:
            return None
        cost += instance.crew_per_s * (timing.duty_s - (clock - truck.from_s - waited_s))
        rest_after = timing.rest_after
        if rest_after is not None:
            start_s, leave_s = _rested_times(instance, truck, seq, rest_after)
            last_windowed = max(last_windowed, rest_after)
    latest_s = _latest(instance, truck, seq, start_s, last_windowed, rest_after)
    pos = {node: place for place, node in enumerate(seq)}
    stops = len(seq) - 2 - len(trip_kg)
    return Tour(truck, seq, pos, leave_s, latest_s, trip_of, trip_kg, trip_l, day_kg, day_l, stops, cost)


type Loads = tuple[list[int], list[float], list[float], float, float]


def _loads(instance: Instance, truck: Truck, seq: list[int]) -> Loads | None:
    """Trip number by position, load by trip and by day; None when a limit, or a site's streams, forbids them."""
    trip_of, trip_kg, trip_l = [0], [], []
    kg = litres = 0.0
    stops, mixed, streams, trip = instance.stops, instance.mixed, 0, 0
    kg_of, l_of = instance.kg, instance.l
    for node in seq[1:-1]:
        if node < stops:
            kg += kg_of[node]
            litres += l_of[node]
            if mixed:
                streams |= instance.stream[node]
        else:
            if kg > truck.kg or litres > truck.l or (mixed and streams & ~instance.accepts[node]):
                return None
            trip_kg.append(kg)
            trip_l.append(litres)
            trip += 1
            kg = litres = 0.0
            streams = 0
        trip_of.append(trip)
    day_kg, day_l = sum(trip_kg), sum(trip_l)
    ends_loaded = seq[-2] < stops
    too_long = trip > truck.max_trips or len(seq) - 2 - trip > truck.max_stops
    if ends_loaded or too_long or day_kg > truck.day_kg or day_l > truck.day_l:
        return None
    return trip_of, trip_kg, trip_l, day_kg, day_l


def _latest(
    instance: Instance, truck: Truck, seq: list[int], start_s: list[int], last_windowed: int, rest_after: int | None
) -> list[int]:
    """Latest starts by position: all slack after the last window or break, then back step by step."""
    drive_s, windows, service_s = truck.drive_s, instance.windows, instance.service_s
    slack_s = truck.to_s - start_s[-1]
    latest_s = [start + slack_s for start in start_s]
    if not last_windowed and rest_after is None:
        return latest_s
    for place in range(last_windowed, -1, -1):
        node = seq[place]
        limit = latest_s[place + 1] - drive_s[node][seq[place + 1]]
        if place == rest_after and truck.rest is not None:
            limit = min(limit - truck.rest.duration_s, truck.rest.window[1])
        limit -= service_s[node]
        if windows[node]:
            start = last_start(windows[node], limit)
            limit = start if start is not None else -1
        latest_s[place] = limit
    return latest_s


def _rested_times(instance: Instance, truck: Truck, seq: list[int], rest_after: int) -> tuple[list[int], list[int]]:
    """Earliest starts and departures by position when the break is taken after `rest_after`."""
    assert truck.rest is not None  # noqa: S101 - only asked for after a break was placed
    clock, here = truck.from_s, seq[0]
    start_s: list[int] = []
    leave_s: list[int] = []
    for place, node in enumerate(seq):
        if place:
            arrive_s = clock + truck.drive_s[here][node]
            start = next_start(instance.windows[node], arrive_s)
            clock = arrive_s if start is None else start
        start_s.append(clock)
        clock += instance.service_s[node]
        if place == rest_after:
            clock = max(clock, truck.rest.window[0]) + truck.rest.duration_s
        leave_s.append(clock)
        here = node
    return start_s, leave_s


def legs_of(instance: Instance, truck: Truck, seq: list[int]) -> Legs:
    """The sequence as the scheduler wants it."""
    return Legs(
        [truck.drive_s[here][there] for here, there in pairwise(seq)],
        [instance.service_s[node] for node in seq],
        [instance.windows[node] for node in seq],
    )
