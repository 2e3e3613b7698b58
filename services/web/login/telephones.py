"""Trucks' phones: the office invites and takes away; a phone that opens its invitation is the truck's."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from services.city.registry import City
from services.store.connection import Connection
from services.web.entry.accounts import AccountRefused
from services.web.entry.phones import (
    Phone,
    accept_invitation,
    invite_phone,
    list_phones,
    list_truck_ids,
    path_of,
    remove_phone,
)
from services.web.entry.security_log import note
from services.web.entry.sessions import Origin
from services.web.entry.tokens import LIFE_S, Session, Tokens, new_nonce
from services.web.login.schemas import Enrolled, EnrolPhone, Invited, InvitePhone, TruckPhone
from services.web.rendering.pages import get_page
from services.web.rendering.problems import NotFound, WebProblem, WrongInput
from services.web.rendering.qr import qr_code
from services.web.requests import cookies
from services.web.requests.cookies import put_cookie, read_cookie
from services.web.requests.deps import Deps, WithDeps, WithStore
from services.web.requests.guards import CsrfHeader, PhonesSession, SessionCity, WithOrigin, WithTokens, check_csrf

api = APIRouter(tags=["session"])
pages = APIRouter(include_in_schema=False)

NOWHERE = ""
"""The city of a guess at an invitation: the code would have said it."""


class WrongInvitation(WebProblem):
    status, code = 404, "wrong_invitation"


def _invite(deps: Deps, connection: Connection, session: Session, origin: Origin, truck: str) -> str:
    now = deps.wall_now()
    try:
        code = invite_phone(connection, session.city, truck, by=session.login, now=now, fleet=session.fleet)
    except AccountRefused as error:
        raise WrongInput from error
    note(connection, session.city, "phone_invited", now, login=truck, origin=origin, who=session.login)
    return code


def _remove(deps: Deps, connection: Connection, session: Session, origin: Origin, phone: UUID) -> None:
    try:
        truck = remove_phone(connection, session.city, phone, session.fleet)
    except AccountRefused as error:
        raise NotFound from error
    note(connection, session.city, "phone_removed", deps.wall_now(), login=truck, origin=origin, who=session.login)


def _enrol(deps: Deps, origin: Origin, code: str) -> tuple[Phone, str]:
    """Raises: WrongInvitation, Slowed."""
    now = deps.wall_now()
    deps.limits.check_address(origin.address, now)
    with deps.looking() as connection:
        found = accept_invitation(connection, code, now=now)
        if found is not None:
            phone = found[0]
            note(connection, phone.city, "phone_enrolled", now, login=phone.truck, origin=origin)
            return found
    deps.limits.spend(origin.address, NOWHERE, now)
    raise WrongInvitation


@api.get("/phones")
def get_phones(session: PhonesSession, connection: WithStore) -> list[TruckPhone]:
    """The city's trucks' phones."""
    return [TruckPhone(**row) for row in list_phones(connection, session.city, session.fleet)]


@api.post("/phones/invitations", status_code=201, dependencies=[CsrfHeader])
def post_invitation(
    order: InvitePhone, session: PhonesSession, deps: WithDeps, connection: WithStore, origin: WithOrigin
) -> Invited:
    """Invite a phone to be a truck's. Earlier invitations of the truck are void."""
    return Invited(path=path_of(_invite(deps, connection, session, origin, order.truck)))


@api.delete("/phones/{phone_id}", status_code=204, dependencies=[CsrfHeader])
def delete_phone(
    phone_id: UUID, session: PhonesSession, deps: WithDeps, connection: WithStore, origin: WithOrigin
) -> None:
    """A phone that was lost: it opens nothing any more, and its sessions end."""
    _remove(deps, connection, session, origin, phone_id)


@api.post("/phone", status_code=201)
def post_phone(order: EnrolPhone, response: Response, deps: WithDeps, origin: WithOrigin) -> Enrolled:
    """Become a truck's phone by an invitation, once."""
    phone, key = _enrol(deps, origin, order.code)
    put_cookie(response, deps, cookies.PHONE, key, life_s=cookies.LONG_S)
    response.headers["Cache-Control"] = "no-store"
    return Enrolled(city=phone.city, truck=phone.truck, key=key)


@pages.get("/telephone/{code}")
def invitation_page(request: Request, code: str, deps: WithDeps, tokens: WithTokens) -> Response:
    """A page with one button: whatever previews links does not use them up."""
    return _invitation_page(request, deps, tokens, code)


@pages.post("/telephone/{code}")
def enrol_form(
    request: Request,
    code: str,
    deps: WithDeps,
    tokens: WithTokens,
    origin: WithOrigin,
    csrf_token: Annotated[str, Form(max_length=512)] = "",
) -> Response:
    nonce = read_cookie(request, deps, cookies.FORM)
    if not nonce or not tokens.is_csrf(csrf_token, nonce):
        return _invitation_page(request, deps, tokens, code, fault="stale", status=403)
    try:
        _, key = _enrol(deps, origin, code)
    except WrongInvitation as wrong:
        return _invitation_page(request, deps, tokens, code, fault="invitation", status=wrong.status)
    response = RedirectResponse("/connexion?suite=/chauffeur", status_code=303)
    put_cookie(response, deps, cookies.PHONE, key, life_s=cookies.LONG_S)
    return response


def _invitation_page(
    request: Request, deps: Deps, tokens: Tokens, code: str, *, fault: str = "", status: int = 200
) -> Response:
    nonce = read_cookie(request, deps, cookies.FORM) or new_nonce()
    response = get_page(request).render(
        request, "login/phone.html", status=status, csrf=tokens.csrf(nonce), code=code[:64], fault=fault
    )
    put_cookie(response, deps, cookies.FORM, nonce, life_s=LIFE_S, samesite="strict")
    return response


@pages.get("/telephones")
def phones_page(
    request: Request, session: PhonesSession, city: SessionCity, tokens: WithTokens, connection: WithStore
) -> Response:
    return _phones_page(request, session, city, tokens, connection)


@pages.post("/telephones/inviter")
def invite_form(
    request: Request,
    session: PhonesSession,
    city: SessionCity,
    deps: WithDeps,
    tokens: WithTokens,
    connection: WithStore,
    origin: WithOrigin,
    csrf_token: Annotated[str, Form(max_length=512)],
    truck: Annotated[str, Form(max_length=64)],
) -> Response:
    """The link is shown in the answer and nowhere else: we keep its hash alone."""
    check_csrf(csrf_token, session, tokens)
    code = _invite(deps, connection, session, origin, truck)
    link = f"{str(request.base_url).rstrip('/')}{path_of(code)}"
    return _phones_page(request, session, city, tokens, connection, truck=truck, link=link)


@pages.post("/telephones/retirer")
def remove_form(
    session: PhonesSession,
    deps: WithDeps,
    tokens: WithTokens,
    connection: WithStore,
    origin: WithOrigin,
    csrf_token: Annotated[str, Form(max_length=512)],
    phone: Annotated[UUID, Form()],
) -> Response:
    check_csrf(csrf_token, session, tokens)
    _remove(deps, connection, session, origin, phone)
    return RedirectResponse("/telephones", status_code=303)


def _phones_page(
    request: Request, session: Session, city: City, tokens: Tokens, connection: Connection, *, truck: str = "",
    link: str = "",
) -> Response:  # fmt: skip
    return get_page(request).render(
        request, "login/phones.html", city=city, session=session, csrf=tokens.csrf(session.nonce),
        phones=list_phones(connection, city.id, session.fleet),
        trucks=list_truck_ids(connection, city.id, session.fleet), truck=truck, link=link,
        qr=qr_code(link) if link else "",
    )  # fmt: skip
