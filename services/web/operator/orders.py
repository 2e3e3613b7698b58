"""The operator's two orders: plan a day, send a plan. Each is an event; the writer stores it."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from services.city.registry import City
from services.contracts import topics
from services.contracts.fields import FUTURE_TOLERANCE
from services.contracts.planning import EndSearch, PlanDay, PlanDispatched, PlanMade, PlanningProgressed
from services.errors import StreamAway
from services.planning.solve_around import LONGEST_S
from services.store.connection import Connection
from services.web.entry.security_log import audit
from services.web.entry.tokens import Session
from services.web.figures import store as shared
from services.web.figures.days import next_service_day, today_in
from services.web.operator import store
from services.web.operator.plans import get_plan
from services.web.rendering.problems import NotFound, WrongInput
from services.web.requests.deps import Deps
from services.web.requests.guards import fleet_seen
from services.web.requests.stream import publish_all
from services.web.requests.transaction import Transaction

RUNNING = ("ordered", "started", "improved")
"""How far an order is whose search is not over."""
FARTHEST = timedelta(days=366)
"""A day beyond this is a slip of the keyboard: nobody plans a round of 9999."""


def order_plan(
    deps: Deps,
    transaction: Transaction,
    city: City,
    session: Session,
    fleet: str,
    *,
    day: date | None = None,
    as_of: datetime | None = None,
    time_limit_s: float | None = None,
    seed: int | None = None,
    broken_down: tuple[str, ...] = (),
    closed_sites: tuple[str, ...] = (),
    compact: float = 0,
    balanced: float = 0,
) -> PlanDay:
    """Ask the planner for a fleet's day. Returns once Kafka has the order; the request's transaction ends before.

    Raises:
        WrongInput: the day is past or beyond what anybody plans, `as_of` has not come yet, or a truck or site that it
            names is none of the fleet's city.
    """
    _check_named(transaction.connection, city, fleet, broken_down, closed_sites)
    now = deps.clock.now()
    _check_day(day, city, now)
    if as_of is not None and as_of > now + FUTURE_TOLERANCE:
        raise WrongInput("as_of_in_future")
    order = PlanDay(
        request_id=uuid4(),
        city=city.id,
        fleet=fleet,
        day=day or next_service_day(city, now),
        as_of=as_of or now,
        time_limit_s=time_limit_s or city.planning.time_limit_s,
        seed=1 if seed is None else seed,
        broken_down=broken_down,
        closed_sites=closed_sites,
        compact=compact,
        balanced=balanced,
        ordered_by=session.login,
        ordered_at=now,
    )
    audit(
        transaction.connection, city.id, session.login, "plan ordered", now, request=order.request_id, fleet=fleet,
        day=order.day,
    )  # fmt: skip
    transaction.end()
    _publish_order(deps, order, _ordered(order, now))
    return order


def order_around(deps: Deps, transaction: Transaction, city: City, session: Session, plan: PlanMade) -> PlanDay:
    """Ask the planner to solve a plan anew around what is settled in it. Ends the request's transaction.

    Raises:
        WrongInput: the day is past.
    """
    now = deps.clock.now()
    _check_day(plan.day, city, now)
    order = PlanDay(
        request_id=uuid4(),
        city=city.id,
        fleet=plan.fleet,
        day=plan.day,
        time_limit_s=LONGEST_S,
        around=plan.plan_id,
        ordered_by=session.login,
        ordered_at=now,
    )
    audit(
        transaction.connection, city.id, session.login, "plan solved around", now, request=order.request_id,
        plan=plan.plan_id, fleet=plan.fleet, day=plan.day,
    )  # fmt: skip
    transaction.end()
    _publish_order(deps, order, _ordered(order, now))
    return order


def end_search(
    deps: Deps, transaction: Transaction, city: City, session: Session, request_id: UUID
) -> PlanningProgressed:
    """Have the planner end its search at once and make the plan of the best it has. Ends the request's transaction.

    Nothing is asked of a search that is over. Returns how far the order is as far as is known here.

    Raises:
        NotFound: nobody has given such an order.
    """
    progress = find_progress(deps, transaction.connection, city, request_id)
    if progress is None:
        raise NotFound
    if progress.state not in RUNNING:
        transaction.end()
        return progress
    end = EndSearch(
        request_id=request_id,
        city=city.id,
        fleet=progress.fleet,
        asked_by=session.login,
        asked_at=deps.clock.now(),
    )
    audit(
        transaction.connection, city.id, session.login, "search ended", end.asked_at, request=request_id,
        fleet=progress.fleet, day=progress.day,
    )  # fmt: skip
    transaction.end()
    publish_all(deps.stream, topics.SEARCH_ENDS, topics.key(city.id, progress.fleet), [end])
    return progress


def _ordered(order: PlanDay, now: datetime) -> PlanningProgressed:
    return PlanningProgressed(
        request_id=order.request_id,
        city=order.city,
        fleet=order.fleet,
        day=order.day,
        state="ordered",
        time_limit_s=order.time_limit_s,
        happened_at=now,
    )


def _publish_order(deps: Deps, order: PlanDay, ordered: PlanningProgressed) -> None:
    key = topics.key(order.city, order.fleet)
    # The page's word first: after the order, the planner's own word would be overtaken by it.
    publish_all(deps.stream, topics.PLANNING, key, [ordered])
    try:
        publish_all(deps.stream, topics.ORDERS, key, [order])
    except StreamAway:
        publish_all(deps.stream, topics.PLANNING, key, [ordered.model_copy(update={"state": "failed"})])
        raise
    deps.recent_orders.keep(ordered)


def _check_named(
    connection: Connection, city: City, fleet: str, broken_down: tuple[str, ...], closed_sites: tuple[str, ...]
) -> None:
    """A slip of the keyboard must not leave a broken truck in the plan."""
    errors: list[dict[str, object]] = []
    if broken_down:
        trucks = [truck.id for truck in shared.list_trucks(connection, city.id, fleet)]
        errors += _unknown("broken_down", broken_down, trucks)
    if closed_sites:
        sites = [document["id"] for document in shared.list_entries(connection, city.id, "disposal_site")]
        errors += _unknown("closed_sites", closed_sites, sites)
    if errors:
        raise WrongInput(errors=errors)


def _unknown(field: str, named: tuple[str, ...], known: list[str]) -> Iterator[dict[str, object]]:
    for number, one in enumerate(named):
        if one not in known:
            yield {"where": ["body", field, number], "message": f"{one}: expected one of {', '.join(known[:20])}"}


def _check_day(day: date | None, city: City, now: datetime) -> None:
    today = today_in(city, now)
    if day is not None and day < today:
        raise WrongInput("day_past")
    if day is not None and day > today + FARTHEST:
        raise WrongInput("day_too_far")


def send_plan(deps: Deps, transaction: Transaction, city: City, session: Session, plan_id: UUID) -> PlanDispatched:
    """Send a plan to the drivers of its fleet. Returns once Kafka has it; the request's transaction ends before."""
    plan = get_plan(transaction.connection, city, plan_id)
    if not plan.circuits:
        raise WrongInput("nothing_to_send")
    if plan.day < today_in(city, deps.clock.now()):
        raise WrongInput("day_past")
    dispatched = PlanDispatched(
        dispatch_id=uuid4(),
        plan_id=plan.plan_id,
        city=city.id,
        fleet=plan.fleet,
        day=plan.day,
        dispatched_by=session.login,
        dispatched_at=deps.clock.now(),
    )
    audit(
        transaction.connection, city.id, session.login, "plan sent", dispatched.dispatched_at, plan=plan.plan_id,
        fleet=plan.fleet, day=plan.day,
    )  # fmt: skip
    transaction.end()
    publish_all(deps.stream, topics.DISPATCHES, topics.key(city.id, plan.fleet), [dispatched])
    return dispatched


def find_progress(deps: Deps, connection: Connection, city: City, request_id: UUID) -> PlanningProgressed | None:
    """How far an order is: the store's word, or this process's memory until the writer has stored it."""
    found = store.find_run(connection, city.id, request_id) or deps.recent_orders.find(request_id, city.id)
    return found if found is None or fleet_seen(city) in {None, found.fleet} else None
