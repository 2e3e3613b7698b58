"""The contract sheet on A4: the same words as the page, and a place for two signatures."""

from services.ledger.contract_sheet import ContractSheet, SheetLine
from services.web.contract.telling import missed_of, name_of, price_of, proof_of, state_of
from services.web.rendering.catalogue import Texts
from services.web.rendering.pdf import Column, Sheet
from services.web.rendering.words import Words


def draw_sheet(sheet: ContractSheet, t: Texts, w: Words) -> Sheet:
    """A month, of however many pages."""
    money = sheet.city.currency
    month = w.month(sheet.month).capitalize()
    title = t("contract.paper.title", contractor=sheet.fleet.contractor)
    foot = " · ".join([sheet.city.name, title, month, t("contract.paper.computed", moment=w.moment(sheet.now))])
    made = Sheet(f"{title} · {month}", language=t.language, foot=foot, made_at=sheet.now)
    above = [sheet.city.name, sheet.fleet.name, month]
    made.title(title, above=" · ".join([*above, t("trust.simulated")] if sheet.city.simulated else above))
    made.paragraph(state_of(sheet, t, w), bold=True)
    if sheet.signature and sheet.signature.remark:
        made.paragraph(f"{sheet.signature.signed_by} : {sheet.signature.remark}")
    _draw_done(made, sheet, t, w)
    _draw_codes(made, sheet, t, w)
    made.heading(t("contract.lines"))
    if sheet.lines:
        columns = [
            Column(t("contract.col.day"), 13),
            Column(t("contract.col.breach"), 63),
            Column(t("contract.col.amount"), 15, "right"),
        ]
        signed = [Column(t("contract.col.kept"), 11)] if sheet.signature else []
        made.table([*columns, *signed], [_row(line, sheet, t, w) for line in sheet.lines])
    else:
        made.paragraph(t("contract.no_lines"))
    made.heading(t("contract.how"))
    made.small(t("contract.how_facts"))
    made.small(t("contract.how_answer", n=sheet.city.contract.answer_days, days=sheet.city.contract.answer_days))
    made.small(t("contract.how_recompute", fingerprint=sheet.fingerprint))
    if not sheet.signature:
        made.heading(t("contract.paper.signatures"))
        columns = [Column(sheet.city.name, 50), Column(sheet.fleet.contractor or "", 50)]
        made.table(columns, [["\n\n\n", ""]])
    if sheet.signature:
        made.small(t("contract.paper.money", currency=w.currency(money)))
    return made


def _draw_done(made: Sheet, sheet: ContractSheet, t: Texts, w: Words) -> None:
    done = sheet.done
    made.heading(t("contract.done", n=done.days, days=done.days))
    columns = [
        Column("", 40), Column(t("contract.col.planned"), 20, "right"), Column(t("contract.col.driven"), 20, "right"),
    ]  # fmt: skip
    driven = w.number(done.driven_m / 1000) if done.driven_m is not None else "—"
    rows = [
        [t("contract.circuits"), w.number(done.circuits), w.number(done.circuits_done)],
        [t("contract.stops"), w.number(done.stops), w.number(done.stops_emptied)],
        [t("contract.km"), w.number(done.planned_m / 1000), driven],
    ]
    made.table(columns, rows)


def _draw_codes(made: Sheet, sheet: ContractSheet, t: Texts, w: Words) -> None:
    if not sheet.codes:
        return
    made.heading(t("contract.codes"))
    columns = [
        Column(t("contract.col.code"), 14), Column(t("contract.col.event"), 46),
        Column(t("contract.col.breaches"), 18, "right"), Column(t("contract.col.amount"), 22, "right"),
    ]  # fmt: skip
    rows = [
        [
            row.code, t(f"contract.event.{row.event}") + (f" · {t('contract.capped')}" if row.is_capped else ""),
            w.number(row.breaches), w.money(float(row.amount), sheet.city.currency),
        ]
        for row in sheet.codes
    ]  # fmt: skip
    total = [t("contract.total"), "", w.number(len(sheet.lines)), w.money(float(sheet.total), sheet.city.currency)]
    made.table(columns, rows, sums=total)


def _row(line: SheetLine, sheet: ContractSheet, t: Texts, w: Words) -> list[str]:
    missed = missed_of(line, t)
    told = [
        f"{name_of(line, t)} · {price_of(line, t, w, sheet.city.currency)}",
        proof_of(line, t, w),
        *([missed] if missed else []),
        *(t("contract.noted." + kind) for kind in line.noted),
        *(
            t("contract.said" + ("_late" if answer.is_late else ""), who=answer.word.answered_by,
              moment=w.moment(answer.word.answered_at), words=answer.word.words)
            for answer in line.answers
        ),
        *([t("contract.silent")] if line.state_at(sheet.now) == "silent" else []),
    ]  # fmt: skip
    row = [
        w.short_day(line.priced.breach.day),
        "\n".join(told),
        w.money(float(line.priced.amount), sheet.city.currency),
    ]
    if sheet.signature:
        state = "new" if line.id not in sheet.judged else "kept" if line.id in sheet.kept else "waived"
        row.append(t(f"contract.{state}"))
    return row
