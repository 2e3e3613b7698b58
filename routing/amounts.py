"""Numbers a problem may hold: how large is no limit, how large is nonsense."""

from __future__ import annotations

import math
from typing import Any, TypeGuard

MOST = 1e300  # kg, litres, money, metres, trips: a limit above is none, an amount above is nonsense
MOST_S = 10**15  # seconds, thirty million years: likewise


def is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_amount(value: Any, least: float = 0.0) -> TypeGuard[int | float]:
    """Tell whether a number is from `least` to `MOST`: whatever its type can hold, infinite and NaN included."""
    return is_number(value) and bool(least <= value <= MOST)


def is_beyond(value: Any, most: float) -> bool:
    """Tell whether a limit is larger than anything a day needs, infinite included."""
    return is_number(value) and bool(value > most)


def is_whole(value: Any) -> bool:
    return is_number(value) and (isinstance(value, int) or (math.isfinite(value) and value == int(value)))
