"""Which day each container goes to: today, tomorrow and the days after share trucks, so all are decided together.

A container that waits saves a day's share of what its visits usually cost, and risks waste beside it. Neighbours that
are emptied on the same day share the way there; trucks are whole, and a day has no more than there are. Where people
went without service lately, each day that they wait has its price. Promises are
hard: a container goes at the latest on the last day that keeps them, and on the first day that finds it full or is the
last before it is likely to overflow.

The city is cut into areas of neighbours. An area takes a set of days on which trucks come to it; within the set every
container has the day that is cheapest for itself. `routing.days` chooses the sets, all areas together.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.days import PartsAndTrucks, choose_days
from services.city.registry import Registry
from services.contracts.planning import DueReason
from services.fill.areas import TruckDay, areas_of, truck_day
from services.fill.promises import Promises
from services.fill.prospects import Prospects
from services.fill.tallies import Table

LATER = -1
"""A container's day that lies beyond those that are decided now."""
OVERFLOWS = 0.4
"""Chance of being more than full before the next round, from which on a container is not left: assumed. Without a
sensor it is reached earlier, as less is known."""
OVERTIME = 10.0
"""Times what an hour of a truck costs: what has to be emptied is asked for even where there are too few trucks."""


class Chosen(NamedTuple):
    """Of n containers, in the order of the registry."""

    round: NDArray[np.int64]
    """(n,): number of the round that empties it, 0 today; `LATER`."""
    reasons: Sequence[DueReason | None]
    """Why on that round; None where later."""
    required: NDArray[np.bool_]
    """(n,): today or a promise is broken."""
    prize: Table
    """(n,) money: what leaving it today is expected to cost, with the visit that it then takes all the same."""


class _Costs(NamedTuple):
    """Of the containers of one stream."""

    waiting: Table
    """(n, k): what it costs to be emptied on each round, the visit itself apart; the last is `LATER`."""
    may: NDArray[np.bool_]
    """(n, k)."""
    visit: Table
    """(n,): a visit's usual cost, with its part of what is shared."""
    opening: Table
    """(n,): the way to its area, whole."""
    shared: Table
    """(n,): of that its part of the way to its area and of the truck."""
    work_s: Table
    """(n, k): a truck's time for it."""
    lacking: Table
    """(n, k): of `waiting`, what people who lack service cost by then."""


def choose(registry: Registry, prospects: Prospects, promises: Promises, lacking: Table | None = None) -> Chosen:
    """Decide all rounds of the prospects but the last, which stands for whatever comes later.

    `lacking` is (n,) money for each further day that people of a container go without service; None: nobody does.
    """
    count = len(registry.containers)
    found = Chosen(np.full(count, LATER, dtype=np.int64), [None] * count, np.zeros(count, dtype=bool), np.zeros(count))
    streams = np.array([container.stream for container in registry.containers])
    reasons: list[DueReason | None] = [None] * count
    lacking = np.zeros(count) if lacking is None else lacking
    for stream in sorted(set(streams.tolist())):
        some = np.flatnonzero(streams == stream)
        costs, rounds = _choose_of_stream(
            registry, stream, some, _part(prospects, some), _part(promises, some), lacking[some]
        )
        found.round[some] = rounds
        found.required[some] = ~costs.may[:, 1:].any(axis=1)
        found.prize[some] = _prizes(costs)
        full_at = registry.city.planning.full_at_fill_ratio
        told = _reasons(rounds, costs, _part(prospects, some), _part(promises, some), full_at)
        for number, reason in zip(some.tolist(), told, strict=True):
            reasons[number] = reason
    return found._replace(reasons=reasons)


def _part[T: (Prospects, Promises)](table: T, some: NDArray[np.int64]) -> T:
    """Of some containers."""
    columns: dict[str, Any] = {name: c[some] for name, c in table._asdict().items() if isinstance(c, np.ndarray)}
    return table._replace(**columns)


def _choose_of_stream(
    registry: Registry, stream: str, some: NDArray[np.int64], prospects: Prospects, promises: Promises, lacking: Table
) -> tuple[_Costs, NDArray[np.int64]]:
    containers = [registry.containers[number] for number in some.tolist()]
    areas = areas_of(containers, registry.city.roads.detour_factor)
    truck = truck_day(registry, stream, np.array([[c.lon, c.lat] for c in containers]))
    kinds = {kind.id: kind for kind in registry.container_kinds}
    service_s = np.array([kinds[c.kind].service_s for c in containers], dtype=np.float64)
    capacity_l = np.array([c.capacity_l for c in containers])
    capacity_kg = capacity_l * np.array([kinds[c.kind].kg_per_l for c in containers])
    each_m = areas.each_m[areas.of]
    opening_m = (areas.opening_m / areas.counts)[areas.of]
    # Way and lift on its own; with its part of the way to its neighbours and of the truck.
    work_s = service_s + each_m * truck.s_per_m
    shared = opening_m * truck.metre_cost + (work_s + opening_m * truck.s_per_m) / truck.work_s * truck.cost
    visit = each_m * truck.metre_cost + service_s * truck.second_cost + truck.lift_cost + shared
    rules = registry.city.planning
    waiting, may = _waiting(
        prospects, promises, visit, capacity_l * rules.overflow_price_per_l, rules.full_at_fill_ratio
    )
    haul_s = prospects.levels * capacity_kg[:, None] * truck.haul_s_per_kg
    days = np.array([one.day.toordinal() for one in prospects.rounds])
    of_lacking = lacking[:, None] * (days - days[0])
    opening = areas.opening_m[areas.of] * truck.metre_cost
    costs = _Costs(waiting + of_lacking, may, visit, opening, shared, work_s[:, None] + haul_s, of_lacking)
    return costs, _assign(costs, areas.of, areas.opening_m, truck)


def _waiting(
    prospects: Prospects, promises: Promises, visit: Table, price_per_full: Table, full_at: float
) -> tuple[Table, NDArray[np.bool_]]:
    days = np.array([one.day.toordinal() for one in prospects.rounds])
    # Usually it goes when it is full or when its promises end, whichever is first: so long does a visit last.
    fills_in = np.ceil(full_at / np.maximum(prospects.rates, 1e-3))
    usual_days = np.maximum(np.minimum(fills_in, promises.usual_days), 1.0)
    saved = (visit / usual_days)[:, None] * (days - days[0])
    may = np.ones(prospects.levels.shape, dtype=bool)
    may[:, 1:] = (days[1:] <= promises.latest[:, None]) & ~np.maximum.accumulate(_presses(prospects, full_at), axis=1)
    # Emptied so early that it is full again by the last round, it spares nobody a visit: only as late as it may be.
    too_early = prospects.levels[:, -1:] - prospects.levels >= full_at
    too_early[np.arange(len(may)), may.shape[1] - 1 - may[:, ::-1].argmax(axis=1)] = False
    may &= ~too_early
    return price_per_full[:, None] * prospects.over - saved, may


def _presses(prospects: Prospects, full_at: float) -> NDArray[np.bool_]:
    """(n, k - 1): it is full at a round, or likely to overflow before the next one: it waits no longer."""
    pressing: NDArray[np.bool_] = (prospects.levels[:, :-1] >= full_at) | (prospects.chances[:, 1:] >= OVERFLOWS)
    return pressing


def _prizes(costs: _Costs) -> Table:
    """Leaving it means that it waits for its best later round, and is visited then, by a way of its own."""
    later = np.where(costs.may, costs.waiting, np.inf)[:, 1:].min(axis=1)
    later = np.where(np.isfinite(later), later, costs.waiting[:, 1])
    return np.maximum(later - costs.waiting[:, 0] + costs.visit + costs.opening, 0.0)


def _assign(costs: _Costs, area_of: NDArray[np.int64], opening_m: Table, truck: TruckDay) -> NDArray[np.int64]:
    """(n,) rounds: the sets of rounds of all areas together, and of each container its cheapest in its area's set."""
    last = costs.may.shape[1] - 1
    sets = np.array([[bool(number >> one & 1) for one in range(last)] for number in range(2**last)])
    count, areas = len(area_of), len(opening_m)
    dear = np.where(costs.may, costs.waiting, np.inf)
    dear[:, last] += costs.shared  # nobody reckons yet which ways and trucks it will share
    area_costs, area_work_s = np.empty((areas, len(sets))), np.zeros((areas, len(sets), last))
    rounds = np.empty((count, len(sets)), dtype=np.int64)
    for number, members in enumerate(sets):
        of_set = np.where([*members, True], dear, np.inf)
        rounds[:, number] = of_set.argmin(axis=1)
        own = of_set[np.arange(count), rounds[:, number]]
        opened = members.sum() * opening_m * truck.metre_cost
        area_costs[:, number] = np.bincount(area_of, own, areas) + opened
        for one in np.flatnonzero(members).tolist():
            goes = rounds[:, number] == one
            work_s = np.bincount(area_of[goes], costs.work_s[goes, one], areas)
            area_work_s[:, number, one] = work_s + opening_m * truck.s_per_m * (work_s > 0)
    hour_cost = truck.cost / truck.work_s + truck.second_cost
    trucks = np.full(last, max(truck.trucks, 1), dtype=np.int64)
    asked = PartsAndTrucks(area_costs, area_work_s, trucks, truck.work_s, truck.cost, OVERTIME * hour_cost)
    found = rounds[np.arange(count), choose_days(asked)[area_of]]
    return np.where(found == last, LATER, found)


def _reasons(
    rounds: NDArray[np.int64], costs: _Costs, prospects: Prospects, promises: Promises, full_at: float
) -> list[DueReason | None]:
    """Why each goes on its round: what would be so on the next one, or what it is cheaper with."""
    rows = np.arange(len(rounds))
    here = np.maximum(rounds, 0)
    days = np.array([one.day.toordinal() for one in prospects.rounds])
    own = np.where(costs.may, costs.waiting, np.inf).argmin(axis=1)
    otherwise = np.where(costs.may, costs.waiting - costs.lacking, np.inf).argmin(axis=1)
    promised = days[here + 1] > promises.latest
    tests: tuple[tuple[NDArray[np.bool_], DueReason], ...] = (
        (prospects.levels[rows, here] >= full_at, "full"),
        (promised & ~promises.by_times, "too_long_since_emptied"),
        (promised & promises.by_times, "promised_times"),
        (prospects.levels[rows, here + 1] >= full_at, "full_by_next_round"),
        (_presses(prospects, full_at)[rows, here], "may_overflow"),
        ((own == here) & (otherwise != here), "unserved"),
        (own == here, "may_overflow"),
    )
    told = np.select([test for test, _ in tests], [reason for _, reason in tests], "with_neighbours").tolist()
    return [None if round_ == LATER else reason for round_, reason in zip(rounds.tolist(), told, strict=True)]
