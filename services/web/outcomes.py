"""Which visits of a circuit the crew has already reported."""

from collections import defaultdict
from collections.abc import Iterable

from services.contracts.planning import Circuit
from services.web.store import ConfirmationRow


def outcomes_of(circuit: Circuit, confirmations: Iterable[ConfirmationRow]) -> dict[int, str]:
    """`done` or `skipped` by the visit's sequence. Confirmations in the order in which they happened.

    A confirmation names a place. Of a stop the last word counts; a disposal site is visited several times a day, so its
    confirmations fill the circuit's visits there one after the other.
    """
    said: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in confirmations:
        if row["truck_id"] == circuit.truck:
            said[row["kind"], row["place"]].append(row["outcome"])
    outcomes: dict[int, str] = {}
    for sequence, visit in enumerate(circuit.visits):
        words = said.get((visit.kind, visit.place or ""), [])
        if not words:
            continue
        outcomes[sequence] = words[-1] if visit.kind == "stop" else words.pop(0)
    return outcomes
