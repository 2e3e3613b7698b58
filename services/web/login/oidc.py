"""Logging in by an identity provider (OpenID Connect), where one is set: it says who, the account says what."""

import hmac
import logging
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from services.store.connection import Connection
from services.web.entry.accounts import Account
from services.web.entry.identities import find_linked
from services.web.entry.passwords import find_password, record_login
from services.web.entry.provider import Asked, Provider, ProviderRefused, Vouched
from services.web.entry.security_log import note
from services.web.entry.sessions import Origin
from services.web.entry.tokens import HALF_LIFE_S, Tokens, new_nonce
from services.web.figures.store import list_cities
from services.web.login.halfway import CODE, SET_UP, go_halfway
from services.web.login.opening import knock_of_account, leads_to, local_path, open_for
from services.web.rendering.pages import get_page
from services.web.rendering.problems import NotFound, WebProblem
from services.web.requests import cookies
from services.web.requests.cookies import drop_cookie, put_cookie, read_cookie
from services.web.requests.deps import Deps, WithDeps
from services.web.requests.guards import WithOrigin, WithTokens

log = logging.getLogger(__name__)
pages = APIRouter(include_in_schema=False)


class ProviderAway(WebProblem):
    status, code, retry_after_s = 503, "provider_away", 10


@pages.get("/connexion/oidc")
def begin(
    request: Request,
    deps: WithDeps,
    tokens: WithTokens,
    ville: Annotated[str, Query(max_length=32)] = "",
    suite: Annotated[str, Query(max_length=512)] = "",
) -> Response:
    """Off to the provider, with what this browser has to come back with."""
    provider = _provider(deps)
    with deps.looking() as connection:
        cities = [city.id for city in list_cities(connection)]
    city = ville if ville in cities else cities[0] if len(cities) == 1 else ""
    if not city:
        raise NotFound
    # 43 characters at least: RFC 7636, section 4.1.
    asked = Asked(new_nonce(), new_nonce(), new_nonce() + new_nonce(), city, local_path(suite) or "")
    try:
        url = provider.authorization_url(asked, _return_uri(request), deps.wall_now())
    except ProviderRefused as refused:
        log.warning("identity provider: %s", refused)
        raise ProviderAway from refused
    response = RedirectResponse(url, status_code=303)
    put_cookie(response, deps, cookies.ASKED, tokens.asked(asked), life_s=HALF_LIFE_S)
    response.headers["Cache-Control"] = "no-store"
    return response


@pages.get("/connexion/oidc/retour")
def come_back(
    request: Request,
    deps: WithDeps,
    tokens: WithTokens,
    origin: WithOrigin,
    code: Annotated[str, Query(max_length=2048)] = "",
    state: Annotated[str, Query(max_length=256)] = "",
    iss: Annotated[str | None, Query(max_length=256)] = None,
) -> Response:
    """Back from the provider: only in the browser that was sent, with its own state, once."""
    provider = _provider(deps)
    asked = tokens.read_asked(read_cookie(request, deps, cookies.ASKED))
    if asked is None or not code or not hmac.compare_digest(asked.state.encode(), state.encode()):
        return _refused(request, deps, "not_ours" if code else "declined")
    deps.limits.check_address(origin.address, deps.wall_now())
    try:
        vouched = provider.vouch(code, iss, asked, _return_uri(request), deps.wall_now())
    except ProviderRefused as refused:
        log.warning("identity provider: %s", refused)
        deps.limits.spend(origin.address, asked.city, deps.wall_now())
        return _refused(request, deps, "not_believed")
    with deps.looking() as connection:
        account = find_linked(connection, asked.city, vouched.issuer, vouched.subject)
        if account is None:
            told = vouched.subject
            note(connection, asked.city, "identity_unknown", deps.wall_now(), login="", origin=origin, detail=told)
            return _refused(request, deps, "not_linked", subject=told)
        second = _second_proof(connection, deps, account, vouched)
    return _open(request, deps, tokens, origin, account, asked, vouched, second)


def _second_proof(connection: Connection, deps: Deps, account: Account, vouched: Vouched) -> str | None:
    """Where a one-time code is asked for: whom the account needs one of, unless the provider has asked already."""
    row = find_password(connection, account.city, account.login)
    if vouched.is_strong or row is None:
        return None
    if row["one_time_secret"] is not None:
        return CODE
    return SET_UP if account.role in deps.one_time_for else None


def _open(
    request: Request, deps: Deps, tokens: Tokens, origin: Origin, account: Account, asked: Asked, vouched: Vouched,
    second: str | None,
) -> Response:  # fmt: skip
    if second is not None:
        response = go_halfway(deps, tokens, account, to=second, suite=asked.leads_to, provider=vouched.issuer)
    else:
        knock = knock_of_account(request, deps, origin, account.city, account.login)
        with deps.looking() as connection:
            record_login(connection, account, knock, deps.wall_now())
        response = RedirectResponse(leads_to(asked.leads_to, account), status_code=303)
        open_for(request, response, deps, tokens, account, knock, vouched.issuer)
    drop_cookie(response, deps, cookies.ASKED)
    return response


def _provider(deps: Deps) -> Provider:
    """Raises: NotFound, where none is set."""
    if deps.provider is None:
        raise NotFound
    return deps.provider


def _return_uri(request: Request) -> str:
    return f"{str(request.base_url).rstrip('/')}/connexion/oidc/retour"


def _refused(request: Request, deps: Deps, fault: str, subject: str = "") -> Response:
    response = get_page(request).render(
        request, "login/oidc.html", status=403, fault=fault, subject=subject, provider=_provider(deps).name
    )
    drop_cookie(response, deps, cookies.ASKED)
    return response
