"""The API's description for programmers: every operation, what it takes and what it answers. No script."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.web.api_docs.description import subjects_of, with_code
from services.web.rendering.pages import get_page

router = APIRouter(include_in_schema=False)


@router.get("/api/docs")
def api_docs(request: Request) -> Response:
    """What `/api/openapi.json` says, for people."""
    openapi = request.app.openapi()
    return get_page(request).render(
        request,
        "api_docs/page.html",
        intro=with_code(openapi["info"]["description"]),
        subjects=subjects_of(openapi),
        with_code=with_code,
    )
