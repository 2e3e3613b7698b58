"""The contract sheet: until when an answer may come, when it may be signed, and whether it is what was signed."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from services.city.penalties import ContractRules, Penalty
from services.city.registry import City, Fleet
from services.contracts.contract import PenaltyAnswered, SheetSigned, SignedLine
from services.ledger.breaches import Breach, Proof
from services.ledger.contract_sheet import ContractSheet, Done, DoneDay, answer_until, fingerprint, sheet_lines
from services.ledger.penalties import penalty_lines
from tests.support.web_seed import city_document

CITY = City.model_validate(city_document()).model_copy(update={"contract": ContractRules(answer_days=10)})
MONTH = date(2026, 3, 1)
LATE = Penalty(code="P2", event="circuit_late", amount=10_000)
SETTLED = datetime(2026, 3, 3, 23, tzinfo=UTC)  # midnight in Porto-Novo
NOTHING = Done(0, 0, 0, 0, 0, 0.0, None)


def breach(settled_at: datetime | None = SETTLED) -> Breach:
    return Breach("circuit_late", "lot-1", date(2026, 3, 3), SETTLED, 90, 0, Proof(), settled_at, truck="T-1")


def word(line: UUID, at: datetime) -> PenaltyAnswered:
    return PenaltyAnswered(
        id=uuid4(), city=CITY.id, fleet="lot-1", line=line, words="Route coupée", answered_by="awa", answered_at=at
    )


def sheet(
    now: datetime, *words: PenaltyAnswered, signed: Any = (), settled_at: datetime | None = SETTLED
) -> ContractSheet:
    priced = penalty_lines(CITY.id, [(breach(settled_at), LATE)])
    lines = sheet_lines(priced, words, {date(2026, 3, 3): ("strike",)}, CITY.contract.answer_days, CITY.zone_info)
    return ContractSheet(CITY, Fleet(id="lot-1", name="L", contractor="Mono"), MONTH, lines, NOTHING, signed, now)


LINE = penalty_lines(CITY.id, [(breach(), LATE)])[0].id


def test_answer_may_come_until_the_end_of_its_last_day() -> None:
    """Breach of 3 March, 10 days: until the midnight after the 13th, 23:00 UTC in Porto-Novo."""
    until = answer_until(SETTLED, 10, CITY.zone_info)
    assert until == datetime(2026, 3, 13, 23, tzinfo=UTC)
    assert sheet(until - timedelta(seconds=1)).lines[0].state_at(until - timedelta(seconds=1)) == "open"
    assert sheet(until).lines[0].state_at(until) == "silent"
    assert answer_until(None, 10, CITY.zone_info) is None


def test_late_answer_stands_there_as_late() -> None:
    """Nobody's words are lost; that they came late is said."""
    early, late = word(LINE, SETTLED), word(LINE, datetime(2026, 3, 14, tzinfo=UTC))
    (line,) = sheet(datetime(2026, 4, 1, tzinfo=UTC), late, early).lines
    assert [(answer.word.id, answer.is_late) for answer in line.answers] == [(early.id, False), (late.id, True)]
    assert line.noted == ("strike",)


def test_sheet_is_signed_when_the_month_is_over_and_nobody_may_answer_any_more() -> None:
    """A breach that goes on, or an open answer, keeps it open; an answer that has come does not."""
    april = datetime(2026, 3, 31, 23, tzinfo=UTC)
    last_day = datetime(2026, 3, 31, 23, tzinfo=UTC)
    assert sheet(april - timedelta(seconds=1)).not_yet == "under_way"
    assert sheet(april, settled_at=None).not_yet == "under_way"
    waiting = sheet(april, settled_at=last_day)
    assert (waiting.not_yet, waiting.signable_at) == ("answers_open", datetime(2026, 4, 10, 23, tzinfo=UTC))
    assert sheet(april, word(LINE, april), settled_at=last_day).not_yet is None
    assert sheet(april).not_yet is None


def signature(seen: ContractSheet, *, is_kept: bool = True) -> SheetSigned:
    lines = tuple(
        SignedLine(line=row.id, code="P2", day=MONTH, amount=row.priced.amount, is_kept=is_kept) for row in seen.lines
    )
    return SheetSigned(
        id=uuid4(), city=CITY.id, fleet="lot-1", month=MONTH, contractor="Mono", lines=lines, total=Decimal(0),
        currency="XOF", sha256=seen.fingerprint, signed_by="mairie", signed_at=seen.now,
    )  # fmt: skip


def test_signature_says_what_was_kept_and_what_has_changed_since() -> None:
    """Facts that come late change the sheet, never what was signed."""
    now = datetime(2026, 4, 20, tzinfo=UTC)
    waived, kept = signature(sheet(now), is_kept=False), signature(sheet(now))
    again = sheet(now, signed=(waived, kept))
    assert (again.is_as_signed, again.kept, again.judged) == (True, {LINE}, {LINE})
    assert sheet(now, signed=(kept, waived)).kept == frozenset()
    other = kept.model_copy(update={"sha256": fingerprint([(LINE, Decimal(5))])})
    assert not sheet(now, signed=(other,)).is_as_signed
    assert SheetSigned.model_validate_json(kept.to_bytes()) == kept


@given(days=st.lists(st.tuples(st.integers(0, 50), st.none() | st.floats(0, 1e5)), max_size=31))
def test_kilometres_of_a_month_are_told_where_every_day_has_them(days: list[tuple[int, float | None]]) -> None:
    """A sum of some days would look like few kilometres."""
    rows = [DoneDay(MONTH, n, n, n, n, 10.0, metres) for n, metres in days]
    done = Done.of(rows)
    assert done.stops == sum(n for n, _ in days)
    assert (done.driven_m is None) == (not days or any(metres is None for _, metres in days))
