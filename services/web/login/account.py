"""The office's own accounts: another password, and the sessions that are open. Trucks' codes are drawn, not chosen."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from services.web.entry.accounts import set_password
from services.web.entry.hashing import hash_password
from services.web.entry.login_limits import Busy, Slowed
from services.web.entry.passwords import Knock, Resting, check_password
from services.web.entry.security_log import list_notices, list_own, note
from services.web.entry.sessions import Origin, end_other_sessions, end_session, id_of, list_sessions
from services.web.entry.strength import fault_of_password
from services.web.entry.tokens import Session
from services.web.login.browsers import browser_name
from services.web.login.schemas import ChangePassword, OpenSession
from services.web.rendering.pages import get_page
from services.web.rendering.problems import NotFound, WebProblem
from services.web.rendering.problems import Resting as NameRests
from services.web.requests import cookies
from services.web.requests.cookies import read_cookie
from services.web.requests.deps import Deps, WithDeps, WithStore
from services.web.requests.guards import CsrfHeader, OwnSession, SessionCity, WithOrigin, WithTokens, check_csrf

api = APIRouter(prefix="/account", tags=["session"])
pages = APIRouter(include_in_schema=False)

OTHERS = "others"
MOST_EVENTS = 10


class WeakPassword(WebProblem):
    status, code = 422, "weak_password"


class NotThePassword(WebProblem):
    """403, not 401: whoever asks is logged in."""

    status, code = 403, "wrong_current_password"


def change_password(request: Request, deps: Deps, session: Session, origin: Origin, order: ChangePassword) -> None:
    """Give the own account another password. Its other sessions end; this one stays.

    Raises:
        NotThePassword, NameRests, Slowed, Busy, WeakPassword: nothing was changed.
    """
    knock = Knock(session.city, session.login, order.current, origin, read_cookie(request, deps, cookies.BROWSER)[:64])
    found = check_password(deps.looking, deps.limits, knock, deps.wall_now())
    if isinstance(found, Resting):
        raise NameRests(found.until - deps.wall_now())
    if found is None:
        raise NotThePassword
    if order.new == order.current or fault_of_password(order.new, session.login, session.city) is not None:
        raise WeakPassword
    with deps.limits.place(is_known=True):
        hashed = hash_password(order.new)
    with deps.looking() as connection:
        set_password(connection, session.city, session.login, hashed)
        end_other_sessions(connection, session)
        note(connection, session.city, "password_changed", deps.wall_now(), login=session.login, origin=origin)


@api.put("/password", status_code=204, dependencies=[CsrfHeader])
def put_password(
    request: Request, order: ChangePassword, session: OwnSession, deps: WithDeps, origin: WithOrigin
) -> None:
    """Another password, of at least twelve characters and none of those that everybody has. Other sessions end."""
    change_password(request, deps, session, origin, order)


@api.get("/sessions")
def get_sessions(session: OwnSession, deps: WithDeps, connection: WithStore) -> list[OpenSession]:
    """The account's open sessions, the latest used first."""
    own = id_of(session.nonce)
    rows = list_sessions(connection, session.city, session.login, deps.wall_now())
    return [OpenSession(**row, is_this=row["session_id"] == own) for row in rows]


@api.delete("/sessions/{session_id}", status_code=204, dependencies=[CsrfHeader])
def delete_session(
    session_id: str, session: OwnSession, deps: WithDeps, connection: WithStore, origin: WithOrigin
) -> None:
    """End one of the account's sessions, or with `others` all but this one."""
    if session_id == OTHERS:
        end_other_sessions(connection, session)
    elif not end_session(connection, session.city, session.login, session_id):
        raise NotFound
    note(connection, session.city, "session_ended", deps.wall_now(), login=session.login, origin=origin)


@pages.get("/compte")
def account_page(
    request: Request, session: OwnSession, city: SessionCity, deps: WithDeps, tokens: WithTokens,
    connection: WithStore, fait: str = "",
) -> Response:  # fmt: skip
    return _page(request, session, city, deps, tokens, connection, done=fait)


@pages.post("/compte/mot-de-passe")
def password_form(
    request: Request,
    session: OwnSession,
    deps: WithDeps,
    tokens: WithTokens,
    origin: WithOrigin,
    csrf_token: Annotated[str, Form(max_length=512)],
    current: Annotated[str, Form(max_length=256)],
    new: Annotated[str, Form(max_length=256)],
) -> Response:
    check_csrf(csrf_token, session, tokens)
    try:
        change_password(request, deps, session, origin, ChangePassword(current=current, new=new))
    except (Busy, NameRests, NotThePassword, Slowed, WeakPassword) as refused:
        return RedirectResponse(f"/compte?fait={refused.code}", status_code=303)
    return RedirectResponse("/compte?fait=password_changed", status_code=303)


@pages.post("/compte/fin")
def end_form(
    session: OwnSession,
    deps: WithDeps,
    tokens: WithTokens,
    connection: WithStore,
    origin: WithOrigin,
    csrf_token: Annotated[str, Form(max_length=512)],
    session_id: Annotated[str, Form(max_length=64)],
) -> Response:
    check_csrf(csrf_token, session, tokens)
    delete_session(session_id, session, deps, connection, origin)
    return RedirectResponse("/compte?fait=session_ended", status_code=303)


FAULTS = ("weak_password", "wrong_current_password", "resting", "slowed", "busy")
DONE = ("password_changed", "session_ended")


def _page(
    request: Request, session: Session, city: SessionCity, deps: Deps, tokens: WithTokens, connection: WithStore,
    *, done: str,
) -> Response:  # fmt: skip
    return get_page(request).render(
        request, "login/account.html", city=city, session=session, csrf=tokens.csrf(session.nonce),
        sessions=get_sessions(session, deps, connection), browser_name=browser_name,
        fault=done if done in FAULTS else "", done=done if done in DONE else "",
        events=list_own(connection, city.id, session.login, MOST_EVENTS),
        notices=list_notices(connection, city.id, session.login),
    )  # fmt: skip
