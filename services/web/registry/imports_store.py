"""City folders under way: this service's own table, so that every web process can tell how far one is."""

import zlib
from datetime import datetime, timedelta
from typing import Any, TypedDict
from uuid import UUID

from pydantic import TypeAdapter

from services.contracts.registry import RowChange
from services.store.connection import Connection
from services.store.queries import load_queries
from services.store.rows import JsonDocument
from services.web.figures.store import row_of

SQL = load_queries(__name__)

KEPT_FOR = timedelta(days=1)
SILENT_AFTER = timedelta(seconds=60)
"""A process that has said nothing for so long has fallen: the longest step, the estimate, takes a few seconds at 50,000
containers."""
ROWS = TypeAdapter(tuple[RowChange, ...])


class Import(TypedDict):
    import_id: UUID
    login: str
    begun_at: datetime
    heard_at: datetime
    base_version: int
    state: str
    step: str
    share: float
    preview: dict[str, Any] | None
    change_id: UUID | None


def begin(connection: Connection, city: str, login: str, import_id: UUID, version: int, now: datetime) -> None:
    """One at a time for somebody: another of theirs that is not taken in yet is forgotten."""
    values = {
        "import": import_id, "city": city, "login": login, "version": version, "now": now, "before": now - KEPT_FOR,
    }  # fmt: skip
    connection.execute(SQL["forget_old"], values)
    connection.execute(SQL["begin"], values)


def find(connection: Connection, city: str, import_id: UUID) -> Import | None:
    return row_of(Import, connection.execute(SQL["find"], {"city": city, "import": import_id}).fetchone())


def find_rows(connection: Connection, city: str, import_id: UUID) -> tuple[RowChange, ...]:
    row = connection.execute(SQL["find_rows"], {"city": city, "import": import_id}).fetchone()
    return ROWS.validate_json(zlib.decompress(row["rows"])) if row and row["rows"] is not None else ()


def tell(connection: Connection, import_id: UUID, state: str, step: str, share: float, now: datetime) -> bool:
    """How far it is; False where somebody has cancelled it, and the work can stop."""
    values = {"import": import_id, "state": state, "step": step, "share": share, "now": now}
    return connection.execute(SQL["tell"], values).rowcount == 1


def settle(
    connection: Connection,
    import_id: UUID,
    state: str,
    preview: dict[str, Any],
    rows: tuple[RowChange, ...],
    now: datetime,
) -> None:
    packed = zlib.compress(ROWS.dump_json(rows), 6) if rows else None
    values = {"import": import_id, "state": state, "preview": JsonDocument(preview), "rows": packed, "now": now}
    connection.execute(SQL["settle"], values)


def send(connection: Connection, city: str, import_id: UUID, change_id: UUID, now: datetime) -> bool:
    """Take it for sending; False where it is not ready, or somebody else was faster."""
    values = {"city": city, "import": import_id, "change": change_id, "now": now}
    return connection.execute(SQL["send"], values).rowcount == 1


def cancel(connection: Connection, city: str, import_id: UUID, now: datetime) -> bool:
    """Before its last part was said nothing of it counts; False where it is over."""
    values = {"city": city, "import": import_id, "now": now}
    return connection.execute(SQL["cancel"], values).rowcount == 1
