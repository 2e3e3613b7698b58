"""A problem as flat arrays, the way compiled loops want it.

Nodes are numbered: stops 0..n-1 in the order of `problem.stops`, then disposal sites, then depots. Records keep
together what is read together; the two numbers of an arc (metres, seconds) lie side by side for the same reason.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.amounts import MOST, is_beyond
from routing.engine.clock import CLOSED, Clock, seconds
from routing.engine.money import exact_prizes, unit_of
from routing.engine.preferred import Wishes, make_wishes
from routing.limits import LIMITS, ONE, Measure
from routing.options import Familiarity, Preferences
from routing.problem import Depot, DisposalSite, Problem, Stop, Vehicle, Window
from routing.solution import Reason

NEIGHBOURS = 50  # stops looked at round each stop; more costs time and found nothing better on 300 and 1,000 stops
DEAREST = 1e9  # units, at least
ROADS = ("distance_m", "duration_s")  # the two numbers of an arc, in the order of the last axis of `Arrays.roads`
type Truck = Any  # one record of `Arrays.trucks`; numpy has no type for it
type Records = NDArray[np.void]

NODE = np.dtype(
    [
        ("demand_kg", "f8"), ("demand_l", "f8"), ("prize", "f8"), ("service_s", "i8"), ("stream", "i8"),
        ("window", "i8"), ("windows", "i8"), ("required", "?"), ("worth", "?"), ("may_wait", "?"),
    ],
    align=True,
)  # fmt: skip
TRUCK = np.dtype(
    [
        *((limit.field, "f8") for limit in LIMITS),  # what rounding may add included, infinite without a limit
        ("fixed", "f8"), ("per_m", "f8"), ("kind", "i8"), ("profile", "i8"), ("start", "i8"), ("end", "i8"),
        ("from_s", "i8"), ("to_s", "i8"), ("rest_s", "i8"), ("rest_from_s", "i8"), ("rest_to_s", "i8"),
    ],
    align=True,
)  # fmt: skip
SOLO = np.dtype([("cost", "f8"), ("site", "i8")])  # of a duty for one stop alone; the site is -1 where there is none


class Arrays(NamedTuple):
    """The problem in arrays. T trucks, K kinds of them, N nodes of which n stops, P road profiles, S disposal sites.

    `nodes[i].window` is the first of `windows` rows of node i in `Arrays.windows`. A required stop is counted before
    any money; its prize weighs it against other required ones. `worth` tells whether anybody could serve a stop for
    less than leaving it costs, driving for nothing.
    Trucks of one kind are interchangeable, and know the same stops. All money is in units of `routing.engine.money`.
    """

    stops: int
    sites_end: int
    unit: float  # units of the search in one of money
    dearest: float  # what leaving a required stop counts where stops are put in order: more than any prize
    mixed: bool  # whether a site may have to refuse what a truck carries
    crew_per_s: float
    nodes: Records  # (N,) NODE
    windows: NDArray[np.int64]  # (W, 2) opens, closes
    roads: NDArray[np.int32]  # (P, N, N, 2) metres, seconds
    trucks: Records  # (T,) TRUCK
    serve: NDArray[np.float64]  # (K, N) money of serving a node: fuel, crew, and what it costs not to know it
    can: NDArray[np.bool_]  # (K, n) whether a truck of the kind may serve the stop
    open_to: NDArray[np.bool_]  # (K, S) whether it may unload at the site
    accepts: NDArray[np.int64]  # (S,) streams a site takes, as bits
    solo: Records  # (K, n) SOLO
    by_solo: NDArray[np.int32]  # (n, K) kinds, for each stop those first that serve it alone for least
    of_kind: NDArray[np.int32]  # (T,) trucks, kind by kind
    kind_at: NDArray[np.int32]  # (K + 1,) where each kind begins in `of_kind`
    near: NDArray[np.int32]  # (n, up to 50) worthwhile stops, nearest first, -1 where there are no more
    wishes: Wishes


def make_arrays(
    problem: Problem, familiarity: Familiarity | None = None, preferences: Preferences | None = None
) -> Arrays:
    """Compile a valid problem. Crews that know different stops are different kinds, so no loop pays for asking."""
    n, sites = len(problem.stops), len(problem.disposal_sites)
    clock = Clock.of(problem)
    streams = {name: 1 << number for number, name in enumerate(sorted({stop.stream for stop in problem.stops}))}
    accepts = _accepts(problem, streams)
    profiles = {name: number for number, name in enumerate(sorted({v.profile for v in problem.vehicles}))}
    can_by_vehicle = [_can(problem, vehicle) for vehicle in problem.vehicles]
    familiar = None if preferences is None else preferences.familiar
    strange_by_vehicle = _strange(problem, familiarity) + _strange(problem, familiar)
    kinds: dict[tuple[object, ...], int] = {}
    kind_of = [
        kinds.setdefault((_likeness(vehicle), can.tobytes(), strange.tobytes()), len(kinds))
        for vehicle, can, strange in zip(problem.vehicles, can_by_vehicle, strange_by_vehicle, strict=True)
    ]
    example = [kind_of.index(kind) for kind in range(len(kinds))]
    trucks = _trucks(problem, kind_of, profiles, clock)
    nodes, windows = _nodes(problem, streams, clock)
    serve = np.array([_serve(problem, problem.vehicles[v], nodes) for v in example]).reshape(len(kinds), len(nodes))
    serve[:, :n] += strange_by_vehicle[example]
    wishes = make_wishes(problem, preferences)
    serve[:, :n] += wishes.alone
    nodes["prize"][:n] += np.where(nodes["required"][:n], 0.0, wishes.alone + _missed(problem, familiar))
    can = np.array([can_by_vehicle[v] for v in example], np.bool_).reshape(len(kinds), n)
    open_to = np.array([_open_to(problem, problem.vehicles[v], clock) for v in example], np.bool_).reshape(
        len(kinds), sites
    )
    nodes["worth"][:n] = _worth(nodes[:n], trucks[example], serve[:, :n], can)
    ahead = [not stop.windows or any(map(clock.is_ahead, stop.windows)) for stop in problem.stops]
    nodes["worth"][:n] &= np.array(ahead, np.bool_)
    roads = _roads(problem, profiles)
    everything = (1 << len(streams)) - 1
    crew_per_s = problem.prices.crew_per_h / 3600
    solo = _solo(n, nodes, trucks[example], roads, serve, open_to, accepts, (crew_per_s, wishes))
    solo["cost"][~can] = np.inf
    unit = unit_of(solo["cost"].min(axis=0, initial=np.inf))
    for money in (nodes["prize"], trucks["fixed"], trucks["per_m"], serve, solo["cost"]):
        np.multiply(money, unit, out=money)
    crew_per_s *= unit
    wishes = wishes._replace(alone=wishes.alone * unit, long_per_s=wishes.long_per_s * unit)
    nodes["prize"] = exact_prizes(
        nodes["prize"], _most_money(nodes, trucks, roads, serve, crew_per_s + wishes.long_per_s)
    )
    dearest = max(DEAREST, 10 * float(nodes["prize"].max(initial=0)))
    near = nearest(roads[0], np.flatnonzero(nodes["worth"]), n) if len(roads) else np.full((n, 1), -1, np.int32)
    return Arrays(
        n, n + sites, unit, dearest, bool((accepts != everything).any()), crew_per_s, nodes, windows, roads, trucks,
        serve, can, open_to, accepts, solo, _cheapest_kinds(solo),
        *ranged(trucks, len(solo)), near, wishes,
    )  # fmt: skip


def _cheapest_kinds(solo: Records) -> NDArray[np.int32]:
    return np.ascontiguousarray(np.argsort(solo["cost"], axis=0, kind="stable").T.astype(np.int32))


def ranged(trucks: Records, kinds: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Trucks kind by kind, and where each kind begins."""
    order = np.argsort(trucks["kind"], kind="stable").astype(np.int32)
    return order, np.searchsorted(trucks["kind"][order], np.arange(kinds + 1)).astype(np.int32)


def _most_money(
    nodes: Records, trucks: Records, roads: NDArray[np.int32], serve: NDArray[np.float64], crew_per_s: float
) -> float:
    """A bound of what all routes of any plan cost together: everybody out all day, three legs a stop at the longest."""
    legs = 3.0 * len(nodes) + 3.0 * len(trucks)
    shifts_s = float((trucks["to_s"] - trucks["from_s"]).sum())
    leg = float(roads[..., 0].max(initial=0)) * float(trucks["per_m"].max(initial=0)) + float(serve.max(initial=0))
    return float(trucks["fixed"].sum()) + crew_per_s * shifts_s + legs * leg


def adds(arrays: Arrays, measure: Measure) -> NDArray[np.float64]:
    """What a visit to each node adds, without the way there, (N,)."""
    amounts = np.zeros(len(arrays.nodes))
    for rows, field in (
        (slice(arrays.stops), measure.of_stop),
        (slice(arrays.stops, arrays.sites_end), measure.of_unloading),
    ):
        if field:
            amounts[rows] = 1.0 if field == ONE else arrays.nodes[field][rows]
    return amounts


def lifted(arrays: Arrays, reason: Reason) -> Arrays:
    """The same problem without the limits that have this reason."""
    trucks = arrays.trucks.copy()
    for limit in LIMITS:
        if limit.reason is reason:
            trucks[limit.field] = np.inf
    return arrays._replace(trucks=trucks)


def _likeness(vehicle: Vehicle) -> tuple[object, ...]:
    """Everything but the id."""
    return tuple(getattr(vehicle, name) for name in Vehicle.__dataclass_fields__ if name != "id")


def _can(problem: Problem, vehicle: Vehicle) -> NDArray[np.bool_]:
    return np.array(
        [s.stream in vehicle.streams and (s.vehicles is None or vehicle.id in s.vehicles) for s in problem.stops],
        np.bool_,
    )


def _strange(problem: Problem, familiarity: Familiarity | None) -> NDArray[np.float64]:
    """Money of serving a stop that other crews know, (vehicles, stops)."""
    strange = np.zeros((len(problem.vehicles), len(problem.stops)))
    if familiarity is None or not familiarity.price:
        return strange
    numbers = {vehicle.id: number for number, vehicle in enumerate(problem.vehicles)}
    for stop, row in enumerate(problem.stops):
        if row.id in familiarity.known_by:
            strange[:, stop] = familiarity.price
            crews = [numbers[vehicle] for vehicle in familiarity.known_by[row.id] if vehicle in numbers]
            strange[crews, stop] = 0.0
    return strange


def _missed(problem: Problem, familiarity: Familiarity | None) -> NDArray[np.float64]:
    """Money of leaving a stop that somebody knows, (stops,): as if it were strange to whoever served it."""
    if familiarity is None:
        return np.zeros(len(problem.stops))
    return familiarity.price * np.array([stop.id in familiarity.known_by for stop in problem.stops], np.float64)


def _open_to(problem: Problem, vehicle: Vehicle, clock: Clock) -> list[bool]:
    """Whether the vehicle may unload, by site."""
    return [
        any(map(clock.is_ahead, site.open)) and (not site.streams or bool(site.streams & vehicle.streams))
        for site in problem.disposal_sites
    ]


def _accepts(problem: Problem, streams: dict[str, int]) -> NDArray[np.int64]:
    everything = (1 << len(streams)) - 1
    return np.array(
        [
            sum(streams.get(name, 0) for name in site.streams) if site.streams else everything
            for site in problem.disposal_sites
        ],
        np.int64,
    )


def _nodes(problem: Problem, streams: dict[str, int], clock: Clock) -> tuple[Records, NDArray[np.int64]]:
    """Records of all nodes, and the windows; one that spans every shift is no constraint and is dropped."""
    last_s = max((clock.shift(vehicle.shift)[1] for vehicle in problem.vehicles), default=0)
    nodes = np.zeros(len(problem.stops) + len(problem.disposal_sites) + len(problem.depots), NODE)
    windows: list[Window] = []
    places = [(s.service_s, s.windows) for s in problem.stops] + [(s.service_s, s.open) for s in problem.disposal_sites]
    for row, (service_s, spans) in zip(nodes, places, strict=False):
        told = sorted(clock.span(span) for span in spans if clock.is_ahead(span)) or [CLOSED][: len(spans)]
        bound = not any(opens == 0 and last_s <= closes for opens, closes in told)
        row["service_s"], row["window"], row["windows"] = seconds(service_s), len(windows), len(told) if bound else 0
        row["may_wait"] = any(opens > 0 for opens, _ in told)
        windows += told if bound else []
    for row, stop in zip(nodes, problem.stops, strict=False):
        row["demand_kg"], row["demand_l"], row["stream"] = stop.demand_kg, stop.demand_l, streams[stop.stream]
        row["required"], row["prize"] = stop.required, stop.prize
    return nodes, np.array(windows, np.int64).reshape(-1, 2)


def _trucks(problem: Problem, kind_of: list[int], profiles: dict[str, int], clock: Clock) -> Records:
    trucks = np.zeros(len(problem.vehicles), TRUCK)
    depots_at = len(problem.stops) + len(problem.disposal_sites)
    depot_node = {depot.id: depots_at + number for number, depot in enumerate(problem.depots)}
    for row, vehicle, kind in zip(trucks, problem.vehicles, kind_of, strict=True):
        for limit in LIMITS:
            most = limit.most(vehicle)
            row[limit.field] = np.inf if is_beyond(most, MOST) else most + limit.counts.tolerance
        row["fixed"] = vehicle.fixed_cost
        row["per_m"] = problem.prices.fuel_per_l * vehicle.fuel.drive_l_per_km / 1000
        row["kind"], row["profile"] = kind, profiles[vehicle.profile]
        row["start"], row["end"] = depot_node[vehicle.start_depot], depot_node[vehicle.end_depot]
        row["from_s"], row["to_s"] = clock.shift(vehicle.shift)
        if vehicle.rest is not None:
            row["rest_s"] = seconds(vehicle.rest.duration_s)
            row["rest_from_s"], row["rest_to_s"] = clock.span(vehicle.rest.window)
    return trucks


def _serve(problem: Problem, vehicle: Vehicle, nodes: Records) -> NDArray[np.float64]:
    prices, fuel = problem.prices, vehicle.fuel
    money: NDArray[np.float64] = nodes["service_s"] * (prices.fuel_per_l * fuel.idle_l_per_h + prices.crew_per_h) / 3600
    money[: len(problem.stops)] += prices.fuel_per_l * fuel.per_stop_l
    return money


def _worth(stops: Records, kinds: Records, serve: NDArray[np.float64], can: NDArray[np.bool_]) -> NDArray[np.bool_]:
    able = can & (stops["demand_kg"] <= kinds["capacity_kg"][:, None])
    least = np.where(able, serve, np.inf).min(axis=0, initial=np.inf)
    worth: NDArray[np.bool_] = np.isfinite(least) & (stops["required"] | (least < stops["prize"]))
    return worth


def _roads(problem: Problem, profiles: dict[str, int]) -> NDArray[np.int32]:
    places: list[Stop | DisposalSite | Depot] = [*problem.stops, *problem.disposal_sites, *problem.depots]
    at = np.array([place.location for place in places], np.intp)
    roads = np.empty((len(profiles), len(at), len(at), 2), np.int32)
    for profile, number in profiles.items():
        matrix = problem.matrices[profile]
        for row, place in enumerate(at):  # by rows: no second matrix in memory meanwhile
            roads[number, row, :, 0] = matrix.distance_m[place, at]
            roads[number, row, :, 1] = matrix.duration_s[place, at]
    return roads


def _solo(
    n: int,
    nodes: Records,
    kinds: Records,
    roads: NDArray[np.int32],
    serve: NDArray[np.float64],
    open_to: NDArray[np.bool_],
    accepts: NDArray[np.int64],
    prices: tuple[float, Wishes],
) -> Records:
    solo = np.zeros((len(kinds), n), SOLO)
    solo["cost"], solo["site"] = np.inf, -1
    crew_per_s, wishes = prices
    for kind, truck in enumerate(kinds):
        road, money = roads[truck["profile"]], np.array([truck["per_m"], crew_per_s])
        seconds_out = road[truck["start"], :n, 1] + nodes["service_s"][:n]
        out = road[truck["start"], :n] @ money + serve[kind, :n] + truck["fixed"]
        for number in np.flatnonzero(open_to[kind]):
            site = n + number
            back = road[:n, site] @ money + serve[kind, site] + road[site, truck["end"]] @ money
            if wishes.long_per_s:
                duty_s = seconds_out + road[:n, site, 1] + nodes["service_s"][site] + road[site, truck["end"], 1]
                back += wishes.long_per_s * np.maximum(0, duty_s - wishes.even_s)
            better = ((nodes["stream"][:n] & accepts[number]) != 0) & (out + back < solo["cost"][kind])
            solo["cost"][kind][better], solo["site"][kind][better] = (out + back)[better], site
    return solo


def nearest(roads: NDArray[np.int32], worthy: NDArray[np.intp], n: int) -> NDArray[np.int32]:
    """Worthwhile stops round each worthwhile stop, nearest first, by metres there and back; ties by number."""
    width = max(1, min(NEIGHBOURS, len(worthy) - 1))
    near = np.full((n, width), -1, np.int32)
    if len(worthy) < 2:
        return near
    for here, stop in enumerate(worthy):
        away = roads[stop, worthy, 0].astype(np.int64) + roads[worthy, stop, 0]
        away[here] = np.iinfo(np.int64).max
        closest = np.argpartition(away, width - 1)[:width] if width < len(away) else np.arange(len(away))
        closest.sort()
        near[stop] = worthy[closest[np.argsort(away[closest], kind="stable")]][:width]
    return near
