"""The operator's guide, on one page: its pictures are made of the pages' own parts, so they look as the pages do."""

from fastapi import APIRouter, Request, Response

from services.web.rendering.pages import get_page

router = APIRouter(include_in_schema=False)


@router.get("/aide")
def guide_page(request: Request) -> Response:
    """For everybody: it holds nothing of any city."""
    return get_page(request).render(request, "operator/guide.html")
