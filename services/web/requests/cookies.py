"""Our cookies: out of reach of scripts, and over HTTPS bound to this very host (`__Host-`)."""

from typing import Literal

from fastapi import Request, Response

from services.web.requests.deps import Deps

SESSION = "tournee_session"
FORM = "tournee_form"
"""Of a browser without a session: what its form's token belongs to."""
BROWSER = "tournee_browser"
"""By which an account knows a browser again, so that strangers' guesses do not slow it."""
HALF = "tournee_half"
"""Of whoever has shown the first of two proofs."""
ASKED = "tournee_asked"
"""Of whoever was sent to an identity provider."""
PHONE = "tournee_phone"
"""A truck's phone's key."""
PHONE_HEADER = "X-Truck-Phone"
LONG_S = 400 * 24 * 3600
"""As long as browsers keep any."""


def read_cookie(request: Request, deps: Deps, name: str) -> str:
    """Empty where there is none."""
    return request.cookies.get(_full(deps, name), "")


def put_cookie(
    response: Response, deps: Deps, name: str, value: str, *, life_s: int, samesite: Literal["lax", "strict"] = "lax"
) -> None:
    response.set_cookie(
        _full(deps, name), value, max_age=life_s, httponly=True, samesite=samesite, secure=deps.over_https, path="/"
    )


def key_shown(request: Request, deps: Deps) -> str:
    """A truck's phone's key: a browser has it as a cookie, a program sends it as a header."""
    return request.headers.get(PHONE_HEADER, "") or read_cookie(request, deps, PHONE)


def drop_cookie(response: Response, deps: Deps, name: str) -> None:
    response.delete_cookie(_full(deps, name), path="/", secure=deps.over_https, httponly=True, samesite="lax")


def _full(deps: Deps, name: str) -> str:
    """A subdomain, or somebody on the wire, cannot put one of this name in place of ours."""
    return f"__Host-{name}" if deps.over_https else name
