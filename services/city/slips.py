"""Slips that carry a position far away: exchanged columns, a lost minus, a decimal point in the wrong place."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from services.city import messages
from services.city.geometry import Points

type AreNear = Callable[[Points], NDArray[np.bool_]]

_POINTS = tuple(shift for k in (0.1, 10, 0.01, 100) for shift in ((k, 1), (1, k), (k, k)))


def slip_hints(positions: Points, are_near: AreNear) -> list[str]:
    """For each position that is far away, the hint at the likeliest slip: the one that would bring it back.

    Args:
        positions: (n, 2) [lon, lat].
        are_near: (n,) whether positions are where they should be.
    """
    hints = [""] * len(positions)
    _note(hints, are_near(positions[:, ::-1]), [messages.HINT_SWAPPED] * len(positions))
    for number, (column, mirror) in enumerate({"lon": (-1, 1), "lat": (1, -1)}.items()):
        kinds = [messages.HINT_MINUS if value > 0 else messages.HINT_PLUS for value in positions[:, number]]
        _note(hints, are_near(positions * np.array(mirror)), [kind.format(column=column) for kind in kinds])
    _note(hints, are_near(-positions), [messages.HINT_MINUSES] * len(positions))
    for shift in _POINTS:
        _note(hints, are_near(positions * np.array(shift)), [messages.HINT_POINT_LOST] * len(positions))
    return hints


def _note(hints: list[str], found: NDArray[np.bool_], hint: list[str]) -> None:
    """Keep the first hint of each position."""
    for index in np.flatnonzero(found):
        hints[index] = hints[index] or hint[index]
