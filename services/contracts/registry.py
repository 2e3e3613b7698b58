"""Changes of a city's registry that the office makes on a page: rows of the folder's files, as the store keeps them."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.contracts.fields import CityId, Instant, Message, MessagePart

RowKind = Literal[
    "city", "basemap", "zone", "container", "truck",
    "container_kind", "truck_class", "depot", "disposal_site", "fleet", "penalty", "baseline_stop",
    "file_order",
]  # fmt: skip
ChangeSource = Literal["page", "folder"]
"""Edited on a page, or the difference that an imported city folder makes."""
MOST_PARTS = 1000

Reason = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class RowChange(MessagePart):
    """A row as it is to be. `file_order` lists a file's ids, under its kind as `id`."""

    kind: RowKind
    id: Annotated[str, Field(min_length=1, max_length=200)]
    document: dict[str, Any] | list[str] | None
    """None: it is gone."""


class ChangeRegistry(Message):
    """An order, on Kafka `registry`, key city: make these rows the next version, all of them or none.

    A large one comes in parts, each a message; it is carried out when all are there. It holds for the version on which
    it was made: where the city has got another meanwhile, it changes nothing, and whoever asked is told.
    """

    change_id: UUID
    city: CityId
    base_version: Annotated[int, Field(ge=1)]
    part: Annotated[int, Field(ge=1, le=MOST_PARTS)] = 1
    parts: Annotated[int, Field(ge=1, le=MOST_PARTS)] = 1
    rows: tuple[RowChange, ...]
    source: ChangeSource = "page"
    reason: Reason = ""
    changed_by: str
    changed_at: Instant

    @property
    def trace_id(self) -> str:
        return str(self.change_id)

    @model_validator(mode="after")
    def _is_one_of_its_parts(self) -> Self:
        if self.part > self.parts:
            raise ValueError("a part beyond the last")
        return self
