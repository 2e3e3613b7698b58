"""What a contract says of money: `penalties.csv`, and the time that a contractor has to answer."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from services.city.entry import Entry
from services.city.fields import Ids
from services.contracts.fields import Id

PenaltyEvent = Literal[
    "circuit_not_done", "circuit_late", "stops_missed", "tracking_missing", "container_overflowing"
]  # fmt: skip
"""What a contractor may be charged for; `services.ledger.breaches` says when each has happened."""
PenaltyUnit = Literal["event", "container", "hour", "day"]
"""What the amount is for: each time; each container; each hour, or day, begun after the grace."""

UNITS: Mapping[PenaltyEvent, tuple[PenaltyUnit, ...]] = MappingProxyType(
    {
        "circuit_not_done": ("event", "container"),
        "circuit_late": ("event", "hour"),
        "stops_missed": ("event", "container"),
        "tracking_missing": ("event",),
        "container_overflowing": ("event", "hour", "day"),
    }
)
"""The units that make sense of each event."""
MOST_MONEY = 1e10
"""In a cell: beyond is a slip of the keyboard in any currency."""

Money = Annotated[float, Field(ge=0, le=MOST_MONEY, allow_inf_nan=False)]


class ContractRules(Entry):
    """`[contract]` of `city.toml`."""

    answer_days: Annotated[int, Field(ge=1, le=90, description="days in which a contractor may answer a breach")] = 10
    """From the end of the day of the breach. The default is assumed: contracts differ."""


class Penalty(Entry):
    """`penalties.csv`: what a contractor owes for a breach of its contract."""

    code: Id
    """As the contract numbers it."""
    event: PenaltyEvent
    unit: PenaltyUnit = "event"
    amount: Annotated[Money, Field(description="money for each unit, in the currency of the city")]
    grace: Annotated[
        float, Field(ge=0, le=10_000, allow_inf_nan=False, description="minutes, hours, containers or times forgiven")
    ] = 0.0
    """Minutes of `circuit_late`, hours of `container_overflowing`, containers of `stops_missed` in one circuit; of the
    others the first so many in a month."""
    cap: Annotated[Money | None, Field(description="most money in a month, in the currency of the city")] = None
    """None: there is none."""
    fleets: Annotated[Ids, Field(description="ids of fleets.csv")] = ()
    """Those whose contract says so; empty: every fleet with a contractor."""
