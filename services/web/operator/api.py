"""The operator's orders and reads, for the page's scripts and for programs."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.contracts.fields import Day
from services.contracts.planning import PlanMade
from services.web.operator import store
from services.web.operator.day import day_to_show, read_day
from services.web.operator.day_sheet import read_sheet
from services.web.operator.doubts import read_doubts
from services.web.operator.following import read_day_of, read_ladder, read_panel_of
from services.web.operator.orders import end_search, find_progress, order_around, order_plan, send_plan
from services.web.operator.plans import get_plan as get_made
from services.web.operator.schemas import DayState, Ordered, OrderPlan, Progress, SendPlan, Sent
from services.web.operator.told import DaySheetTold, DoubtsTold, LadderTold
from services.web.rendering.etags import with_etag
from services.web.rendering.problems import NotFound
from services.web.requests.deps import WithDeps, WithStore, WithTransaction
from services.web.requests.fleets import AskedFleet, check_plan_seen, find_fleet
from services.web.requests.guards import CsrfHeader, OfficeSession, OperatorSession, SessionCity

router = APIRouter(tags=["operator"])


@router.post("/plan", status_code=202, dependencies=[CsrfHeader])
def plan_day(
    order: OrderPlan, session: OperatorSession, city: SessionCity, deps: WithDeps, transaction: WithTransaction
) -> Ordered:
    """Order a plan. 202 once Kafka has confirmed the order; 422 where a fleet has to be named, with those there are."""
    if order.around is not None:
        plan = get_made(transaction.connection, city, order.around)
        return Ordered(request_id=order_around(deps, transaction, city, session, plan).request_id)
    fleet = find_fleet(transaction.connection, city, order.fleet)
    wanted = order.model_dump(exclude={"fleet", "around"})
    ordered = order_plan(deps, transaction, city, session, fleet.id, **wanted)
    return Ordered(request_id=ordered.request_id)


@router.get("/planning/{request_id}")
def get_planning(
    request_id: UUID, _session: OperatorSession, city: SessionCity, deps: WithDeps, connection: WithStore
) -> Progress:
    """How far an order is. 404 only when it was never ordered."""
    progress = find_progress(deps, connection, city, request_id)
    if progress is None:
        raise NotFound
    return Progress.model_validate(progress, from_attributes=True)


@router.post("/planning/{request_id}/end", status_code=202, dependencies=[CsrfHeader])
def end_planning(
    request_id: UUID, session: OperatorSession, city: SessionCity, deps: WithDeps, transaction: WithTransaction
) -> Progress:
    """Search no further; the plan is made of the best found so far. 202 once Kafka has it, also where it is over."""
    progress = end_search(deps, transaction, city, session, request_id)
    return Progress.model_validate(progress, from_attributes=True)


@router.post("/dispatches", status_code=202, dependencies=[CsrfHeader])
def dispatch(
    order: SendPlan, session: OperatorSession, city: SessionCity, deps: WithDeps, transaction: WithTransaction
) -> Sent:
    """Send a plan to the drivers of its fleet. 202 once Kafka has confirmed."""
    return Sent(dispatch_id=send_plan(deps, transaction, city, session, order.plan_id).dispatch_id)


@router.get("/plans/{plan_id}", response_model=PlanMade)
def get_plan(plan_id: UUID, _session: OfficeSession, city: SessionCity, connection: WithStore) -> Response:
    """The whole plan, as the planner made it (contract `PlanMade`)."""
    check_plan_seen(connection, city, plan_id)
    document = store.find_plan_text(connection, city.id, plan_id)
    if document is None:
        raise NotFound
    return Response(document, media_type="application/json")


@router.get("/state", response_model=DayState)
def get_state(
    request: Request,
    _session: OperatorSession,
    city: SessionCity,
    deps: WithDeps,
    connection: WithStore,
    fleet: AskedFleet,
    day: Day | None = None,
) -> Response:
    """The fleet's day as it stands, with an ETag: ask again with If-None-Match, hear 304 while nothing has changed."""
    now = deps.clock.now()
    shown = day or day_to_show(connection, city, fleet.id, now)
    read = read_day(connection, city, fleet.id, shown, now, deps.wall_now())
    body = read.state().model_dump_json().encode()
    return with_etag(request, body, "application/json")


@router.get("/ladder")
def get_ladder(
    _session: OperatorSession,
    city: SessionCity,
    deps: WithDeps,
    connection: WithStore,
    fleet: AskedFleet,
    day: Day | None = None,
) -> LadderTold:
    """Each truck of the day: how late, what is to come and when, and who should be called. 404 with nothing planned."""
    now = deps.clock.now()
    read = read_day_of(connection, city, fleet.id, day, now, deps.wall_now())
    ladder = read_ladder(deps, connection, city, read)
    if ladder is None:
        raise NotFound
    return LadderTold.of(ladder)


@router.get("/doubts")
def get_doubts(
    _session: OperatorSession,
    city: SessionCity,
    deps: WithDeps,
    connection: WithStore,
    fleet: AskedFleet,
    day: Day | None = None,
) -> list[DoubtsTold]:
    """What to look at before sending, the worst first; nothing of a day that is over."""
    panel = read_panel_of(connection, city, fleet.id, day, deps.clock.now(), deps.wall_now())
    return [] if panel.day.is_over else DoubtsTold.all_of(read_doubts(connection, city, panel))


@router.get("/day_sheet")
def get_day_sheet(
    _session: OperatorSession, city: SessionCity, deps: WithDeps, connection: WithStore, fleet: AskedFleet, day: Day
) -> DaySheetTold:
    """What was done of a day, what was not and why, and what becomes of it. 404 where nothing was planned."""
    panel = read_panel_of(connection, city, fleet.id, day, deps.clock.now(), deps.wall_now())
    if not panel.circuits:
        raise NotFound
    return DaySheetTold.of(read_sheet(connection, city, panel))
