"""The API's description for programmers, with assets of our own."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.web.pages import get_page

router = APIRouter(include_in_schema=False)


@router.get("/api/docs")
def api_docs(request: Request) -> Response:
    """Swagger UI where it is installed, else a plain list of every operation."""
    schema = request.app.openapi()
    operations = [
        (method.upper(), path, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]
    return get_page(request).render(request, "api_docs/page.html", operations=operations)
