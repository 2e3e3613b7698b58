"""The operator's two orders: plan a day, send a plan. Each is an event; the writer stores it."""

from datetime import date, datetime
from uuid import UUID, uuid4

from services.city.registry import City
from services.contracts import topics
from services.contracts.planning import PlanDay, PlanDispatched, PlanningProgressed
from services.errors import StreamAway
from services.web import store as shared
from services.web.days import next_service_day
from services.web.deps import Deps
from services.web.operator import store
from services.web.problems import NotFound, WrongInput
from services.web.stream import publish_all
from services.web.tokens import Session


def order_plan(
    deps: Deps,
    city: City,
    session: Session,
    *,
    day: date | None = None,
    as_of: datetime | None = None,
    time_limit_s: float | None = None,
    seed: int | None = None,
) -> PlanDay:
    """Ask the planner for a day. Returns once Kafka has the order."""
    now = deps.clock.now()
    order = PlanDay(
        request_id=uuid4(),
        city=city.id,
        day=day or next_service_day(city, now),
        as_of=as_of or now,
        time_limit_s=time_limit_s or city.planning.time_limit_s,
        seed=1 if seed is None else seed,
        ordered_by=session.login,
        ordered_at=now,
    )
    ordered = PlanningProgressed(
        request_id=order.request_id,
        city=city.id,
        day=order.day,
        state="ordered",
        time_limit_s=order.time_limit_s,
        happened_at=now,
    )
    key = city.id.encode()
    # The page's word first: after the order, the planner's own word would be overtaken by it.
    publish_all(deps.stream, topics.PLANNING, key, [ordered])
    try:
        publish_all(deps.stream, topics.ORDERS, key, [order])
    except StreamAway:
        publish_all(deps.stream, topics.PLANNING, key, [ordered.model_copy(update={"state": "failed"})])
        raise
    deps.recent_orders.keep(ordered)
    return order


def send_plan(deps: Deps, city: City, session: Session, plan_id: UUID) -> PlanDispatched:
    """Send a plan to the drivers. Returns once Kafka has it."""
    with deps.reading() as connection:
        plan = shared.find_plan(connection, city.id, plan_id)
    if plan is None:
        raise NotFound
    if not plan.circuits:
        raise WrongInput("nothing_to_send")
    dispatched = PlanDispatched(
        dispatch_id=uuid4(),
        plan_id=plan.plan_id,
        city=city.id,
        day=plan.day,
        dispatched_by=session.login,
        dispatched_at=deps.clock.now(),
    )
    publish_all(deps.stream, topics.DISPATCHES, city.id.encode(), [dispatched])
    return dispatched


def find_progress(deps: Deps, city: City, request_id: UUID) -> PlanningProgressed | None:
    """How far an order is: the store's word, or this process's memory until the writer has stored it."""
    with deps.reading() as connection:
        stored = store.find_run(connection, city.id, request_id)
    return stored or deps.recent_orders.find(request_id, city.id)
