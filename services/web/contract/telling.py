"""A line of the contract sheet in words: what happened, and the stored facts that show it. Alike on page and paper."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from services.ledger.contract_sheet import ContractSheet, SheetLine
from services.web.rendering.catalogue import Texts
from services.web.rendering.words import Words

SHOWN_CONTAINERS = 12
"""Of those missed in one circuit; the file of rows has all."""


@dataclass(frozen=True)
class Link:
    address: str
    name: str


def state_of(sheet: ContractSheet, t: Texts, w: Words) -> str:
    """Proposed or signed, by whom and when, in a sentence."""
    money = sheet.city.currency
    signature = sheet.signature
    if signature is None:
        return t(f"contract.state.{sheet.not_yet or 'proposed'}", total=w.money(float(sheet.total), money))
    said = t(
        "contract.state.signed", who=signature.signed_by, moment=w.moment(signature.signed_at),
        total=w.money(float(signature.total), signature.currency),
    )  # fmt: skip
    return (
        said
        if sheet.is_as_signed
        else f"{said} {t('contract.state.changed', total=w.money(float(sheet.total), money))}"
    )


def name_of(line: SheetLine, t: Texts) -> str:
    """`Circuit en retard · C-02`."""
    breach = line.priced.breach
    return f"{t('contract.event.' + breach.event)} · {breach.truck or breach.container}"


def proof_of(line: SheetLine, t: Texts, w: Words) -> str:
    """One or two sentences, each of which stands in the store."""
    breach, proof = line.priced.breach, line.priced.breach.proof
    key = f"contract.proof.{breach.event}"
    if breach.event == "container_overflowing":
        end = f"{key}_{proof.ended_by or 'goes_on'}"
        return t(
            end, n=proof.readings or 0, readings=w.number(proof.readings or 0), most=w.percent(proof.fill_ratio or 0),
            since=w.moment(breach.happened_at), until=w.moment(proof.ended_at) if proof.ended_at else "",
            time=w.hours(breach.measure * 3600),
        )  # fmt: skip
    return t(
        key, n=breach.containers, number=proof.number, stops=w.number(proof.stops or 0),
        emptied=w.number(proof.emptied or 0), missed=w.number(len(proof.missed)),
        promised=_at(proof.promised_at, line, w), done=_at(proof.done_at, line, w), time=w.minutes(breach.measure * 60),
        plan=_short(proof.plan_id), line=_short(proof.line),
    )  # fmt: skip


def missed_of(line: SheetLine, t: Texts) -> str:
    """Containers that were not emptied, each with what its crew said of it; nothing of other breaches."""
    missed = line.priced.breach.proof.missed
    if line.priced.breach.event not in {"stops_missed", "circuit_not_done"}:
        return ""
    told = [
        f"{stop.container} ({t('contract.reason.' + stop.reason) if stop.reason else t('contract.reason.nothing')})"
        for stop in missed[:SHOWN_CONTAINERS]
    ]
    more = len(missed) - SHOWN_CONTAINERS
    return ", ".join(told) + (t("contract.more", n=more, count=more) if more > 0 else "")


def price_of(line: SheetLine, t: Texts, w: Words, currency: str) -> str:
    """How the amount comes about: `P2 · 2 heures à 10 000 F CFA · après 60 min de tolérance`."""
    priced = line.priced
    penalty = priced.penalty
    units = t(
        "contract.unit." + penalty.unit, n=priced.units, units=w.number(priced.units),
        amount=w.money(penalty.amount, currency),
    )  # fmt: skip
    grace = t(
        "contract.grace." + penalty.event,
        n=round(penalty.grace),
        grace=w.number(penalty.grace, 0 if penalty.grace.is_integer() else 1),
    )
    notes = [
        *([grace] if penalty.grace and not priced.is_forgiven else []),
        *([t("contract.forgiven")] if priced.is_forgiven else []),
        *([t("contract.capped")] if priced.is_capped else []),
    ]
    return " · ".join([penalty.code, units, *notes])


def links_of(line: SheetLine, t: Texts, *, is_operator: bool) -> list[Link]:
    """Where the facts are to be seen: the day as it was driven, the day's sheet, the container."""
    breach = line.priced.breach
    if breach.container:
        return [Link(f"/bacs/{breach.container}", t("contract.see_container", container=breach.container))]
    sheet = Link(f"/municipalite/journee?jour={breach.day}", t("contract.see_day"))
    day = urlencode({"jour": breach.day.isoformat(), "flotte": breach.fleet})
    return [Link(f"/operateur?{day}", t("contract.see_playback")), sheet] if is_operator else [sheet]


def _at(instant: datetime | None, line: SheetLine, w: Words) -> str:
    """A time of the breach's own day, else with its day."""
    if instant is None:
        return ""
    clock, moment = w.clock(instant), w.moment(instant)
    return clock if moment.startswith(w.short_day(line.priced.breach.day)) else moment


def _short(name: object) -> str:
    """Enough of an id to find it by; the file of rows has the whole."""
    return str(name)[:8] if name else ""
