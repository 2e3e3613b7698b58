"""Whoever opens an invitation chooses a password, sets up one-time codes where the role needs them, and is in."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from services.web.entry import one_time
from services.web.entry.accounts import Account
from services.web.entry.hashing import hash_password
from services.web.entry.invitations import Invitation, accept_invitation, find_invitation, path_of
from services.web.entry.login_limits import Busy
from services.web.entry.passwords import Knock, record_login
from services.web.entry.recovery import draw_recovery_codes
from services.web.entry.security_log import note
from services.web.entry.sessions import Origin
from services.web.entry.strength import fault_of_password
from services.web.entry.tokens import LIFE_S, Tokens, new_nonce
from services.web.figures.store import find_city
from services.web.login.opening import HOMES, knock_of_account, open_for
from services.web.rendering.pages import get_page
from services.web.rendering.qr import qr_code
from services.web.requests import cookies
from services.web.requests.cookies import drop_cookie, put_cookie, read_cookie
from services.web.requests.deps import Deps, WithDeps
from services.web.requests.guards import WithOrigin, WithTokens

pages = APIRouter(include_in_schema=False)

NOWHERE = ""
"""The city of a guess: the code would have said it."""


@pages.get("/invitation/{code}")
def invitation_page(request: Request, code: str, deps: WithDeps, tokens: WithTokens) -> Response:
    """A page with a form: whatever previews links does not use them up."""
    invitation = _find(deps, code)
    if invitation is None:
        return _nothing(request)
    return _form(request, deps, tokens, invitation, code)


@pages.post("/invitation/{code}")
def accept_form(
    request: Request,
    code: str,
    deps: WithDeps,
    tokens: WithTokens,
    origin: WithOrigin,
    new: Annotated[str, Form(max_length=256)] = "",
    again: Annotated[str, Form(max_length=256)] = "",
    one_time_code: Annotated[str, Form(max_length=16)] = "",
    shown: Annotated[str, Form(max_length=512)] = "",
    csrf_token: Annotated[str, Form(max_length=512)] = "",
) -> Response:
    """Nothing is made until all of it is right; then it is made once."""
    nonce = read_cookie(request, deps, cookies.FORM)
    is_ours = bool(nonce) and tokens.is_csrf(csrf_token, nonce)
    if is_ours:
        deps.limits.check_address(origin.address, deps.wall_now())
    invitation = _find(deps, code)
    if invitation is None:
        if is_ours:  # counted as wrong passwords are; whoever opens an old link again and again guesses nothing
            deps.limits.spend(origin.address, NOWHERE, deps.wall_now())
        return _nothing(request)
    if not is_ours:
        return _form(request, deps, tokens, invitation, code, fault="stale", status=403)
    secret = tokens.read_shown_secret(shown, nonce) if _needs_one_time(deps, invitation) else None
    fault, step = "", 0
    if new != again:
        fault = "different"
    elif fault_of_password(new, invitation.login, invitation.city) is not None:
        fault = "weak"
    elif _needs_one_time(deps, invitation):
        found = one_time.find_step(secret, one_time_code, deps.wall_now(), after=0) if secret else None
        fault, step = ("wrong_code", 0) if found is None else ("", found)
    if fault:
        return _form(request, deps, tokens, invitation, code, fault=fault, secret=secret, status=422)
    try:
        with deps.limits.place(is_known=False):
            hashed = hash_password(new)
    except Busy as busy:
        answer = _form(request, deps, tokens, invitation, code, fault="busy", secret=secret, status=busy.status)
        answer.headers["Retry-After"] = str(busy.retry_after_s)
        return answer
    return _accept(request, deps, tokens, origin, invitation, hashed, secret, step)


def _accept(
    request: Request, deps: Deps, tokens: Tokens, origin: Origin, invitation: Invitation, hashed: str,
    secret: str | None, step: int,
) -> Response:  # fmt: skip
    now, codes = deps.wall_now(), []
    knock = knock_of_account(request, deps, origin, invitation.city, invitation.login)
    with deps.looking() as connection:
        account = accept_invitation(connection, invitation, hashed, one_time_secret=secret, one_time_step=step, now=now)
        if account is None:
            return _nothing(request)
        if secret is not None:
            codes = draw_recovery_codes(connection, account.city, account.login)
        note(
            connection, account.city, "person_joined", now, login=account.login, origin=origin,
            detail=f"{account.role}, invited by {invitation.invited_by}",
        )  # fmt: skip
        record_login(connection, account, knock, now)
    return _welcome(request, deps, tokens, account, knock, codes)


def _welcome(
    request: Request, deps: Deps, tokens: Tokens, account: Account, knock: Knock, codes: list[str]
) -> Response:
    """In; with the recovery codes, which are shown here and nowhere else."""
    response = get_page(request).render(
        request, "login/welcome.html", account=account, codes=codes, home=HOMES[account.role]
    )
    open_for(request, response, deps, tokens, account, knock)
    drop_cookie(response, deps, cookies.FORM)
    response.headers["Cache-Control"] = "no-store"
    return response


def _find(deps: Deps, code: str) -> Invitation | None:
    with deps.looking() as connection:
        return find_invitation(connection, code, deps.wall_now())


def _needs_one_time(deps: Deps, invitation: Invitation) -> bool:
    return invitation.role in deps.one_time_for


def _nothing(request: Request) -> Response:
    return get_page(request).render(request, "login/invitation_over.html", status=404)


def _form(
    request: Request, deps: Deps, tokens: Tokens, invitation: Invitation, code: str, *, fault: str = "",
    secret: str | None = None, status: int = 200,
) -> Response:  # fmt: skip
    request.state.language = invitation.language
    nonce = read_cookie(request, deps, cookies.FORM) or new_nonce()
    with deps.looking() as connection:
        city = find_city(connection, invitation.city)
    values = {"secret": "", "qr": "", "shown": "", "address": ""}
    if _needs_one_time(deps, invitation):
        secret = secret or one_time.new_secret()
        address = one_time.address_of(secret, invitation.city, invitation.login)
        shown = tokens.shown_secret(secret, nonce)
        values = {"secret": secret, "qr": qr_code(address), "shown": shown, "address": address}
    response = get_page(request).render(
        request, "login/invitation.html", city=city, status=status, invitation=invitation, csrf=tokens.csrf(nonce),
        path_here=path_of(code[:64]), fault=fault, **values,
    )  # fmt: skip
    put_cookie(response, deps, cookies.FORM, nonce, life_s=LIFE_S, samesite="strict")
    return response
