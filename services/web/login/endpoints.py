"""Login and logout, for people and for programs; the reader's language."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from services.city.registry import City
from services.store.connection import Connection
from services.web.entry.accounts import Account
from services.web.entry.login_limits import Busy, Slowed
from services.web.entry.passwords import Checked, Knock, OneTimeNeeded, OneTimeUnset, Resting, check_password
from services.web.entry.phones import find_phone
from services.web.entry.security_log import list_notices, note
from services.web.entry.sessions import Origin, end_session, id_of
from services.web.entry.tokens import LIFE_S, Session, Tokens, new_nonce
from services.web.figures.store import list_cities
from services.web.login.halfway import SET_UP, go_halfway
from services.web.login.opening import YEAR_S, local_path, open_for
from services.web.login.opening import leads_to as leading_to
from services.web.login.schemas import LoggedIn, LogIn
from services.web.rendering.catalogue import LANGUAGES
from services.web.rendering.pages import LANGUAGE_COOKIE, get_page
from services.web.rendering.problems import NotFound, WebProblem
from services.web.rendering.problems import Resting as NameRests
from services.web.requests import cookies
from services.web.requests.cookies import drop_cookie, key_shown, put_cookie, read_cookie
from services.web.requests.deps import Deps, WithDeps, WithStore
from services.web.requests.guards import AnySession, CsrfHeader, MaybeSession, WithOrigin, WithTokens, check_csrf

api = APIRouter(tags=["session"])
pages = APIRouter(include_in_schema=False)

ACCOUNT = "/compte"


class WrongPassword(WebProblem):
    status, code = 401, "wrong_password"


class OneTimeMissing(WebProblem):
    status, code = 401, "one_time_missing"


class OneTimeNotSetUp(WebProblem):
    status, code = 401, "one_time_unset"


def knock_of(request: Request, deps: Deps, origin: Origin, order: LogIn) -> Knock:
    """What somebody says, and what their cookies say for them."""
    key = key_shown(request, deps)
    phone = None
    if key:
        with deps.looking() as connection:
            phone = find_phone(connection, key)
    browser = read_cookie(request, deps, cookies.BROWSER)[:64]
    return Knock(
        order.city, order.login.strip(), order.password, origin, browser or new_nonce(), not browser, phone,
        order.one_time,
    )  # fmt: skip


@api.post("/session")
def log_in(
    request: Request, order: LogIn, response: Response, deps: WithDeps, tokens: WithTokens, origin: WithOrigin
) -> LoggedIn:
    """Log in. After five wrong tries the name rests for some minutes: 429, with `Retry-After`.

    429 with `slowed` or `busy`: nothing was checked; the same again after `Retry-After` seconds.
    """
    knock = knock_of(request, deps, origin, order)
    account = check_password(deps.looking, deps.limits, knock, deps.wall_now(), deps.one_time_for)
    if isinstance(account, Resting):
        raise NameRests(account.until - deps.wall_now())
    if isinstance(account, OneTimeNeeded):
        raise OneTimeMissing
    if isinstance(account, OneTimeUnset):
        raise OneTimeNotSetUp
    if account is None:
        raise WrongPassword
    csrf = open_for(request, response, deps, tokens, account, knock)
    response.headers["Cache-Control"] = "no-store"
    return LoggedIn(csrf=csrf, role=account.role, truck=account.truck)


@api.get("/session")
def get_session(session: AnySession, response: Response, tokens: WithTokens) -> LoggedIn:
    """Who this session is, with a fresh CSRF token."""
    response.headers["Cache-Control"] = "no-store"
    return LoggedIn(csrf=tokens.csrf(session.nonce), role=session.role, truck=session.truck)


@api.delete("/session", status_code=204, dependencies=[CsrfHeader])
def log_out(session: AnySession, response: Response, deps: WithDeps, connection: WithStore, origin: WithOrigin) -> None:
    """End this session: its cookie opens nothing any more, wherever it is."""
    _end(connection, deps, session, origin)
    drop_cookie(response, deps, cookies.SESSION)


def _end(connection: Connection, deps: Deps, session: Session, origin: Origin) -> None:
    end_session(connection, session.city, session.login, id_of(session.nonce))
    note(connection, session.city, "logged_out", deps.wall_now(), login=session.login, origin=origin)


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
    origin: WithOrigin,
    city: Annotated[str, Form(max_length=32)],
    login: Annotated[str, Form(max_length=64)],
    password: Annotated[str, Form(max_length=256)],
    one_time: Annotated[str, Form(max_length=32)] = "",
    csrf_token: Annotated[str, Form(max_length=512)] = "",
    suite: Annotated[str, Form(max_length=512)] = "",
) -> Response:
    with deps.looking() as connection:
        cities = list_cities(connection)

    again = partial(_login_form, request, deps, tokens, cities, suite=suite, city=city, login=login)
    nonce = read_cookie(request, deps, cookies.FORM)
    if not nonce or not tokens.is_csrf(csrf_token, nonce):
        return again(status=403, fault="stale")
    try:
        order = LogIn(city=city, login=login, password=password, one_time=one_time)
    except ValidationError:  # no city and no account is written so
        return again(status=401, fault="wrong")
    knock = knock_of(request, deps, origin, order)
    wait: NameRests | Busy | Slowed | None = None
    account: Checked = None
    try:
        account = check_password(deps.looking, deps.limits, knock, deps.wall_now(), deps.one_time_for)
    except (Busy, Slowed) as refused:
        wait = refused
    if isinstance(account, Resting):
        wait = NameRests(account.until - deps.wall_now())
    if wait is not None:
        answer = again(status=wait.status, fault=wait.code, minutes=wait.values.get("minutes", 0))
        answer.headers["Retry-After"] = str(wait.retry_after_s)
        return answer
    if isinstance(account, OneTimeUnset):
        return go_halfway(deps, tokens, account.account, to=SET_UP, suite=suite)
    if not isinstance(account, Account):
        fault = "one_time" if isinstance(account, OneTimeNeeded) else "wrong"
        return again(status=401, fault=fault, asks_one_time=bool(one_time) or fault == "one_time")
    leads_to = leading_to(suite, account)
    if account.role != "driver":
        with deps.looking() as connection:
            if list_notices(connection, account.city, account.login):
                leads_to = ACCOUNT  # something changed with it: its owner is told before anything else
    response = RedirectResponse(leads_to, status_code=303)
    open_for(request, response, deps, tokens, account, knock)
    drop_cookie(response, deps, cookies.FORM)
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
    asks_one_time: bool = False,
    status: int = 200,
) -> Response:
    nonce = read_cookie(request, deps, cookies.FORM) or new_nonce()
    response = get_page(request).render(
        request,
        "login/login.html",
        status=status,
        cities=cities,
        csrf=tokens.csrf(nonce),
        suite=local_path(suite) or "",
        chosen=city,
        login=login,
        fault=fault,
        minutes=minutes,
        asks_one_time=asks_one_time,
        provider=deps.provider.name if deps.provider else "",
        is_driver=(local_path(suite) or "").partition("?")[0] == "/chauffeur",
    )
    put_cookie(response, deps, cookies.FORM, nonce, life_s=LIFE_S, samesite="strict")
    return response


@pages.get("/deconnexion")
def logout_page(request: Request, session: MaybeSession, tokens: WithTokens) -> Response:
    if session is None:
        return RedirectResponse("/connexion", status_code=303)
    return get_page(request).render(request, "login/logout.html", session=session, csrf=tokens.csrf(session.nonce))


@pages.post("/deconnexion")
def logout_form(
    session: MaybeSession,
    deps: WithDeps,
    tokens: WithTokens,
    connection: WithStore,
    origin: WithOrigin,
    csrf_token: Annotated[str, Form(max_length=512)] = "",
) -> Response:
    if session is not None:
        check_csrf(csrf_token, session, tokens)
        _end(connection, deps, session, origin)
    leads_to = "/connexion"
    if session is not None and session.provider is not None and deps.provider is not None:
        leads_to = "/deconnexion/fournisseur"
    response = RedirectResponse(leads_to, status_code=303)
    drop_cookie(response, deps, cookies.SESSION)
    return response


@pages.get("/deconnexion/fournisseur")
def provider_logout_page(request: Request, deps: WithDeps) -> Response:
    """Out here; whether at the provider too, whoever shares a computer has to choose."""
    if deps.provider is None:
        raise NotFound
    url = deps.provider.sign_out_url(f"{str(request.base_url).rstrip('/')}/connexion", deps.wall_now())
    return get_page(request).render(request, "login/logged_out.html", provider=deps.provider.name, url=url)


@pages.get("/langue/{language}")
def choose_language(language: str, deps: WithDeps, retour: str = "/") -> Response:
    if language not in LANGUAGES:
        raise NotFound
    response = RedirectResponse(local_path(retour) or "/", status_code=303)
    response.set_cookie(LANGUAGE_COOKIE, language, max_age=YEAR_S, samesite="lax", secure=deps.over_https)
    return response
