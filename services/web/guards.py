"""Who asks, and whether they may: the dependencies of every page behind the login."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Header, Request

from services.city.registry import City
from services.web import cookies
from services.web.accounts import Role
from services.web.cookies import read_cookie
from services.web.deps import Deps, WithDeps, WithStore, WithTransaction
from services.web.problems import NotAllowed, NotFound, NotLoggedIn
from services.web.security_log import note
from services.web.sessions import Origin
from services.web.sessions import find_session as find_open_session
from services.web.store import find_city
from services.web.tokens import Session, Tokens
from services.web.transaction import Transaction


def get_tokens(deps: WithDeps) -> Tokens:
    return Tokens(deps.session_secret)


WithTokens = Annotated[Tokens, Depends(get_tokens)]


def find_session(request: Request, transaction: WithTransaction, tokens: WithTokens, deps: WithDeps) -> Session | None:
    """The session, where the cookie is ours, young enough, and nobody has ended it.

    What is answered to somebody stays with them: no cache on the way may keep it.
    """
    read = tokens.read_session(read_cookie(request, deps, cookies.SESSION))
    if read is None:
        return None
    request.state.is_private = True
    return find_open_session(transaction.connection, *read, now=deps.wall_now())


def get_origin(request: Request) -> Origin:
    """From where somebody speaks; behind our front its own word for it, which nobody else can say."""
    return Origin(request.client.host if request.client else "?", request.headers.get("user-agent", ""))


WithOrigin = Annotated[Origin, Depends(get_origin)]


MaybeSession = Annotated[Session | None, Depends(find_session)]


def _one_of(*roles: Role) -> Callable[..., Session]:
    def get_session(
        request: Request, session: MaybeSession, transaction: WithTransaction, deps: WithDeps, origin: WithOrigin
    ) -> Session:
        if session is None:
            raise NotLoggedIn
        if session.role not in roles:
            _note_refusal(request, session, transaction, deps, origin)
            raise NotAllowed
        return session

    return get_session


def _note_refusal(request: Request, session: Session, transaction: Transaction, deps: Deps, origin: Origin) -> None:
    """Somebody with a session tries what their role may not: once a minute, so that nobody fills the log with it."""
    now = deps.wall_now()
    if deps.limits.is_first_refusal(session.city, session.login, now):
        what = f"{request.method} {request.url.path}, as {session.role}"
        note(transaction.connection, session.city, "role_refused", now, login=session.login, origin=origin, detail=what)
        transaction.end()  # kept, though the request comes to nothing


AnySession = Annotated[Session, Depends(_one_of("operator", "driver", "municipality"))]
OperatorSession = Annotated[Session, Depends(_one_of("operator"))]
DriverSession = Annotated[Session, Depends(_one_of("driver"))]
OfficeSession = Annotated[Session, Depends(_one_of("operator", "municipality"))]


def check_csrf(token: str, session: Session, tokens: Tokens) -> None:
    """Refuse an order that did not come from one of our own pages."""
    if not tokens.is_csrf(token, session.nonce):
        raise NotAllowed("stale_form")


def check_csrf_header(
    session: AnySession, tokens: WithTokens, x_csrf_token: Annotated[str, Header(description="from the session")] = ""
) -> None:
    check_csrf(x_csrf_token, session, tokens)


CsrfHeader = Depends(check_csrf_header)


def get_session_city(session: AnySession, connection: WithStore) -> City:
    """The city of whoever has logged in."""
    city = find_city(connection, session.city)
    if city is None:
        raise NotFound
    return city


SessionCity = Annotated[City, Depends(get_session_city)]
