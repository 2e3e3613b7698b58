"""The page of closed streets: close one, open it again, close it again; and the streets for maps."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID, uuid4, uuid5

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from services.city.registry import City
from services.contracts import topics
from services.contracts.streets import StreetSaid
from services.web.entry.security_log import audit
from services.web.entry.tokens import Session, Tokens
from services.web.figures import store as shared
from services.web.figures.days import next_service_day
from services.web.ground.closed_streets import SaidStreet, list_closed, list_said, matched
from services.web.rendering.features import collection_of, feature, geojson_answer
from services.web.rendering.pages import get_page
from services.web.rendering.problems import NotFound
from services.web.requests.deps import Deps, WithDeps, WithStore, WithTransaction
from services.web.requests.guards import OperatorSession, SessionCity, WithTokens, check_csrf
from services.web.requests.stream import publish_all
from services.web.requests.transaction import Transaction
from services.web.requests.waiting import wait_until
from services.web.streets.asked import Asked, read_asked, read_drawn
from services.web.streets.drawing import draw_streets
from services.web.streets.store import is_said

router = APIRouter(include_in_schema=False)
api = APIRouter(tags=["operator"])

OPENED_WITHIN = timedelta(days=7)
"""Streets that opened since are told, so that a slip can be taken back."""
LONGEST_FIELD = 400_000
"""Of a form: a line of ten thousand points is told to be too long, not refused as a form."""

Text = Annotated[str, Form(max_length=LONGEST_FIELD)]


@router.get("/rues-fermees")
def streets_page(
    request: Request,
    session: OperatorSession,
    city: SessionCity,
    deps: WithDeps,
    tokens: WithTokens,
    connection: WithStore,
    ligne: str = "",
    note: str = "",
) -> Response:
    """`ligne`: a line that was drawn on the operator's map. `note`: what was just done."""
    asked = Asked(line=ligne[:LONGEST_FIELD])
    with suppress(ValueError):  # told when the form is sent
        asked.points = read_drawn(asked.line)
    return _page(request, (session, city, tokens), deps, connection, asked, note=note)


@router.post("/rues-fermees/fermer")
def close_form(
    request: Request, session: OperatorSession, city: SessionCity, deps: WithDeps, tokens: WithTokens,
    transaction: WithTransaction, csrf_token: Annotated[str, Form()], street_id: Annotated[UUID, Form()],
    name: Text = "", reason: Text = "", until: Text = "", line: Text = "", begin: Text = "", end: Text = "",
) -> Response:  # fmt: skip
    """Close a street. The form carries the street's id: sent twice, it is one street."""
    check_csrf(csrf_token, session, tokens)
    saying_id, now = uuid5(street_id, "closed"), deps.clock.now()
    if is_said(transaction.connection, city.id, saying_id):
        return _done("closed")
    asked = Asked(name=name, reason=reason, until=until, line=line, begin=begin, end=end)
    roads = deps.lines.find_roads(city.id)
    closed = list_closed(transaction.connection, city.id, now)
    read_asked(transaction.connection, city, now, roads, closed, asked)
    if asked.faults:
        page = _page(request, (session, city, tokens), deps, transaction.connection, asked)
        page.status_code = 422
        return page
    said = StreetSaid(
        saying_id=saying_id, street_id=street_id, city=city.id, closed=True, name=asked.name,
        line=tuple(asked.points), reason=asked.reason, until=asked.until_at, said_by=session.login, said_at=now,
    )  # fmt: skip
    return _say(deps, transaction, said, "closed")


@router.post("/rues-fermees/rouvrir")
def reopen_form(
    session: OperatorSession, city: SessionCity, deps: WithDeps, tokens: WithTokens, transaction: WithTransaction,
    csrf_token: Annotated[str, Form()], street_id: Annotated[UUID, Form()],
) -> Response:  # fmt: skip
    """Open it before its end. One that is open already is open: a button pressed twice says nothing new."""
    check_csrf(csrf_token, session, tokens)
    now = deps.clock.now()
    street = _find(transaction, city, now, street_id)
    if not street.is_closed_at(now):
        return _done("opened")
    said = StreetSaid(
        saying_id=uuid5(street_id, f"opened {street.said_at.isoformat()}"), street_id=street_id, city=city.id,
        closed=False, said_by=session.login, said_at=now,
    )  # fmt: skip
    return _say(deps, transaction, said, "opened", street.name)


@router.post("/rues-fermees/refermer")
def close_again_form(
    session: OperatorSession, city: SessionCity, deps: WithDeps, tokens: WithTokens, transaction: WithTransaction,
    csrf_token: Annotated[str, Form()], street_id: Annotated[UUID, Form()],
) -> Response:  # fmt: skip
    """Take an opening back: as it was closed, until the same instant, or until it is opened where that is past."""
    check_csrf(csrf_token, session, tokens)
    now = deps.clock.now()
    street = _find(transaction, city, now, street_id)
    if street.is_closed_at(now):
        return _done("closed")
    until = street.until if street.until is not None and street.until > now else None
    said = StreetSaid.model_validate(
        {
            "saying_id": uuid5(street_id, f"closed {street.said_at.isoformat()} {street.until}"),
            "street_id": street_id, "city": city.id, "closed": True, "name": street.name, "line": street.line,
            "reason": street.reason, "until": until, "said_by": session.login, "said_at": now,
        }
    )  # fmt: skip
    return _say(deps, transaction, said, "closed")


@api.get("/closed_streets.geojson")
def get_closed_streets(
    request: Request, _session: OperatorSession, city: SessionCity, deps: WithDeps, connection: WithStore
) -> Response:
    """Streets that are closed now, a feature each: the streets of the network that its line is along, else the line."""
    roads = deps.lines.find_roads(city.id)
    features = []
    for street in list_closed(connection, city.id, deps.clock.now()):
        found = matched(roads, [street.line])
        pieces = found.pieces if found and found.pieces else [street.line]
        properties = {
            "name": street.name, "reason": street.reason, "until": street.until, "closed_by": street.closed_by,
            "closed_at": street.closed_at, "metres": round(found.metres) if found else None,
        }  # fmt: skip
        geometry = {"type": "MultiLineString", "coordinates": pieces}
        features.append(feature(str(street.street_id), properties, geometry))
    return geojson_answer(request, collection_of(features))


def _page(
    request: Request,
    who: tuple[Session, City, Tokens],
    deps: Deps,
    connection: WithStore,
    asked: Asked,
    *,
    note: str = "",
) -> Response:
    session, city, tokens = who
    now, roads = deps.clock.now(), deps.lines.find_roads(city.id)
    said = list_said(connection, city.id, now, now - OPENED_WITHIN)
    closed = [street for street in said if street.is_closed_at(now)]
    basemap = deps.basemaps.streets(city.id) or shared.find_basemap(connection, city.id)
    draft = asked.points if len(asked.points) > 1 else []
    return get_page(request).render(
        request, "streets/page.html", city=city, session=session, csrf=tokens.csrf(session.nonce), asked=asked,
        note=note if note in {"closed", "opened"} else "", street_id=uuid4(), has_roads=roads is not None,
        closed=[(street, matched(roads, [street.line])) for street in closed], now=now,
        opened=[street for street in said if not street.is_closed_at(now)],
        drawn=draw_streets(connection, city.id, basemap, closed, draft), day=next_service_day(city, now),
    )  # fmt: skip


def _find(transaction: Transaction, city: City, now: datetime, street_id: UUID) -> SaidStreet:
    """Raises: NotFound, also of one that opened long ago."""
    for street in list_said(transaction.connection, city.id, now, now - OPENED_WITHIN):
        if street.street_id == street_id:
            return street
    raise NotFound


def _say(deps: Deps, transaction: Transaction, said: StreetSaid, note: str, name: str = "") -> Response:
    what = "street closed" if said.closed else "street opened"
    audit(
        transaction.connection, said.city, said.said_by, what, said.said_at, street=str(said.street_id),
        name=said.name or name, reason=said.reason,
    )  # fmt: skip
    transaction.end()
    publish_all(deps.stream, topics.STREETS, said.city.encode(), [said])

    def is_stored() -> bool:
        with deps.looking() as connection:
            return is_said(connection, said.city, said.saying_id)

    wait_until(is_stored)
    return _done(note)


def _done(note: str) -> Response:
    return RedirectResponse(f"/rues-fermees?note={note}", status_code=303)
