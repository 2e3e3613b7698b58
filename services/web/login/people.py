"""Who has an account: people are let in by invitations, their sessions ended, their one-time codes asked for anew."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from services.city.registry import City
from services.store.connection import Connection
from services.web.entry.accounts import AccountRefused, set_one_time_secret
from services.web.entry.identities import link_identity, unlink_identity
from services.web.entry.invitations import invite_person, list_invitations, path_of, withdraw_invitation
from services.web.entry.people import end_all_sessions, find_person, list_people
from services.web.entry.provider import LONGEST_SUBJECT
from services.web.entry.recovery import forget_recovery_codes
from services.web.entry.rights import INVITED, OF_A_FLEET, Role, may_give
from services.web.entry.security_log import note
from services.web.entry.tokens import Session, Tokens
from services.web.rendering.catalogue import LANGUAGES, Language
from services.web.rendering.pages import get_page
from services.web.rendering.problems import NotAllowed, NotFound
from services.web.rendering.qr import qr_code
from services.web.requests.deps import Deps, WithDeps, WithStore
from services.web.requests.fleets import fleets_seen
from services.web.requests.guards import PeopleSession, SessionCity, WithOrigin, WithTokens, check_csrf

pages = APIRouter(include_in_schema=False)

Token = Annotated[str, Form(max_length=512)]
Login = Annotated[str, Form(max_length=64)]
DONE = ("withdrawn", "sessions_ended", "one_time_off", "linked", "unlinked")


@pages.get("/comptes")
def people_page(
    request: Request, session: PeopleSession, city: SessionCity, deps: WithDeps, tokens: WithTokens,
    connection: WithStore, fait: str = "",
) -> Response:  # fmt: skip
    return _page(request, session, city, deps, tokens, connection, done=fait if fait in DONE else "")


@pages.post("/comptes/inviter")
def invite_form(
    request: Request,
    session: PeopleSession,
    city: SessionCity,
    deps: WithDeps,
    tokens: WithTokens,
    connection: WithStore,
    origin: WithOrigin,
    csrf_token: Token,
    login: Login,
    role: Annotated[Role, Form()],
    language: Annotated[Language, Form()] = "fr",
    fleet: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """The link is shown in the answer and nowhere else: we keep its hash alone."""
    check_csrf(csrf_token, session, tokens)
    login = login.strip()
    if not may_give(session.role, role):
        raise NotAllowed
    of_fleet = (fleet or session.fleet or None) if role in OF_A_FLEET else None
    now = deps.wall_now()
    try:
        with connection.transaction():
            code = invite_person(connection, session, login, role, fleet=of_fleet, language=language, now=now)
    except AccountRefused:
        return _page(request, session, city, deps, tokens, connection, fault="refused", login=login, status=422)
    detail = f"{role}{f', {of_fleet}' if of_fleet else ''}"
    note(connection, city.id, "person_invited", now, login=login, origin=origin, who=session.login, detail=detail)
    link = f"{str(request.base_url).rstrip('/')}{path_of(code)}"
    return _page(request, session, city, deps, tokens, connection, login=login, link=link)


@pages.post("/comptes/annuler")
def withdraw_form(
    session: PeopleSession, deps: WithDeps, tokens: WithTokens, connection: WithStore, origin: WithOrigin,
    csrf_token: Token, invitation: Annotated[UUID, Form()],
) -> Response:  # fmt: skip
    check_csrf(csrf_token, session, tokens)
    login = withdraw_invitation(connection, session.city, session.fleet, invitation)
    if login is None:
        raise NotFound
    now = deps.wall_now()
    note(connection, session.city, "invitation_withdrawn", now, login=login, origin=origin, who=session.login)
    return RedirectResponse("/comptes?fait=withdrawn", status_code=303)


@pages.post("/comptes/fermer")
def end_form(
    session: PeopleSession, deps: WithDeps, tokens: WithTokens, connection: WithStore, origin: WithOrigin,
    csrf_token: Token, login: Login,
) -> Response:  # fmt: skip
    """End another's sessions, wherever they are open."""
    check_csrf(csrf_token, session, tokens)
    _check_other(connection, deps, session, login)
    end_all_sessions(connection, session.city, login)
    note(connection, session.city, "session_ended", deps.wall_now(), login=login, origin=origin, who=session.login)
    return RedirectResponse("/comptes?fait=sessions_ended", status_code=303)


@pages.post("/comptes/code")
def reset_form(
    session: PeopleSession, deps: WithDeps, tokens: WithTokens, connection: WithStore, origin: WithOrigin,
    csrf_token: Token, login: Login,
) -> Response:  # fmt: skip
    """Another has lost app and recovery codes: both are void, and are set up anew at the next login."""
    check_csrf(csrf_token, session, tokens)
    _check_other(connection, deps, session, login)
    set_one_time_secret(connection, session.city, login, None)
    forget_recovery_codes(connection, session.city, login)
    end_all_sessions(connection, session.city, login)
    note(connection, session.city, "one_time_off", deps.wall_now(), login=login, origin=origin, who=session.login)
    return RedirectResponse("/comptes?fait=one_time_off", status_code=303)


@pages.post("/comptes/lier")
def link_form(
    request: Request, session: PeopleSession, city: SessionCity, deps: WithDeps, tokens: WithTokens,
    connection: WithStore, origin: WithOrigin, csrf_token: Token, login: Login,
    subject: Annotated[str, Form(max_length=LONGEST_SUBJECT)],
) -> Response:  # fmt: skip
    """Whom the identity provider calls so opens this account from now on."""
    check_csrf(csrf_token, session, tokens)
    issuer = _issuer(deps)
    _check_other(connection, deps, session, login)
    now = deps.wall_now()
    try:
        with connection.transaction():
            link_identity(connection, city.id, login, issuer, subject.strip(), by=session.login, now=now)
    except AccountRefused:
        return _page(request, session, city, deps, tokens, connection, fault="not_linked", status=422)
    detail = subject.strip()
    note(connection, city.id, "identity_linked", now, login=login, origin=origin, who=session.login, detail=detail)
    return RedirectResponse("/comptes?fait=linked", status_code=303)


@pages.post("/comptes/delier")
def unlink_form(
    session: PeopleSession, deps: WithDeps, tokens: WithTokens, connection: WithStore, origin: WithOrigin,
    csrf_token: Token, login: Login,
) -> Response:  # fmt: skip
    """The identity opens nothing any more; the sessions that it opened end."""
    check_csrf(csrf_token, session, tokens)
    issuer = _issuer(deps)
    _check_other(connection, deps, session, login)
    if not unlink_identity(connection, session.city, login, issuer):
        raise NotFound
    now = deps.wall_now()
    note(connection, session.city, "identity_unlinked", now, login=login, origin=origin, who=session.login)
    return RedirectResponse("/comptes?fait=unlinked", status_code=303)


def _issuer(deps: Deps) -> str:
    """Raises: NotFound, where no identity provider is set."""
    if deps.provider is None:
        raise NotFound
    return deps.provider.issuer


def _check_other(connection: Connection, deps: Deps, session: Session, login: str) -> None:
    """Raises: NotFound, NotAllowed: nobody resets their own codes, or touches who may do more than they."""
    person = find_person(connection, session.city, session.fleet, login, deps.wall_now())
    if person is None:
        raise NotFound
    if login == session.login or not may_give(session.role, person["role"]):
        raise NotAllowed


def _page(
    request: Request, session: Session, city: City, deps: Deps, tokens: Tokens, connection: Connection, *,
    done: str = "", fault: str = "", login: str = "", link: str = "", status: int = 200,
) -> Response:  # fmt: skip
    now = deps.wall_now()
    roles = [role for role in INVITED if may_give(session.role, role) and (not session.fleet or role in OF_A_FLEET)]
    return get_page(request).render(
        request, "login/people.html", city=city, session=session, csrf=tokens.csrf(session.nonce), status=status,
        people=list_people(connection, city.id, session.fleet, now, deps.provider.issuer if deps.provider else ""),
        provider=deps.provider.name if deps.provider else "",
        invitations=list_invitations(connection, city.id, session.fleet, now),
        fleets=fleets_seen(connection, city), roles=roles, languages=LANGUAGES, done=done, fault=fault, login=login,
        link=link, qr=qr_code(link) if link else "",
    )  # fmt: skip
