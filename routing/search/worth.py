"""What a plan is worth: whatever the money, one required stop more that is served comes first."""

from __future__ import annotations

import math
from typing import NamedTuple

from routing.engine.money import LEAST_GAIN
from routing.engine.plan import Note, Plan, cost_of


class Worth(NamedTuple):
    """Required stops left out, then money, prizes of all stops left out in it: the smaller pair is the better plan."""

    missing: int
    money: float

    def beats(self, other: Worth, least: float = LEAST_GAIN) -> bool:
        """Tell whether this is better, in money by `least` at least."""
        if self.missing != other.missing:
            return self.missing < other.missing
        return self.money < other.money - least

    def plus(self, other: Worth) -> Worth:
        return Worth(self.missing + other.missing, self.money + other.money)

    def minus(self, other: Worth) -> Worth:
        return Worth(self.missing - other.missing, self.money - other.money)


NOTHING = Worth(0, 0.0)
WORST = Worth(1 << 62, math.inf)


def worth_of(note: Note) -> Worth:
    return Worth(int(note.missing[0]), float(note.cost[0]))


def worth_of_plan(plan: Plan) -> Worth:
    return Worth(int(plan.books["missing"][0]), float(cost_of(plan)))
