"""Login and logout, for people and for programs; the reader's language."""

from functools import partial
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from services.city.registry import City
from services.web.accounts import Account
from services.web.catalogue import LANGUAGES
from services.web.deps import Deps, WithDeps, WithStore
from services.web.guards import AnySession, CsrfHeader, MaybeSession, WithTokens, check_csrf
from services.web.login.schemas import LoggedIn, LogIn
from services.web.pages import LANGUAGE_COOKIE, get_page
from services.web.passwords import Resting, check_password
from services.web.problems import NotFound, WebProblem
from services.web.problems import Resting as NameRests
from services.web.store import list_cities
from services.web.tokens import FORM_COOKIE, LIFE_S, SESSION_COOKIE, Tokens, new_nonce

api = APIRouter(tags=["session"])
pages = APIRouter(include_in_schema=False)

HOMES = {"operator": "/operateur", "driver": "/chauffeur", "municipality": "/municipalite"}
YEAR_S = 365 * 24 * 3600


class WrongPassword(WebProblem):
    status, code = 401, "wrong_password"


def _log_in(deps: Deps, city: str, login: str, password: str) -> Account | Resting | None:
    return check_password(deps.looking, deps.unknown_names, city, login, password, deps.wall_now())


def _open_session(response: Response, deps: Deps, tokens: Tokens, account: Account) -> str:
    """Set the cookie; the answer is the session's CSRF token."""
    nonce = new_nonce()
    response.set_cookie(
        SESSION_COOKIE,
        tokens.session(account, nonce),
        max_age=LIFE_S,
        httponly=True,
        samesite="lax",
        secure=deps.over_https,
    )
    return tokens.csrf(nonce)


@api.post("/session")
def log_in(order: LogIn, response: Response, deps: WithDeps, tokens: WithTokens) -> LoggedIn:
    """Log in. After five wrong tries the name rests for some minutes: 429, with `Retry-After`."""
    account = _log_in(deps, order.city, order.login, order.password)
    if isinstance(account, Resting):
        raise NameRests(account.until - deps.wall_now())
    if account is None:
        raise WrongPassword
    csrf = _open_session(response, deps, tokens, account)
    response.headers["Cache-Control"] = "no-store"
    return LoggedIn(csrf=csrf, role=account.role, truck=account.truck)


@api.get("/session")
def get_session(session: AnySession, response: Response, tokens: WithTokens) -> LoggedIn:
    """Who this session is, with a fresh CSRF token."""
    response.headers["Cache-Control"] = "no-store"
    return LoggedIn(csrf=tokens.csrf(session.nonce), role=session.role, truck=session.truck)


@api.delete("/session", status_code=204, dependencies=[CsrfHeader])
def log_out(_session: AnySession, response: Response) -> None:
    """Log out on this device."""
    response.delete_cookie(SESSION_COOKIE)


@pages.get("/connexion")
def login_page(
    request: Request, deps: WithDeps, tokens: WithTokens, connection: WithStore, suite: str = ""
) -> Response:
    return _login_form(request, deps, tokens, list_cities(connection), suite=suite)


@pages.post("/connexion")
def login_form(
    request: Request,
    deps: WithDeps,
    tokens: WithTokens,
    city: Annotated[str, Form(max_length=32)],
    login: Annotated[str, Form(max_length=64)],
    password: Annotated[str, Form(max_length=256)],
    csrf_token: Annotated[str, Form()] = "",
    suite: Annotated[str, Form()] = "",
) -> Response:
    with deps.looking() as connection:
        cities = list_cities(connection)

    again = partial(_login_form, request, deps, tokens, cities, suite=suite, city=city, login=login)
    nonce = request.cookies.get(FORM_COOKIE, "")
    if not nonce or not tokens.is_csrf(csrf_token, nonce):
        return again(status=403, fault="stale")
    account = _log_in(deps, city, login, password)
    if isinstance(account, Resting):
        rest = NameRests(account.until - deps.wall_now())
        answer = again(status=rest.status, fault="resting", minutes=rest.values["minutes"])
        answer.headers["Retry-After"] = str(rest.retry_after_s)
        return answer
    if account is None:
        return again(status=401, fault="wrong")
    response = RedirectResponse(_local(suite) or HOMES[account.role], status_code=303)
    _open_session(response, deps, tokens, account)
    response.delete_cookie(FORM_COOKIE)
    return response


def _login_form(
    request: Request,
    deps: Deps,
    tokens: Tokens,
    cities: list[City],
    *,
    suite: str,
    city: str = "",
    login: str = "",
    fault: str = "",
    minutes: object = 0,
    status: int = 200,
) -> Response:
    nonce = request.cookies.get(FORM_COOKIE) or new_nonce()
    response = get_page(request).render(
        request,
        "login/login.html",
        status=status,
        cities=cities,
        csrf=tokens.csrf(nonce),
        suite=_local(suite) or "",
        chosen=city,
        login=login,
        fault=fault,
        minutes=minutes,
        is_driver=(_local(suite) or "").partition("?")[0] == "/chauffeur",
    )
    response.set_cookie(
        FORM_COOKIE, nonce, max_age=LIFE_S, httponly=True, samesite="strict", secure=deps.over_https, path="/connexion"
    )
    return response


@pages.get("/deconnexion")
def logout_page(request: Request, session: MaybeSession, tokens: WithTokens) -> Response:
    if session is None:
        return RedirectResponse("/connexion", status_code=303)
    return get_page(request).render(request, "login/logout.html", session=session, csrf=tokens.csrf(session.nonce))


@pages.post("/deconnexion")
def logout_form(session: MaybeSession, tokens: WithTokens, csrf_token: Annotated[str, Form()] = "") -> Response:
    if session is not None:
        check_csrf(csrf_token, session, tokens)
    response = RedirectResponse("/connexion", status_code=303)
    response.delete_cookie(SESSION_COOKIE)
    return response


@pages.get("/langue/{language}")
def choose_language(language: str, deps: WithDeps, retour: str = "/") -> Response:
    if language not in LANGUAGES:
        raise NotFound
    response = RedirectResponse(_local(retour) or "/", status_code=303)
    response.set_cookie(LANGUAGE_COOKIE, language, max_age=YEAR_S, samesite="lax", secure=deps.over_https)
    return response


def _local(path: str) -> str | None:
    """The path where it stays on this site: nobody is sent elsewhere after a login."""
    parts = urlsplit(path)
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.netloc and "\\" not in path
    return path if is_ours else None
