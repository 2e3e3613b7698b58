"""Which visits of a circuit the crew has already reported."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple


class Said(NamedTuple):
    """A crew's word on a place, `done` or `skipped`."""

    kind: str
    place: str
    outcome: str


def outcomes_of(visits: Iterable[tuple[str, str | None]], said: Iterable[Said]) -> dict[int, str]:
    """`done` or `skipped` by the visit's sequence. Visits as kind and place, in driving order; words as they happened.

    A confirmation names a place. Of a stop the last word counts; a disposal site is visited several times a day, so its
    confirmations fill the circuit's visits there one after the other.
    """
    words_on: dict[tuple[str, str], list[str]] = defaultdict(list)
    for word in said:
        words_on[word.kind, word.place].append(word.outcome)
    outcomes: dict[int, str] = {}
    for sequence, (kind, place) in enumerate(visits):
        words = words_on.get((kind, place or ""), [])
        if not words:
            continue
        outcomes[sequence] = words[-1] if kind == "stop" else words.pop(0)
    return outcomes
