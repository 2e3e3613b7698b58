"""On which days each part of a city is served, so that its trucks suffice and none is paid for twice.

Every part takes one of several patterns of days; what a pattern costs and how long trucks work for it on each day is
given. Trucks are whole, and cost the same whether they work an hour or a shift. OR-Tools CP-SAT finds the cheapest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_WORK = 1.0
"""Of CP-SAT's deterministic time, some seconds: the same input always gives the same answer."""
GAP = 2e-3
"""Of what all parts and trucks cost, that the answer may lie above the best: the costs are estimates, and rougher."""
TOP_UNITS = 2**45
"""The dearest sum in whole units: sums have to fit into 63 bits, with room for what CP-SAT adds."""


@dataclass(frozen=True, slots=True, eq=False)
class PartsAndTrucks:
    """Parts a, patterns p, days d. Money in any unit, `inf` where a part may not take a pattern; each has one at least.

    `cost` is (a, p) without trucks, `work_s` (a, p, d) seconds of a truck, `trucks` (d,) as many as there are.
    """

    cost: NDArray[np.float64]
    work_s: NDArray[np.float64]
    trucks: NDArray[np.int64]
    truck_s: float
    """That one truck works in a day."""
    truck_cost: float
    """Of a truck that works on a day, however long."""
    overtime_cost_per_s: float
    """Of work for which there is no truck: what has to be done is asked for all the same."""


def choose_days(asked: PartsAndTrucks) -> NDArray[np.int64]:
    """(a,): the pattern of each part."""
    from ortools.sat.python import cp_model  # noqa: PLC0415 - a second that who only reads plans does not need

    parts, _, days = asked.work_s.shape
    if not parts:
        return np.zeros(0, dtype=np.int64)
    may = np.isfinite(asked.cost)
    own, cheapest = asked.cost.argmin(axis=1), asked.cost.min(axis=1)
    above = np.where(may, asked.cost - cheapest[:, None], 0.0)
    work_s = np.round(asked.work_s).astype(np.int64)
    dearest = above.max(axis=1).sum() + asked.truck_cost * asked.trucks.sum() + 1e-9
    dearest += asked.overtime_cost_per_s * work_s.max(axis=1, initial=0).sum()
    unit = dearest / TOP_UNITS
    model = cp_model.CpModel()
    taken = [(a, p, model.new_bool_var("")) for a, p in np.argwhere(may).tolist()]
    of_part: list[list[cp_model.IntVar]] = [[] for _ in range(parts)]
    for a, p, taking in taken:
        of_part[a].append(taking)
        model.add_hint(taking, p == int(own[a]))
    for several in of_part:
        model.add_exactly_one(several)
    priced = [(taking, round(above[a, p] / unit)) for a, p, taking in taken]
    for day in range(days):
        trucks = model.new_int_var(0, int(asked.trucks[day]), "")
        overtime_s = model.new_int_var(0, int(work_s[:, :, day].max(axis=1).sum()), "")
        working = [(taking, int(work_s[a, p, day])) for a, p, taking in taken if work_s[a, p, day]]
        load_s = cp_model.LinearExpr.weighted_sum(*_columns(working))
        model.add(load_s <= int(asked.truck_s) * trucks + overtime_s)
        priced += [
            (trucks, round(asked.truck_cost / unit)),
            (overtime_s, round(asked.overtime_cost_per_s / unit)),
        ]
    model.minimize(cp_model.LinearExpr.weighted_sum(*_columns(priced)))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = MOST_WORK
    all_trucks = asked.truck_cost * work_s[np.arange(parts), own].sum() / asked.truck_s
    solver.parameters.absolute_gap_limit = GAP * float(np.abs(cheapest).sum() + all_trucks) / unit
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        # Out of time before a first answer: each part by itself, and the circuits' solver sorts out who has no truck.
        return own.astype(np.int64)
    found = own.astype(np.int64)
    for a, p, taking in taken:
        if solver.boolean_value(taking):
            found[a] = p
    return found


def _columns(pairs: Sequence[tuple[Any, int]]) -> tuple[list[Any], list[int]]:
    """Variables and their factors."""
    return [variable for variable, _ in pairs], [factor for _, factor in pairs]
