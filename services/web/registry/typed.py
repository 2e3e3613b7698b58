"""What somebody typed into a row's form."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

CELL = "c."
"""What the names of a row's cells begin with, so that no column can be taken for something else of the form."""
MOST_FIELDS = 80
LONGEST_CELL = 500
LONGEST_REASON = 200


@dataclass(frozen=True)
class Typed:
    token: str
    change_id: UUID | None
    """None: it is none of our forms."""
    version: int
    """The one that the page showed."""
    row_id: str | None
    """None: a new row."""
    cells: Mapping[str, str]
    shape: str
    reason: str
    is_removal: bool
    is_sure: bool
    """Whoever typed it has seen the warnings."""


async def read_typed(request: Request) -> Typed:
    """Read before any connection is taken: a slow line's form may last."""
    async with request.form(max_files=0, max_fields=MOST_FIELDS) as form:
        fields = {name: value.replace("\0", "") for name, value in form.multi_items() if isinstance(value, str)}
    change_id, version = None, 0
    with suppress(ValueError):
        change_id, version = UUID(fields.get("change_id", "")), int(fields.get("version", "")[:9])
    cells = {name.removeprefix(CELL): value for name, value in fields.items() if name.startswith(CELL)}
    return Typed(
        token=fields.get("csrf_token", ""),
        change_id=change_id,
        version=version,
        row_id=fields.get("row_id") or None,
        cells={name: value[:LONGEST_CELL] for name, value in cells.items()},
        shape=fields.get("shape", ""),
        reason=" ".join(fields.get("reason", "").split())[:LONGEST_REASON],
        is_removal=fields.get("action") == "remove",
        is_sure=fields.get("sure") == "yes",
    )


WithTyped = Annotated[Typed, Depends(read_typed)]
