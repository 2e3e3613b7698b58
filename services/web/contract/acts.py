"""The two words on a sheet: the contractor answers a breach, the municipality signs the month. Each is an event."""

from collections.abc import Collection
from decimal import Decimal
from uuid import UUID, uuid4

from services.contracts import topics
from services.contracts.contract import PenaltyAnswered, SheetSigned, SignedLine
from services.ledger.contract_sheet import ContractSheet
from services.web.entry.security_log import audit
from services.web.entry.tokens import Session
from services.web.rendering.problems import NotFound, WebProblem
from services.web.requests.deps import Deps
from services.web.requests.stream import publish_all
from services.web.requests.transaction import Transaction


class SheetChanged(WebProblem):
    """What somebody signs is not what they saw."""

    status, code = 409, "sheet_changed"


class SheetNotYet(WebProblem):
    """The month goes on, or the contractor may still answer."""

    status, code = 409, "sheet_not_yet"


class AnswerTooLate(WebProblem):
    """The days that the contract gives are over."""

    status, code = 409, "answer_too_late"


def answer(
    deps: Deps, transaction: Transaction, sheet: ContractSheet, session: Session, line: UUID, words: str
) -> PenaltyAnswered:
    """Say what the contractor says to a line. Returns once Kafka has it; the request's transaction ends before.

    Raises:
        NotFound: the sheet has no such line, or has it no more.
        AnswerTooLate: nothing was taken.
    """
    found = sheet.find(line)
    if found is None:
        raise NotFound
    if found.answer_until is not None and sheet.now >= found.answer_until:
        raise AnswerTooLate
    city, fleet = sheet.city.id, sheet.fleet.id
    said = PenaltyAnswered(
        id=uuid4(), city=city, fleet=fleet, line=line, words=words, answered_by=session.login, answered_at=sheet.now
    )
    audit(transaction.connection, city, session.login, "penalty answered", sheet.now, fleet=fleet, line=line)
    transaction.end()
    publish_all(deps.stream, topics.PENALTY_ANSWERS, topics.key(city, fleet), [said])
    return said


def sign(
    deps: Deps,
    transaction: Transaction,
    sheet: ContractSheet,
    session: Session,
    *,
    seen: str,
    waived: Collection[UUID],
    remark: str,
) -> SheetSigned:
    """Sign a month, without the lines that are waived. Returns once Kafka has it, as `answer`.

    Args:
        deps: the clock and the stream.
        transaction: the request's.
        sheet: as it is computed now.
        session: of the municipality.
        seen: fingerprint of the sheet that was on the page.
        waived: ids of lines.
        remark: why, in the signer's words; may be empty.

    Raises:
        SheetNotYet, SheetChanged: nothing was signed.
    """
    if sheet.not_yet is not None:
        raise SheetNotYet
    if seen != sheet.fingerprint:
        raise SheetChanged
    lines = tuple(
        SignedLine(
            line=line.id, code=line.priced.penalty.code, day=line.priced.breach.day, amount=line.priced.amount,
            is_kept=line.id not in waived,
        )
        for line in sheet.lines
    )  # fmt: skip
    city, fleet = sheet.city.id, sheet.fleet.id
    signed = SheetSigned(
        id=uuid4(), city=city, fleet=fleet, month=sheet.month, contractor=sheet.fleet.contractor or "", lines=lines,
        total=sum((line.amount for line in lines if line.is_kept), Decimal(0)), currency=sheet.city.currency,
        sha256=sheet.fingerprint, remark=remark, signed_by=session.login, signed_at=sheet.now,
    )  # fmt: skip
    audit(
        transaction.connection, city, session.login, "contract sheet signed", sheet.now,
        fleet=fleet, month=sheet.month, total=signed.total, sheet=signed.id,
    )  # fmt: skip
    transaction.end()
    publish_all(deps.stream, topics.CONTRACT_SHEETS, topics.key(city, fleet), [signed])
    return signed
