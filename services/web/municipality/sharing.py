"""Days and months for who has no account: a link that expires, reads alone, and leads nowhere else."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from services.city.registry import City
from services.contracts.fields import Day
from services.store.connection import Connection
from services.web.entry.security_log import note
from services.web.entry.shares import LONGEST_DAYS, find_view, list_views, path_of, share_view, withdraw_view
from services.web.entry.tokens import Session, Tokens
from services.web.figures.days import today_in
from services.web.figures.store import find_city
from services.web.municipality.endpoints import month_values, sheet_values
from services.web.rendering.pages import get_page
from services.web.rendering.problems import NotFound, WrongInput
from services.web.rendering.qr import qr_code
from services.web.requests.deps import Deps, WithDeps, WithStore
from services.web.requests.guards import SessionCity, SharingSession, WithOrigin, WithTokens, check_csrf

pages = APIRouter(include_in_schema=False)

LENGTHS = (1, 7, 30, LONGEST_DAYS)
"""Days that a link may be made for."""
HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store"}
"""The address is the secret: it goes to nobody else, and into no index."""


@pages.get("/partages")
def shares_page(
    request: Request, session: SharingSession, city: SessionCity, deps: WithDeps, tokens: WithTokens,
    connection: WithStore, fait: str = "",
) -> Response:  # fmt: skip
    return _page(request, session, city, deps, tokens, connection, done=fait == "withdrawn")


@pages.post("/partages/ouvrir")
def share_form(
    request: Request,
    session: SharingSession,
    city: SessionCity,
    deps: WithDeps,
    tokens: WithTokens,
    connection: WithStore,
    origin: WithOrigin,
    csrf_token: Annotated[str, Form(max_length=512)],
    shown_to: Annotated[str, Form(min_length=1, max_length=80)],
    days: Annotated[int, Form(ge=1, le=LONGEST_DAYS)],
    jour: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """The link is shown in the answer and nowhere else: we keep its hash alone."""
    check_csrf(csrf_token, session, tokens)
    day, now, to = _day_of(jour), deps.wall_now(), shown_to.strip()
    if not to or not to.isprintable():
        raise WrongInput
    code = share_view(connection, city.id, shown_to=to, day=day, days=days, by=session.login, now=now)
    detail = f"{to}, {day or 'months'}, {days} days"
    note(connection, city.id, "view_shared", now, login=session.login, origin=origin, detail=detail)
    link = f"{str(request.base_url).rstrip('/')}{path_of(code)}"
    return _page(request, session, city, deps, tokens, connection, shown_to=to, link=link)


@pages.post("/partages/retirer")
def withdraw_form(
    session: SharingSession,
    deps: WithDeps,
    tokens: WithTokens,
    connection: WithStore,
    origin: WithOrigin,
    csrf_token: Annotated[str, Form(max_length=512)],
    view: Annotated[UUID, Form()],
) -> Response:
    check_csrf(csrf_token, session, tokens)
    withdrawn = withdraw_view(connection, session.city, view)
    if withdrawn is None:
        raise NotFound
    note(
        connection, session.city, "view_withdrawn", deps.wall_now(), login=session.login, origin=origin,
        detail=withdrawn.shown_to,
    )  # fmt: skip
    return RedirectResponse("/partages?fait=withdrawn", status_code=303)


@pages.get("/partage/{code}")
def shared_page(
    request: Request,
    code: str,
    deps: WithDeps,
    connection: WithStore,
    mois: Annotated[str | None, Query(max_length=10)] = None,
    jour: Day | None = None,
) -> Response:
    """What the link shows, for whoever has it. No session is looked at, and none is opened."""
    view = find_view(connection, code, deps.wall_now())
    city = find_city(connection, view.city) if view else None
    if view is None or city is None:
        return _nothing(request)
    day, here = view.day or jour, path_of(code[:64])
    values = (
        sheet_values(connection, deps, city, day) if day is not None else month_values(connection, deps, city, mois)
    )
    response = get_page(request).render(
        request, "municipality/page.html" if day is None else "municipality/day.html", city=city, shared=view,
        month_path=f"{here}?mois=", day_path=f"{here}?jour=", **values,
    )  # fmt: skip
    response.headers.update(HEADERS)
    return response


def _nothing(request: Request) -> Response:
    response = get_page(request).render(request, "municipality/share_over.html", status=404)
    response.headers.update(HEADERS)
    return response


def _day_of(typed: str) -> date | None:
    """Raises: WrongInput, for what is no day."""
    if not typed:
        return None
    try:
        return date.fromisoformat(typed)
    except ValueError as error:
        raise WrongInput from error


def _page(
    request: Request, session: Session, city: City, deps: Deps, tokens: Tokens, connection: Connection, *,
    done: bool = False, shown_to: str = "", link: str = "",
) -> Response:  # fmt: skip
    return get_page(request).render(
        request, "municipality/shares.html", city=city, session=session, csrf=tokens.csrf(session.nonce),
        views=list_views(connection, city.id, deps.wall_now()), lengths=LENGTHS,
        today=today_in(city, deps.clock.now()), done=done, shown_to=shown_to, link=link,
        qr=qr_code(link) if link else "",
    )  # fmt: skip
