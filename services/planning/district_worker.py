"""What a planner worker does with one district: makes its roads, searches until its time is up, answers."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from pydantic import ValidationError

import routing
from services.contracts.districts import MOST_BYTES, DistrictOrdered, DistrictPlanned
from services.contracts.fields import scope_name
from services.contracts.topics import DISTRICT_PLANS
from services.operations.logs import about
from services.operations.meters import WorkerMeter
from services.planning.districts import (
    OtherRoads,
    circuits_of,
    left_out_of,
    problem_on_roads,
    road_settings,
    solution_of,
)
from services.planning.planner import Publishes
from services.roads.osm.city_roads import find_roads
from services.roads.osm.errors import RoadsError
from services.roads.roads import EstimatedRoads, Roads
from services.stream.kafka import Record

log = logging.getLogger(__name__)

FINISHING_S = 0.5
"""Left of the time until the deadline, for finishing the plan and for Kafka."""
SHOWN = 3  # faults told of an unreadable message
LEAST_S = 0.5
"""A shorter search is not begun: its answer would be late, or no better."""


class DistrictWorker:
    """Keeps nothing but the roads of the order it works for."""

    def __init__(
        self,
        producer: Publishes,
        member: str,
        data_folder: Path,
        meter: WorkerMeter,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._producer = producer
        self._member = member
        self._data_folder = data_folder
        self._meter = meter
        self._now = now
        self._roads: tuple[UUID, Roads] | None = None

    def carry_out(self, record: Record) -> None:
        """Answer one order. What nobody can read and what comes too late is left aside, with a log line.

        Raises:
            StreamAway: Kafka did not take the answer; the order is to be carried out again.
        """
        began_s = time.monotonic()
        order = self._find_order(record)
        if order is None:
            return
        with about(order.trace_id):
            self._carry_out(order, began_s)

    def _carry_out(self, order: DistrictOrdered, began_s: float) -> None:
        limit_s = min(order.time_limit_s, (order.deadline - self._now()) / timedelta(seconds=1) - FINISHING_S)
        if limit_s < LEAST_S:
            self._meter.districts["late"] += 1
            log.warning("%s: too late, left aside", _told(order))
            return
        log.info("%s: begun, %.1f s", _told(order), limit_s)
        try:
            answer = self._answer(order, self._planned(order, limit_s), began_s)
        except (RoadsError, OtherRoads, routing.RoutingError, ValueError) as error:
            log.warning("%s: declined: %s", _told(order), error)
            answer = self._answer(order, None, began_s).model_copy(update={"declined": str(error)[:1000]})
        self._producer.publish(DISTRICT_PLANS, str(order.request_id).encode(), answer)
        self._meter.districts["planned" if answer.declined is None else "declined"] += 1
        self._meter.district_seconds.observe(answer.seconds)

    def _find_order(self, record: Record) -> DistrictOrdered | None:
        fault = f"{len(record.value)} bytes, at most {MOST_BYTES}" if len(record.value) > MOST_BYTES else ""
        try:
            order = None if fault else DistrictOrdered.model_validate_json(record.value)
        except ValidationError as error:
            order, fault = None, "; ".join(f"{each['loc']}: {each['msg']}" for each in error.errors()[:SHOWN])
        if order is None:
            self._meter.districts["unreadable"] += 1
            where = f"{record.topic}/{record.partition}@{record.offset}"
            log.warning("an unreadable district is left aside (%s): %s", where, fault)
        return order

    def _planned(self, order: DistrictOrdered, limit_s: float) -> routing.Solution:
        began_s = time.monotonic()
        problem = problem_on_roads(order, self._roads_for(order))
        start = solution_of(problem.name, order.start, order.left_out)
        spent_s = time.monotonic() - began_s
        solution = routing.solve(problem, routing.MaxRuntime(max(0.0, limit_s - spent_s)), order.seed, start=start)
        log.info("%s: %s", _told(order), solution.summary())
        return solution

    def _roads_for(self, order: DistrictOrdered) -> Roads:
        """The planner's kind of roads, looked up once an order: they may be built anew between two.

        Raises:
            OtherRoads: the planner has streets, this machine has none.
            RoadsError: they cannot be used here.
        """
        if self._roads is None or self._roads[0] != order.request_id:
            self._roads = (order.request_id, self._find_roads(order))
        return self._roads[1]

    def _find_roads(self, order: DistrictOrdered) -> Roads:
        if order.roads == "estimated":
            return EstimatedRoads(road_settings(order.lines))
        roads = find_roads(order.city, self._data_folder)
        if roads is None:
            raise OtherRoads(
                f"no roads of {order.city} in {self._data_folder}: share or copy the planner's data folder"
            )
        return roads.closing(order.closed_streets)

    def _answer(self, order: DistrictOrdered, solution: routing.Solution | None, began_s: float) -> DistrictPlanned:
        return DistrictPlanned(
            district_id=order.district_id,
            request_id=order.request_id,
            city=order.city,
            round=order.round,
            district=order.district,
            worker=self._member,
            seconds=round(time.monotonic() - began_s, 3),
            circuits=circuits_of(solution) if solution else (),
            left_out=left_out_of(solution) if solution else (),
        )


def _told(order: DistrictOrdered) -> str:
    scope = scope_name(order.city, order.fleet)
    return f"{scope} {order.day}, round {order.round}, district {order.district} of {order.of}"
