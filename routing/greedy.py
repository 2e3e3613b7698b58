"""A fast start: required stops first, hardest first, each at its cheapest place; then optional ones that pay."""

from __future__ import annotations

from routing.draft import NOBODY, WIDE_LOOK, Draft
from routing.instance import MUST, Instance


def greedy_draft(instance: Instance) -> Draft:
    """Serve every required stop wherever one of the positions tried keeps all rules; deterministic."""
    draft = Draft(instance)
    worth = [stop for stop in range(instance.stops) if instance.worth[stop]]
    required = [stop for stop in worth if instance.required[stop]]
    for stop in sorted(required, key=lambda stop: _hardness(instance, stop)):
        draft.serve(stop, MUST, WIDE_LOOK)
    optional = [stop for stop in worth if not instance.required[stop]]
    for stop in sorted(optional, key=lambda stop: -instance.prize[stop] / (1 + instance.kg[stop])):
        draft.serve(stop, instance.prize[stop])
    return draft


def _hardness(instance: Instance, stop: int) -> tuple[int, float, float]:
    """Sort key: few vehicles first, then narrow windows, then the farthest from its first vehicle's depot."""
    allowed = [truck for truck in instance.trucks if truck.can[stop]]
    width = sum(closes - opens for opens, closes in instance.windows[stop]) if instance.windows[stop] else 10**6
    truck = allowed[0]
    return len(allowed), width, -truck.arc[truck.start][stop]


def complete(draft: Draft) -> None:
    """Look at every position once more for each stop left out, so that what stays out is out for a reason."""
    instance = draft.instance
    for stop in range(instance.stops):
        if draft.where[stop] == NOBODY and instance.worth[stop]:
            draft.serve(stop, instance.prize[stop], WIDE_LOOK)
