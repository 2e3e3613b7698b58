"""Between a cell's text and what a model takes: numbers, times, booleans and lists as spreadsheets write them."""

import re
from collections.abc import Callable
from datetime import time
from functools import partial
from typing import Final

from pydantic.fields import FieldInfo

from services.city.messages import plain_type
from services.city.registry import WEEKDAYS

NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?")
# Spreadsheets set to French write 7 000 with a space, a no-break space or a narrow one.
GROUPED = re.compile("[+-]?[0-9]{1,3}([ \u00a0\u202f][0-9]{3})+([.,][0-9]+)?")
GROUP_SPACES = str.maketrans("", "", " \u00a0\u202f")
SEPARATORS = re.compile(r"[\s+]+")

TRUE_WORDS = frozenset({"yes", "y", "oui", "o", "true", "vrai", "1"})
FALSE_WORDS = frozenset({"no", "n", "non", "false", "faux", "0"})
FRENCH_DAYS = dict(zip(("lun", "mar", "mer", "jeu", "ven", "sam", "dim"), WEEKDAYS, strict=True))

NOT_READ: Final = object()
"""What a model refuses whatever the column: pydantic alone would take 1_000 and other things nobody means."""

Convert = Callable[[str], object]


def converter(name: str, field: FieldInfo, *, decimal_comma: bool) -> Convert:
    """How to turn a non-empty, stripped cell of this column into what the model takes."""
    kind = plain_type(field.annotation)
    if name == "weekdays":
        return _to_weekdays
    if kind is tuple:
        return _to_list
    if kind is bool:
        return _to_bool
    if kind in {int, float}:
        return partial(to_number, decimal_comma=decimal_comma)
    return str


def to_number(cell: str, *, decimal_comma: bool) -> object:
    """The cell with a decimal point and without grouping spaces; `NOT_READ` if it is no number."""
    text = cell.translate(GROUP_SPACES) if GROUPED.fullmatch(cell) else cell
    if decimal_comma and text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    return text if NUMBER.fullmatch(text) else NOT_READ


def written(value: object) -> str:
    """The cell for a value, such that reading it again gives the same value."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, time):
        return value.strftime("%H:%M:%S" if value.second else "%H:%M")
    if isinstance(value, tuple):
        return "all" if value == WEEKDAYS else " ".join(value)
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return str(value)


def _to_list(cell: str) -> object:
    return tuple(part for part in SEPARATORS.split(cell) if part)


def _to_weekdays(cell: str) -> object:
    if cell.lower() in {"all", "tous"}:
        return WEEKDAYS
    days = (part.lower() for part in SEPARATORS.split(cell) if part)
    return tuple(FRENCH_DAYS.get(day, day) for day in days)


def _to_bool(cell: str) -> object:
    word = cell.lower()
    return True if word in TRUE_WORDS else False if word in FALSE_WORDS else NOT_READ
