"""Open311 GeoReport v2: what residents' apps and other platforms (FixMyStreet) speak."""

from fastapi import APIRouter, Request, Response

from services.city.registry import City
from services.contracts.reports import ReportKind, read_report_id
from services.reports.store import (
    Private,
    Report,
    find_photo,
    find_private,
    find_report_city,
    list_reports,
    today_in,
)
from services.store.connection import Connection
from services.web.figures.store import find_city
from services.web.rendering.catalogue import Texts
from services.web.rendering.pages import get_page
from services.web.rendering.problems import NotAllowed, NotFound
from services.web.reports.asking import (
    KINDS,
    Asked,
    WithAsked,
    city_of,
    need_key,
    one_of,
    read_count,
    read_said,
    read_wish,
)
from services.web.reports.endpoints import address_of, find_report, photo_answer, teller_of
from services.web.reports.georeport import (
    Fault,
    GeoReportRoute,
    Row,
    form_of,
    row_answer,
    rows_answer,
)
from services.web.reports.heard import WithDoors
from services.web.reports.keys import opens
from services.web.reports.taking import LOST_PHOTOS, take_report
from services.web.reports.telling import Teller
from services.web.requests.deps import Deps, WithDeps, WithStore, WithTransaction
from services.web.requests.waiting import wait_until

router = APIRouter(prefix="/open311", include_in_schema=False, route_class=GeoReportRoute)

media = APIRouter(include_in_schema=False)

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
CHANGESET = "2026-11-29T00:00:00Z"
"""When what is served last changed its form."""
PAGE = 1000
STATES = ("open", "closed")


@router.get("/v2/discovery.{_form}")
def discover(request: Request) -> Response:
    """Where and how this is spoken."""
    url = str(request.base_url).rstrip("/")
    endpoint: Row = {
        "specification": SPECIFICATION, "url": f"{url}/open311/v2", "changeset": CHANGESET, "type": "production",
        "formats": ["text/xml", "application/json"],
    }  # fmt: skip
    row: Row = {"changeset": CHANGESET, "contact": url, "key_service": url, "endpoints": [endpoint]}
    return row_answer(form_of(request), "discovery", row)


@router.get("/v2/services.{_form}")
def list_services(request: Request, asked: WithAsked, connection: WithStore) -> Response:
    city_of(connection, asked)
    texts = get_page(request).texts_for(request)
    rows = [_service(texts, kind) for kind in KINDS]
    return rows_answer(form_of(request), "services", "service", rows)


@router.get("/v2/services/{service_code}.{_form}")
def define_service(request: Request, asked: WithAsked, connection: WithStore, service_code: str) -> Response:
    city_of(connection, asked)
    if service_code not in KINDS:
        raise Fault(404, f"service_code {service_code[:40]} was not found; expected one of {', '.join(KINDS)}")
    texts = get_page(request).texts_for(request)
    container: Row = {
        "variable": True, "code": "container", "datatype": "string", "required": False,
        "datatype_description": texts("reports.open311.container_as"), "order": 1,
        "description": texts("reports.open311.container"), "values": [],
    }  # fmt: skip
    row: Row = {"service_code": service_code, "attributes": [container]}
    return row_answer(form_of(request), "service_definition", row)


@router.post("/v2/requests.{_form}")
def make_request(
    request: Request, asked: WithAsked, deps: WithDeps, transaction: WithTransaction, doors: WithDoors
) -> Response:
    city = city_of(transaction.connection, asked)
    with doors.hears(city.id, "open311", deps.clock.now()) as noted:
        said, aside = read_said(transaction.connection, city, asked, address_of(request))
        noted.left_aside += aside
        taken = take_report(deps, transaction, city, said)
        if taken.photo in LOST_PHOTOS:
            noted.left_aside.append(f"media: {taken.photo}")

    def is_stored() -> bool:
        with deps.looking() as connection:
            return find_report_city(connection, taken.report) is not None

    # An id is given when it can be asked for; until then it is a token, from which the id can be had.
    name = "service_request_id" if wait_until(is_stored) else "token"
    teller = teller_of(request, deps, city)
    notice = teller.at_once(said.kind, taken.answer, taken.known)
    notes = [notice, *(f"{each} left aside" for each in aside)]
    if taken.photo in LOST_PHOTOS:
        notes.append(get_page(request).texts_for(request)(f"reports.photo_lost.{taken.photo}"))
    row: Row = {name: taken.report, "service_notice": " ".join(notes), "account_id": None}
    return rows_answer(form_of(request), "service_requests", "request", [row])


@router.get("/v2/tokens/{token}.{_form}")
def find_token(request: Request, asked: WithAsked, connection: WithStore, token: str) -> Response:
    city = city_of(connection, asked)
    told = read_report_id(token)
    if told is None or find_report_city(connection, told) != city.id:
        raise Fault(404, f"token {token[:40]} was not found, or its request is not stored yet")
    return rows_answer(form_of(request), "service_requests", "request", [{"service_request_id": told, "token": token}])


@router.get("/v2/requests.{_form}")
def list_requests(request: Request, asked: WithAsked, deps: WithDeps, connection: WithStore) -> Response:
    city = city_of(connection, asked)
    rows = list_reports(
        connection, city.id, today_in(city.zone_info, deps.clock.now()), read_wish(asked, deps.clock.now())
    )
    states = None if asked.find("service_request_id") else one_of("status", asked.find("status"), STATES)
    if states is not None:
        rows = [row for row in rows if ("closed" if row.is_closed else "open") in states]
    size = min(read_count("page_size", asked, PAGE), PAGE)
    first = (read_count("page", asked, 1) - 1) * size
    return _requests(request, asked, deps, connection, city, rows[first : first + size])


@router.get("/v2/requests/{report}.{_form}")
def get_request(request: Request, asked: WithAsked, deps: WithDeps, connection: WithStore, report: str) -> Response:
    city = city_of(connection, asked)
    try:
        of, found = find_report(connection, deps, report)
    except NotFound as error:
        raise Fault(404, f"service_request_id {report[:40]} was not found") from error
    if of.id != city.id:
        raise Fault(404, f"service_request_id {report[:40]} was not found")
    return _requests(request, asked, deps, connection, city, [found])


@media.get("/open311/v2/media/{report}.jpg")
def get_media(connection: WithStore, report: str, jurisdiction_id: str = "", api_key: str = "") -> Response:
    """A resident's photo, for whoever has the city's key."""
    city = find_city(connection, jurisdiction_id)
    if city is None or not opens(connection, city.id, "open311", api_key):
        raise NotAllowed
    photo = find_photo(connection, city.id, read_report_id(report) or "")
    if photo is None:
        raise NotFound
    return photo_answer(photo)


def _requests(
    request: Request, asked: Asked, deps: Deps, connection: Connection, city: City, reports: list[Report]
) -> Response:
    """What residents wrote and photographed is for those who have the key; the rest is open to all."""
    private: dict[str, Private] = {}
    if asked.find("api_key") is not None:
        need_key(connection, city, asked)
        private = find_private(connection, city.id, [report.id for report in reports])
    texts, teller = get_page(request).texts_for(request), teller_of(request, deps, city)
    media = f"{str(request.base_url).rstrip('/')}/open311/v2/media"
    rows = [_request(texts, teller, city, report, private.get(report.id), media) for report in reports]
    return rows_answer(form_of(request), "service_requests", "request", rows)


def _service(texts: Texts, kind: ReportKind) -> Row:
    return {
        "service_code": kind,
        "service_name": texts(f"reports.kind.{kind}"),
        "description": texts(f"reports.detail.{kind}"),
        "metadata": True,
        "type": "realtime",
        "keywords": texts(f"reports.keywords.{kind}"),
        "group": texts("reports.open311.group"),
    }


def _request(texts: Texts, teller: Teller, city: City, report: Report, private: Private | None, media: str) -> Row:
    zone = city.zone_info
    photo = f"{media}/{report.id}.jpg?jurisdiction_id={city.id}" if private and private.has_photo else None
    return {
        "service_request_id": report.id,
        "status": "closed" if report.is_closed else "open",
        "status_notes": teller.how_it_stands(report),
        "service_name": texts(f"reports.kind.{report.kind}"),
        "service_code": report.kind,
        "description": private.words if private else None,
        "agency_responsible": city.name,
        "service_notice": None,
        "requested_datetime": report.made_at.astimezone(zone).isoformat(timespec="seconds"),
        "updated_datetime": report.updated_at.astimezone(zone).isoformat(timespec="seconds"),
        "expected_datetime": report.planned_at.astimezone(zone).isoformat(timespec="seconds")
        if report.planned_at and not report.is_closed
        else None,
        "address": ", ".join(filter(None, (report.name, report.zone))) or None,
        "address_id": report.container,
        "zipcode": None,
        "lat": report.lat,
        "long": report.lon,
        "media_url": photo or (private.media_url if private else None),
    }
