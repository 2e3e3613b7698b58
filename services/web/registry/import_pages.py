"""Pages of a city folder's way in: give the files, see what would change, take it or leave it."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from starlette.datastructures import UploadFile

from services.city.findings import Finding
from services.city.versions import find_version
from services.web.entry.security_log import audit
from services.web.registry import imports_store as kept
from services.web.registry import store
from services.web.registry.importing import start_reading, start_sending
from services.web.registry.row_page import Reader
from services.web.registry.telling import Teller
from services.web.registry.uploads import MOST_BYTES, TAKEN, Upload
from services.web.rendering.pages import get_page
from services.web.rendering.problems import NotFound, WrongInput
from services.web.requests.deps import Deps, WithDeps, WithStore, WithTransaction
from services.web.requests.guards import RegistrySession, SessionCity, WithTokens, check_csrf
from services.web.requests.security import MAX_FOLDER_BODY_BYTES

router = APIRouter(include_in_schema=False)

MOST_UPLOADS = 20


@router.get("/registre/importer")
def import_page(
    request: Request, session: RegistrySession, city: SessionCity, deps: WithDeps, tokens: WithTokens,
    connection: WithStore,
) -> Response:  # fmt: skip
    reader = Reader(request, session, city, deps, tokens, connection)
    return get_page(request).render(
        request, "registry/import.html", city=city, session=session, csrf=reader.csrf, files=TAKEN,
        version=find_version(connection, city.id), limit_mb=MAX_FOLDER_BODY_BYTES // 1_000_000,
        unpacked_mb=MOST_BYTES // 1_000_000,
    )  # fmt: skip


@router.post("/registre/importer")
async def import_form(
    request: Request, session: RegistrySession, city: SessionCity, deps: WithDeps, tokens: WithTokens,
    transaction: WithTransaction,
) -> Response:  # fmt: skip
    """Take the files; the guards have been asked before the body is read, and no connection is held meanwhile."""
    version = await run_in_threadpool(find_version, transaction.connection, city.id)
    await run_in_threadpool(transaction.end)
    if version is None:
        raise NotFound
    form = await request.form(max_files=MOST_UPLOADS, max_fields=10)
    check_csrf(str(form.get("csrf_token", "")), session, tokens)
    files = [each for each in form.getlist("files") if isinstance(each, UploadFile) and each.filename]
    if not files:
        raise WrongInput("no_file_given")
    import_id = uuid4()
    await run_in_threadpool(_begin, deps, city.id, session.login, import_id, version)
    start_reading(deps, city, import_id, [Upload(file.filename or "", file.file) for file in files])
    return RedirectResponse(f"/registre/importer/{import_id}", status_code=303)


def _begin(deps: Deps, city: str, login: str, import_id: UUID, version: int) -> None:
    with deps.looking() as connection:
        kept.begin(connection, city, login, import_id, version, deps.wall_now())


@router.get("/registre/importer/{import_id}")
def imported_page(
    request: Request, session: RegistrySession, city: SessionCity, deps: WithDeps, tokens: WithTokens,
    connection: WithStore, import_id: UUID,
) -> Response:  # fmt: skip
    """How far it is, what it would change, or what became of it. While it works the page comes again by itself."""
    found = kept.find(connection, city.id, import_id)
    if found is None:
        raise NotFound
    change = store.find_change(connection, city.id, found["change_id"]) if found["change_id"] else None
    is_settled = change is not None and change["outcome"] is not None
    # Once all is said it is the writer's to carry out, and only its word counts.
    is_silent = found["share"] < 1 and deps.wall_now() - found["heard_at"] > kept.SILENT_AFTER
    is_working = found["state"] in {"reading", "sending"} and not is_settled
    reader = Reader(request, session, city, deps, tokens, connection)
    preview: dict[str, Any] = found["preview"] or {}
    response: Response = get_page(request).render(
        request, "registry/imported.html", city=city, session=session, csrf=reader.csrf, found=found,
        change=change, preview=preview, version=find_version(connection, city.id),
        errors=_told(reader.teller, preview.get("errors")), warnings=_told(reader.teller, preview.get("warnings")),
        day=date.fromisoformat(preview["day"]) if "day" in preview else None,
        is_silent=is_working and is_silent, is_working=is_working and not is_silent, is_settled=is_settled,
    )  # fmt: skip
    if is_working and not is_silent:
        response.headers["Refresh"] = "1"
    return response


@router.post("/registre/importer/{import_id}")
def take_form(
    session: RegistrySession, city: SessionCity, deps: WithDeps, tokens: WithTokens, transaction: WithTransaction,
    import_id: UUID, csrf_token: Annotated[str, Form()], action: Annotated[Literal["take", "cancel"], Form()],
    reason: Annotated[str, Form(max_length=200)] = "",
) -> Response:  # fmt: skip
    """Take what was shown, or leave it. Pressed twice it is taken once."""
    check_csrf(csrf_token, session, tokens)
    connection, back = transaction.connection, RedirectResponse(f"/registre/importer/{import_id}", status_code=303)
    found = kept.find(connection, city.id, import_id)
    if found is None:
        raise NotFound
    if action == "cancel":
        kept.cancel(connection, city.id, import_id, deps.wall_now())
        return back
    version = find_version(connection, city.id)
    if version != found["base_version"]:
        return back  # the page says that the registry has changed since, and to look again
    change_id = uuid4()
    if kept.send(connection, city.id, import_id, change_id, deps.wall_now()):
        told = " ".join(reason.replace("\0", "").split())
        now = deps.clock.now()
        audit(
            connection, city.id, session.login, "city folder import asked", now, change=change_id, version=version,
            reason=told,
        )  # fmt: skip
        transaction.end()
        start_sending(deps, city, session, import_id, change_id, version, told)
    return back


def _told(teller: Teller, findings: list[dict[str, Any]] | None) -> list[Any]:
    return [teller.tell(Finding(**finding)) for finding in findings or ()]
