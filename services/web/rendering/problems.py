"""What people and programs see when something cannot be done: what happened, what is safe, what to do."""

import logging
import math
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from services.errors import StoreAway, StoreFault, StoreRefused, StreamAway, TourneeError
from services.web.rendering.secret_paths import sayable_path

log = logging.getLogger(__name__)

RETRY_AFTER_S = 10
LONGEST_SAID = 300


class WebProblem(TourneeError):
    """A request that cannot be answered as asked. `code` names its text in the catalogues, under `problem`."""

    status = 400
    code = "bad_request"
    retry_after_s: int | None = None

    def __init__(
        self, code: str | None = None, *, errors: list[dict[str, Any]] | None = None, **values: object
    ) -> None:
        self.code = code or self.code
        self.errors = errors or []
        self.values = values
        """What the text of `code` takes."""
        super().__init__(self.code)


class NotLoggedIn(WebProblem):
    status, code = 401, "not_logged_in"


class NotAllowed(WebProblem):
    status, code = 403, "not_allowed"


class NotFound(WebProblem):
    status, code = 404, "not_found"


class WrongInput(WebProblem):
    status, code = 422, "wrong_input"


class Resting(WebProblem):
    """Too many wrong guesses at a name: it rests, and says for how long."""

    status, code = 429, "resting"

    def __init__(self, rest: timedelta) -> None:
        self.retry_after_s = max(1, math.ceil(rest.total_seconds()))
        super().__init__(minutes=math.ceil(self.retry_after_s / 60))


def install(app: FastAPI) -> None:
    """Answer every foreseen error in the reader's language, as a page or as JSON."""

    def on_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, WebProblem)  # noqa: S101 - registered for this type only
        if isinstance(error, NotLoggedIn) and not _wants_json(request):
            return RedirectResponse(f"/connexion?{urlencode({'suite': _address(request)})}", status_code=303)
        return _answer(request, error.status, error.code, error.errors, error.retry_after_s, error.values)

    def on_away(request: Request, error: Exception) -> Response:
        log.warning("%s %s: %s", request.method, sayable_path(request.url.path), error)
        code = "stream_away" if isinstance(error, StreamAway) else "store_away"
        return _answer(request, 503, code, [], RETRY_AFTER_S)

    def on_validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this type only
        faults = [{"where": list(e["loc"]), "message": e["msg"]} for e in error.errors()]
        return _answer(request, 422, "wrong_input", faults)

    def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type only
        code = {404: "not_found", 405: "not_found", 413: "too_large"}.get(error.status_code, "bad_request")
        return _answer(request, error.status_code, code, [])

    def on_refused(request: Request, error: Exception) -> Response:
        # Every text that is asked for is checked; what slips through and no database holds is still no fault of ours.
        log.warning("%s %s: %s", request.method, sayable_path(request.url.path), error)
        return _answer(request, 400, "bad_request", [])

    def on_anything(request: Request, error: Exception) -> Response:
        log.error("%s %s failed", request.method, sayable_path(request.url.path), exc_info=error)
        return _answer(request, 500, "unforeseen", [])

    app.add_exception_handler(WebProblem, on_problem)
    app.add_exception_handler(StoreAway, on_away)
    app.add_exception_handler(StoreFault, on_anything)  # it answers: a fault of ours is not to pass for its absence
    app.add_exception_handler(StreamAway, on_away)
    app.add_exception_handler(StoreRefused, on_refused)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, on_anything)


def _address(request: Request) -> str:
    """Where the reader wanted to go, with the day and the fleet that the address names."""
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path


def sayable(value: Any) -> Any:
    """What somebody sent, so that it can be said back to them: JSON has no NaN, and UTF-8 no half characters."""
    if isinstance(value, str):
        return value[:LONGEST_SAID].encode(errors="replace").decode()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {sayable(str(key)): sayable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [sayable(each) for each in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)[:LONGEST_SAID]


def _wants_json(request: Request) -> bool:
    return request.url.path.startswith(("/api/", "/ngsi-ld/"))


def _answer(
    request: Request,
    status: int,
    code: str,
    errors: list[dict[str, Any]],
    retry_after_s: int | None = None,
    values: Mapping[str, object] = MappingProxyType({}),
) -> Response:
    page = request.app.state.page
    texts = page.texts_for(request)
    headers = {"Cache-Control": "no-store"}
    errors = sayable(errors)
    if retry_after_s is not None:
        headers["Retry-After"] = str(retry_after_s)
    title, detail = (texts(f"problem.{code}.{part}", **values) for part in ("title", "detail"))
    if _wants_json(request) or request.url.path in {"/health", "/ready"}:
        body = {"code": code, "title": title, "detail": detail}
        return JSONResponse(body | {"errors": errors}, status, headers)
    response: Response = page.render(request, "problem.html", status=status, title=title, detail=detail, errors=errors)
    response.headers.update(headers)
    return response
