"""A plan changed by hand: what somebody wants is done as it is wanted, and what it breaks is said.

The search never hands out a circuit that breaks a rule; a person may. So circuits are driven here in the order they are
given, late where they are late, and each broken rule is told with its amount. Needs no compiler.
"""

from routing.by_hand.broken import Broken, Rule, broken_by
from routing.by_hand.drive import Driven, drive
from routing.by_hand.moves import AT_BEST, Before, put_in, take_out, without_site
from routing.by_hand.places import PlaceOffer, where_to_put

__all__ = [
    "AT_BEST",
    "Before",
    "Broken",
    "Driven",
    "PlaceOffer",
    "Rule",
    "broken_by",
    "drive",
    "put_in",
    "take_out",
    "where_to_put",
    "without_site",
]
