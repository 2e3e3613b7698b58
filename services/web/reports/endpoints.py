"""The page behind the label on a container, and the page by which a report is followed.

No login, no cookie, no script needed.
"""

import secrets
from typing import Annotated, get_args

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from services.city.registry import City
from services.contracts.reports import ReportKind, read_report_id
from services.reports.store import (
    Place,
    Report,
    Wish,
    find_photo,
    find_place,
    find_report_city,
    list_reports,
    read_known,
    today_in,
)
from services.store.connection import Connection
from services.web.entry.login_limits import network_of
from services.web.figures.store import find_city
from services.web.rendering.pages import get_page
from services.web.rendering.problems import NotFound
from services.web.reports.heard import WithDoors
from services.web.reports.taking import LOST_PHOTOS, Said, take_report
from services.web.reports.telling import Teller
from services.web.requests.deps import Deps, WithDeps, WithStore, WithTransaction
from services.web.requests.guards import OfficeSession
from services.web.requests.waiting import wait_until

router = APIRouter(include_in_schema=False)

KINDS: tuple[ReportKind, ...] = get_args(ReportKind)


class NoSuchLabel(NotFound):
    code = "no_such_label"


class NoSuchReport(NotFound):
    """Or not yet: the writer is a moment behind."""

    code = "no_such_report"


@router.get("/signaler/{city}")
def ask_page(request: Request, connection: WithStore, city: str, bac: str = "") -> Response:
    """For a label whose code cannot be read: by the number."""
    found = find_city(connection, city)
    if found is None:
        raise NotFound
    place = find_place(connection, found.id, bac.strip()) if bac else None
    if place is not None:
        return RedirectResponse(f"/signaler/{found.id}/{place.id}", status_code=303)
    return get_page(request).render(request, "reports/ask.html", city=found, asked=bac[:64])


@router.get("/signaler/{city}/{container}")
def report_page(request: Request, deps: WithDeps, connection: WithStore, city: str, container: str) -> Response:
    found, place = _find(connection, city, container)
    known = read_known(connection, found.id, place.id, today_in(found.zone_info, deps.clock.now()))
    return get_page(request).render(
        request, "reports/page.html", city=found, place=place, kinds=KINDS, seed=secrets.token_urlsafe(12),
        told=teller_of(request, deps, found).before_reporting(known),
    )  # fmt: skip


@router.post("/signaler/{city}/{container}")
def report_form(
    request: Request,
    deps: WithDeps,
    transaction: WithTransaction,
    doors: WithDoors,
    city: str,
    container: str,
    kind: Annotated[ReportKind, Form()],
    seed: Annotated[str, Form(min_length=8, max_length=64)],
    insists: Annotated[bool, Form()] = False,
    photo: Annotated[UploadFile | None, File()] = None,
) -> Response:
    found, place = _find(transaction.connection, city, container)
    said = Said(
        kind, "page", address_of(request), seed, place, insists=insists, photo=photo.file.read() if photo else None
    )
    with doors.hears(found.id, "page", deps.clock.now()) as noted:
        taken = take_report(deps, transaction, found, said)
        if taken.photo in LOST_PHOTOS:
            noted.left_aside.append(f"photo: {taken.photo}")

    def is_stored() -> bool:
        with deps.looking() as connection:
            return find_report_city(connection, taken.report) is not None

    wait_until(is_stored)
    lost = f"?photo={taken.photo}" if taken.photo in LOST_PHOTOS else ""
    return RedirectResponse(f"/signalement/{taken.report}{lost}", status_code=303)


@router.get("/signalement/{report}")
def followed_page(
    request: Request, deps: WithDeps, connection: WithStore, report: str, photo: str | None = None
) -> Response:
    city, found = find_report(connection, deps, report)
    known = None
    if found.container is not None:
        known = read_known(connection, city.id, found.container, today_in(city.zone_info, deps.clock.now()))
    return get_page(request).render(
        request, "reports/followed.html", city=city, report=found, seed=secrets.token_urlsafe(12),
        told=teller_of(request, deps, city).how_it_stands(found, known),
        photo_lost=photo if photo in LOST_PHOTOS else None,
    )  # fmt: skip


@router.get("/signalement/{report}/photo")
def report_photo(session: OfficeSession, connection: WithStore, report: str) -> Response:
    """For the office alone: nobody has looked at it yet, and there may be people in it."""
    photo = find_photo(connection, session.city, read_report_id(report) or "")
    if photo is None:
        raise NotFound
    return photo_answer(photo)


def photo_answer(photo: bytes) -> Response:
    return Response(photo, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


def find_report(connection: Connection, deps: Deps, report: str) -> tuple[City, Report]:
    """By its id, however somebody wrote it down.

    Raises:
        NoSuchReport: there is none, or the writer has not stored it yet.
    """
    told = read_report_id(report)
    of = find_report_city(connection, told) if told else None
    city = find_city(connection, of) if of else None
    if told is None or city is None:
        raise NoSuchReport
    found = list_reports(connection, city.id, today_in(city.zone_info, deps.clock.now()), Wish(ids=[told]))
    return city, found[0]


def teller_of(request: Request, deps: Deps, city: City) -> Teller:
    page = get_page(request)
    return Teller(page.texts_for(request), page.words_for(request, city), deps.clock.now())


def address_of(request: Request) -> str:
    """Who is counted where nobody has an account."""
    return network_of(request.client.host if request.client else "?")


def _find(connection: Connection, city: str, container: str) -> tuple[City, Place]:
    found = find_city(connection, city)
    place = find_place(connection, city, container) if found else None
    if found is None or place is None:
        raise NoSuchLabel
    return found, place
