"""Each request has an id, a line in the log and a place in the metrics."""

import logging
import re
import time
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.operations.logs import current_trace
from services.operations.web_meter import WebMeter
from services.web.rendering.secret_paths import sayable_path
from services.web.requests.security import TooLarge

log = logging.getLogger(__name__)

REQUEST_ID = "X-Request-ID"
WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
QUIET = {"/health", "/ready"}
"""Asked every few seconds by machines: not worth a line."""

API = "/api/v1"

OnError = Callable[[Request, Any], Response | Awaitable[Response]]


class Traced:
    """Outermost: refusals and unforeseen errors have an id too, and the answer names it."""

    def __init__(self, app: ASGIApp, *, meter: WebMeter) -> None:
        self._app = app
        self._meter = meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = id_of(Headers(scope=scope).get(REQUEST_ID))
        # Not set back: the server gives each request a context of its own, and what runs after us is about it too.
        current_trace.set(request_id)
        began_s, status = time.monotonic(), 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = request_id
            await send(message)

        self._meter.in_progress += 1
        try:
            await self._app(scope, receive, send_with_id)
        finally:
            self._meter.in_progress -= 1
            self._tell(scope, status, time.monotonic() - began_s)

    def _tell(self, scope: Scope, status: int, took_s: float) -> None:
        method = scope["method"] if scope["method"] in METHODS else "OTHER"
        self._meter.answered(method, route_of(scope), status, took_s)
        # Percent-encoded as it came: no line break gets into the log. Without the query, which may hold anything.
        path = sayable_path(scope.get("raw_path", b"").partition(b"?")[0].decode("ascii", "replace")[:200])
        level = logging.DEBUG if path in QUIET else logging.INFO
        extra = {"method": method, "path": path, "status": status, "took_s": round(took_s, 4)}
        log.log(level, "%s %s %d in %.0f ms", method, path, status, took_s * 1000, extra=extra)


class Unforeseen:
    """Innermost: errors that nobody foresaw are answered here, so that they carry what every answer carries."""

    def __init__(self, app: ASGIApp, *, answer: OnError) -> None:
        self._app = app
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def send_noting(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        except TooLarge:
            raise
        except Exception as error:
            if started or scope["type"] != "http":
                raise
            response = self._answer(Request(scope), error)
            await (await response if isawaitable(response) else response)(scope, receive, send)


def id_of(given: str | None) -> str:
    """The caller's own id where it is plain enough to be logged, else a new one."""
    return given if given is not None and WELL_FORMED.fullmatch(given) else uuid4().hex


def route_of(scope: Scope) -> str:
    """The template of the route that took the request, like `/api/v1/plans/{plan_id}`; never the path itself."""
    template = getattr(scope.get("route"), "path", None)
    if template is None:
        return "none"
    # FastAPI hands over the template as the inner router knows it.
    is_inner = scope["path"].startswith(f"{API}/") and not template.startswith(API)
    return f"{API}{template}" if is_inner else str(template)
