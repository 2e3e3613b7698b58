"""Calendars of collection days: a page of them, and each as an address to subscribe to."""

from dataclasses import dataclass
from datetime import date
from typing import Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

from services.contracts.fields import CityId, Id
from services.web.calendar import store
from services.web.calendar.days import AHEAD, BACK, CollectionDay, Round, collection_days
from services.web.calendar.ics import calendar_of, stream_name
from services.web.figures import store as shared
from services.web.rendering.catalogue import texts_in
from services.web.rendering.etags import with_etag
from services.web.rendering.pages import get_page
from services.web.rendering.problems import NotFound
from services.web.rendering.words import Words
from services.web.requests.deps import Deps, WithDeps, WithStore

router = APIRouter(include_in_schema=False)
api = APIRouter(tags=["open data"])

CACHE = "public, max-age=1800"
"""A plan is sent once or twice a day; very many phones ask, and a proxy before us may answer them."""
SHOWN_AHEAD = 3


@dataclass(frozen=True)
class Listed:
    """A line of the page: a district's kind of waste, its next days, and where its calendar is."""

    zone_name: str
    stream: str
    containers: int
    next_days: list[CollectionDay]
    address: str


@router.get("/calendrier")
def calendars_page(request: Request, deps: WithDeps, connection: WithStore, city: str | None = None) -> Response:
    cities = shared.list_cities(connection)
    page = get_page(request)
    if not cities:
        return page.render(request, "calendar/empty.html")
    chosen = next((each for each in cities if city in {None, each.id}), None)
    if chosen is None:
        raise NotFound
    today = _today(deps, chosen.zone_info)
    known = store.load_known(connection, chosen.id, today, today + AHEAD)
    texts = page.texts_for(request)
    lines = [
        Listed(
            row["zone_name"],
            stream_name(texts, row["stream"]),
            row["containers"],
            _next_days(known, Round(row["zone"], row["stream"]), today),
            address_of(chosen.id, Round(row["zone"], row["stream"]), texts.language),
        )
        for row in store.list_streams(connection, chosen.id)
    ]
    base = f"{request.url.scheme}://{request.url.netloc}"
    response = page.render(request, "calendar/page.html", city=chosen, cities=cities, lines=lines, base=base)
    response.headers["Cache-Control"] = "public, max-age=60"
    return response


@api.get("/calendars/{city}/{zone}/{stream}.ics", response_class=Response)
def get_calendar(
    request: Request,
    deps: WithDeps,
    connection: WithStore,
    city: CityId,
    zone: Id,
    stream: Id,
    langue: Literal["fr", "en"] = "fr",
) -> Response:
    """The collection days of a district and kind of waste, to subscribe to: a month back, two ahead (RFC 5545).

    `STATUS` is `TENTATIVE` on days of the fixed circuits, `CONFIRMED` once the day's circuits are sent, `CANCELLED`
    where they leave the district out. `UID` stays the same.
    """
    chosen = shared.find_city(connection, city)
    round_ = Round(zone, stream)
    row = next(
        (each for each in store.list_streams(connection, city) if (each["zone"], each["stream"]) == round_), None
    )
    if chosen is None or row is None:
        raise NotFound
    today = _today(deps, chosen.zone_info)
    known = store.load_known(connection, city, today - BACK, today + AHEAD)
    days = collection_days(known.weekdays.get(round_, frozenset()), known.sent.get(round_, ()), today)
    texts = texts_in(langue)
    words = Words(texts, chosen.zone_info, today)
    body = calendar_of(chosen, row["zone_name"], round_, days, known.loaded_at, texts, words)
    answer = with_etag(request, body, "text/calendar; charset=utf-8", CACHE)
    answer.headers["Vary"] = "Accept-Encoding"  # nothing of it depends on who asks
    answer.headers["Content-Disposition"] = f'inline; filename="{city}-{zone}-{stream}.ics"'
    return answer


def address_of(city: str, round_: Round, language: str) -> str:
    """Of a calendar, below the pages' own address. It stays: phones subscribe to it for years."""
    address = f"/api/v1/calendars/{city}/{quote(round_.zone)}/{quote(round_.stream)}.ics"
    return address if language == "fr" else f"{address}?langue={language}"


def _today(deps: Deps, zone: ZoneInfo) -> date:
    return deps.clock.now().astimezone(zone).date()


def _next_days(known: store.Known, round_: Round, today: date) -> list[CollectionDay]:
    days = collection_days(known.weekdays.get(round_, frozenset()), known.sent.get(round_, ()), today)
    return [day for day in days if day.day >= today and day.state != "cancelled"][:SHOWN_AHEAD]
