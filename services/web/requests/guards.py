"""Who asks, and whether they may: the dependencies of every page behind the login."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Header, Request

from services.city.registry import City
from services.web.entry.rights import ROLES, Right
from services.web.entry.security_log import note
from services.web.entry.sessions import Origin
from services.web.entry.sessions import find_session as find_open_session
from services.web.entry.tokens import Session, Tokens
from services.web.figures.store import find_city
from services.web.rendering.problems import NotAllowed, NotFound, NotLoggedIn
from services.web.requests import cookies
from services.web.requests.cookies import read_cookie
from services.web.requests.deps import Deps, WithDeps, WithStore, WithTransaction
from services.web.requests.transaction import Transaction


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


def _whoever(is_let_in: Callable[[Session], bool]) -> Callable[..., Session]:
    def get_session(
        request: Request, session: MaybeSession, transaction: WithTransaction, deps: WithDeps, origin: WithOrigin
    ) -> Session:
        if session is None:
            raise NotLoggedIn
        if not is_let_in(session):
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


def may(right: Right) -> Callable[..., Session]:
    """The guard of what `right` opens."""
    return _whoever(lambda session: session.may(right))


AnySession = Annotated[Session, Depends(_whoever(lambda session: session.role in ROLES))]
OwnSession = Annotated[Session, Depends(may("own_account"))]
OfficeSession = Annotated[Session, Depends(may("figures"))]
SharingSession = Annotated[Session, Depends(may("share"))]
OperatorSession = Annotated[Session, Depends(may("day"))]
PhonesSession = Annotated[Session, Depends(may("phones"))]
RegistrySession = Annotated[Session, Depends(may("registry"))]
LogSession = Annotated[Session, Depends(may("log"))]
PeopleSession = Annotated[Session, Depends(may("people"))]
SigningSession = Annotated[Session, Depends(may("sign"))]
DriverSession = Annotated[Session, Depends(may("drive"))]


def check_csrf(token: str, session: Session, tokens: Tokens) -> None:
    """Refuse an order that did not come from one of our own pages."""
    if not tokens.is_csrf(token, session.nonce):
        raise NotAllowed("stale_form")


def check_csrf_header(
    session: AnySession, tokens: WithTokens, x_csrf_token: Annotated[str, Header(description="from the session")] = ""
) -> None:
    check_csrf(x_csrf_token, session, tokens)


CsrfHeader = Depends(check_csrf_header)


class CityOfFleet(City):
    """A city as somebody sees it whose account is of one fleet."""

    only_fleet: str


def fleet_seen(city: City) -> str | None:
    """The one fleet that whoever asks may plan, send and follow; None: all of them."""
    return city.only_fleet if isinstance(city, CityOfFleet) else None


def get_session_city(session: AnySession, connection: WithStore) -> City:
    """The city of whoever has logged in, as far as they see it."""
    city = find_city(connection, session.city)
    if city is None:
        raise NotFound
    if session.fleet is not None:
        return CityOfFleet.model_validate(city.model_dump(by_alias=True) | {"only_fleet": session.fleet})
    return city


SessionCity = Annotated[City, Depends(get_session_city)]
