"""The reasons of a plan, in the plan: what binds each circuit, what each stop costs, what those left out would cost.

Mapping from `routing.explain`; the search has nothing to do with it, so an explained plan is the same plan.
"""

from collections.abc import Mapping
from typing import get_args

import routing
from routing.explain import Bill, ExplainedCircuit, Explanation, Insertion, explain, tries_at_most
from services.contracts.planning import (
    Binding,
    Circuit,
    Closing,
    Explained,
    Extra,
    LimitName,
    PlanMade,
    Unserved,
    Visit,
)

MOST_TRIES = 4_000_000
"""About four seconds of one core; 3,000 containers of which 2,000 are left out take two."""

MOST_PRICED_STOPS = 10_000
"""Priced, a stop takes 256 bytes of the plan and its forecast 154: with more, the plan would near Kafka's 8 MiB."""

LIMITS: Mapping[str, LimitName] = {name: name for name in get_args(LimitName)}


def with_reasons(plan: PlanMade, problem: routing.Problem, solution: routing.Solution) -> PlanMade:
    """The same plan with its reasons. `problem` is the one on whose roads `solution` is told.

    A day with so many containers left out that nobody would wait for their prices goes without those, and one with so
    many stops that the plan would be too large goes without any price.
    """
    reach = _reach(problem, solution)
    told = explain(problem, solution, with_left_out=reach == "all")
    left_out = {row.id: row for row in told.left_out}
    costs = {} if reach == "circuits" else {cost.id: cost.marginal for cost in told.stops}
    changes = {
        "circuits": _explained_circuits(plan.circuits, problem, told, costs),
        "unserved": tuple(_unserved(row, left_out.get(row.container)) for row in plan.unserved),
        "explained": reach,
    }
    return plan.model_copy(update=changes)


def with_binding(
    circuits: tuple[Circuit, ...], problem: routing.Problem, solution: routing.Solution
) -> tuple[Circuit, ...]:
    """Some circuits of a plan with what binds them and what their stops cost; `solution` holds their routes alone."""
    told = explain(problem, solution, with_left_out=False)
    costs = {cost.id: cost.marginal for cost in told.stops} if len(problem.stops) <= MOST_PRICED_STOPS else {}
    return _explained_circuits(circuits, problem, told, costs)


def _reach(problem: routing.Problem, solution: routing.Solution) -> Explained:
    if len(problem.stops) > MOST_PRICED_STOPS:
        return "circuits"
    return "all" if tries_at_most(problem, solution) <= MOST_TRIES else "served"


def _explained_circuits(
    circuits: tuple[Circuit, ...], problem: routing.Problem, told: Explanation, costs: Mapping[str, Bill | None]
) -> tuple[Circuit, ...]:
    rows = {row.vehicle: row for row in told.circuits}
    sites = {site.id for site in problem.disposal_sites}
    return tuple(
        circuit.model_copy(
            update={
                "binding": _binding(rows[circuit.truck], sites),
                "visits": tuple(_visit(visit, costs) for visit in circuit.visits),
            }
        )
        for circuit in circuits
    )


def _binding(row: ExplainedCircuit, sites: set[str]) -> Binding:
    limit, closes = row.binding, _closing(row.closes_first, sites)
    return Binding(
        limit=LIMITS[limit.name],
        # A load may pass its limit by the tolerance of the check.
        used_ratio=round(min(1.0, max(0.0, 1 - limit.left_ratio)), 4),
        left=round(max(0.0, limit.left), 1),
        slack_s=max(0, row.delay_s),
        closes=closes,
        closes_place=row.closes_first if closes in {"disposal", "stop"} else None,
    )


def _closing(closes_first: str, sites: set[str]) -> Closing:
    if closes_first == "shift":
        return "shift"
    if closes_first == "break":
        return "break"
    return "disposal" if closes_first in sites else "stop"


def _visit(visit: Visit, costs: Mapping[str, Bill | None]) -> Visit:
    marginal = costs.get(visit.place or "") if visit.kind == "stop" else None
    return visit if marginal is None else visit.model_copy(update={"marginal_cost": _extra(marginal)})


def _unserved(row: Unserved, place: Insertion | None) -> Unserved:
    if place is None or place.extra is None:
        return row
    changes = {"cheapest_place_cost": _extra(place.extra), "cheapest_place_truck": place.vehicle}
    return row.model_copy(update=changes)


def _extra(bill: Bill) -> Extra:
    return Extra(cost=round(bill.cost, 2), fuel_l=round(bill.fuel_l, 2), duty_s=bill.duty_s)
