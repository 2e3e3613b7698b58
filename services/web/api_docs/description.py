"""The API's own description (OpenAPI) as what a page shows: operations by subject, fields as rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup, escape

DEEPEST = 4
"""Levels of objects within objects that are laid out; what lies deeper is named only."""
FAULTS = "422"
"""Said once for all operations."""

type Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Field:
    """A parameter, or a field of what is sent or answered: `circuits[].visits[].place`."""

    name: str
    kind: str
    required: bool
    detail: str
    where: str = ""
    """Of a parameter: `path`, `query` or `header`."""


@dataclass(frozen=True)
class Answer:
    status: str
    detail: str
    media: str
    fields: list[Field]


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    detail: str
    parameters: list[Field]
    body: list[Field]
    answers: list[Answer]

    @property
    def anchor(self) -> str:
        return f"{self.method}{self.path}".replace("/", "-").replace("{", "").replace("}", "").lower()


@dataclass(frozen=True)
class Subject:
    name: str
    operations: list[Operation] = field(default_factory=list)


def subjects_of(openapi: Schema) -> list[Subject]:
    """Every operation, under its first tag, in the order of the description."""
    subjects: dict[str, Subject] = {}
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            tag = operation.get("tags", [""])[0]
            subject = subjects.setdefault(tag, Subject(tag))
            subject.operations.append(_operation(openapi, method, path, operation))
    return list(subjects.values())


def _operation(openapi: Schema, method: str, path: str, operation: Schema) -> Operation:
    parameters = [
        Field(p["name"], _kind(openapi, p["schema"]), p.get("required", False), p.get("description", ""), p["in"])
        for p in operation.get("parameters", [])
    ]
    body = _schema_in(operation.get("requestBody", {}))
    answers = [
        _answer(openapi, status, answer) for status, answer in operation["responses"].items() if status != FAULTS
    ]
    fields = list(_fields(openapi, body)) if body else []
    return Operation(method.upper(), path, operation.get("description", ""), parameters, fields, answers)


def _answer(openapi: Schema, status: str, answer: Schema) -> Answer:
    schema, detail = _schema_in(answer), answer.get("description", "")
    media = next(iter(answer.get("content", {})), "")
    fields = list(_fields(openapi, schema)) if schema else []
    return Answer(status, "" if detail == "Successful Response" else detail, media, fields)


def _schema_in(part: Schema) -> Schema | None:
    content = part.get("content", {})
    return next((media["schema"] for media in content.values() if media.get("schema")), None)


def _fields(openapi: Schema, schema: Schema, prefix: str = "", depth: int = 0) -> Iterator[Field]:
    """Rows of an object, with the objects in it: lists end in `[]`, maps in `{}`."""
    whole = _named(openapi, schema)
    inner, mark = _within(openapi, whole)
    if mark and not prefix:
        yield Field(mark, _kind(openapi, inner), True, "")
    if mark:
        yield from _fields(openapi, inner, f"{prefix}{mark}", depth + 1) if depth < DEEPEST else ()
        return
    required = set(whole.get("required", ()))
    for name, part in whole.get("properties", {}).items():
        here = f"{prefix}.{name}" if prefix else name
        detail = part.get("description") or _named(openapi, part).get("description", "")
        yield Field(here, _kind(openapi, part), name in required, detail)
        if depth < DEEPEST:
            yield from _fields(openapi, _or_null(openapi, part), here, depth + 1)


def _within(openapi: Schema, schema: Schema) -> tuple[Schema, str]:
    """What a list or map holds, and its mark; nothing for others."""
    if schema.get("type") == "array" and isinstance(schema.get("items"), dict):
        return _named(openapi, schema["items"]), "[]"
    if isinstance(schema.get("additionalProperties"), dict):
        return _named(openapi, schema["additionalProperties"]), "{}"
    return {}, ""


def _kind(openapi: Schema, schema: Schema) -> str:
    """`string (date)`, `number or null`, `done | skipped`, `list of objects`."""
    schema = _named(openapi, schema)
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(openapi, option) for option in schema["anyOf"]))
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    kind = str(schema.get("type", "any"))
    if kind == "array":
        holds = schema.get("items")
        return f"list of {_kind(openapi, holds)}" if isinstance(holds, dict) else "list"
    return f"{kind} ({schema['format']})" if "format" in schema else kind


def _or_null(openapi: Schema, schema: Schema) -> Schema:
    """The object of what may also be null."""
    options = [o for o in schema.get("anyOf", ()) if o.get("type") != "null"]
    return _named(openapi, options[0]) if len(options) == 1 else schema


def _named(openapi: Schema, schema: Schema) -> Schema:
    """What a reference stands for."""
    name = schema.get("$ref", "").removeprefix("#/components/schemas/")
    return _named(openapi, openapi["components"]["schemas"][name]) if name else schema


def with_code(text: str) -> Markup:
    """A description's `code` as code, its paragraphs as paragraphs."""
    paragraphs = []
    for paragraph in text.split("\n\n"):
        parts = str(escape(" ".join(paragraph.split()))).split("`")
        coded = [f"<code>{part}</code>" if n % 2 else part for n, part in enumerate(parts)]
        paragraphs.append(f"<p>{''.join(coded)}</p>")
    return Markup("".join(paragraphs))  # noqa: S704 - escaped above
