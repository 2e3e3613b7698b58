"""What every answer carries and every request must respect, whatever the page."""

from urllib.parse import unquote_to_bytes, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 1024 * 1024  # 500 confirmations have about 150 kB
MAX_PHOTO_BODY_BYTES = 8 * 1024 * 1024  # a telephone's photo as it is, where no script has made it smaller
MAX_FOLDER_BODY_BYTES = 48_000_000  # a city folder of 200,000 containers has about 30 MB, and 5 zipped
WITH_PHOTOS = ("/signaler/", "/open311/v2/requests.")
WITH_A_FOLDER = "/registre/importer"
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), payment=()",
}


class TooLarge(Exception):
    """The body is longer than anything that our pages send."""


class Guard:
    """Security headers on every answer; foreign origins and oversized bodies are refused before anything reads them."""

    def __init__(self, app: ASGIApp, *, over_https: bool) -> None:
        self._app = app
        self._headers = HEADERS | ({"Strict-Transport-Security": "max-age=31536000"} if over_https else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(receive, _most_bytes(scope))
        started = False
        scope.setdefault("state", {})

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if body.is_too_large and not started:
                return  # whatever the application made of a body cut short; the refusal below is the answer
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if "text/html" in headers.get("content-type", ""):
                    headers.setdefault("Cache-Control", "no-store")
                # Behind a login nothing stays in a browser that somebody else opens next; fingerprinted files may.
                if scope["state"].get("is_private") and "immutable" not in headers.get("cache-control", ""):
                    headers["Cache-Control"] = "no-store"
            await send(message)

        refusal = _refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send_with_headers)
            return
        try:
            await self._app(scope, body, send_with_headers)
        except TooLarge:
            if started:
                raise
        if body.is_too_large and not started:
            body.is_too_large = False
            await _refuse(413, "too_large")(scope, receive, send_with_headers)


def _refusal(scope: Scope) -> ASGIApp | None:
    """Why the request is not even read, or None."""
    headers = Headers(scope=scope)
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > _most_bytes(scope):
        return _refuse(413, "too_large")
    origin = headers.get("origin")
    # SameSite cookies and tokens already stop forged posts; a browser that names a foreign page is refused at the door.
    if scope["method"] not in SAFE_METHODS and origin is not None and _host_of(origin) != headers.get("host"):
        return _refuse(403, "foreign_origin")
    if _has_nul(scope):
        return _refuse(400, "bad_request")
    return None


def _most_bytes(scope: Scope) -> int:
    if scope["path"] == WITH_A_FOLDER:
        return MAX_FOLDER_BODY_BYTES
    return MAX_PHOTO_BODY_BYTES if scope["path"].startswith(WITH_PHOTOS) else MAX_BODY_BYTES


def _host_of(origin: str) -> str | None:
    """None for what is no address at all, as `http://[`."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _has_nul(scope: Scope) -> bool:
    """No path and no question of ours has one, and no database takes it."""
    return b"\0" in unquote_to_bytes(scope.get("query_string", b"")) or "\0" in scope["path"]


def _refuse(status: int, code: str) -> ASGIApp:
    return JSONResponse({"code": code, "title": code, "errors": []}, status)


class _Body:
    """A request's body, as far as the limit."""

    def __init__(self, receive: Receive, most_bytes: int) -> None:
        self._receive = receive
        self._most_bytes = most_bytes
        self._seen = 0
        self.is_too_large = False

    async def __call__(self) -> Message:
        message = await self._receive()
        self._seen += len(message.get("body", b""))
        if self._seen > self._most_bytes:
            self.is_too_large = True
            raise TooLarge
        return message
