"""Between a cell's text and what a model takes: numbers, times, booleans and lists as spreadsheets write them."""

import re
from collections.abc import Callable, Iterable
from datetime import time

from pydantic.fields import FieldInfo

from services.city.fields import WEEKDAYS
from services.city.messages import plain_type
from services.city.numbers import NOT_READ, Answer, is_unclear, number_column

SEPARATORS = re.compile(r"[\s+]+")

TRUE_WORDS = frozenset({"yes", "y", "oui", "o", "true", "vrai", "1"})
FALSE_WORDS = frozenset({"no", "n", "non", "false", "faux", "0"})
FRENCH_DAYS = dict(zip(("lun", "mar", "mer", "jeu", "ven", "sam", "dim"), WEEKDAYS, strict=True))

Convert = Callable[[str], object]


def converter(
    name: str, field: FieldInfo, cells: Iterable[str], *, answer: Answer | None = None, scale: float = 1
) -> Convert:
    """How to turn a non-empty, stripped cell of this column into what the model takes.

    Args:
        name: the column.
        field: what it fills.
        cells: all of the column: together they may show what a separator in a number means.
        answer: what the town hall said of the column's numbers.
        scale: what a number is multiplied by to give the field's unit.
    """
    kind = plain_type(field.annotation)
    if name == "weekdays":
        return _to_weekdays
    if kind is tuple:
        return _to_list
    if kind is bool:
        return _to_bool
    if kind in {int, float}:
        read = number_column(cells, field, answer=answer, scale=scale).read
        return read if scale == 1 else lambda cell: _scaled(read(cell), scale)
    return str


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
        text = repr(value).removesuffix(".0")
        # Three digits after the point could be a group of thousands.
        return f"{text}0" if is_unclear(text) else text
    return str(value)


def _scaled(number: object, scale: float) -> object:
    """The number times `scale`, without the dust of binary fractions: 1.1 m3 are 1100 litres."""
    return round(float(number) * scale, 6) if isinstance(number, str) else number


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
