"""The planner: an order comes, progress is told, the plan is published."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import NamedTuple, Protocol
from uuid import UUID

import routing
from services.city.fleets import part_of
from services.city.registry import Registry
from services.city.scopes import Scope, list_scopes
from services.city.store import find_registry
from services.city.versions import find_version
from services.clock import Clock
from services.contracts import topics
from services.contracts.fields import FUTURE_TOLERANCE, Message, scope_name
from services.contracts.planning import PlanDay, PlanMade, PlanningProgressed
from services.contracts.streets import ClosedStreet
from services.errors import ChangeRefused, StoreAway, StreamAway, TourneeError, UnknownInstant
from services.fill.belief import Belief
from services.fill.store import load_beliefs
from services.planning.closed_streets import closed_on, list_closed, roads_without
from services.planning.ended import EndedSearches
from services.planning.grounds import Grounds
from services.planning.lacking import NOBODY, Lacking, find_lacking
from services.planning.morning import morning_order
from services.planning.plan_day import plan_day
from services.planning.presence import list_absent, without_absent
from services.planning.quarters import NOTHING_EMPTIED, Emptied, find_emptied
from services.planning.replan_day import replan_day
from services.planning.sharing import Sharing
from services.planning.solve_around import solve_around
from services.planning.store import find_begun, find_next, find_plan, find_under_way, is_day_ordered
from services.planning.under_way import UnderWay
from services.roads.roads import RoadsOf, estimated_roads
from services.store.connection import Connection, snapshot, store_errors
from services.times import local_day

log = logging.getLogger(__name__)


class Publishes(Protocol):
    """What the planner asks of Kafka."""

    def publish(self, topic: str, key: bytes, message: Message) -> None: ...


class _Known(NamedTuple):
    """What the store knows of a city at an instant, beside its registry."""

    beliefs: Mapping[str, Belief]
    lacking: Lacking
    emptied: Emptied
    closed: tuple[ClosedStreet, ...]


class Planner:
    """Keeps nothing between orders that the store has not: the grounds of plans it reads once for several."""

    def __init__(
        self,
        producer: Publishes,
        clock: Clock,
        roads_of: RoadsOf = estimated_roads,
        sharing: Sharing | None = None,
        ended: EndedSearches | None = None,
    ) -> None:
        self._producer = producer
        self._clock = clock
        self._roads_of = roads_of
        self._sharing = sharing
        self._ended = ended or EndedSearches()
        self._twins: Sequence[PlanDay] = ()
        self._grounds = Grounds(roads_of)

    def carry_out(self, connection: Connection, order: PlanDay, twins: Sequence[PlanDay] = ()) -> None:
        """Plan a day and publish the plan, whole. `twins` asked for the same: they hear what the order hears.

        Raises:
            StoreAway, StreamAway: nothing is settled; carry the order out again.
        """
        self._twins = twins
        try:
            self._carry_out_or_tell(connection, order)
        finally:
            self._twins = ()

    def refuse(self, order: PlanDay, why: str) -> None:
        """Raises: StreamAway."""
        self._tell(order, "failed", detail=why)

    def _carry_out_or_tell(self, connection: Connection, order: PlanDay) -> None:
        try:
            self._carry_out(connection, order)
        except (StoreAway, StreamAway):
            raise
        except ChangeRefused as refused:
            self._tell(order, "failed", detail=str(refused), refusal=refused.code)
        except UnknownInstant as refused:
            self._tell(order, "failed", detail=str(refused))
        except Exception as error:
            # A fault of the data or of ours: said on the page with its text, and the next order is free.
            log.exception("order %s failed", order.request_id)
            self._tell(order, "failed", detail=_told(error))

    def _carry_out(self, connection: Connection, order: PlanDay) -> None:
        if (who := self._ended_by(order)) is not None:
            self._tell(
                order, "failed", detail=f"{who} ended it before it began", refusal="ended_while_waiting", ended_by=who
            )
            return
        if order.around is not None:
            self._solve_around(connection, order, order.around)
            return
        as_of = self._instant_of(order)
        with snapshot(connection):
            registry = find_registry(connection, order.city)
            version = find_version(connection, order.city)
            beliefs = load_beliefs(connection, order.city, as_of)
            under_way = self._find_under_way(connection, order, registry)
            known = _find_known(connection, registry, beliefs, order.day, as_of)
            absent = list_absent(connection, order.city, as_of)
        order = without_absent(order.model_copy(update={"as_of": as_of}), absent)
        if registry is None:
            self._tell(order, "failed", detail=f"city {order.city} is not loaded")
            return
        self._tell(order, "started")
        plan = self._plan(order, registry, version, known, under_way)
        self._producer.publish(topics.PLANS, topics.key(order.city, order.fleet), plan)
        self._tell_finished(order, plan)

    def _solve_around(self, connection: Connection, order: PlanDay, around: UUID) -> None:
        """Raises: ChangeRefused, where somebody has changed the plan meanwhile, or it is not there."""
        now, began_s = self._clock.now(), time.monotonic()
        with snapshot(connection):
            parent = find_plan(connection, order.city, around)
            if parent is None:
                raise ChangeRefused("ground_gone")
            if find_next(connection, around) is not None:
                raise ChangeRefused("changed_meanwhile")
            ground = self._grounds.of(connection, parent)
            begun = find_begun(connection, parent, now)
            absent = list_absent(connection, order.city, now)
            emptied = NOTHING_EMPTIED
            if parent.sliders is not None and parent.sliders.strange_price:
                emptied = find_emptied(connection, ground.registry.city, parent.day, parent.as_of)
        self._tell(order, "started")
        spent_s, ended_by = time.monotonic() - began_s, partial(self._ended_by, order)
        plan = solve_around(order, parent, ground, begun, now, ended_by, spent_s, absent, emptied)
        self._producer.publish(topics.PLANS, topics.key(order.city, order.fleet), plan)
        self._tell_finished(order, plan)

    def _ended_by(self, order: PlanDay) -> str | None:
        """Who has ended the search of the order, or of a twin of it: they are one search."""
        return self._ended.ended_by((order, *self._twins))

    def _instant_of(self, order: PlanDay) -> datetime:
        """The instant whose knowledge counts: the order's, now without one, and now where other clocks are ahead.

        Raises:
            UnknownInstant: it is in the future, by more than clocks differ.
        """
        now = self._clock.now()
        if order.as_of is not None and order.as_of > now + FUTURE_TOLERANCE:
            raise UnknownInstant(
                f"as_of {order.as_of.isoformat()} is in the future: it is {now.isoformat()}; "
                "give an instant of the past, or none for what is known now"
            )
        return min(order.as_of or now, now)

    def _find_under_way(self, connection: Connection, order: PlanDay, registry: Registry | None) -> UnderWay | None:
        """The day, where it had begun when the order's circuits begin; as it was known then, if that is past."""
        begins_at = order.begins_at(self._clock.now())
        if registry is None or order.day != local_day(begins_at, registry.city.zone_info):
            return None
        under_way = find_under_way(connection, order, registry.city)
        return under_way if under_way is not None and under_way.has_begun(begins_at) else None

    def _plan(
        self,
        order: PlanDay,
        registry: Registry,
        version: int | None,
        known: _Known,
        under_way: UnderWay | None,
    ) -> PlanMade:
        now, (beliefs, lacking, emptied, closed) = self._clock.now, known
        streets = closed_on(closed, part_of(registry, order.fleet), order.day, order.begins_at(now()))
        roads, streets = roads_without(self._roads_of(registry), streets)
        if under_way is not None:
            return replan_day(
                order, registry, beliefs, under_way, now=now, roads=roads, registry_version=version, lacking=lacking,
                ended_by=partial(self._ended_by, order), closed_streets=streets,
            )  # fmt: skip
        return plan_day(
            order,
            registry,
            beliefs,
            now=now,
            on_improved=self._tell_improved(order),
            roads=roads,
            sharing=self._sharing,
            registry_version=version,
            lacking=lacking,
            emptied=emptied,
            ended_by=partial(self._ended_by, order),
            closed_streets=streets,
        )

    def order_mornings(self, connection: Connection) -> None:
        """Order the day of each fleet whose city's hour has come, once."""
        with store_errors(), connection.transaction():
            for scope in list_scopes(connection):
                try:
                    with store_errors(), connection.transaction():
                        self._order_morning(connection, scope)
                except (StoreAway, StreamAway):
                    raise
                except Exception:  # one city's settings stop no other city's morning
                    log.exception("%s: its morning cannot be ordered", scope_name(scope.city.id, scope.fleet.id))

    def _order_morning(self, connection: Connection, scope: Scope) -> None:
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
            ended_by=plan.ended_by,
        )

    def _how_shared(self) -> str | None:
        """How a very large day is planned by district, or why the planner has to plan it alone."""
        return (self._sharing.state if self._sharing else None) or None

    def _tell(self, order: PlanDay, state: str, **news: object) -> None:
        for each in (order, *self._twins):
            self._tell_one(each, state, **news)

    def _tell_one(self, order: PlanDay, state: str, **news: object) -> None:
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


def _find_known(
    connection: Connection, registry: Registry | None, beliefs: Mapping[str, Belief], day: date, as_of: datetime
) -> _Known:
    if registry is None:
        return _Known(beliefs, NOBODY, NOTHING_EMPTIED, ())
    lacking, closed = find_lacking(connection, registry, day, as_of), list_closed(connection, registry.city.id, as_of)
    return _Known(beliefs, lacking, find_emptied(connection, registry.city, day, as_of), closed)


def _told(error: Exception) -> str:
    """For the operator: what our own errors say, and of any other its kind too, for whoever mends it."""
    if isinstance(error, TourneeError | routing.RoutingError | ValueError):
        return str(error)[:1000]
    return f"{type(error).__name__}: {error}"[:1000]
