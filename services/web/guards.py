"""Who asks, and whether they may: the dependencies of every page behind the login."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Header, Request

from services.city.registry import City
from services.web.accounts import Role, find_account
from services.web.deps import WithDeps, WithStore, WithTransaction
from services.web.problems import NotAllowed, NotFound, NotLoggedIn
from services.web.store import find_city
from services.web.tokens import SESSION_COOKIE, Session, Tokens


def get_tokens(deps: WithDeps) -> Tokens:
    return Tokens(deps.session_secret)


WithTokens = Annotated[Tokens, Depends(get_tokens)]


def find_session(request: Request, transaction: WithTransaction, tokens: WithTokens) -> Session | None:
    """The session, where the cookie is ours, young enough, and its account has not ended its sessions."""
    read = tokens.read_session(request.cookies.get(SESSION_COOKIE, ""))
    if read is None:
        return None
    city, login, epoch, nonce = read
    account = find_account(transaction.connection, city, login)
    if account is None or account.session_epoch != epoch:
        return None
    return Session(account.city, account.login, account.role, account.truck, nonce)


MaybeSession = Annotated[Session | None, Depends(find_session)]


def _one_of(*roles: Role) -> Callable[[Session | None], Session]:
    def get_session(session: MaybeSession) -> Session:
        if session is None:
            raise NotLoggedIn
        if session.role not in roles:
            raise NotAllowed
        return session

    return get_session


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
