"""Solve a plan anew around what operators have settled: locked circuits stay whole, pinned stops on their trucks."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

import routing
from routing.by_hand import drive
from routing.explain.untimed import Town
from services.contracts.changes import ByHand, PlanChange
from services.contracts.planning import PlanDay, PlanMade
from services.planning.available import without
from services.planning.by_hand import made_plan
from services.planning.ended import EndedBy, nobody, search_stop
from services.planning.plan_ground import Ground, places_of, route_of
from services.planning.quarters import NOTHING_EMPTIED, Emptied, known_by
from services.planning.replan_day import FAMILIARITY_S
from services.planning.sliders import preferences_again
from services.times import instant_of, seconds_after_midnight

LONGEST_S = 8.0
"""Of reading, search and reckoning together: with telling it, the operator has an answer within ten seconds."""
LEAST_S = 1.0
RECKONED_S_A_STOP = 0.0006
"""To time and price what was found, told by the stop: 0.5 s at 1,000 on a busy core."""


def solve_around(
    order: PlanDay,
    parent: PlanMade,
    ground: Ground,
    begun: Collection[str],
    now: datetime,
    ended_by: EndedBy = nobody,
    spent_s: float = 0.0,
    absent: Collection[str] = (),
    emptied: Emptied = NOTHING_EMPTIED,
) -> PlanMade:
    """The plan with the best rest that was found around what is settled. Circuits that have begun stay as they are.

    `spent_s`: of the operator's patience, on reading what is to be solved. Trucks that are `absent` drive nowhere,
    unless they have begun or somebody locked their circuit; what was pinned on them goes to others. `emptied`: by which
    crews, before the plan was made: what leaves its circuit goes rather to one that knows it, where that was asked for.

    Raises:
        routing.RoutingError: what is left cannot be solved as a problem.
    """
    change = PlanChange(
        change_id=order.request_id,
        parent=parent.plan_id,
        kind="solve",
        changed_by=order.ordered_by,
        changed_at=now,
    )
    parked = (*parent.by_hand.parked, *sorted(set(absent) - set(parent.by_hand.parked)))
    by_hand = parent.by_hand.model_copy(update={"root": parent.by_hand.root or parent.plan_id, "parked": parked})
    problem = ground.settled(by_hand, _departs_at(ground, now))
    left_s = LONGEST_S - spent_s - RECKONED_S_A_STOP * len(problem.stops)
    search_s = round(min(order.time_limit_s, max(LEAST_S, left_s)), 1)
    planned = routing.Solution(problem.name, tuple(route_of(circuit, ground) for circuit in parent.circuits))
    driving = {route.vehicle for route in planned.routes}
    held = {*by_hand.locked, *begun} & driving
    away = frozenset(absent) & driving - held
    solution = routing.replan(
        _searched(problem, planned, by_hand, held, away), planned, 0,
        routing.Changes(broken_down=away, locked=frozenset(held)),
        search_stop(search_s, ended_by), order.seed,
        routing.Familiarity.of(planned, ground.registry.city.prices.crew_per_h * FAMILIARITY_S / 3600),
        preferences_again(parent.sliders, known_by(without(ground.registry, parked), emptied)),
    )  # fmt: skip
    town, before = Town(problem), places_of(parent, problem)
    after = {truck: town.parked(town.vehicles[truck]) for truck in before}
    after |= {route.vehicle: town.untimed_of(route) for route in solution.routes}
    changed = sorted(truck for truck, places in after.items() if places.places != before[truck].places)
    plan = made_plan(
        parent, change, by_hand, (ground, problem), {truck: drive(after[truck]) for truck in changed},
        {row.id: row.reason.value for row in solution.unserved},
    )  # fmt: skip
    search = {"time_limit_s": search_s, "solve_s": round(solution.elapsed_s, 3), "ended_by": ended_by()}
    return plan.model_copy(update=search)


def _departs_at(ground: Ground, now: datetime) -> datetime:
    """Of a day that is today's: crews wait for their plan, which takes its time."""
    second = seconds_after_midnight(now, ground.day, ground.zone)
    return instant_of(ground.day, second + LONGEST_S, ground.zone) if second > 0 else now


def _searched(
    problem: routing.Problem,
    planned: routing.Solution,
    by_hand: ByHand,
    held: Collection[str],
    away: Collection[str] = (),
) -> routing.Problem:
    """What the search may do: nobody's containers left out, pins kept where their truck is there, others at home."""
    driving = {route.vehicle for route in planned.routes}
    vehicles = tuple(v for v in problem.vehicles if v.id in driving or v.id not in by_hand.parked)
    ids = frozenset(vehicle.id for vehicle in vehicles if vehicle.id not in away)
    of_held = {stop for route in planned.routes if route.vehicle in held for stop in route.stop_ids}
    stops = []
    for stop in problem.stops:
        pin = by_hand.pins.get(stop.id)
        if stop.id in by_hand.left_out:
            continue
        if pin in ids and stop.id not in of_held:
            stops.append(replace(stop, vehicles=frozenset({pin}), required=True))
        elif stop.vehicles is not None:
            stops.append(replace(stop, vehicles=stop.vehicles & ids))
        else:
            stops.append(stop)
    return replace(problem, vehicles=vehicles, stops=tuple(stops))
