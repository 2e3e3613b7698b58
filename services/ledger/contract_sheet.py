"""A contractor's month on one sheet: what was asked and done, what is proposed, what was answered, who signed."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from services.city.penalties import PenaltyEvent
from services.city.registry import City, Fleet
from services.contracts.contract import PenaltyAnswered, SheetSigned
from services.contracts.ledger import EventKind
from services.ledger.penalties import PenaltyLine
from services.times import instant_of, local_day

AnswerState = Literal["answered", "open", "silent"]
"""The contractor has answered; may still answer; has let the time pass."""
NotYet = Literal["under_way", "answers_open"]
"""Why nobody may sign: the month or a breach of it goes on; the contractor may still answer."""


@dataclass(frozen=True)
class Answer:
    word: PenaltyAnswered
    is_late: bool
    """After the days that the contract gives. It stands there all the same."""


@dataclass(frozen=True)
class SheetLine:
    """A penalty line with what the contractor says to it."""

    priced: PenaltyLine
    answers: tuple[Answer, ...]
    answer_until: datetime | None
    """None while the breach goes on."""
    noted: tuple[EventKind, ...]
    """Of the log of non-routine events, those of its day."""

    @property
    def id(self) -> UUID:
        return self.priced.id

    def state_at(self, now: datetime) -> AnswerState:
        if self.answers:
            return "answered"
        return "open" if self.answer_until is None or now < self.answer_until else "silent"


@dataclass(frozen=True)
class DoneDay:
    """Of one day that is over: what was planned and what was driven."""

    day: date
    circuits: int
    circuits_done: int
    stops: int
    stops_emptied: int
    planned_m: float
    driven_m: float | None
    """By the savings ledger; None where it has no line yet."""


@dataclass(frozen=True)
class Done:
    """The month's sums of `DoneDay`."""

    days: int
    circuits: int
    circuits_done: int
    stops: int
    stops_emptied: int
    planned_m: float
    driven_m: float | None
    """None where a day has no line: a sum of some would say too little."""

    @classmethod
    def of(cls, days: Sequence[DoneDay]) -> "Done":
        driven = [day.driven_m for day in days]
        return cls(
            days=len(days),
            circuits=sum(day.circuits for day in days),
            circuits_done=sum(day.circuits_done for day in days),
            stops=sum(day.stops for day in days),
            stops_emptied=sum(day.stops_emptied for day in days),
            planned_m=sum(day.planned_m for day in days),
            driven_m=None if None in driven or not driven else sum(metres for metres in driven if metres is not None),
        )


@dataclass(frozen=True)
class CodeSum:
    """What one row of the contract comes to in the month."""

    code: str
    event: PenaltyEvent
    breaches: int
    forgiven: int
    amount: Decimal
    is_capped: bool


@dataclass(frozen=True)
class ContractSheet:
    city: City
    fleet: Fleet
    """With its contractor of the month."""
    month: date
    lines: tuple[SheetLine, ...]
    done: Done
    signed: tuple[SheetSigned, ...]
    """The earliest first; the last counts."""
    now: datetime

    @property
    def last(self) -> date:
        return last_of(self.month)

    @property
    def total(self) -> Decimal:
        """What is proposed, as it is computed now."""
        return sum((line.priced.amount for line in self.lines), Decimal(0))

    @property
    def signature(self) -> SheetSigned | None:
        return self.signed[-1] if self.signed else None

    @cached_property
    def fingerprint(self) -> str:
        return fingerprint((line.id, line.priced.amount) for line in self.lines)

    @property
    def is_as_signed(self) -> bool:
        """Whether what is computed now is what was signed."""
        return self.signature is not None and self.signature.sha256 == self.fingerprint

    @property
    def kept(self) -> frozenset[UUID]:
        """Lines that the signature keeps."""
        lines = self.signature.lines if self.signature else ()
        return frozenset(line.line for line in lines if line.is_kept)

    @property
    def judged(self) -> frozenset[UUID]:
        """Lines that the signature speaks of; others have come since."""
        return frozenset(line.line for line in self.signature.lines) if self.signature else frozenset()

    @property
    def codes(self) -> list[CodeSum]:
        """By code."""
        found: dict[str, list[PenaltyLine]] = defaultdict(list)
        for line in self.lines:
            found[line.priced.penalty.code].append(line.priced)
        return [
            CodeSum(
                code=code,
                event=rows[0].breach.event,
                breaches=len(rows),
                forgiven=sum(row.is_forgiven for row in rows),
                amount=sum((row.amount for row in rows), Decimal(0)),
                is_capped=any(row.is_capped for row in rows),
            )
            for code, rows in sorted(found.items())
        ]

    @property
    def not_yet(self) -> NotYet | None:
        """Why it cannot be signed; None: it can."""
        ends_at = instant_of(self.last + timedelta(days=1), 0, self.city.zone_info)
        if self.now < ends_at or any(line.answer_until is None for line in self.lines):
            return "under_way"
        return "answers_open" if any(line.state_at(self.now) == "open" for line in self.lines) else None

    @property
    def signable_at(self) -> datetime | None:
        """When the last answer may come, where that is known."""
        open_lines = [line for line in self.lines if line.state_at(self.now) == "open"]
        return max((line.answer_until for line in open_lines if line.answer_until), default=None)

    def find(self, line: UUID) -> SheetLine | None:
        return next((row for row in self.lines if row.id == line), None)


def sheet_lines(
    priced: Iterable[PenaltyLine],
    words: Iterable[PenaltyAnswered],
    noted: dict[date, tuple[EventKind, ...]],
    answer_days: int,
    zone: ZoneInfo,
) -> tuple[SheetLine, ...]:
    """Lines with their answers. The days for one are counted from the end of the day on which the breach was over."""
    said: dict[UUID, list[PenaltyAnswered]] = defaultdict(list)
    for word in sorted(words, key=lambda word: (word.answered_at, word.id)):
        said[word.line].append(word)
    lines = []
    for line in priced:
        until = answer_until(line.breach.settled_at, answer_days, zone)
        answers = tuple(Answer(word, until is not None and word.answered_at >= until) for word in said[line.id])
        lines.append(SheetLine(line, answers, until, noted.get(line.breach.day, ())))
    return tuple(lines)


def answer_until(settled_at: datetime | None, answer_days: int, zone: ZoneInfo) -> datetime | None:
    """The midnight after the last day of an answer; None while the breach goes on."""
    if settled_at is None:
        return None
    last = local_day(settled_at - timedelta(microseconds=1), zone)  # settled at midnight: of the day that ends
    return instant_of(last + timedelta(days=answer_days + 1), 0, zone)


def fingerprint(lines: Iterable[tuple[UUID, Decimal]]) -> str:
    """SHA-256 of the lines and their amounts, in their order: who signs has seen these."""
    rows = [[str(line), f"{amount:.2f}"] for line, amount in lines]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def last_of(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
