"""The word of a contractor and of the municipality on a contract's penalties. What they speak of is computed."""

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from services.contracts.fields import CityId, Day, FleetId, Id, Instant, Message, MessagePart

LONGEST_ANSWER = 2000
MOST_LINES = 20_000
"""Of a sheet: a month of a large fleet of which everything goes wrong has some thousands."""

# Control characters cannot be seen, and PostgreSQL's jsonb refuses NUL; an answer may have several lines.
Words = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+$"),
]
Money = Annotated[Decimal, Field(ge=0, max_digits=16, decimal_places=2)]
"""In the city's currency, exact: a sum of amounts is the sum that anybody finds."""


class PenaltyAnswered(Message):
    """What a contractor says to a breach, on Kafka `penalty-answers`, key `<city>/<fleet>`. Each stays."""

    id: UUID
    city: CityId
    fleet: FleetId
    line: UUID
    """Of the contract sheet: the breach and the penalty that it is charged by."""
    words: Annotated[Words, Field(max_length=LONGEST_ANSWER)]
    answered_by: str
    answered_at: Instant

    @property
    def trace_id(self) -> str:
        return str(self.id)


class SignedLine(MessagePart):
    """A line as it stood when the sheet was signed."""

    line: UUID
    code: Id
    day: date
    amount: Money
    """As proposed."""
    is_kept: bool
    """False: the municipality waives it."""


class SheetSigned(Message):
    """The municipality has signed a month, on Kafka `contract-sheets`, key `<city>/<fleet>`; the latest counts."""

    id: UUID
    city: CityId
    fleet: FleetId
    month: Day
    """Its first day."""
    contractor: str
    lines: Annotated[tuple[SignedLine, ...], Field(max_length=MOST_LINES)]
    total: Money
    """Of the lines kept."""
    currency: str
    sha256: str
    """Of the lines proposed, as `services.ledger.contract_sheet.fingerprint` makes it."""
    remark: Annotated[str, Field(max_length=LONGEST_ANSWER)] = ""
    signed_by: str
    signed_at: Instant

    @property
    def trace_id(self) -> str:
        return str(self.id)
