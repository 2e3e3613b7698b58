"""`city.toml`: reading, with the key path and line of what is wrong, and writing."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import time
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from services.city import messages
from services.city.findings import Findings
from services.city.registry import City
from services.city.texts import TOML_LIMIT, decode_utf8, read_bytes

NAME = "city.toml"
TABLE_LINE = re.compile(r"\s*\[\s*([A-Za-z0-9_.\-\s]+?)\s*\]")
KEY_LINE = re.compile(r"\s*([A-Za-z0-9_.\-]+)\s*=")
ERROR_LINE = re.compile(r"\(at line (\d+), column \d+\)")


@dataclass(frozen=True)
class CityFile:
    """What `city.toml` holds: the city, and how the other files are to be read."""

    city: City | None = None
    numbers: object = field(default_factory=dict)
    """The table `[numbers]` as it stands there; `answers.read_answers` reads it."""
    lines: Mapping[str, int] = field(default_factory=dict)
    """The line of each table and key."""

    def line_of(self, path: Sequence[str]) -> int | None:
        """The line of the key, else of the nearest table around it; None for a key missing at the top."""
        for length in range(len(path), 0, -1):
            line = self.lines.get(".".join(path[:length]))
            if line is not None:
                return line
        return None


def read_city(folder: Path, findings: Findings) -> CityFile:
    """Read `city.toml`; its city is None with an error for each wrong key."""
    data = read_bytes(folder / NAME, NAME, TOML_LIMIT, findings)
    text = decode_utf8(data, NAME, findings) if data is not None else None
    document = _parse(text, findings) if text is not None else None
    if text is None or document is None:
        return CityFile()
    numbers = document.pop("numbers", {})
    file = CityFile(numbers=numbers, lines=_key_lines(text))
    quoted = list(_quoted_numbers(document))
    for path, value, info in quoted:
        text = messages.EMPTY_CELL.format(expected=messages.expected(info)) + messages.HINT_QUOTES
        findings.error(NAME, text, line=file.line_of(path), place=f"key {'.'.join(path)}", value=str(value))
    try:
        return replace(file, city=City.model_validate(document))
    except ValidationError as error:
        faults = error.errors(include_url=False)
    told = [path for path, *_ in quoted]
    for fault in faults:
        if list(fault["loc"]) not in told:
            _report(fault, file, findings)
    return file


def city_text(city: City, notes: Sequence[str] = ()) -> str:
    """The text of `city.toml`; `notes` become comment lines at its top. Reading it gives the same city."""
    document = city.model_dump(by_alias=True)
    tables = {key: value for key, value in document.items() if isinstance(value, dict)}
    lines = [f"# {note}".rstrip() for note in notes] + [""] * bool(notes)
    lines += [f"{key} = {_value(value)}" for key, value in document.items() if key not in tables]
    for name, table in tables.items():
        lines += ["", f"[{name}]", *(f"{key} = {_value(value)}" for key, value in table.items())]
    return "\n".join(lines) + "\n"


def _parse(text: str, findings: Findings) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: TOMLDecodeError, and numbers of thousands of digits
        found = ERROR_LINE.search(str(error))
        reason = ERROR_LINE.sub("", str(error)).strip()
        findings.error(NAME, messages.TOML_BROKEN.format(reason=reason), line=int(found[1]) if found else None)
        return None


def _quoted_numbers(
    document: dict[str, Any], above: tuple[str, ...] = ()
) -> Iterator[tuple[list[str], Any, FieldInfo]]:
    """Keys of numbers that hold a text or a truth value. The model would read "1.000" as 1, and true as 1."""
    for key, value in document.items():
        path = [*above, key]
        if isinstance(value, dict):
            yield from _quoted_numbers(value, tuple(path))
            continue
        _, info = _lookup(path)
        if info is not None and messages.plain_type(info.annotation) in {int, float} and isinstance(value, str | bool):
            yield path, value, info


def _report(fault: Any, file: CityFile, findings: Findings) -> None:
    path = [part for part in fault["loc"] if isinstance(part, str)]
    key = ".".join(path)
    line = file.line_of(path)
    model, field = _lookup(path)
    if fault["type"] == "missing" and field is not None:
        text = messages.KEY_MISSING.format(expected=messages.expected(field))
        findings.error(NAME, text, line=line, place=f"key {key}")
        return
    if field is None:
        keys = [info.alias or name for name, info in model.model_fields.items()]
        text = messages.KEY_UNKNOWN.format(hint=messages.near(path[-1], keys), keys=", ".join(keys))
        findings.error(NAME, text, line=line, place=f"key {key}")
        return
    text = messages.EMPTY_CELL.format(expected=messages.expected(field))
    findings.error(NAME, text, line=line, place=f"key {key}", value=str(fault["input"]))


def _lookup(path: Sequence[str]) -> tuple[type[BaseModel], FieldInfo | None]:
    """The model that the last key of `path` belongs to, and its field; None for an unknown key."""
    model: type[BaseModel] = City
    field: FieldInfo | None = None
    for part in path:
        if field is not None and isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            model = field.annotation
        by_key = {info.alias or name: info for name, info in model.model_fields.items()}
        field = by_key.get(part)
    return model, field


def _key_lines(text: str) -> dict[str, int]:
    """The line of each table and key, as far as a look at the beginnings of lines can tell."""
    return dict(reversed(list(_beginnings(text))))  # reversed: the first place wins


def _beginnings(text: str) -> Iterator[tuple[str, int]]:
    table = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if header := TABLE_LINE.match(line):
            table = header[1].replace(" ", "")
            yield table, number
        elif key := KEY_LINE.match(line):
            yield f"{table}.{key[1]}".lstrip("."), number


def _value(value: object) -> str:
    """A value in TOML. A JSON string is a TOML string, but for DEL, which our texts do not hold."""
    if isinstance(value, time):
        return value.isoformat()
    if isinstance(value, tuple):
        return "[" + "".join(f"\n    {_value(item)}," for item in value) + "\n]" * bool(value) + "]" * (not value)
    return json.dumps(value, ensure_ascii=False)
