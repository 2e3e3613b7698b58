"""The stops of a truck's line, drawn: a large city has thousands, and a template takes ten times as long for each."""

from collections.abc import Callable
from datetime import datetime

from markupsafe import Markup, escape

from services.web.operator.ladder import Ladder, TruckLine


def drawn_stops(ladder: Ladder, line: TruckLine, clock: Callable[[datetime], str]) -> Markup:
    """A stroke at the hour of each, with its name and hour for who points at it."""
    number = line.circuit.number
    return Markup("\n").join(
        Markup(  # noqa: S704 - names and places are escaped
            f'<svg x="{ladder.x(rung.at)}%" y="5" overflow="visible">'
            f'<rect class="stop{" " + rung.word["outcome"] if rung.word else ""}" x="-1.5" width="3" height="20" '
            f'data-container="{escape(rung.visit.place or "")}" data-of-circuit="{number}">'
            f"<title>{escape(rung.name)}, {clock(rung.at)}</title></rect></svg>"
        )
        for rung in line.rungs
        if rung.visit.kind == "stop"
    )
