"""Which cells of a matrix cannot be: row, column, and what stands there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.errors import Fault

MOST = int(np.iinfo(np.int32).max)
EXPECTED = f"whole numbers without holes, 0 or more, at most {MOST}"
SQUARE = "one row and column per location"
SHOWN_CELLS = 3  # of one matrix; where many are wrong, one program wrote them all


def array_faults(where: str, values: NDArray[Any], size: int) -> Iterator[Fault]:
    """What keeps an array from being (size, size) whole numbers of an int32, 0 or more."""
    if values.shape != (size, size):
        yield Fault(where, f"shape {values.shape}", f"({size}, {size}), {SQUARE}")
    elif values.dtype.kind in "iuf":
        if values.size and not _all_fit(values):
            wrong = ~np.isfinite(values) | (np.rint(values) != values) | (values < 0) | (values > MOST)
            cells = ((int(row), int(column)) for row, column in np.argwhere(wrong))
            yield from _told(where, ((cell, values[cell].item()) for cell in cells), int(wrong.sum()))
        elif values.dtype.kind == "f":
            yield Fault(where, f"values of type {values.dtype}", "whole numbers, as int32")
    else:
        yield from list_faults(where, values.tolist(), size)


def list_faults(where: str, values: Any, size: int) -> Iterator[Fault]:
    """The same for a list of lists, as JSON has it."""
    if not isinstance(values, list) or len(values) != size:
        found = f"{len(values)} rows" if isinstance(values, list) else shown(values)
        yield Fault(where, found, f"({size}, {size}), {SQUARE}")
        return
    for number, row in enumerate(values):
        if not isinstance(row, list) or len(row) != size:
            found = f"{len(row)} numbers" if isinstance(row, list) else shown(row)
            yield Fault(f"{where}[{number}]", found, f"({size}, {size}), {SQUARE}")
            return
    wrong = [((r, c), cell) for r, row in enumerate(values) for c, cell in enumerate(row) if not _fits(cell)]
    yield from _told(where, iter(wrong), len(wrong))


def as_array(values: Any, size: int) -> NDArray[np.int32] | None:
    """A list of lists as int32, None where `list_faults` has something to say."""
    if not isinstance(values, list) or len(values) != size:
        return None
    if any(not isinstance(row, list) or len(row) != size for row in values):
        return None
    if not set().union(*(set(map(type, row)) for row in values)) <= {int, float}:  # None, text and booleans convert
        return None
    try:
        array = np.array(values)
        fits = array.size == 0 or (array.dtype.kind in "iuf" and _all_fit(array))
    except OverflowError:
        return None
    return array.astype(np.int32).reshape(size, size) if fits else None


def shown(value: Any) -> str:
    """A value as JSON would say it, shortened."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):  # not of JSON, or a number of thousands of digits
        text = f"a {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."


def _told(where: str, wrong: Iterator[tuple[tuple[int, int], Any]], count: int) -> Iterator[Fault]:
    for (row, column), value in islice(wrong, SHOWN_CELLS):
        yield Fault(f"{where}[{row}][{column}]", shown(value), EXPECTED)
    if count > SHOWN_CELLS:
        yield Fault(where, f"{count - SHOWN_CELLS} more such cells", EXPECTED)


def _all_fit(values: NDArray[Any]) -> bool:
    whole = values.dtype.kind != "f" or (np.isfinite(values).all() and np.array_equal(np.rint(values), values))
    return bool(whole and values.min() >= 0 and values.max() <= MOST)


def _fits(cell: Any) -> bool:
    return type(cell) in (int, float) and 0 <= cell <= MOST and cell == int(cell)
