"""Files of tiles, in parts: a browser asks for the bytes of the tiles that it shows."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from services.web.assets import FOR_EVER
from services.web.deps import WithDeps
from services.web.problems import NotFound

router = APIRouter(include_in_schema=False)

MEDIA_TYPE = "application/vnd.pmtiles"


@router.api_route("/map/{city}/{key}.pmtiles", methods=["GET", "HEAD"])
def get_tiles(request: Request, city: str, key: str, deps: WithDeps) -> Response:
    """The file or the range asked for (206; 416 beyond its end). Its address holds its hash: it never changes.

    Open to everybody: it is OpenStreetMap's data, and nothing of the city's own.
    """
    file = deps.basemaps.tiles_file(city, key)
    if file is None:
        raise NotFound
    headers = {"Cache-Control": FOR_EVER, "ETag": f'"{key}"'}
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if headers["ETag"] in known:
        return Response(status_code=304, headers=headers)
    return FileResponse(file, media_type=MEDIA_TYPE, headers=headers)
