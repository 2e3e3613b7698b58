"""Opening a session, however somebody has shown who they are."""

from urllib.parse import urlsplit

from fastapi import Request, Response

from services.web.entry.accounts import Account
from services.web.entry.passwords import Knock
from services.web.entry.rights import Role
from services.web.entry.sessions import Origin, open_session
from services.web.entry.tokens import LIFE_S, Tokens, new_nonce
from services.web.rendering.pages import LANGUAGE_COOKIE
from services.web.requests import cookies
from services.web.requests.cookies import put_cookie, read_cookie
from services.web.requests.deps import Deps

HOMES: dict[Role, str] = {
    "operator": "/operateur", "planner": "/operateur", "technician": "/technicien", "municipality": "/municipalite",
    "driver": "/chauffeur",
}  # fmt: skip
YEAR_S = 365 * 24 * 3600


def local_path(path: str) -> str | None:
    """The path where it stays on this site: nobody is sent elsewhere after a login."""
    try:
        parts = urlsplit(path)
    except ValueError:  # no address at all, as `//[`
        return None
    is_ours = (
        path.startswith("/")
        and not path.startswith(("//", "/\\"))
        and not parts.netloc
        and "\\" not in path
        and path.isprintable()
    )
    return path if is_ours else None


def leads_to(suite: str, account: Account) -> str:
    """Where somebody goes who is in: where they wanted to, else to their role's own page."""
    return local_path(suite) or HOMES[account.role]


def knock_of_account(request: Request, deps: Deps, origin: Origin, city: str, login: str, one_time: str = "") -> Knock:
    """Somebody who shows who they are by something other than a password."""
    browser = read_cookie(request, deps, cookies.BROWSER)[:64]
    return Knock(city, login, "", origin, browser or new_nonce(), not browser, None, one_time)


def open_for(
    request: Request,
    response: Response,
    deps: Deps,
    tokens: Tokens,
    account: Account,
    knock: Knock,
    provider: str | None = None,
) -> str:
    """Set the cookies; the answer is the session's CSRF token."""
    nonce = new_nonce()
    phone = knock.phone.id if knock.phone and account.role == "driver" else None
    with deps.looking() as connection:
        open_session(connection, account, nonce, knock.origin, phone, deps.wall_now(), provider)
    put_cookie(response, deps, cookies.SESSION, tokens.session(account, nonce), life_s=LIFE_S)
    put_cookie(response, deps, cookies.BROWSER, knock.browser, life_s=cookies.LONG_S)
    if account.language and LANGUAGE_COOKIE not in request.cookies:
        response.set_cookie(LANGUAGE_COOKIE, account.language, max_age=YEAR_S, samesite="lax", secure=deps.over_https)
    return tokens.csrf(nonce)
