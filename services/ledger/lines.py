"""Lines of the ledger: never changed, each naming the one it follows and what made it."""

import json
from collections.abc import Iterator
from uuid import NAMESPACE_URL, uuid5

from services.contracts.ledger import LineReason, SavingsComputed

NOT_CONTENT = {"computation_id", "computed_at", "number", "follows", "reasons"}
"""What a line says of itself; the rest is what was computed."""


def line_after(previous: SavingsComputed | None, computed: SavingsComputed) -> SavingsComputed | None:
    """`computed` as the day's next line; None where it says what `previous` says, its latest.

    The id is made of the content and of the line before it: whoever computes the same again makes the same line, and a
    day that goes back to earlier figures has a further line, not an old one.
    """
    if previous is not None and content(previous) == content(computed):
        return None
    follows = previous.computation_id if previous else None
    name = json.dumps([str(follows), content(computed)], sort_keys=True)
    return computed.model_copy(
        update={
            "computation_id": uuid5(NAMESPACE_URL, f"tournee:savings:{name}"),
            "number": previous.number + 1 if previous else 1,
            "follows": follows,
            "reasons": _reasons(previous, computed),
        }
    )


def content(line: SavingsComputed) -> dict[str, object]:
    """All that a line says of its day, as JSON has it."""
    return line.model_dump(mode="json", exclude=NOT_CONTENT)


def _reasons(previous: SavingsComputed | None, computed: SavingsComputed) -> tuple[LineReason, ...]:
    if previous is None:
        return ("first",)
    return tuple(_differences(previous, computed)) or ("roads",)


def _differences(previous: SavingsComputed, computed: SavingsComputed) -> Iterator[LineReason]:
    """What of that which a line is made of has become other. Lines of the first arithmetic do not say all of it."""
    said_all = previous.arithmetic > 1
    if computed.finished and not previous.finished and said_all:
        yield "day_over"
    if _events(previous, said_all=said_all) != _events(computed, said_all=said_all):
        yield "events"
    if previous.plan_id != computed.plan_id or (said_all and previous.plans != computed.plans):
        yield "plan"
    if previous.registry_version != computed.registry_version and said_all:
        yield "registry"
    if previous.baseline_version != computed.baseline_version:
        yield "baseline"
    if previous.calibration != computed.calibration:
        yield "calibration"
    if previous.events != computed.events:
        yield "log"
    if previous.weighed != computed.weighed:
        yield "weights"
    if previous.arithmetic != computed.arithmetic:
        yield "arithmetic"


def _events(line: SavingsComputed, *, said_all: bool) -> tuple[object, ...]:
    counted = line.confirmations, line.latest_fix_at
    return (*counted, line.fixes, line.emptyings) if said_all else counted
