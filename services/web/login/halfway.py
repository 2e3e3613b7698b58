"""Between the first proof of who somebody is and the second: a one-time code, or setting one up."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from services.web.entry import one_time
from services.web.entry.accounts import Account, find_account, set_up_one_time
from services.web.entry.login_limits import Busy, Slowed
from services.web.entry.passwords import Resting, check_one_time, record_login
from services.web.entry.recovery import draw_recovery_codes
from services.web.entry.security_log import note
from services.web.entry.tokens import HALF_LIFE_S, LIFE_S, Half, Tokens, new_nonce
from services.web.login.opening import knock_of_account, leads_to, open_for
from services.web.rendering.pages import get_page
from services.web.rendering.problems import Resting as NameRests
from services.web.rendering.qr import qr_code
from services.web.requests import cookies
from services.web.requests.cookies import drop_cookie, put_cookie, read_cookie
from services.web.requests.deps import Deps, WithDeps
from services.web.requests.guards import WithOrigin, WithTokens

pages = APIRouter(include_in_schema=False)

CODE, SET_UP = "/connexion/code", "/connexion/preparer"


def go_halfway(deps: Deps, tokens: Tokens, account: Account, *, to: str, suite: str, provider: str = "") -> Response:
    """On to the second proof, within ten minutes, in this browser."""
    response = RedirectResponse(to, status_code=303)
    half = Half(account.city, account.login, account.session_epoch, to, suite, provider)
    put_cookie(response, deps, cookies.HALF, tokens.half(half), life_s=HALF_LIFE_S)
    return response


@pages.get(CODE)
def code_page(request: Request, deps: WithDeps, tokens: WithTokens) -> Response:
    if _half(request, deps, tokens, CODE) is None:
        return _anew()
    return _code_form(request, deps, tokens)


@pages.post(CODE)
def code_form(
    request: Request,
    deps: WithDeps,
    tokens: WithTokens,
    origin: WithOrigin,
    one_time_code: Annotated[str, Form(max_length=32)] = "",
    csrf_token: Annotated[str, Form(max_length=512)] = "",
) -> Response:
    """The code that the app shows, or one for recovery; wrong ones are counted as wrong passwords are."""
    half = _half(request, deps, tokens, CODE)
    if half is None:
        return _anew()
    if not _is_ours(request, deps, tokens, csrf_token):
        return _code_form(request, deps, tokens, fault="stale", status=403)
    knock = knock_of_account(request, deps, origin, half.city, half.login, one_time_code)
    try:
        account = check_one_time(deps.looking, deps.limits, knock, deps.wall_now())
    except (Busy, Slowed) as refused:
        return _code_form(request, deps, tokens, fault=refused.code, status=429, minutes=refused.values.get("minutes"))
    if isinstance(account, Resting):
        rest = NameRests(account.until - deps.wall_now())
        return _code_form(request, deps, tokens, fault="resting", status=429, minutes=rest.values["minutes"])
    if account is None or account.session_epoch != half.epoch:
        return _code_form(request, deps, tokens, fault="wrong_code", status=401)
    response = RedirectResponse(leads_to(half.suite, account), status_code=303)
    open_for(request, response, deps, tokens, account, knock, half.provider or None)
    drop_cookie(response, deps, cookies.HALF)
    return response


@pages.get(SET_UP)
def set_up_page(request: Request, deps: WithDeps, tokens: WithTokens) -> Response:
    half = _half(request, deps, tokens, SET_UP)
    if half is None:
        return _anew()
    return _set_up_form(request, deps, tokens, half)


@pages.post(SET_UP)
def set_up_form(
    request: Request,
    deps: WithDeps,
    tokens: WithTokens,
    origin: WithOrigin,
    one_time_code: Annotated[str, Form(max_length=16)] = "",
    shown: Annotated[str, Form(max_length=512)] = "",
    csrf_token: Annotated[str, Form(max_length=512)] = "",
) -> Response:
    """The app shows what we expect of it: from now on the account opens with it, and with it alone."""
    half = _half(request, deps, tokens, SET_UP)
    if half is None:
        return _anew()
    if not _is_ours(request, deps, tokens, csrf_token):
        return _set_up_form(request, deps, tokens, half, fault="stale", status=403)
    secret, now = tokens.read_shown_secret(shown, read_cookie(request, deps, cookies.FORM)), deps.wall_now()
    step = one_time.find_step(secret, one_time_code, now, after=0) if secret else None
    if secret is None or step is None:
        return _set_up_form(request, deps, tokens, half, fault="wrong_code", secret=secret, status=422)
    knock = knock_of_account(request, deps, origin, half.city, half.login)
    with deps.looking() as connection:
        if not set_up_one_time(connection, half.city, half.login, half.epoch, secret, step):
            return _anew()  # another has set it up meanwhile
        account = find_account(connection, half.city, half.login)
        if account is None:
            return _anew()
        codes = draw_recovery_codes(connection, half.city, half.login)
        note(connection, half.city, "one_time_on", now, login=half.login, origin=origin)
        record_login(connection, account, knock, now)
    response = get_page(request).render(
        request, "login/welcome.html", account=account, codes=codes, home=leads_to(half.suite, account)
    )
    open_for(request, response, deps, tokens, account, knock, half.provider or None)
    drop_cookie(response, deps, cookies.HALF)
    response.headers["Cache-Control"] = "no-store"
    return response


def _half(request: Request, deps: Deps, tokens: Tokens, to: str) -> Half | None:
    """Whoever has shown the first proof in this browser, not long ago, with nothing ended since."""
    half = tokens.read_half(read_cookie(request, deps, cookies.HALF))
    if half is None or half.to != to:
        return None
    with deps.looking() as connection:
        account = find_account(connection, half.city, half.login)
    return half if account is not None and account.session_epoch == half.epoch else None


def _is_ours(request: Request, deps: Deps, tokens: Tokens, csrf_token: str) -> bool:
    nonce = read_cookie(request, deps, cookies.FORM)
    return bool(nonce) and tokens.is_csrf(csrf_token, nonce)


def _anew() -> Response:
    return RedirectResponse("/connexion", status_code=303)


def _code_form(
    request: Request, deps: Deps, tokens: Tokens, *, fault: str = "", status: int = 200, minutes: object = 0
) -> Response:
    nonce = read_cookie(request, deps, cookies.FORM) or new_nonce()
    response = get_page(request).render(
        request, "login/code.html", status=status, csrf=tokens.csrf(nonce), fault=fault, minutes=minutes
    )
    put_cookie(response, deps, cookies.FORM, nonce, life_s=LIFE_S, samesite="strict")
    return response


def _set_up_form(
    request: Request, deps: Deps, tokens: Tokens, half: Half, *, fault: str = "", secret: str | None = None,
    status: int = 200,
) -> Response:  # fmt: skip
    nonce = read_cookie(request, deps, cookies.FORM) or new_nonce()
    secret = secret or one_time.new_secret()
    address = one_time.address_of(secret, half.city, half.login)
    response = get_page(request).render(
        request, "login/set_up.html", status=status, csrf=tokens.csrf(nonce), fault=fault, secret=secret,
        address=address, qr=qr_code(address), shown=tokens.shown_secret(secret, nonce),
    )  # fmt: skip
    put_cookie(response, deps, cookies.FORM, nonce, life_s=LIFE_S, samesite="strict")
    return response
