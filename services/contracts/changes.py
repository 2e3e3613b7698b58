"""Changes of a plan by hand: an operator's word, with author and instant. Each makes a further plan of its parent."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.contracts.fields import Amount, Id, Instant, MessagePart

ChangeKind = Literal[
    "place", "leave_out", "pin", "unpin", "lock", "unlock", "swap", "close_site", "reopen_site",
    "solve", "undo", "redo",
]  # fmt: skip
"""`place` puts a container on a truck, wherever it was, and pins it there; one that is not due becomes a one-off stop.

`solve` is the planner's answer around what is settled. `undo` and `redo` go one step along the changes of the plan.
"""

BrokenName = Literal[
    "load_kg", "load_l", "trips", "stops", "day_kg", "day_l", "distance", "duty", "time",
    "window", "site_hours", "site_closed", "site_refuses", "not_carried", "not_allowed", "break", "loaded_home",
]  # fmt: skip
"""As `routing.by_hand.Rule`."""

Reason = Annotated[str, Field(max_length=200)]


class PlanChange(MessagePart):
    """What was changed, of which plan, by whom and when. What does not belong to its kind is None.

    `place`: `container`, `truck`, and `before` (a container of that circuit), `last`, or neither: where it costs least.
    `leave_out`, `pin`, `unpin`: `container`. `lock`, `unlock`: `truck`. `swap`: the circuit of `truck` is given
    to `for_truck`, and that one's to it. `close_site`, `reopen_site`: `site`, with `until` (None: the whole day) and
    `reason`. `undo`, `redo`: `of`, the change that is taken back or made again.
    """

    change_id: UUID
    parent: UUID
    """The plan that it changes: nothing else of it may have been changed meanwhile."""
    kind: ChangeKind
    container: Id | None = None
    truck: Id | None = None
    from_truck: Id | None = None
    """On which truck the container was; None: on none. Found out when the change is made."""
    before: Id | None = None
    last: bool = False
    for_truck: Id | None = None
    site: Id | None = None
    until: Instant | None = None
    reason: Reason | None = None
    of: UUID | None = None
    changed_by: str
    changed_at: Instant


class ClosedSite(MessagePart):
    site: Id
    until: Instant | None
    """Until when it takes no waste; None: the whole day."""
    reason: Reason | None


class ByHand(MessagePart):
    """What operators have settled of a plan, and the planner keeps when it solves anew around it."""

    root: UUID | None = None
    """The planner's plan with which the changes began: of its roads and containers all that follow are reckoned."""
    pins: dict[Id, Id] = Field(default_factory=dict)
    """Container to truck: it stays on that truck, whatever is solved anew."""
    locked: tuple[Id, ...] = ()
    """Trucks whose circuits stay as they are."""
    left_out: tuple[Id, ...] = ()
    """Containers that nobody is to empty that day."""
    added: tuple[Id, ...] = ()
    """Containers that are not due and are emptied all the same."""
    closed_sites: tuple[ClosedSite, ...] = ()
    parked: tuple[Id, ...] = ()
    """Trucks that gave their circuit away, and are not to be had."""


NOTHING_BY_HAND = ByHand()


class BrokenRule(MessagePart):
    """A rule that a circuit breaks. `over` in kg, litres of waste, metres, seconds or a count; 0 for yes or no."""

    truck: Id
    rule: BrokenName
    over: Amount = 0
    place: Id | None = None
    """The container or disposal site where it breaks."""
