"""A very large day, planned by district on many machines: cut, hand out, collect, put together; again, cut otherwise.

Nobody is ever waited for in vain. Without a worker the planner plans the whole by itself; a district without an answer
by the deadline keeps its circuits; a first round without any answer is the last.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Protocol
from uuid import uuid4

import routing
from routing.sharing import District, Merged, merge, split
from services.city.registry import Registry
from services.contracts.districts import MOST_BYTES, DistrictOrdered, DistrictPlanned
from services.contracts.planning import PlanDay
from services.errors import StreamAway
from services.planning.districts import answer_of, contents_of, lines_of, profiles_of
from services.planning.ended import EndedBy, nobody
from services.roads.roads import Roads

log = logging.getLogger(__name__)

FIRST_SHARE = 0.35
"""Of the search, the planner's own first plan of the whole. Without one there is nothing to cut."""
LAST_SHARE = 0.15
"""Of the search, the planner's own last look at the whole: at what lies across all seams."""
LEAST_TURN_S = 4.0
"""What a worker has for a district. With less, most of it would go to messages, matrices and finishing."""
GRACE_S = 1.0
"""Of that, what is not searched: messages, matrices, reasons for what is left out. Assumed."""
SLACK = 1.25
"""Tours are never cut, so halves are not quite equal: districts may be this much larger than an even share."""


class DistrictQueue(Protocol):
    """Where districts are handed out and come back; `services.planning.district_queue` has Kafka behind it."""

    def count_workers(self) -> int:
        """Raises `StreamAway`."""
        ...

    def hand_out(self, orders: Sequence[DistrictOrdered]) -> None:
        """Raises `StreamAway`: not all were taken."""
        ...

    def answers(self, until_s: float, ended_by: EndedBy) -> Iterator[DistrictPlanned]:
        """What comes back, of whatever order, until `time.monotonic()` or somebody says so. Raises `StreamAway`."""
        ...


@dataclass(frozen=True, slots=True)
class SharingRules:
    """As in `services.settings`: from how many stops a day is shared, in what districts, how often cut."""

    above_stops: int
    district_stops: int
    rounds: int
    least_turn_s: float = LEAST_TURN_S
    grace_s: float = GRACE_S


@dataclass(frozen=True, slots=True)
class SharedDay:
    """Whose day it is, and on which roads: what each message says beside the district; and who ends its search."""

    order: PlanDay
    registry: Registry
    roads: Roads
    ended_by: EndedBy = nobody


class Sharing:
    """`state` tells in words how the last day was shared, `outcomes` counts what became of districts."""

    def __init__(self, queue: DistrictQueue, rules: SharingRules, outcomes: Counter[str] | None = None) -> None:
        self._queue = queue
        self._rules = rules
        self.outcomes: Counter[str] = Counter() if outcomes is None else outcomes
        self.state = ""

    def workers_for(self, problem: routing.Problem, limit_s: float) -> int:
        """How many workers will share this day; 0: the planner plans it alone, and the log says why."""
        self.state = ""
        if len(problem.stops) <= self._rules.above_stops:
            return 0
        try:
            workers = self._queue.count_workers()
        except StreamAway as away:
            return self._alone(str(away))
        if not workers:
            return self._alone("no worker runs (tournee worker)")
        if not self._rounds_in(limit_s, problem, workers):
            return self._alone(f"{limit_s:.0f} s are too short to share it with {workers} workers")
        return workers

    def improve(
        self, shared_day: SharedDay, problem: routing.Problem, plan: routing.Solution, workers: int, limit_s: float,
        tell: Callable[[routing.Solution], None],
    ) -> routing.Solution:  # fmt: skip
        """The plan after all rounds, never dearer. `limit_s` is that of the whole search, of which they are part.

        Once somebody ends the search, no answer is waited for any more; what has come counts.
        """
        rounds = self._rounds_in(limit_s, problem, workers)
        ends_s = time.monotonic() + _rounds_s(limit_s)
        try:
            for number in range(1, rounds + 1):
                self.state = f"round {number} of {rounds}, {workers} workers"
                round_s = max(0.0, ends_s - time.monotonic()) / (rounds - number + 1)
                merged, answered = self._round(shared_day, problem, plan, workers, (number, round_s))
                plan = merged.solution
                tell(plan)
                if shared_day.ended_by() is not None:
                    break
                if not answered:
                    self._alone("no worker answers")
                    break
        except StreamAway as away:
            self._alone(str(away))
        return plan

    def _rounds_in(self, limit_s: float, problem: routing.Problem, workers: int) -> int:
        turn_s = self._rules.least_turn_s * self._turns(problem, workers)
        return min(self._rules.rounds, int(_rounds_s(limit_s) / turn_s))

    def _alone(self, why: str) -> int:
        self.state = f"planned by the planner alone: {why}"
        log.warning("%s", self.state)
        return 0

    def _round(
        self,
        shared_day: SharedDay,
        problem: routing.Problem,
        plan: routing.Solution,
        workers: int,
        when: tuple[int, float],
    ) -> tuple[Merged, int]:
        """One cut, from handing out to putting together; and how many districts were answered."""
        number, round_s = when
        # The machines' own clocks, not a simulated one: a search takes real seconds.
        until_s, deadline = time.monotonic() + round_s, datetime.now(UTC) + timedelta(seconds=round_s)
        districts = split(problem, plan, self._most_stops(problem, workers), shared_day.order.seed + number)
        turns = ceil(len(districts) / workers)
        orders = _orders(shared_day, districts, number, deadline, self._limit_s(round_s / turns))
        self._queue.hand_out([order for order in orders if order is not None])
        answers = self._collect(orders, until_s, shared_day.ended_by)
        merged = merge(problem, plan, districts, self._solutions(districts, answers))
        self._tell_round(number, districts, answers, merged, plan)
        return merged, len(answers)

    def _limit_s(self, turn_s: float) -> float:
        """Of the search of a district; half of its turn where more districts came about than were reckoned with."""
        return max(turn_s - self._rules.grace_s, turn_s / 2)

    def _most_stops(self, problem: routing.Problem, workers: int) -> int:
        """So that each worker has as many districts as the others, none above the setting."""
        share = len(problem.stops) / (workers * self._turns(problem, workers))
        return min(self._rules.district_stops, ceil(SLACK * share))

    def _turns(self, problem: routing.Problem, workers: int) -> int:
        """Districts a worker has, one after the other."""
        return ceil(len(problem.stops) / (workers * self._rules.district_stops))

    def _collect(
        self, orders: Sequence[DistrictOrdered | None], until_s: float, ended_by: EndedBy
    ) -> dict[int, DistrictPlanned]:
        """The answers to this round by district, the first of each, as soon as all are there or the search is ended."""
        waited = {order.district_id: order.district for order in orders if order is not None}
        found: dict[int, DistrictPlanned] = {}
        if not waited:
            return found
        for answer in self._queue.answers(until_s, ended_by):
            if answer.district_id in waited:
                found.setdefault(waited[answer.district_id], answer)
            if len(found) == len(waited):
                break
        return found

    def _solutions(
        self, districts: Sequence[District], answers: dict[int, DistrictPlanned]
    ) -> list[routing.Solution | None]:
        return [self._solution(district, answers.get(number)) for number, district in enumerate(districts, start=1)]

    def _solution(self, district: District, answer: DistrictPlanned | None) -> routing.Solution | None:
        if answer is None:
            self.outcomes["silent"] += 1
            return None
        fault = answer.declined
        try:
            solution = answer_of(answer, district) if fault is None else None
        except ValueError as error:
            solution, fault = None, str(error)
        if solution is None:
            self.outcomes["declined"] += 1
            log.warning("district %d: worker %s declined: %s", answer.district, answer.worker, fault)
        return solution

    def _tell_round(
        self, number: int, districts: Sequence[District], answers: dict[int, DistrictPlanned], merged: Merged,
        before: routing.Solution,
    ) -> None:  # fmt: skip
        self.outcomes["better"] += len(merged.taken)
        self.outcomes["refused"] += len(merged.refused)
        for district, why in merged.refused.items():
            log.info("district %d of round %d keeps its circuits: %s", district + 1, number, why)
        silent = sorted(set(range(1, len(districts) + 1)) - set(answers))
        if silent:
            log.warning("round %d: no answer for districts %s; they keep their circuits", number, silent)
        by = ", ".join(
            f"{worker} {count}" for worker, count in sorted(Counter(a.worker for a in answers.values()).items())
        )
        log.info(
            "round %d: %d districts, %d answered (by worker: %s), %d better, cost %.0f, was %.0f",
            number, len(districts), len(answers), by or "none", len(merged.taken), merged.solution.cost, before.cost,
        )  # fmt: skip


def _rounds_s(limit_s: float) -> float:
    """Seconds of the search that the rounds have."""
    return limit_s * (1 - FIRST_SHARE - LAST_SHARE)


def _orders(
    shared_day: SharedDay, districts: Sequence[District], number: int, deadline: datetime, limit_s: float
) -> list[DistrictOrdered | None]:
    """A message for each district; None where it would be too large for Kafka, which the log tells."""
    same = {
        "request_id": shared_day.order.request_id,
        "city": shared_day.order.city,
        "fleet": shared_day.order.fleet,
        "day": shared_day.order.day,
        "round": number,
        "of": len(districts),
        "time_limit_s": limit_s,
        "deadline": deadline,
        "roads": shared_day.roads.source,
        "lines": lines_of(shared_day.registry),
        "closed_streets": shared_day.roads.closed,
        "profiles": profiles_of(shared_day.registry, shared_day.roads),
    }
    orders: list[DistrictOrdered | None] = []
    for district_number, district in enumerate(districts, start=1):
        seed = shared_day.order.seed + 1000 * number + district_number
        order = DistrictOrdered.model_validate(
            {**same, **contents_of(district), "district_id": uuid4(), "district": district_number, "seed": seed}
        )
        size = len(order.to_bytes())
        if size > MOST_BYTES:
            log.warning(
                "district %d of %d stops is %d bytes, at most %d: not handed out; lower TOURNEE_PLAN_DISTRICT_STOPS",
                district_number, len(district.problem.stops), size, MOST_BYTES,
            )  # fmt: skip
        orders.append(order if size <= MOST_BYTES else None)
    return orders
