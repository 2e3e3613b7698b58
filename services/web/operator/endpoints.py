"""The operator's page and its three forms: plan, look, send."""

from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from services.city.registry import City
from services.contracts.fields import Day, Id
from services.store.connection import Connection
from services.web.entry.accounts import AccountRefused, end_rest
from services.web.entry.security_log import note
from services.web.entry.tokens import Session, Tokens
from services.web.figures import store as shared
from services.web.figures.days import next_service_day, today_in
from services.web.operator import store
from services.web.operator.alerts import is_seen, see_to
from services.web.operator.change_views import read_changes
from services.web.operator.day import day_to_show, read_day
from services.web.operator.doubts import read_doubts
from services.web.operator.drawn_map import draw_map
from services.web.operator.following import ladder_of_panel
from services.web.operator.ladder_stops import drawn_stops
from services.web.operator.list_parts import ListParts
from services.web.operator.opened import Opened, WithOpened
from services.web.operator.orders import RUNNING, end_search, find_progress, order_plan, send_plan
from services.web.operator.panel import LONGEST_LIST, LONGEST_OF_LONG, ListedCircuit, Panel, read_panel
from services.web.operator.reports import LONGEST
from services.web.operator.search import Search, read_found
from services.web.rendering.pages import get_page
from services.web.rendering.problems import NotFound
from services.web.rendering.words import price_digits
from services.web.requests.deps import Deps, WithDeps, WithStore, WithTransaction
from services.web.requests.fleets import choose_fleet
from services.web.requests.guards import OperatorSession, SessionCity, WithOrigin, WithTokens, check_csrf
from services.web.requests.waiting import wait_until

router = APIRouter(include_in_schema=False)

MOST_WHOLE = 5_000
"""Containers that a map is given with all that it may say of them: a megabyte and a half, a tenth of it on the line."""
LATE_AFTER = timedelta(minutes=15)
"""A departure that is past by more is no departure to send: crews are a few minutes late every day."""


@router.get("/operateur")
def operator_page(
    request: Request,
    session: OperatorSession,
    city: SessionCity,
    deps: WithDeps,
    tokens: WithTokens,
    connection: WithStore,
    opened: WithOpened,
    jour: Day | None = None,
    flotte: str | None = None,
    plan: UUID | None = None,
    q: Search = "",
) -> Response:
    """`plan`: one of the day's to look at, where it is not to be the one in force. `q`: what to find in it."""
    values = _values(request, session, city, deps, tokens, connection, (jour, flotte, plan), opened)
    values["found"] = read_found(connection, city, values["day"].fleet, values["plan"], q)
    lines = values["lines"]
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
    opened: WithOpened,
    jour: Day | None = None,
    flotte: str | None = None,
    plan: UUID | None = None,
) -> Response:
    """The part of the page that changes, for the script that follows the day."""
    values = _values(request, session, city, deps, tokens, connection, (jour, flotte, plan), opened)
    return get_page(request).render(request, "operator/panel.html", city=city, **values)


def _values(
    request: Request,
    session: Session,
    city: City,
    deps: Deps,
    tokens: Tokens,
    connection: Connection,
    wish: tuple[date | None, str | None, UUID | None],
    opened: Opened,
) -> dict[str, Any]:
    """`wish`: the day, the fleet and the plan that the address names."""
    now, jour = deps.clock.now(), wish[0]
    choice = choose_fleet(connection, city, wish[1])
    fleet = choice.chosen.id
    shown = jour or day_to_show(connection, city, fleet, now)
    day = read_day(connection, city, fleet, shown, now, deps.wall_now(), wish[2])
    texts = get_page(request).texts_for(request)
    panel = read_panel(connection, city, day)
    sent_id = day.dispatch["plan_id"] if day.dispatch else None
    doubts = None if day.is_over else read_doubts(connection, city, panel)
    lines = deps.lines.of_plan(connection, city, panel.plan) if panel.plan else {}
    plan = panel.plan
    changes = read_changes(connection, city, plan, sent_id) if plan else None
    kept = get_page(request).parts
    return {
        "parts_kept": plan and changes and ListParts(kept, texts.language, city.timezone, day.is_over, plan, changes),
        "opened": panel.circuit_of(opened.container) if opened.circuit is None else opened.circuit,
        "with_ladder": opened.has_ladder,
        "session": session,
        "csrf": tokens.csrf(session.nonce),
        "panel": panel,
        "plan": plan,
        "changes": changes,
        "doubts": doubts,
        "lines": lines,
        "ladder": ladder_of_panel(deps, connection, city, panel),
        "drawn_stops": drawn_stops,
        "found": None,
        "new_id": uuid4,
        "is_over": day.is_over,
        "day": day,
        "choice": choice,
        "now": now,
        "wall_now": deps.wall_now(),
        "today": today_in(city, now),
        "service_day": next_service_day(city, now),
        "day_before": day.day - timedelta(days=1),
        "day_after": day.day + timedelta(days=1),
        "longest": LONGEST_OF_LONG if panel.is_long else LONGEST_LIST,
        "longest_reports": LONGEST,
        "script": {
            "day": day.day.isoformat(),
            "fleet": fleet,
            "language": texts.language,
            "texts": texts.under("console"),
            "city": city.id,
            "timezone": city.timezone,
            "currency": get_page(request).words_for(request, city).currency(city.currency),
            "cents": price_digits(0, city.currency),
            "many": len(panel.containers) > MOST_WHOLE,
        },
    }


@router.post("/operateur/planifier")
def plan_form(
    session: OperatorSession,
    city: SessionCity,
    deps: WithDeps,
    tokens: WithTokens,
    transaction: WithTransaction,
    csrf_token: Annotated[str, Form()],
    day: Annotated[Day, Form()],
    flotte: Annotated[str | None, Form()] = None,
    time_limit_s: Annotated[float | None, Form(gt=0, le=3600)] = None,
    broken_down: Annotated[list[Id] | None, Form(max_length=500)] = None,
    closed_sites: Annotated[list[Id] | None, Form(max_length=500)] = None,
    compact: Annotated[int, Form(ge=0, le=100)] = 0,
    balanced: Annotated[int, Form(ge=0, le=100)] = 0,
) -> Response:
    check_csrf(csrf_token, session, tokens)
    choice = choose_fleet(transaction.connection, city, flotte)
    order = order_plan(
        deps, transaction, city, session, choice.chosen.id, day=day, time_limit_s=time_limit_s,
        broken_down=tuple(broken_down or ()), closed_sites=tuple(closed_sites or ()),
        compact=compact / 100, balanced=balanced / 100,
    )  # fmt: skip

    def is_stored() -> bool:
        with deps.looking() as connection:
            return store.find_run(connection, city.id, order.request_id) is not None

    wait_until(is_stored)
    return RedirectResponse(f"/operateur?{choice.query(day)}", status_code=303)


@router.post("/operateur/arreter")
def end_form(
    session: OperatorSession,
    city: SessionCity,
    deps: WithDeps,
    tokens: WithTokens,
    transaction: WithTransaction,
    csrf_token: Annotated[str, Form()],
    request_id: Annotated[UUID, Form()],
) -> Response:
    """Search no further: the plan is made of the best found so far."""
    check_csrf(csrf_token, session, tokens)
    asked = end_search(deps, transaction, city, session, request_id)

    def is_over() -> bool:
        with deps.looking() as connection:
            progress = find_progress(deps, connection, city, request_id)
        return progress is not None and progress.state not in RUNNING

    wait_until(is_over)
    with deps.looking() as connection:
        choice = choose_fleet(connection, city, asked.fleet)
    return RedirectResponse(f"/operateur?{choice.query(asked.day)}", status_code=303)


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
    made = store.find_plan(connection, city.id, plan)
    if made is None:
        raise NotFound
    choice = choose_fleet(connection, city, made.fleet)
    day = read_day(connection, city, made.fleet, made.day, deps.clock.now(), deps.wall_now(), plan)
    if day.plan is None or day.plan["plan_id"] != plan or day.is_over:
        return RedirectResponse(f"/operateur?{choice.query(made.day)}", status_code=303)
    panel = read_panel(connection, city, day)
    csrf = tokens.csrf(session.nonce)
    return get_page(request).render(
        request, "operator/look.html", city=city, session=session, csrf=csrf, panel=panel, day=day, choice=choice,
        late=_late(panel, deps.clock.now()), stale=_is_stale(panel, deps.clock.now()), plan=panel.plan,
        changes=read_changes(connection, city, made, day.dispatch["plan_id"] if day.dispatch else None),
    )  # fmt: skip


@router.post("/operateur/envoyer")
def send_form(
    session: OperatorSession,
    city: SessionCity,
    deps: WithDeps,
    tokens: WithTokens,
    transaction: WithTransaction,
    csrf_token: Annotated[str, Form()],
    plan_id: Annotated[UUID, Form()],
) -> Response:
    check_csrf(csrf_token, session, tokens)
    sent = send_plan(deps, transaction, city, session, plan_id)

    def is_stored() -> bool:
        with deps.looking() as connection:
            dispatch = store.find_dispatch(connection, city.id, sent.fleet, sent.day)
        return dispatch is not None and dispatch["dispatch_id"] == sent.dispatch_id

    wait_until(is_stored)
    with deps.looking() as connection:
        choice = choose_fleet(connection, city, sent.fleet)
    return RedirectResponse(f"/operateur?{choice.query(sent.day)}", status_code=303)


@router.post("/operateur/vu")
def see_form(
    session: OperatorSession,
    city: SessionCity,
    deps: WithDeps,
    tokens: WithTokens,
    transaction: WithTransaction,
    csrf_token: Annotated[str, Form()],
    confirmation: Annotated[UUID, Form()],
    day: Annotated[Day, Form()],
    flotte: Annotated[str | None, Form()] = None,
) -> Response:
    """Somebody has seen to an alert."""
    check_csrf(csrf_token, session, tokens)
    choice = choose_fleet(transaction.connection, city, flotte)
    see_to(deps, transaction, city, session, confirmation)

    def is_stored() -> bool:
        with deps.looking() as connection:
            return is_seen(connection, city.id, confirmation)

    wait_until(is_stored)
    return RedirectResponse(f"/operateur?{choice.query(day)}", status_code=303)


@router.post("/operateur/rouvrir")
def end_rest_form(
    session: OperatorSession,
    city: SessionCity,
    deps: WithDeps,
    tokens: WithTokens,
    connection: WithStore,
    origin: WithOrigin,
    csrf_token: Annotated[str, Form()],
    login: Annotated[str, Form(max_length=64)],
    jour: Annotated[Day | None, Form()] = None,
    flotte: Annotated[str | None, Form()] = None,
) -> Response:
    """Let an account that rests after wrong passwords be tried again: the crew is on the telephone."""
    check_csrf(csrf_token, session, tokens)
    choice = choose_fleet(connection, city, flotte)
    try:
        end_rest(connection, city.id, login)
    except AccountRefused as error:
        raise NotFound from error
    note(connection, city.id, "rest_ended", deps.wall_now(), login=login, origin=origin, who=session.login)
    return RedirectResponse(f"/operateur?{choice.query(jour)}" if jour else "/operateur", status_code=303)


def _late(panel: Panel, now: datetime) -> list[ListedCircuit]:
    """Circuits that should have left a while ago, by a plan that does not know of anybody on the road."""
    if panel.plan is None or panel.plan.replaces is not None:
        return []
    return [line for line in panel.circuits if line.circuit.visits[0].leave_at < now - LATE_AFTER]


def _is_stale(panel: Panel, now: datetime) -> bool:
    """Whether it plans a day under way from an instant so long past that trucks are elsewhere by now."""
    if panel.plan is None or panel.plan.begins_at is None:
        return False
    return panel.plan.begins_at + timedelta(seconds=panel.plan.time_limit_s) < now - LATE_AFTER
