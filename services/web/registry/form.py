"""A row as a form: a field a column, its choices, and what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from services.city.cells import written
from services.city.edits import MODELS, cells_of
from services.city.messages import plain_type
from services.store.connection import Connection
from services.web.registry import store
from services.web.registry.subjects import Subject
from services.web.registry.telling import Teller, Told

NAMES_ONE_OF: Mapping[str, str] = {
    "kind": "container_kind", "zone": "zone", "truck_class": "truck_class", "depot": "depot", "fleet": "fleet",
}  # fmt: skip
"""Columns that hold an id of another file."""
NUMBERS = ("int", "float")


@dataclass(frozen=True)
class Field:
    """One cell."""

    column: str
    label: str
    value: str
    hint: str
    is_required: bool
    choices: Sequence[tuple[str, str]] = ()
    """Values and what they are called; without any it is typed."""
    is_number: bool = False
    faults: Sequence[Told] = ()
    is_changed: bool = False


def fields_of(
    connection: Connection,
    city: str,
    subject: Subject,
    cells: Mapping[str, str],
    teller: Teller,
    *,
    faults: Sequence[Told] = (),
    others: Mapping[str, str] | None = None,
) -> list[Field]:
    """The form. `others`: the cells as they stand in the registry; those that differ are marked."""
    fields = []
    for column, info in MODELS[subject.kind].model_fields.items():
        choices = _choices(connection, city, column, info, teller)
        value = cells.get(column, "")
        if choices and value and value not in {choice for choice, _ in choices}:
            choices = [*choices, (value, value)]
        fields.append(
            Field(
                column=column,
                label=teller.label(subject.kind, column),
                value=value,
                hint=teller.expected(info),
                is_required=info.is_required(),
                choices=choices,
                is_number=plain_type(info.annotation).__name__ in NUMBERS,
                faults=[fault for fault in faults if fault.file == subject.file and fault.column == column],
                is_changed=others is not None and others.get(column, "") != value,
            )
        )
    return fields


def cells_of_document(kind: str, document: Mapping[str, Any] | None) -> dict[str, str]:
    """A stored row as cells; usual values where there is none yet."""
    model = MODELS[kind]
    if document is None:
        return {
            name: "" if info.is_required() else written(info.get_default(call_default_factory=True))
            for name, info in model.model_fields.items()
        }
    known = {name: value for name, value in document.items() if name in model.model_fields}
    try:
        return cells_of(model.model_validate(known))
    except ValueError:
        # A row of an older Tournée: shown as it stands, to be mended.
        return {name: _plain(value) for name, value in known.items()}


def _plain(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)


def _choices(connection: Connection, city: str, column: str, info: FieldInfo, teller: Teller) -> list[tuple[str, str]]:
    if column in NAMES_ONE_OF:
        found = store.list_choices(connection, city, NAMES_ONE_OF[column])
        named = [(row_id, row_id if name == row_id else f"{name} ({row_id})") for row_id, name in found]
        return named if info.is_required() else [("", "—"), *named]
    if plain_type(info.annotation) is bool:
        return [(value, teller.word(value)) for value in ("yes", "no")]
    words = _literals(info.annotation)
    if words:
        named = [(word, teller.word(word)) for word in words]
        return named if info.is_required() or info.default is not None else [("", "—"), *named]
    return []


def _literals(annotation: Any) -> tuple[str, ...]:
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return next((found for part in get_args(annotation) if (found := _literals(part))), ())
