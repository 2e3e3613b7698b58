"""What breaches cost by the contract: units after the grace, amounts up to the month's cap. Exact to the cent."""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import NAMESPACE_URL, UUID, uuid5

from services.city.penalties import Penalty
from services.ledger.breaches import Breach

FORGIVEN_BY_MONTH = frozenset({"circuit_not_done", "tracking_missing"})
"""Events whose grace is the first so many in a month; of the others it is taken off each one's own measure."""
CENT = Decimal("0.01")
MINUTES_AN_HOUR, HOURS_A_DAY = 60, 24


@dataclass(frozen=True)
class PenaltyLine:
    """A breach and what one penalty of the contract makes of it."""

    id: UUID
    """Of city, fleet, code and what was breached: the same whenever it is computed."""
    breach: Breach
    penalty: Penalty
    units: int
    amount: Decimal
    """Proposed: units times amount, as far as the month's cap leaves room."""
    is_forgiven: bool
    """Within the month's grace."""
    is_capped: bool


def penalty_lines(city: str, month_of_fleet: Iterable[tuple[Breach, Penalty]]) -> list[PenaltyLine]:
    """The lines of one fleet's month, in the order of time. A breach within its own grace is none.

    Grace and cap of a month are counted code by code, from the first breach on. Where the contract changed within the
    month, each breach is measured by the row of its own day.
    """
    order = sorted(month_of_fleet, key=lambda pair: (pair[0].happened_at, pair[1].code, pair[0].subject))
    times: dict[str, int] = defaultdict(int)
    charged: dict[str, Decimal] = defaultdict(Decimal)
    lines = []
    for breach, penalty in order:
        units = units_of(breach, penalty)
        if not units:
            continue
        times[penalty.code] += 1
        is_forgiven = penalty.event in FORGIVEN_BY_MONTH and times[penalty.code] <= penalty.grace
        due = Decimal(0) if is_forgiven else units * exact(penalty.amount)
        amount = due if penalty.cap is None else min(due, max(Decimal(0), exact(penalty.cap) - charged[penalty.code]))
        charged[penalty.code] += amount
        lines.append(
            PenaltyLine(line_id(city, breach, penalty), breach, penalty, units, amount, is_forgiven, amount < due)
        )
    return lines


def units_of(breach: Breach, penalty: Penalty) -> int:
    """How many times the amount is due, without grace and cap of the month; 0 within the breach's own grace."""
    if penalty.event in FORGIVEN_BY_MONTH:
        return breach.containers if penalty.unit == "container" else 1
    beyond = round(breach.measure - penalty.grace, 6)  # a second is 0.0003 of an hour
    if beyond <= 0:
        return 0
    if penalty.unit == "event":
        return 1
    if penalty.unit == "container":
        return math.ceil(beyond)
    hours = beyond / MINUTES_AN_HOUR if penalty.event == "circuit_late" else beyond
    return math.ceil(round(hours if penalty.unit == "hour" else hours / HOURS_A_DAY, 6))


def line_id(city: str, breach: Breach, penalty: Penalty) -> UUID:
    what = f"{city} {breach.fleet} {penalty.code} {breach.event} {breach.day} {breach.subject}"
    return uuid5(NAMESPACE_URL, f"tournee:penalty:{what}")


def exact(amount: float) -> Decimal:
    """As it is written in the city folder, to the cent."""
    return Decimal(repr(amount)).quantize(CENT)
