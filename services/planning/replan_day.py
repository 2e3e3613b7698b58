"""A running day planned anew: from now, from where the trucks are, with what they carry."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import NAMESPACE_URL, uuid5

import routing
from services.city.fleets import part_of
from services.city.registry import Registry
from services.contracts.changes import ByHand
from services.contracts.planning import (
    Circuit,
    ContainerForecast,
    PlanDay,
    PlanMade,
    Unserved,
    UnservedReason,
)
from services.contracts.streets import ClosedStreet
from services.fill.belief import Belief
from services.fill.due import forecasts_of_day
from services.planning.ended import EndedBy, nobody, search_stop
from services.planning.lacking import NOBODY, Lacking
from services.planning.problem import circuits_of, problem_name, problem_of_day, totals_of
from services.planning.settled import carried_on
from services.planning.under_way import UnderWay, as_it_runs
from services.roads.roads import EstimatedRoads, Roads
from services.times import seconds_after_midnight

FAMILIARITY_S = 180
"""Of a crew's wages: what a stop must save at least before it is taken from the crew that expects it. A change costs a
call, and a driver who has the street in his head; chosen, not measured."""


def replan_day(
    order: PlanDay,
    registry: Registry,
    beliefs: Mapping[str, Belief],
    under_way: UnderWay,
    *,
    now: Callable[[], datetime],
    roads: Roads | None = None,
    registry_version: int | None = None,
    lacking: Lacking = NOBODY,
    ended_by: EndedBy = nobody,
    closed_streets: tuple[ClosedStreet, ...] = (),
) -> PlanMade:
    """The whole day: what is done, as it was done, and the best rest that was found.

    No truck that is out vanishes: one that has nothing more to serve unloads and comes home. What a crew has emptied
    or given up today is not asked for again. What operators have settled of the plan in force holds: one-off stops,
    containers left out, pins, locks, closed sites. `closed_streets`, which `roads` go round, are noted in the plan.

    Raises:
        UnknownFleet: the city has not the order's.
        routing.RoutingError: what is left cannot be solved as a problem.
    """
    registry = part_of(registry, order.fleet)
    zone, begun_at = registry.city.zone_info, order.begins_at(now())
    roads = roads or EstimatedRoads(registry.city.roads)
    forecasts = _forecasts(registry, beliefs, order, under_way, lacking)
    by_hand = carried_on(under_way.plan.by_hand, order, begun_at)
    refused = under_way.given_up().keys() | by_hand.left_out
    left = [f for f in forecasts if (f.due or f.container in by_hand.added) and f.container not in refused]
    name = problem_name(order, registry_version)
    problem = problem_of_day(registry, left, order.day, name=name, roads=roads)
    now_s = seconds_after_midnight(begun_at, order.day, zone)
    running = as_it_runs(problem, under_way, now_s, zone)
    problem = _without_what_others_did(problem, running, under_way)
    problem = _as_settled(problem, by_hand, under_way, now_s, partial(seconds_after_midnight, day=order.day, zone=zone))
    ids = {vehicle.id for vehicle in problem.vehicles}
    changes = routing.Changes(
        broken_down=frozenset(by_hand.parked) & ids,
        closed_sites=frozenset(row.site for row in by_hand.closed_sites if row.until is None),
        locked=frozenset(by_hand.locked) & {route.vehicle for route in running.routes},
    )
    solution = routing.replan(
        problem, running, now_s, changes, search_stop(order.time_limit_s, ended_by), order.seed,
        routing.Familiarity.of(running, registry.city.prices.crew_per_h * FAMILIARITY_S / 3600),
    )  # fmt: skip
    circuits = _numbered(circuits_of(solution, problem, order.day, registry), under_way.plan)
    return PlanMade(
        plan_id=uuid5(NAMESPACE_URL, f"tournee:plan:{order.request_id}"),
        request_id=order.request_id,
        city=order.city,
        fleet=order.fleet,
        day=order.day,
        as_of=order.as_of or begun_at,
        made_at=now(),
        registry_version=registry_version,
        seed=order.seed,
        time_limit_s=order.time_limit_s,
        solve_s=round(solution.elapsed_s, 3),
        status="planned",
        roads=roads.source,
        cost=round(solution.cost, 2),
        currency=registry.city.currency,
        totals=totals_of(circuits),
        baseline=under_way.plan.baseline,
        circuits=circuits,
        unserved=_unserved(forecasts, circuits, problem, solution, under_way, by_hand),
        forecasts=forecasts,
        replaces=under_way.plan.plan_id,
        begins_at=begun_at,
        called_off=_called_off(circuits, under_way, begun_at),
        ended_by=ended_by(),
        by_hand=by_hand,
        coverage=lacking.coverage,
        closed_streets=closed_streets,
    )


def _without_what_others_did(
    problem: routing.Problem, running: routing.Solution, under_way: UnderWay
) -> routing.Problem:
    """What was emptied by trucks that have no circuit any more is nobody's to empty again."""
    in_circuits = {stop for route in running.routes for stop in route.stop_ids}
    others = under_way.emptied() - in_circuits
    return replace(problem, stops=tuple(stop for stop in problem.stops if stop.id not in others))


def _as_settled(
    problem: routing.Problem, by_hand: ByHand, under_way: UnderWay, now_s: int, second: Callable[[datetime], int]
) -> routing.Problem:
    """One-off stops have to be made, pinned ones by their truck; a site that is to open again takes nothing before."""
    trucks, emptied = {vehicle.id for vehicle in problem.vehicles}, under_way.emptied()
    stops = []
    for stop in problem.stops:
        pin = by_hand.pins.get(stop.id)
        if stop.id in emptied:
            stops.append(stop)
        elif pin in trucks:
            stops.append(replace(stop, vehicles=frozenset({pin}), required=True))
        else:
            stops.append(replace(stop, required=stop.required or stop.id in by_hand.added))
    opens = {row.site: second(row.until) for row in by_hand.closed_sites if row.until is not None}
    sites = [
        replace(site, open=_open_again(site.open, now_s, opens[site.id])) if site.id in opens else site
        for site in problem.disposal_sites
    ]
    return replace(problem, stops=tuple(stops), disposal_sites=tuple(sites))


def _open_again(windows: tuple[tuple[int, int], ...], now_s: int, until_s: int) -> tuple[tuple[int, int], ...]:
    """What was open before now was; then not until it opens again."""
    before = [(from_s, min(to_s, now_s)) for from_s, to_s in windows if from_s <= now_s]
    return (*before, *((max(from_s, until_s), to_s) for from_s, to_s in windows if to_s >= until_s))


def _forecasts(
    registry: Registry, beliefs: Mapping[str, Belief], order: PlanDay, under_way: UnderWay, lacking: Lacking
) -> tuple[ContainerForecast, ...]:
    """Of now; for what was emptied today the plan's own, which says what was expected to be aboard."""
    expected = {forecast.container: forecast for forecast in under_way.plan.forecasts}
    emptied = under_way.emptied()
    return tuple(
        expected.get(forecast.container, forecast) if forecast.container in emptied else forecast
        for forecast in forecasts_of_day(registry, beliefs, order.day, order.as_of, lacking.people)
    )


def _numbered(circuits: tuple[Circuit, ...], before: PlanMade) -> tuple[Circuit, ...]:
    """With the numbers that crews and operator know them by; further ones follow."""
    numbers = {circuit.truck: circuit.number for circuit in before.circuits}
    free = max(numbers.values(), default=0)
    for circuit in circuits:
        if circuit.truck not in numbers:
            free += 1
            numbers[circuit.truck] = free
    renumbered = (circuit.model_copy(update={"number": numbers[circuit.truck]}) for circuit in circuits)
    return tuple(sorted(renumbered, key=lambda circuit: circuit.number))


def _called_off(circuits: tuple[Circuit, ...], under_way: UnderWay, begun_at: datetime) -> tuple[str, ...]:
    """Trucks that had containers before them and have none any more."""
    settled = under_way.emptied() | under_way.given_up().keys()
    busy = {c.truck for c in circuits if any(stop.leave_at > begun_at for stop in c.stops)}
    return tuple(
        circuit.truck
        for circuit in under_way.plan.circuits
        if circuit.truck not in busy and any(stop.place not in settled for stop in circuit.stops)
    )


def _unserved(
    forecasts: tuple[ContainerForecast, ...],
    circuits: tuple[Circuit, ...],
    problem: routing.Problem,
    solution: routing.Solution,
    under_way: UnderWay,
    by_hand: ByHand,
) -> tuple[Unserved, ...]:
    served = {visit.place for circuit in circuits for visit in circuit.stops}
    asked = {stop.id for stop in problem.stops}
    given_up = under_way.given_up()
    reasons: dict[str, UnservedReason] = {}
    for forecast in forecasts:
        if forecast.due and forecast.container not in asked:
            reasons[forecast.container] = "given_up" if forecast.container in given_up else "no_road"
    reasons |= {left.id: left.reason.value for left in solution.unserved}
    reasons |= dict.fromkeys(by_hand.left_out, "left_by_hand")
    return tuple(
        Unserved(container=f.container, reason=reasons.get(f.container, "not_due") if f.due else "not_due", due=f.due)
        for f in forecasts
        if f.container not in served
    )
