"""The operator's page and its three forms: plan, look, send."""

from dataclasses import asdict
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from services.city.registry import City
from services.store.connection import Connection
from services.web import store as shared
from services.web.days import next_service_day, today_in
from services.web.deps import Deps, WithDeps, WithStore
from services.web.guards import OperatorSession, SessionCity, WithTokens, check_csrf
from services.web.operator import store
from services.web.operator.day import day_to_show, read_day
from services.web.operator.drawn_map import draw_map
from services.web.operator.orders import order_plan, send_plan
from services.web.operator.panel import LONGEST_LIST, read_panel
from services.web.pages import get_page
from services.web.problems import NotFound
from services.web.tokens import Session, Tokens
from services.web.waiting import wait_until
from services.web.words import price_digits

router = APIRouter(include_in_schema=False)


@router.get("/operateur")
def operator_page(
    request: Request,
    session: OperatorSession,
    city: SessionCity,
    deps: WithDeps,
    tokens: WithTokens,
    connection: WithStore,
    jour: date | None = None,
) -> Response:
    values = _values(request, session, city, deps, tokens, connection, jour)
    plan = values["panel"].plan
    lines = deps.lines.of_plan(connection, city, plan) if plan else {}
    basemap = deps.basemaps.streets(city.id) or shared.find_basemap(connection, city.id)
    drawn = draw_map(connection, city, values["panel"], basemap, lines)
    base = deps.basemaps.find(city.id)
    values["script"]["map"] = asdict(base) if base else None
    values["plan_is_straight"] = any(line.source == "estimated" for line in lines.values())
    return get_page(request).render(request, "operator/page.html", city=city, drawn=drawn, **values)


@router.get("/operateur/panneau")
def operator_panel(
    request: Request,
    session: OperatorSession,
    city: SessionCity,
    deps: WithDeps,
    tokens: WithTokens,
    connection: WithStore,
    jour: date | None = None,
) -> Response:
    """The part of the page that changes, for the script that follows the day."""
    values = _values(request, session, city, deps, tokens, connection, jour)
    return get_page(request).render(request, "operator/panel.html", city=city, **values)


def _values(
    request: Request,
    session: Session,
    city: City,
    deps: Deps,
    tokens: Tokens,
    connection: Connection,
    jour: date | None,
) -> dict[str, Any]:
    now = deps.clock.now()
    day = read_day(connection, city, jour or day_to_show(connection, city, now), now)
    texts = get_page(request).texts_for(request)
    return {
        "session": session,
        "csrf": tokens.csrf(session.nonce),
        "panel": read_panel(connection, city, day),
        "day": day,
        "now": now,
        "today": today_in(city, now),
        "service_day": next_service_day(city, now),
        "day_before": day.day - timedelta(days=1),
        "day_after": day.day + timedelta(days=1),
        "longest": LONGEST_LIST,
        "script": {
            "day": day.day.isoformat(),
            "language": texts.language,
            "texts": texts.under("console"),
            "city": city.id,
            "timezone": city.timezone,
            "currency": get_page(request).words_for(request, city).currency(city.currency),
            "cents": price_digits(0, city.currency),
        },
    }


@router.post("/operateur/planifier")
def plan_form(
    session: OperatorSession,
    city: SessionCity,
    deps: WithDeps,
    tokens: WithTokens,
    csrf_token: Annotated[str, Form()],
    day: Annotated[date, Form()],
    time_limit_s: Annotated[float | None, Form(gt=0, le=3600)] = None,
) -> Response:
    check_csrf(csrf_token, session, tokens)
    order = order_plan(deps, city, session, day=day, time_limit_s=time_limit_s)

    def is_stored() -> bool:
        with deps.reading() as connection:
            return store.find_run(connection, city.id, order.request_id) is not None

    wait_until(is_stored)
    return RedirectResponse(f"/operateur?jour={day.isoformat()}", status_code=303)


@router.get("/operateur/envoi")
def look_page(
    request: Request,
    session: OperatorSession,
    city: SessionCity,
    deps: WithDeps,
    tokens: WithTokens,
    connection: WithStore,
    plan: UUID,
) -> Response:
    """What will be sent, before it is: nothing leaves without this look."""
    made = shared.find_plan(connection, city.id, plan)
    if made is None:
        raise NotFound
    day = read_day(connection, city, made.day, deps.clock.now())
    if day.plan is None or day.plan["plan_id"] != plan:
        return RedirectResponse(f"/operateur?jour={made.day.isoformat()}", status_code=303)
    panel = read_panel(connection, city, day)
    csrf = tokens.csrf(session.nonce)
    return get_page(request).render(
        request, "operator/look.html", city=city, session=session, csrf=csrf, panel=panel, day=day
    )


@router.post("/operateur/envoyer")
def send_form(
    session: OperatorSession,
    city: SessionCity,
    deps: WithDeps,
    tokens: WithTokens,
    csrf_token: Annotated[str, Form()],
    plan_id: Annotated[UUID, Form()],
) -> Response:
    check_csrf(csrf_token, session, tokens)
    sent = send_plan(deps, city, session, plan_id)

    def is_stored() -> bool:
        with deps.reading() as connection:
            dispatch = shared.find_dispatch(connection, city.id, sent.day)
        return dispatch is not None and dispatch["dispatch_id"] == sent.dispatch_id

    wait_until(is_stored)
    return RedirectResponse(f"/operateur?jour={sent.day.isoformat()}", status_code=303)
