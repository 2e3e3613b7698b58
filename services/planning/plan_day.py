"""A day's plan, from the registry and what is believed of the containers. Pure but for the time the solver takes."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

import routing
from services.city.fleets import part_of
from services.city.registry import City, Registry
from services.contracts.ledger import DayFigures
from services.contracts.planning import (
    Circuit,
    ContainerForecast,
    PlanDay,
    PlanMade,
    PlanStatus,
    Sliders,
    Totals,
    Unserved,
    UnservedReason,
)
from services.contracts.streets import ClosedStreet
from services.fill.belief import Belief
from services.fill.due import forecasts_of_day
from services.planning.available import available
from services.planning.baseline import baseline_of_day
from services.planning.ended import EndedBy, nobody
from services.planning.estimates import with_estimates
from services.planning.explained import with_reasons
from services.planning.lacking import NOBODY, Lacking
from services.planning.problem import circuits_of, problem_name, problem_of_day, totals_of
from services.planning.quarters import NOTHING_EMPTIED, Emptied, known_by
from services.planning.settled import settled_by_order
from services.planning.sharing import Sharing
from services.planning.sliders import told
from services.planning.steps import Found, Improved, search
from services.roads.roads import EstimatedRoads, Roads
from services.times import local_day, seconds_after_midnight


def plan_day(
    order: PlanDay,
    registry: Registry,
    beliefs: Mapping[str, Belief],
    *,
    now: Callable[[], datetime],
    on_improved: Improved | None = None,
    roads: Roads | None = None,
    sharing: Sharing | None = None,
    registry_version: int | None = None,
    lacking: Lacking = NOBODY,
    emptied: Emptied = NOTHING_EMPTIED,
    ended_by: EndedBy = nobody,
    closed_streets: tuple[ClosedStreet, ...] = (),
) -> PlanMade:
    """Forecast, choose, solve, and say why each container left out is left out. Roads are estimated unless given.

    Of `registry`, the whole city, the order's fleet alone is looked at, without the trucks and sites that are not to be
    had. With `sharing`, a very large day is planned by district, on other machines too. Plan and problem name the
    version that `registry` is. Where people were `lacking` service lately, leaving them again has its price; what crews
    `emptied` lately says which quarter is whose. Once `ended_by` names somebody, the search is over and its best plan
    is told. `closed_streets`, which `roads` go round, are noted in the plan.

    Raises:
        UnknownFleet: the city has not the order's.
    """
    city, registry = registry, available(part_of(registry, order.fleet), order)
    roads = roads or EstimatedRoads(registry.city.roads)
    forecasts = forecasts_of_day(registry, beliefs, order.day, order.as_of or now(), lacking.people)
    due = [f for f in forecasts if f.due]
    name = problem_name(order, registry_version)
    from_s = earliest_departure_s(order, registry.city, order.begins_at(now()))
    problem = problem_of_day(registry, due, order.day, name=name, roads=roads, from_s=from_s)
    ids = [f.container for f in due]
    found = search(
        problem, order, on_improved, registry=registry, due=ids, roads=roads, sharing=sharing, ended_by=ended_by,
        known=known_by(registry, emptied),
    )  # fmt: skip
    problem, solution = found.problem, found.solution
    circuits = circuits_of(solution, problem, order.day, registry)
    made_at = now()
    plan = PlanMade(
        # The same order answered twice (a planner that died between Kafka and its offset) is the same plan.
        plan_id=uuid5(NAMESPACE_URL, f"tournee:plan:{order.request_id}"),
        request_id=order.request_id,
        registry_version=registry_version,
        city=order.city,
        fleet=order.fleet,
        day=order.day,
        as_of=order.as_of or made_at,
        made_at=made_at,
        seed=order.seed,
        time_limit_s=order.time_limit_s,
        solve_s=round(solution.elapsed_s, 3),
        status=_status(registry, order, due),
        roads=roads.source,
        cost=round(solution.cost, 2),
        currency=registry.city.currency,
        totals=totals_of(circuits),
        baseline=_baseline_totals(baseline_of_day(city, forecasts, order.day, fleet=order.fleet, roads=roads)),
        circuits=circuits,
        unserved=_unserved(forecasts, circuits, problem, solution),
        forecasts=forecasts,
        sliders=_sliders(order, found, registry),
        ended_by=ended_by(),
        by_hand=settled_by_order(order),
        coverage=lacking.coverage,
        closed_streets=closed_streets,
    )
    return with_estimates(with_reasons(plan, problem, solution), problem, solution)


def _sliders(order: PlanDay, found: Found, registry: Registry) -> Sliders | None:
    if found.preferences is None or found.cheapest is None:
        return None
    return told(order, found.preferences, (found.problem, found.solution), found.cheapest, registry)


def earliest_departure_s(order: PlanDay, city: City, begins_at: datetime) -> int:
    """Before which nobody can leave, in local seconds: a day's own crews wait for their plan, which takes its time."""
    zone = city.zone_info
    if order.day != local_day(begins_at, zone):
        return 0
    return seconds_after_midnight(begins_at + timedelta(seconds=order.time_limit_s), order.day, zone)


def _status(registry: Registry, order: PlanDay, due: list[ContainerForecast]) -> PlanStatus:
    """What stands in the way of the whole day, said once rather than for each container."""
    if not due:
        return "nothing_due"
    if not any(truck.in_service for truck in registry.trucks):
        return "no_truck"
    if not any(site.is_open_on(order.day) for site in registry.disposal_sites):
        return "disposal_closed"
    return "planned"


def _unserved(
    forecasts: tuple[ContainerForecast, ...],
    circuits: tuple[Circuit, ...],
    problem: routing.Problem,
    solution: routing.Solution,
) -> tuple[Unserved, ...]:
    served = {visit.place for circuit in circuits for visit in circuit.stops}
    asked = {stop.id for stop in problem.stops}
    reasons: dict[str, UnservedReason] = {
        f.container: "no_road" for f in forecasts if f.due and f.container not in asked
    }
    reasons |= {left.id: left.reason.value for left in solution.unserved}
    return tuple(
        Unserved(container=f.container, reason=reasons[f.container] if f.due else "not_due", due=f.due)
        for f in forecasts
        if f.container not in served
    )


def _baseline_totals(figures: DayFigures | None) -> Totals | None:
    if figures is None:
        return None
    return Totals(
        circuits=figures.circuits,
        stops=figures.stops,
        trips=figures.trips,
        distance_m=figures.distance_m,
        fuel_l=figures.fuel_l,
    )
