"""The planner: an order comes, progress is told, the plan is published."""

import logging
from collections.abc import Callable
from typing import Protocol

import routing
from services.city.fleets import UnknownFleet
from services.city.scopes import list_scopes
from services.city.store import find_registry
from services.city.versions import find_version
from services.clock import Clock
from services.contracts import topics
from services.contracts.fields import Message, scope_name
from services.contracts.planning import PlanDay, PlanMade, PlanningProgressed
from services.fill.store import load_states
from services.planning.morning import morning_order
from services.planning.plan_day import plan_day
from services.planning.sharing import Sharing
from services.planning.store import is_day_ordered
from services.roads.roads import RoadsOf, estimated_roads
from services.store.connection import Connection, snapshot, store_errors

log = logging.getLogger(__name__)


class Publishes(Protocol):
    """What the planner asks of Kafka."""

    def publish(self, topic: str, key: bytes, message: Message) -> None: ...


class Planner:
    """Keeps nothing between orders: all it knows is in the store."""

    def __init__(
        self, producer: Publishes, clock: Clock, roads_of: RoadsOf = estimated_roads, sharing: Sharing | None = None
    ) -> None:
        self._producer = producer
        self._clock = clock
        self._roads_of = roads_of
        self._sharing = sharing

    def carry_out(self, connection: Connection, order: PlanDay) -> None:
        """Plan a day and publish the plan, whole.

        Raises:
            StoreAway, StreamAway: nothing is settled; carry the order out again.
        """
        with snapshot(connection):
            registry = find_registry(connection, order.city)
            version = find_version(connection, order.city)
            states = load_states(connection, order.city)
        if registry is None:
            self._tell(order, "failed", detail=f"city {order.city} is not loaded")
            return
        self._tell(order, "started")
        try:
            plan = plan_day(
                order,
                registry,
                states,
                now=self._clock.now,
                on_improved=self._tell_improved(order),
                roads=self._roads_of(registry),
                sharing=self._sharing,
                registry_version=version,
            )
        except (routing.RoutingError, UnknownFleet, ValueError) as error:
            # A fault of the data or of ours: said on the page with its text, and the next order is free.
            log.exception("order %s failed", order.request_id)
            self._tell(order, "failed", detail=str(error)[:1000])
            return
        self._producer.publish(topics.PLANS, topics.key(order.city, order.fleet), plan)
        self._tell_finished(order, plan)

    def order_mornings(self, connection: Connection) -> None:
        """Order the day of each fleet whose city's hour has come, once."""
        with store_errors(), connection.transaction():
            for scope in list_scopes(connection):
                order = morning_order(scope.city, scope.fleet.id, self._clock.now())
                if order is not None and not is_day_ordered(connection, order):
                    self._producer.publish(topics.ORDERS, topics.key(order.city, order.fleet), order)
                    self._tell(order, "ordered")

    def _tell_improved(self, order: PlanDay) -> Callable[[routing.Solution], None]:
        def improved(solution: routing.Solution) -> None:
            self._tell(
                order,
                "improved",
                elapsed_s=solution.elapsed_s,
                circuits=len(solution.routes),
                distance_m=solution.distance_m,
                containers_due=sum(len(r.stop_ids) for r in solution.routes) + len(solution.unserved),
                detail=self._how_shared(),
            )

        return improved

    def _tell_finished(self, order: PlanDay, plan: PlanMade) -> None:
        log.info(
            *("%s %s: %s, %d circuits, %.0f km", scope_name(plan.city, plan.fleet), plan.day, plan.status),
            *(plan.totals.circuits, plan.totals.distance_m / 1000),
        )
        self._tell(
            order,
            "finished",
            elapsed_s=plan.solve_s,
            circuits=plan.totals.circuits,
            distance_m=plan.totals.distance_m,
            containers_due=sum(f.due is not None for f in plan.forecasts),
            plan_id=plan.plan_id,
            detail=self._how_shared(),
        )

    def _how_shared(self) -> str | None:
        """How a very large day is planned by district, or why the planner has to plan it alone."""
        return (self._sharing.state if self._sharing else None) or None

    def _tell(self, order: PlanDay, state: str, **news: object) -> None:
        message = PlanningProgressed.model_validate(
            {
                "request_id": order.request_id,
                "city": order.city,
                "fleet": order.fleet,
                "day": order.day,
                "state": state,
                "time_limit_s": order.time_limit_s,
                "happened_at": self._clock.now(),
                **news,
            }
        )
        self._producer.publish(topics.PLANNING, topics.key(order.city, order.fleet), message)
