"""Turns floods of logins away before a body is read, a thread taken or the store asked."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from services.web.entry.login_limits import Busy, Slowed
from services.web.requests import cookies
from services.web.requests.cookies import key_shown, read_cookie
from services.web.requests.deps import Deps

LOGINS = {"/api/v1/session", "/connexion", "/api/v1/phone"}

type Answer = Callable[[Request, Exception], Response | Awaitable[Response]]


class FloodGuard:
    """For whoever shows no cookie of a browser or a phone that we may know; the others are looked at inside."""

    def __init__(self, app: ASGIApp, *, deps: Deps, answer: Any) -> None:
        self._app = app
        self._deps = deps
        self._answer: Answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"] in LOGINS:
            request = Request(scope)
            shown = read_cookie(request, self._deps, cookies.BROWSER) or key_shown(request, self._deps)
            if not shown and request.client is not None:
                try:
                    self._deps.limits.check_address(request.client.host, self._deps.wall_now())
                    self._deps.limits.check_room()
                except (Busy, Slowed) as refused:
                    answer = self._answer(request, refused)
                    assert isinstance(answer, Response)  # noqa: S101 - our own handlers are plain functions
                    await answer(scope, receive, send)
                    return
        await self._app(scope, receive, send)
