"""The contract sheet as rows of a file: a line each, with all that shows it."""

from collections.abc import Iterator
from typing import Any

from services.ledger.contract_sheet import ContractSheet, SheetLine

COLUMNS = (
    "month", "fleet", "contractor", "line", "day", "code", "event", "truck", "container", "happened_at", "measure",
    "unit", "units", "amount", "currency", "forgiven", "capped", "plan", "circuit", "stops", "emptied", "missed",
    "promised_at", "done_at", "ledger_line", "fill_ratio", "readings", "ended_at", "ended_by", "noted", "answer_until",
    "answer_state", "answers", "kept", "signed_by", "signed_at", "simulated",
)  # fmt: skip


def rows_of(sheet: ContractSheet) -> Iterator[dict[str, Any]]:
    """In the order of the sheet. `kept` is empty where nobody has signed, or the line has come since."""
    signed = {line.line: line.is_kept for line in sheet.signature.lines} if sheet.signature else {}
    for line in sheet.lines:
        yield {
            "month": sheet.month.strftime("%Y-%m"),
            "fleet": sheet.fleet.id,
            "contractor": sheet.fleet.contractor,
            **_facts(line),
            "currency": sheet.city.currency,
            "answer_state": line.state_at(sheet.now),
            "kept": signed.get(line.id),
            "signed_by": sheet.signature.signed_by if sheet.signature else None,
            "signed_at": sheet.signature.signed_at if sheet.signature else None,
            "simulated": sheet.city.simulated,
        }


def _facts(line: SheetLine) -> dict[str, Any]:
    priced, breach, proof = line.priced, line.priced.breach, line.priced.breach.proof
    return {
        "line": line.id,
        "day": breach.day,
        "code": priced.penalty.code,
        "event": breach.event,
        "truck": breach.truck,
        "container": breach.container,
        "happened_at": breach.happened_at,
        "measure": round(breach.measure, 2),
        "unit": priced.penalty.unit,
        "units": priced.units,
        "amount": f"{priced.amount:.2f}",
        "forgiven": priced.is_forgiven,
        "capped": priced.is_capped,
        "plan": proof.plan_id,
        "circuit": proof.number,
        "stops": proof.stops,
        "emptied": proof.emptied,
        "missed": " ".join(f"{stop.container}:{stop.reason or 'silent'}" for stop in proof.missed),
        "promised_at": proof.promised_at,
        "done_at": proof.done_at,
        "ledger_line": proof.line,
        "fill_ratio": proof.fill_ratio,
        "readings": proof.readings,
        "ended_at": proof.ended_at,
        "ended_by": proof.ended_by,
        "noted": " ".join(line.noted),
        "answer_until": line.answer_until,
        "answers": " | ".join(f"{answer.word.answered_by}: {answer.word.words}" for answer in line.answers),
    }
