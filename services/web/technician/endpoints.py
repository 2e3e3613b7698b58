"""The places that the city's roads leave out: a page for people, a CSV for a spreadsheet."""

from dataclasses import asdict
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from services.city.registry import City
from services.roads.osm.places import PlacesChecked
from services.roads.roads import NEAR_M, WALK_LIMIT_M
from services.store.connection import Connection
from services.web.entry.security_log import list_attacks, list_events
from services.web.figures import store
from services.web.rendering.geo import base_paths
from services.web.rendering.pages import get_page
from services.web.rendering.problems import NotFound
from services.web.rendering.tables import csv_answer
from services.web.requests.deps import Deps, WithDeps, WithStore
from services.web.requests.guards import OfficeSession, SessionCity, WithTokens
from services.web.technician.devices import read_devices
from services.web.technician.listing import Group, frame_of, height_for, list_places, marks_of

pages = APIRouter(include_in_schema=False)
api = APIRouter(tags=["downloads"])

WIDTH = 720.0
LOWEST, HIGHEST = 420.0, 860.0
"""Of the drawing: a city is as it is, and the drawing has to fit beside a list."""
SHOWN_FOR, ATTACKED_WITHIN = timedelta(days=7), timedelta(hours=24)
MOST_EVENTS = 40
COLUMNS = ("kind", "id", "name", "zone", "lon", "lat", "served", "trouble", "metres", "added_s", "without")


@pages.get("/technicien")
def technician_page(
    request: Request,
    session: OfficeSession,
    city: SessionCity,
    deps: WithDeps,
    tokens: WithTokens,
    connection: WithStore,
    liste: Group | None = None,
    cherche: Annotated[str, Query(max_length=80)] = "",
    page: int = 1,
) -> Response:
    """What was found when roads were built or the city was loaded, a screen at a time."""
    checked = deps.places.find(city.id)
    values: dict[str, Any] = {"checked": None}
    if checked is not None:
        values = _found(connection, city, deps, checked) | {"listing": list_places(checked, liste, cherche, page)}
    csrf = tokens.csrf(session.nonce)
    limits = {"near_m": round(NEAR_M), "limit_m": round(WALK_LIMIT_M)}
    return get_page(request).render(
        request, "technician/page.html", city=city, session=session, csrf=csrf, limits=limits,
        devices=read_devices(connection, city.id, deps.clock.now()),
        events=list_events(connection, city.id, deps.wall_now() - SHOWN_FOR, MOST_EVENTS),
        attacks=list_attacks(connection, city.id, deps.wall_now() - ATTACKED_WITHIN, MOST_EVENTS),
        **values,
    )  # fmt: skip


@api.get("/places.csv")
def get_places_csv(_session: OfficeSession, city: SessionCity, deps: WithDeps) -> Response:
    """Every place that some truck cannot reach, or not to the door, the worst first."""
    checked = deps.places.find(city.id)
    if checked is None:
        raise NotFound
    rows = (asdict(place) | {"without": "; ".join(place.without)} for place in checked.places)
    return csv_answer(f"{city.id}-places", COLUMNS, rows)


def _found(connection: Connection, city: City, deps: Deps, checked: PlacesChecked) -> dict[str, Any]:
    height = height_for(checked, WIDTH, LOWEST, HIGHEST)
    frame = frame_of(checked, WIDTH, height)
    basemap = deps.basemaps.streets(city.id) or store.find_basemap(connection, city.id)
    base = deps.basemaps.find(city.id)
    return {
        "checked": checked,
        # Roads are built by the machine's clock, a simulated day has its own: a time to come would only confuse.
        "checked_at": checked.checked_at if checked.checked_at <= deps.clock.now() else None,
        "dated": _day_of(checked.timestamp),
        "sheet": {"width": WIDTH, "height": height, "base": base_paths(basemap, frame)},
        "marks": marks_of(checked, frame),
        "attribution": base.attribution if base else "",
    }


def _day_of(timestamp: str) -> date | None:
    """An extract may not say of when it is."""
    try:
        return date.fromisoformat(timestamp[:10])
    except ValueError:
        return None
