"""What lies under a map: files of tiles, in parts, and for the office streets and sites as GeoJSON."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from services.web.figures import store
from services.web.rendering.assets import FOR_EVER
from services.web.rendering.etags import is_known
from services.web.rendering.features import Collection, collection_of, feature, geojson_answer, point
from services.web.rendering.problems import NotFound
from services.web.requests.deps import WithDeps, WithStore
from services.web.requests.guards import OfficeSession, SessionCity

pages = APIRouter(include_in_schema=False)
api = APIRouter(tags=["downloads"])

MEDIA_TYPE = "application/vnd.pmtiles"


@pages.api_route("/map/{city}/{key}.pmtiles", methods=["GET", "HEAD"])
def get_tiles(request: Request, city: str, key: str, deps: WithDeps) -> Response:
    """The file or the range asked for (206; 416 beyond its end). Its address holds its hash: it never changes.

    Open to everybody: it is OpenStreetMap's data, and nothing of the city's own.
    """
    file = deps.basemaps.tiles_file(city, key)
    if file is None:
        raise NotFound
    headers = {"Cache-Control": FOR_EVER, "ETag": f'"{key}"'}
    if is_known(request, key):
        return Response(status_code=304, headers=headers)
    return FileResponse(file, media_type=MEDIA_TYPE, headers=headers)


@api.get("/sites.geojson")
def get_sites_geojson(request: Request, _session: OfficeSession, city: SessionCity, connection: WithStore) -> Response:
    """Depots and disposal sites."""
    return geojson_answer(request, _sites(store.list_sites(connection, city.id)))


@api.get("/basemap.geojson")
def get_basemap(
    request: Request, _session: OfficeSession, city: SessionCity, deps: WithDeps, connection: WithStore
) -> Response:
    """Water, streets and markets under the map: of the city's extract, else of its folder; empty where neither has."""
    basemap = deps.basemaps.streets(city.id) or store.find_basemap(connection, city.id)
    return geojson_answer(request, basemap or collection_of([]), cache="private, max-age=300")


def _sites(sites: list[tuple[str, dict[str, Any]]]) -> Collection:
    return collection_of(
        [
            feature(site["id"], {"kind": kind, "id": site["id"], "name": site["name"]}, point(site["lon"], site["lat"]))
            for kind, site in sites
        ]
    )
