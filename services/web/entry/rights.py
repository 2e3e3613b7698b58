"""Who may do what on the pages: the one table of it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args

Role = Literal["operator", "planner", "technician", "municipality", "driver"]
ROLES: tuple[Role, ...] = get_args(Role)

Right = Literal["own_account", "figures", "share", "day", "phones", "registry", "log", "people", "sign", "drive"]

RIGHTS: Mapping[Right, frozenset[Role]] = MappingProxyType(
    {
        # One's own password, sessions and one-time codes. A truck's code is the whole crew's, and drawn.
        "own_account": frozenset({"operator", "planner", "technician", "municipality"}),
        # What was planned, driven and burnt, containers, places that no truck reaches.
        "figures": frozenset({"operator", "planner", "technician", "municipality"}),
        # A link that shows days to somebody without an account, for a while.
        "share": frozenset({"operator", "planner", "municipality"}),
        # Plan, change, send and follow; within the account's fleet, where it has one.
        "day": frozenset({"operator", "planner"}),
        # Which phones are the trucks'.
        "phones": frozenset({"operator", "planner", "technician"}),
        # Containers, trucks, sites and streets.
        "registry": frozenset({"operator", "planner", "technician"}),
        # What happened at the doors, and who did what.
        "log": frozenset({"planner", "technician"}),
        # Who has an account: invitations, others' sessions and one-time codes.
        "people": frozenset({"planner"}),
        # What a contractor owes.
        "sign": frozenset({"municipality"}),
        "drive": frozenset({"driver"}),
    }
)

NEED_ONE_TIME: frozenset[Role] = RIGHTS["day"] | RIGHTS["registry"] | RIGHTS["people"]
"""Who sends trucks, changes the registry or lets people in needs a one-time code beside the password."""
OF_A_FLEET: frozenset[Role] = RIGHTS["day"]
"""Whose account may be bound to one fleet."""
OF_THE_WHOLE_CITY: frozenset[Right] = frozenset({"registry", "log", "sign"})
"""What an account that is bound to one fleet has not: it is everybody's."""
INVITED: tuple[Role, ...] = tuple(role for role in ROLES if role not in RIGHTS["drive"])
"""Who comes by an invitation. A crew's phone has one of its own."""


def rights_of(role: Role) -> frozenset[Right]:
    return frozenset(right for right, roles in RIGHTS.items() if role in roles)


def may_give(own: Role, other: Role) -> bool:
    """Whether somebody of `own` may let in, or lock out, one of `other`: nobody gives what they do not have.

    But the signature: who lets the town hall in does not sign for it.
    """
    return own in RIGHTS["people"] and other in INVITED and rights_of(other) - {"sign"} <= rights_of(own)
