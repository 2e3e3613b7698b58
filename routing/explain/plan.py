"""The explanation of a whole plan, and its JSON form."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from routing.check import check
from routing.explain.circuits import ExplainedCircuit, circuit_of
from routing.explain.left_out import Host, Insertion, cheapest_insertion
from routing.explain.stops import StopCost, stop_costs
from routing.explain.untimed import Bill, Town, UntimedRoute
from routing.problem import Problem
from routing.solution import Route, Solution

SCHEMA = "tournee/explanation/1"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is said of a plan. `cost` and `violations` are `routing.check`'s, of the plan as it is."""

    problem: str
    currency: str
    cost: float
    circuits: tuple[ExplainedCircuit, ...]
    stops: tuple[StopCost, ...]
    left_out: tuple[Insertion, ...]
    violations: tuple[str, ...]


def explain(problem: Problem, plan: Solution, *, with_left_out: bool = True) -> Explanation:
    """Explain a plan as it is. Raises `PlanError` where it speaks of what the problem does not have.

    A plan that breaks rules is explained too: see `violations`. Takes about a second at 1,000 stops; most of it for
    those left out, which grows with their number times that of the places they might go to: see `tries_at_most`.
    """
    town = Town(problem)
    routes = [route for route in plan.routes if route.visits]
    driven = [town.untimed_of(route) for route in routes]
    bills = [untimed.bill(route.duty_s) for untimed, route in zip(driven, routes, strict=True)]
    verdict = check(problem, plan)
    return Explanation(
        problem.name,
        problem.prices.currency,
        verdict.cost,
        tuple(circuit_of(*three) for three in zip(driven, routes, bills, strict=True)),
        tuple(cost for untimed, bill in zip(driven, bills, strict=True) for cost in stop_costs(untimed, bill)),
        _left_out(town, plan, routes, _hosts(town, driven, bills)) if with_left_out else (),
        tuple(verdict.violations),
    )


def tries_at_most(problem: Problem, plan: Solution) -> int:
    """Return how many places there may be to look at for all stops left out together; a million take about a second.

    tries = stops left out * (stops served + trips + circuits + vehicles)
    """
    served = sum(len(route.stop_ids) for route in plan.routes)
    places = served + sum(route.trips + 1 for route in plan.routes) + len(problem.vehicles)
    return (len(problem.stops) - served) * places


def _hosts(town: Town, driven: list[UntimedRoute], bills: list[Bill]) -> list[Host]:
    used = {untimed.vehicle.id for untimed in driven}
    hosts = [Host(untimed, bill) for untimed, bill in zip(driven, bills, strict=True)]
    return hosts + [Host(town.parked(v), Bill()) for v in town.problem.vehicles if v.id not in used]


def _left_out(town: Town, plan: Solution, routes: list[Route], hosts: list[Host]) -> tuple[Insertion, ...]:
    served = {stop_id for route in routes for stop_id in route.stop_ids}
    reasons = {row.id: row.reason for row in plan.unserved}
    missing = [stop for stop in town.problem.stops if stop.id not in served]
    return tuple(cheapest_insertion(town.problem, hosts, stop, reasons.get(stop.id)) for stop in missing)


def explanation_document(explanation: Explanation) -> dict[str, Any]:
    """Return the explanation as a JSON object; units stand in the names of its fields, money is in `currency`."""
    data = asdict(explanation)
    for row, circuit in zip(data["circuits"], explanation.circuits, strict=True):
        row["binding"] = circuit.binding.name
        row["words"] = circuit.binding.words()
    for row, stop in zip(data["stops"], explanation.stops, strict=True):
        row["gain"] = stop.gain
    return {"schema": SCHEMA, **data}
