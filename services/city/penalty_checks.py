"""Whether the penalties of a folder belong to a contract and can be charged. Every fault of a row is told."""

from services.city import messages
from services.city.findings import Findings
from services.city.penalties import UNITS, Penalty
from services.city.rows import Entered
from services.city.sheets import Sheets


def check_penalties(sheets: Sheets, findings: Findings) -> None:
    """Report codes that stand twice, units that do not go with their event, caps that no single breach reaches."""
    first: dict[str, int] = {}
    for row in sheets.penalties.entries:
        penalty = row.entry
        if first.setdefault(penalty.code, row.line) != row.line:
            text = messages.CODE_DOUBLED.format(first=first[penalty.code])
            _tell(findings, row, "code", penalty.code, text, messages.CODE_DOUBLED)
        if penalty.unit not in UNITS[penalty.event]:
            text = messages.UNIT_OF_EVENT.format(units=" or ".join(UNITS[penalty.event]), event=penalty.event)
            _tell(findings, row, "unit", penalty.unit, text, f"{messages.UNIT_OF_EVENT} {penalty.event}")
        if penalty.cap is not None and penalty.cap < penalty.amount:
            text = messages.CAP_BELOW_AMOUNT.format(amount=f"{penalty.amount:.15g}")
            _tell(findings, row, "cap", f"{penalty.cap:.15g}", text, messages.CAP_BELOW_AMOUNT)
    _check_contracts(sheets, findings)


def _check_contracts(sheets: Sheets, findings: Findings) -> None:
    """A penalty is owed by somebody: the contractor of a fleet."""
    if any(error.file == sheets.fleets.name for error in findings.errors):
        return  # what is wrong there is told already, and may be the contractor
    contracted = {row.entry.id for row in sheets.fleets.entries if row.entry.contractor}
    for row in sheets.penalties.entries:
        if not contracted:
            _tell(findings, row, "code", row.entry.code, messages.NO_CONTRACT, messages.NO_CONTRACT)
            continue
        for fleet in row.entry.fleets:
            if fleet not in contracted and fleet in sheets.fleets.ids:
                _tell(findings, row, "fleets", fleet, messages.FLEET_NO_CONTRACT, messages.FLEET_NO_CONTRACT)


def _tell(findings: Findings, row: Entered[Penalty], column: str, value: str, text: str, alike: str) -> None:
    place = f"column {column}"
    findings.error("penalties.csv", text, line=row.line, place=place, value=value, alike=f"{place}\n{alike}")
