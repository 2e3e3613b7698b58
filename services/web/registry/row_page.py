"""A row's page: its form, what is wrong with what was typed, where it stands, and who changed it when and why."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

from fastapi import Request, Response

from services.city.edits import MODELS, EditReading
from services.city.registry import City
from services.city.versions import find_version
from services.store.connection import Connection
from services.web.entry.tokens import Session, Tokens
from services.web.figures import store as shared
from services.web.figures.row_history import differing, edits_of, list_row_states
from services.web.registry import store
from services.web.registry.form import cells_of_document, fields_of
from services.web.registry.row_map import draw_row_map
from services.web.registry.subjects import Subject
from services.web.registry.telling import Teller
from services.web.registry.typed import Typed
from services.web.rendering.pages import get_page
from services.web.requests.deps import Deps

SHOWN_EDITS = 40


@dataclass(frozen=True)
class Reader:
    """Who reads, in which words, by which connection."""

    request: Request
    session: Session
    city: City
    deps: Deps
    tokens: Tokens
    connection: Connection

    @property
    def csrf(self) -> str:
        return self.tokens.csrf(self.session.nonce)

    @cached_property
    def teller(self) -> Teller:
        page = get_page(self.request)
        return Teller(page.texts_for(self.request), page.words_for(self.request, self.city))


def row_page(
    reader: Reader,
    subject: Subject,
    row_id: str | None,
    *,
    saved: int | None = None,
    waiting: UUID | None = None,
    typed: Typed | None = None,
    reading: EditReading | None = None,
) -> Response:
    """`row_id` None: a new row. `typed` and `reading`: what was not taken, and why; status 422."""
    connection, city, teller = reader.connection, reader.city, reader.teller
    document = store.find_row(connection, city.id, subject.kind, row_id) if row_id else None
    stands = cells_of_document(subject.kind, document)
    cells = dict(typed.cells) if typed else stands
    findings = [*reading.errors, *reading.warnings] if reading else []
    faults = [teller.tell(finding) for finding in findings]
    states = list_row_states(connection, city.id, subject.kind, row_id) if row_id else []
    edits = sorted(edits_of(states), key=lambda edit: edit.version, reverse=True)
    is_there = document is not None or row_id is None
    columns = {column for column in MODELS[subject.kind].model_fields if column != "id"}
    basemap = reader.deps.basemaps.streets(city.id) or shared.find_basemap(connection, city.id)
    return get_page(reader.request).render(
        reader.request, "registry/row.html", city=city, session=reader.session, csrf=reader.csrf, subject=subject,
        row_id=row_id, name=cells.get("name") or row_id, is_there=is_there, change_id=uuid4(), teller=teller,
        fields=fields_of(connection, city.id, subject, cells, teller, faults=faults, others=stands if typed else None),
        others=[fault for fault in faults if fault.file != subject.file or fault.column not in columns | {"id"}],
        is_only_warned=bool(reading and not reading.errors and reading.warnings), typed=typed,
        shape=typed.shape if typed else "", edits=edits[:SHOWN_EDITS], saved=saved,
        waiting=None if waiting is None else store.find_change(connection, city.id, waiting),
        is_waiting=waiting is not None, version=find_version(connection, city.id) or 0,
        drawn=draw_row_map(connection, city.id, subject, row_id, cells, basemap),
        status=422 if reading is not None else 200,
    )  # fmt: skip


def conflict_page(reader: Reader, subject: Subject, typed: Typed, version: int) -> Response:
    """Somebody else has changed this row meanwhile: their words beside ours, to keep or to take."""
    connection, city = reader.connection, reader.city
    assert typed.row_id is not None  # noqa: S101 - a new row has nobody to meet
    theirs = store.find_row(connection, city.id, subject.kind, typed.row_id)
    before = store.find_row_at(connection, city.id, subject.kind, typed.row_id, typed.version)
    states = list_row_states(connection, city.id, subject.kind, typed.row_id)
    edits = [edit for edit in edits_of(states) if edit.version > typed.version]
    base, now = cells_of_document(subject.kind, before), cells_of_document(subject.kind, theirs)
    lines: list[dict[str, Any]] = [
        {
            "column": column,
            "before": base.get(column, ""),
            "theirs": now.get(column, "") if theirs is not None else None,
            "mine": None if typed.is_removal else typed.cells.get(column, ""),
        }
        for column in MODELS[subject.kind].model_fields
        if column != "id"
    ]
    shown = [
        line
        for line in lines
        if theirs is None or typed.is_removal or not line["before"] == line["theirs"] == line["mine"]
    ]
    return get_page(reader.request).render(
        reader.request, "registry/conflict.html", city=city, session=reader.session, csrf=reader.csrf, subject=subject,
        typed=typed, version=version, change_id=uuid4(), teller=reader.teller, lines=shown, edits=edits,
        is_gone=theirs is None, fields=differing(before or {}, theirs or {}), status=409,
    )  # fmt: skip
