"""What a crew has left to do whose truck is in the plan in force no more: unload, and come home."""

from collections.abc import Mapping, Sequence

from services.web.figures.outcomes import Said


def has_load(said: Sequence[Said]) -> bool:
    """Whether the truck carries waste: its crew has emptied a container since it last unloaded."""
    emptied = [n for n, word in enumerate(said) if word.kind == "stop" and word.outcome == "done"]
    unloaded = [n for n, word in enumerate(said) if word.kind == "disposal" and word.outcome == "done"]
    return max(emptied, default=-1) > max(unloaded, default=-1)


def visits_left(
    visits: Sequence[tuple[str, str | None]], outcomes: Mapping[int, str], *, has_load: bool
) -> tuple[int, ...]:
    """Places in the circuit of what the crew has done, of the next unloading where it carries waste, and of the depots.

    Visits as kind and place, in driving order.
    """
    unloading = {n for n, (kind, _) in enumerate(visits) if kind == "disposal" and n not in outcomes}
    next_unloading = min(unloading, default=None) if has_load else None
    return tuple(n for n, (kind, _) in enumerate(visits) if kind == "depot" or n in outcomes or n == next_unloading)
