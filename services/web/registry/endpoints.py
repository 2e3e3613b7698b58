"""The registry's pages: a table and a map of each subject, a row as a form, and what became of it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from services.city.edits import Edit
from services.city.versions import find_version
from services.contracts.fields import Id
from services.web.figures import store as shared
from services.web.figures.row_history import list_row_states
from services.web.registry import store
from services.web.registry.changing import Asked, again_id, ask_edit, note_asked, publish_rows, wait_for
from services.web.registry.listing import Asked as AskedScreen
from services.web.registry.listing import box_of, read_screen
from services.web.registry.row_page import Reader, conflict_page, row_page
from services.web.registry.subjects import SLUGS, SUBJECTS, Slug
from services.web.registry.typed import Typed, WithTyped
from services.web.rendering.pages import get_page
from services.web.rendering.problems import NotFound, WebProblem, WrongInput
from services.web.requests.deps import WithDeps, WithStore, WithTransaction
from services.web.requests.guards import OfficeSession, RegistrySession, SessionCity, WithTokens, check_csrf

router = APIRouter(include_in_schema=False)

DONE = frozenset({"stored", "unchanged"})
TRIES = 3
"""Against others who change other rows at the same moment."""


class Overtaken(WebProblem):
    """Others change the registry faster than this change comes through."""

    status, code = 409, "registry_busy"


@router.get("/registre")
def registry_page(session: OfficeSession) -> Response:
    del session
    return RedirectResponse(f"/registre/{SLUGS[0]}", status_code=303)


@router.get("/registre/ajouter/{slug}")
def new_row(
    request: Request, session: RegistrySession, city: SessionCity, deps: WithDeps, tokens: WithTokens,
    connection: WithStore, slug: Slug,
) -> Response:  # fmt: skip
    return row_page(Reader(request, session, city, deps, tokens, connection), SUBJECTS[slug], None)


@router.get("/registre/{slug}")
def subject_page(
    request: Request,
    session: OfficeSession,
    city: SessionCity,
    deps: WithDeps,
    tokens: WithTokens,
    connection: WithStore,
    slug: Slug,
    cherche: Annotated[str, Query(max_length=80)] = "",
    secteur: Annotated[str, Query(max_length=64)] = "",
    cadre: Annotated[str, Query(max_length=80)] = "",
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    choisi: Annotated[str, Query(max_length=64)] = "",
    retire: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """`cadre`: a part of the map, in degrees. `choisi`: a row to show, on whatever page it stands."""
    subject = SUBJECTS[slug]
    zone, box = (secteur or None, box_of(cadre)) if subject.kind == "container" else (None, None)
    asked = AskedScreen(subject, cherche.strip(), zone, box, page, choisi or None)
    basemap = deps.basemaps.streets(city.id) or shared.find_basemap(connection, city.id)
    reader = Reader(request, session, city, deps, tokens, connection)
    return get_page(request).render(
        request, "registry/page.html", city=city, session=session, csrf=reader.csrf, subject=subject,
        screen=read_screen(connection, city.id, asked, basemap), subjects=list(SUBJECTS.values()),
        teller=reader.teller, removed=retire, version=find_version(connection, city.id),
    )  # fmt: skip


@router.get("/registre/{slug}/{row_id}")
def existing_row(
    request: Request, session: OfficeSession, city: SessionCity, deps: WithDeps, tokens: WithTokens,
    connection: WithStore, slug: Slug, row_id: Id, enregistre: int | None = None, attend: UUID | None = None,
) -> Response:  # fmt: skip
    """`enregistre`: the version that a change of it has just made; `attend`: a change that is not written yet."""
    kind = SUBJECTS[slug].kind
    is_there = store.find_row(connection, city.id, kind, row_id) is not None
    if not is_there and attend is None and not list_row_states(connection, city.id, kind, row_id):
        raise NotFound
    reader = Reader(request, session, city, deps, tokens, connection)
    return row_page(reader, SUBJECTS[slug], row_id, saved=enregistre, waiting=attend)


@router.post("/registre/{slug}")
def save_row_form(
    request: Request, typed: WithTyped, session: RegistrySession, city: SessionCity, deps: WithDeps,
    tokens: WithTokens, transaction: WithTransaction, slug: Slug,
) -> Response:  # fmt: skip
    """Write a row, or take it away: the same for one that is new. Nothing is sent before it was found right."""
    check_csrf(typed.token, session, tokens)
    if typed.change_id is None:
        raise WrongInput
    before = store.find_change(transaction.connection, city.id, typed.change_id)
    if before is not None and before["outcome"] in DONE:
        return _done(slug, typed, typed.row_id or typed.cells.get("id", ""), before)  # pressed twice
    subject = SUBJECTS[slug]
    edit = Edit(subject.kind, typed.row_id, None if typed.is_removal else typed.cells, typed.shape)
    asked = ask_edit(transaction.connection, city, edit, typed.version)
    refusal = _refused(Reader(request, session, city, deps, tokens, transaction.connection), edit, typed, asked)
    if refusal is not None:
        return refusal
    note_asked(transaction, city, session, deps.clock.now(), typed.change_id, asked.version, typed.reason, asked.rows)
    transaction.end()
    change_id = typed.change_id
    for _ in range(TRIES):
        publish_rows(deps, city, session, change_id, asked.version, asked.rows, reason=typed.reason)
        change = wait_for(deps, city, change_id)
        row_id = asked.reading.row_id
        if change is None:
            return RedirectResponse(f"/registre/{slug}/{row_id}?attend={change_id}", status_code=303)
        if change["outcome"] in DONE:
            return _done(slug, typed, row_id, change)
        # Somebody has changed the registry in that moment: the same wish, on what it is now.
        with deps.looking() as connection:
            asked = ask_edit(connection, city, edit, typed.version)
            reader = Reader(request, session, city, deps, tokens, connection)
            if refusal := _refused(reader, edit, typed, asked):
                return refusal
        change_id = again_id(typed.change_id, asked.version)
    raise Overtaken


def _done(slug: str, typed: Typed, row_id: str, change: store.Change) -> Response:
    there = f"?retire={row_id}" if typed.is_removal else f"/{row_id}?enregistre={change['version']}"
    return RedirectResponse(f"/registre/{slug}{there}", status_code=303)


def _refused(reader: Reader, edit: Edit, typed: Typed, asked: Asked) -> Response | None:
    """The page that says why nothing is sent; None where it can be."""
    subject = next(subject for subject in SUBJECTS.values() if subject.kind == edit.kind)
    if asked.is_overtaken:
        return conflict_page(reader, subject, typed, asked.version)
    if asked.reading.registry is None or (asked.reading.warnings and not typed.is_sure):
        return row_page(reader, subject, typed.row_id, typed=typed, reading=asked.reading)
    if not asked.rows:
        return RedirectResponse(f"/registre/{subject.slug}/{asked.reading.row_id}", status_code=303)
    return None
