"""Numbers as spreadsheets write them, and the cells that can be read in two ways.

`6.500` is six and a half where the point is a decimal one, and six thousand five hundred where it groups. A single
cell cannot tell; the other cells of its column or the limits of its field can. Where they do not, nobody guesses.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from pydantic.fields import FieldInfo

from services.city import messages

SPACES = " \u00a0\u2009\u202f'\u2019"
"""Between groups of three digits: spaces as French spreadsheets write them, apostrophes as Swiss ones do."""
MINUS = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d", "-"))
"""Minus signs of typographers, which no other cell of numbers begins with."""

NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]*)?([eE][+-]?[0-9]+)?")
SPACED = re.compile(rf"[+-]?[0-9]{{1,3}}([{SPACES}][0-9]{{3}})+([.,][0-9]+)?")
GROUPED = re.compile(
    r"[+-]?[1-9][0-9]{0,2}((\.[0-9]{3})+,[0-9]+|(,[0-9]{3})+\.[0-9]+|(\.[0-9]{3}){2,}|(,[0-9]{3}){2,})"
)
UNCLEAR_NUMBER = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")
"""Three digits after the only separator, and before it what can be a first group: no leading zero."""
WITHOUT_SPACES = str.maketrans("", "", SPACES)

NOT_READ: Final = object()
"""What a model refuses whatever the column: pydantic alone would take 1_000 and other things nobody means."""
UNCLEAR: Final = object()
"""A number that can be read in two ways; models refuse it too."""


class Answer(StrEnum):
    """What a town hall says of a column whose numbers can be read in two ways."""

    THOUSANDS = "thousands"
    DECIMALS = "decimals"


@dataclass(frozen=True)
class Answers:
    """The answers for the columns of one table, and how to give one; `how` holds `{column}`."""

    how: str = messages.NUMBER_PLAINLY
    columns: Mapping[str, Answer] = field(default_factory=dict)


UNANSWERED: Final = Answers()


@dataclass(frozen=True)
class NumberColumn:
    """How the unclear cells of one column are read."""

    answer: Answer | None = None
    proven: Mapping[str, Answer] = field(default_factory=dict)
    """By separator, what other cells of the column show it to be."""
    most: float | None = None
    """The largest number that the column may hold, in its own unit; None = any."""
    whole: bool = False
    """A column of whole numbers: nobody means a fraction of three digits there."""

    def read(self, cell: str) -> object:
        """The cell with a decimal point and nothing else that Python would not read; `NOT_READ` or `UNCLEAR`."""
        text = _with_minus(cell)
        if is_unclear(text):
            return self._read_unclear(text)
        if NUMBER.fullmatch(text):
            return text.replace(",", ".")
        if SPACED.fullmatch(text):
            return text.translate(WITHOUT_SPACES).replace(",", ".")
        if GROUPED.fullmatch(text):
            return text.replace(_first_separator(text), "").replace(",", ".")
        return NOT_READ

    def _read_unclear(self, text: str) -> object:
        thousands, decimals = readings(text)
        answer = self.answer or self.proven.get(_first_separator(text)) or self._by_limit(thousands)
        if answer is None:
            return UNCLEAR
        return thousands if answer is Answer.THOUSANDS else decimals

    def _by_limit(self, thousands: str) -> Answer | None:
        """A longitude or a height of two thousand cannot be meant. A whole number is not read as a fraction for it."""
        if self.most is None or self.whole:
            return None
        return Answer.DECIMALS if abs(float(thousands)) > self.most else None


def number_column(
    cells: Iterable[str], info: FieldInfo, *, answer: Answer | None = None, scale: float = 1
) -> NumberColumn:
    """The reading of a column.

    Args:
        cells: all cells of the column.
        info: the field that it fills.
        answer: what the town hall said of it.
        scale: what a number of the column is multiplied by to give the field's unit.
    """
    whole = messages.plain_type(info.annotation) is int
    proven = _proven(cells)
    if whole:
        proven = {mark: shown for mark, shown in proven.items() if shown is Answer.THOUSANDS}
    most = messages.most(info)
    return NumberColumn(answer, proven, most / scale if most is not None else None, whole)


def readings(unclear: str) -> tuple[str, str]:
    """Both readings of an unclear number: with a separator of groups, and with a decimal one."""
    text = _with_minus(unclear)
    whole, fraction = text.replace(",", ".").split(".")
    return whole + fraction, f"{whole}.{fraction}".rstrip("0").rstrip(".")


def is_unclear(text: str) -> bool:
    """Whether a number can be read in two ways."""
    return text[-4:-3] in {".", ","} and UNCLEAR_NUMBER.fullmatch(text) is not None


def _with_minus(cell: str) -> str:
    return cell if cell.isascii() else cell.translate(MINUS)


def _proven(cells: Iterable[str]) -> dict[str, Answer]:
    """By separator, what clear cells show it to be; one that is shown to be both is left out."""
    shown: dict[str, set[Answer]] = {".": set(), ",": set()}
    texts = [text for cell in cells if "." in (text := _with_minus(cell)) or "," in text]
    if not any(map(is_unclear, texts)):
        return {}
    for text in texts:
        if is_unclear(text):
            continue
        if GROUPED.fullmatch(text):
            _note_groups(text, shown)
        elif NUMBER.fullmatch(text) or SPACED.fullmatch(text):
            shown[_first_separator(text)].add(Answer.DECIMALS)
    return {mark: answers.pop() for mark, answers in shown.items() if len(answers) == 1}


def _note_groups(text: str, shown: Mapping[str, set[Answer]]) -> None:
    """Of `1.234,5` the point groups and the comma is a decimal one; of `1.234.567` the point groups."""
    first, last = _first_separator(text), _first_separator(text[::-1])
    shown[first].add(Answer.THOUSANDS)
    if last != first:
        shown[last].add(Answer.DECIMALS)


def _first_separator(text: str) -> str:
    return next(letter for letter in text if letter in ".,")
