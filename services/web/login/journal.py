"""Who did what, and what happened at the doors, searched by person, kind and days."""

from datetime import date, datetime, time, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from services.city.registry import City
from services.web.entry.journal import KINDS, Search, list_acts, search_journal
from services.web.rendering.pages import get_page
from services.web.requests.deps import WithStore
from services.web.requests.guards import LogSession, SessionCity, WithTokens

pages = APIRouter(include_in_schema=False)

MAIN_ADDRESS = "/journal"


@pages.get(MAIN_ADDRESS)
def journal_page(
    request: Request,
    session: LogSession,
    city: SessionCity,
    tokens: WithTokens,
    connection: WithStore,
    qui: Annotated[str, Query(max_length=64)] = "",
    quoi: Annotated[str, Query(max_length=64)] = "",
    du: Annotated[str, Query(max_length=10)] = "",
    au: Annotated[str, Query(max_length=10)] = "",
    page: Annotated[int, Query(ge=1, le=200)] = 1,
) -> Response:
    """The latest first, fifty a screen."""
    since, until = _day(du), _day(au)
    found = search_journal(
        connection,
        city.id,
        Search(
            qui.strip(),
            quoi,
            _start_of(since, city),
            _start_of(until + timedelta(days=1) if until else None, city),
            page,
        ),
    )
    asked = {"qui": qui.strip(), "quoi": quoi, "du": since or "", "au": until or ""}
    query = urlencode({name: value for name, value in asked.items() if value})
    return get_page(request).render(
        request, "login/journal.html", city=city, session=session, csrf=tokens.csrf(session.nonce), found=found,
        kinds=KINDS, acts=list_acts(connection, city.id), asked=asked, page=page,
        more_path=f"{MAIN_ADDRESS}?{query}{'&' if query else ''}page=", query=f"?{query}" if query else "",
    )  # fmt: skip


def _day(typed: str) -> date | None:
    """What is no day asks for nothing: the form shows it empty again."""
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError:
        return None


def _start_of(day: date | None, city: City) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), city.zone_info)
