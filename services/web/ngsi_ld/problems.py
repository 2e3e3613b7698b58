"""What a client of NGSI-LD is told when something cannot be answered: the standard's own kinds of problems."""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from services.errors import TourneeError
from services.web.rendering.problems import sayable

KIND = "https://uri.etsi.org/ngsi-ld/errors/"


class NgsiProblem(TourneeError):
    """A request that cannot be answered as asked."""

    status, kind, title = 400, "BadRequestData", "the request is not understood"


class BadRequest(NgsiProblem):
    """The message says which part, and what is expected."""


class NotSupported(NgsiProblem):
    status, kind, title = 422, "OperationNotSupported", "this is not supported here"


class NotFound(NgsiProblem):
    status, kind, title = 404, "ResourceNotFound", "there is no such entity or type"


class NoTenant(NgsiProblem):
    status, kind, title = 404, "NonexistentTenant", "the key is not of that tenant"


class NoKey(NgsiProblem):
    status, kind, title = 401, "AccessDenied", "a key is needed"


class NotAcceptable(NgsiProblem):
    status, kind, title = 406, "BadRequestData", "none of the formats asked for is spoken here"


def install(app: FastAPI) -> None:
    """Answer them as JSON."""

    def on_problem(_: Request, error: Exception) -> Response:
        assert isinstance(error, NgsiProblem)  # noqa: S101 - registered for this type only
        body = {
            "type": f"{KIND}{error.kind}",
            "title": error.title,
            "detail": sayable(str(error)),
            "status": error.status,
        }
        headers = {"Cache-Control": "no-store"} | ({"WWW-Authenticate": "Bearer"} if error.status == 401 else {})
        return JSONResponse(body, error.status, headers, media_type="application/problem+json")

    app.add_exception_handler(NgsiProblem, on_problem)
