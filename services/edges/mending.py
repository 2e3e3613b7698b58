"""A message of a real device that is not quite right: what can be read of it is, and what is left aside is told.

Seen in the field: -1 for an unknown speed or heading, -327.68 degrees of a probe that is not there, a battery of 255, a
NUL behind the text, numbers in quotes. None of it says anything against the rest of the message.
"""

import json
from typing import Any, NamedTuple

from pydantic import ValidationError

from services.contracts.telemetry import Said

SHOWN = 80
"""Characters of a value that are shown."""
BEHIND = b"\0 \t\r\n"
"""What a buffer that is too long leaves behind a message."""


class LeftAside(NamedTuple):
    """Part of a message that was not taken."""

    field: str
    told: str
    """What stood there and what is expected."""


class Mended(NamedTuple):
    said: Said
    left_aside: tuple[LeftAside, ...]


class Unreadable(Exception):
    """What is wrong cannot be left aside. The text says it field by field, with the value that came."""


def mend(contract: type[Said], payload: bytes, context: dict[str, Any], error: ValidationError) -> Mended:
    """Read a message that its contract has refused with `error`.

    Raises:
        Unreadable: it is no object, or a field that it cannot do without is wrong.
    """
    left: list[LeftAside] = []
    text = payload.rstrip(BEHIND)
    if b"\0" in payload[len(text) :]:
        left.append(LeftAside("payload", "NUL bytes behind the message, which ends with its last brace"))
    if not _is_utf_8(text):
        left.append(LeftAside("payload", "bytes that are not UTF-8, in a text that nobody needs here"))
    fields = _fields(text.decode(errors="replace"), error)
    for _ in range(2):  # a number in quotes can be wrong too, once it is read
        for fault in _faults(contract, fields, context):
            name = str(fault["loc"][0]) if fault["loc"] else "payload"
            number = _number_in_quotes(fields.get(name)) if fault["type"] == "float_type" else None
            if number is not None:
                fields[name] = number
            elif name in contract.model_fields and not contract.model_fields[name].is_required():
                fields.pop(name, None)
                left.append(LeftAside(name, _told(fault)))
    try:
        return Mended(contract.model_validate_json(json.dumps(fields), context=context), tuple(left))
    except ValidationError as still_wrong:
        raise Unreadable(told(still_wrong)) from still_wrong


def told(error: ValidationError) -> str:
    """Field, what is wrong, and what came, in one line of bounded length."""
    faults = (f"{_where(e)}: {_told(e)}" for e in error.errors(include_url=False))
    return "; ".join(faults)[:1000]


def _is_utf_8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _fields(text: str, error: ValidationError) -> dict[str, Any]:
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable(told(error)) from error
    if not isinstance(fields, dict):
        raise Unreadable(told(error))
    return fields


def _faults(contract: type[Said], fields: dict[str, Any], context: dict[str, Any]) -> list[Any]:
    try:
        contract.model_validate_json(json.dumps(fields), context=context)
    except ValidationError as error:
        return list(error.errors(include_url=False))
    return []


def _number_in_quotes(value: object) -> float | None:
    if not isinstance(value, str):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def _where(fault: Any) -> str:
    return ".".join(map(str, fault["loc"])) or "payload"


def _told(fault: Any) -> str:
    return f"{fault['msg']}, not {shown(fault['input'])}"


def shown(value: object) -> str:
    """A value as it came, cut off where it is long."""
    try:
        text = repr(value)
    except ValueError:  # a whole number of more digits than Python writes
        return "a number of thousands of digits"
    return text if len(text) <= SHOWN else text[:SHOWN] + "..."
