"""A city folder given to a page, from the upload to the order: read and checked aside, shown, then sent or left."""

import logging
import shutil
import tempfile
import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from services.city.changing import rows_between
from services.city.differences import LoadReport, compare
from services.city.documents import documents_of, files_of
from services.city.findings import Finding
from services.city.folder import read_folder
from services.city.registry import City, Registry
from services.contracts.registry import RowChange
from services.errors import TourneeError
from services.fill.store import load_beliefs
from services.planning.presence import list_absent
from services.web.entry.tokens import Session
from services.web.figures.days import today_in
from services.web.registry import imports_store as kept
from services.web.registry.changing import MOST_ROW_BYTES, publish_rows, registry_and_version
from services.web.registry.effects import effects_on
from services.web.registry.uploads import Upload, UploadRefused, unpack
from services.web.requests.deps import Deps

log = logging.getLogger(__name__)

NAMED = 12
"""Rows named of each file and kind of change; the others are counted."""
MOST_FINDINGS = 200
AT_ONCE = threading.BoundedSemaphore(2)
"""Folders that are read at a time in this process: one of a large city takes a core for seconds and 500 MB."""
STEPS = ("unpack", "read", "compare", "estimate")


class _Cancelled(Exception):
    """Somebody does not want it any more."""


def start_reading(deps: Deps, city: City, import_id: UUID, uploads: Sequence[Upload]) -> None:
    """Beside the request, which is answered at once: its page tells how far it is."""
    threading.Thread(target=_read, args=(deps, city, import_id, uploads), daemon=True, name="import").start()


def _read(deps: Deps, city: City, import_id: UUID, uploads: Sequence[Upload]) -> None:
    folder = Path(tempfile.mkdtemp(prefix="tournee-import-"))
    try:
        with AT_ONCE:
            state, preview, rows = _checked(deps, city, import_id, uploads, folder)
    except _Cancelled:
        return
    except UploadRefused as refused:
        state, preview, rows = "wrong", {"refused": refused.code, "values": refused.values}, ()
    except Exception:
        log.exception("a folder given to a page of %s cannot be read", city.id)
        state, preview, rows = "wrong", {"refused": "unforeseen", "values": {}}, ()
    finally:
        for upload in uploads:
            upload.file.close()
        shutil.rmtree(folder, ignore_errors=True)
    with deps.looking() as connection:
        kept.settle(connection, import_id, state, preview, rows, deps.wall_now())


def _checked(
    deps: Deps, city: City, import_id: UUID, uploads: Sequence[Upload], folder: Path
) -> tuple[str, dict[str, Any], tuple[RowChange, ...]]:
    """The state that it comes to, what to show, and the rows that would change.

    Raises:
        UploadRefused, _Cancelled.
    """

    def step(name: str) -> None:
        with deps.looking() as connection:
            if not kept.tell(connection, import_id, "reading", name, STEPS.index(name) / len(STEPS), deps.wall_now()):
                raise _Cancelled

    step("unpack")
    with deps.looking() as connection:
        before, version = registry_and_version(connection, city.id)
    unpacked = unpack(before, uploads, folder)
    step("read")
    reading = read_folder(folder)
    told: dict[str, Any] = {
        "version": version,
        "taken": list(unpacked.taken),
        "passed_over": list(unpacked.passed_over[:NAMED]),
        "warnings": [_finding(each) for each in _of(unpacked.taken, reading.warnings)],
    }
    if reading.registry is None:
        return "wrong", told | {"errors": [_finding(each) for each in reading.errors[:MOST_FINDINGS]]}, ()
    if reading.registry.city.id != city.id:
        raise UploadRefused("other_city", id=reading.registry.city.id, own=city.id)
    step("compare")
    after = reading.registry
    stored_before, stored_after = documents_of(before), documents_of(after)
    rows = tuple(rows_between(stored_before, stored_after))
    if large := next((row for row in rows if len(row.to_bytes()) > MOST_ROW_BYTES), None):
        raise UploadRefused("row_too_large", name=f"{large.kind} {large.id}"[:80], limit_mb=MOST_ROW_BYTES // 1_000_000)
    told["files"] = _changes(compare(city.id, files_of(stored_before), files_of(stored_after)))
    if not rows:
        return "ready", told | {"effects": []}, ()
    step("estimate")
    return "ready", told | _effect(deps, city, before, after), rows


def _effect(deps: Deps, city: City, before: Registry, after: Registry) -> dict[str, Any]:
    """On tomorrow's plan. Where it cannot be told, the change can be made all the same, and the page says so."""
    now = deps.clock.now()
    day = today_in(city, now) + timedelta(days=1)
    try:
        with deps.looking() as connection:
            beliefs = load_beliefs(connection, city.id, now)
            absent = list_absent(connection, city.id, now)
        effects = [effect.told() for effect in effects_on(before, after, beliefs, day, now, absent)]
    except (TourneeError, ValueError):
        log.exception("the effect of a folder on %s's plan cannot be told", city.id)
        effects = None
    return {"day": day.isoformat(), "effects": effects}


def _changes(report: LoadReport) -> list[dict[str, Any]]:
    """By file: how many rows, and the first of them; of a changed row also which columns."""
    told = []
    for file, difference in report.differences.items():
        if not difference.detail():
            continue
        columns = {
            row_id: sorted(
                name
                for name in difference.before[row_id].keys() | difference.after[row_id].keys()
                if difference.before[row_id].get(name) != difference.after[row_id].get(name)
            )
            for row_id in difference.changed[:NAMED]
        }
        told.append(
            {
                "file": file,
                "added": {"count": len(difference.added), "ids": list(difference.added[:NAMED])},
                "changed": {"count": len(difference.changed), "ids": list(columns), "columns": columns},
                "removed": {"count": len(difference.removed), "ids": list(difference.removed[:NAMED])},
                "reordered": difference.is_reordered,
            }
        )
    return told


def _of(taken: Sequence[str], warnings: Sequence[Finding]) -> list[Finding]:
    """Of the files that were given: what the others are warned of is nothing new."""
    return [finding for finding in warnings if finding.file in taken][:MOST_FINDINGS]


def _finding(finding: Finding) -> dict[str, Any]:
    """As the page reads it back into a `Finding`."""
    return {
        "file": finding.file, "message": finding.message, "line": finding.line, "place": finding.place,
        "value": finding.value, "count": finding.count,
    }  # fmt: skip


def start_sending(
    deps: Deps, city: City, session: Session, import_id: UUID, change_id: UUID, version: int, reason: str
) -> None:
    """Say the rows to Kafka, part by part, beside the request."""
    work = (deps, city, session, import_id, change_id, version, reason)
    threading.Thread(target=_send, args=work, daemon=True, name="import-send").start()


def _send(
    deps: Deps, city: City, session: Session, import_id: UUID, change_id: UUID, version: int, reason: str
) -> None:
    def said(part: int, parts: int) -> bool:
        with deps.looking() as connection:
            return kept.tell(connection, import_id, "sending", "send", part / parts, deps.wall_now())

    try:
        with deps.looking() as connection:
            rows = kept.find_rows(connection, city.id, import_id)
        publish_rows(deps, city, session, change_id, version, rows, reason=reason, source="folder", said=said)
    except Exception:
        # What was said of it changes nothing without its last part; the page sees that nothing moves any more.
        log.exception("a folder given to a page of %s was not sent whole", city.id)
