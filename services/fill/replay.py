"""From a belief and what happened since to the belief after it: live, late, or as of an instant of the past.

A belief is a function of its container's evidence in the order in which it happened, so three rules are enough for
whatever comes late, twice or out of order. What happened after all that a belief has in it is folded in. What happened
before sends learning back to the latest belief that was kept before it. And a belief is true as of an instant when
nothing in it was received later.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from services.fill.belief import Belief, learn, start
from services.fill.evidence import LONG_AGO, Evidence

KEEP_EVERY = 128
"""Pieces of evidence between two beliefs that are kept: nothing that comes late costs more than so many anew. A kept
one takes up to 3 kB, once its container is a year old."""


class Reached(NamedTuple):
    """A belief, and which evidence is in it: all that happened up to `until_at`."""

    belief: Belief
    until_at: datetime
    known_at: datetime
    """When the last of it was received."""
    since_kept: int = 0
    """Pieces in it that no kept belief has."""


def from_nothing(after: datetime = LONG_AGO) -> Reached:
    """Where a container begins of which no evidence up to an instant is known."""
    return Reached(start(), after, LONG_AGO)


def replay(
    base: Reached, evidence: Iterable[Evidence], *, keep_every: int = KEEP_EVERY
) -> tuple[Reached, list[Reached]]:
    """Fold in what happened after `base`, in the order of `place_in_time`.

    Returns:
        The belief with all of it; and those on the way that are worth keeping, oldest first: none while evidence of
        the same instant is still to come.
    """
    belief, until_at, known_at, since_kept = base
    kept = []
    for piece in evidence:
        if since_kept >= keep_every and piece.happened_at > until_at:
            kept.append(Reached(belief, until_at, known_at))
            since_kept = 0
        belief = learn(belief, piece)
        until_at = piece.happened_at
        known_at = max(known_at, piece.received_at)
        since_kept += 1
    return Reached(belief, until_at, known_at, since_kept), kept
