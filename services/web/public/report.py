"""The month on A4: the public page's sentences and figures, at an address that stays."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.city.registry import City
from services.contracts.coverage import ZoneCoverage
from services.ledger.metered import Metered
from services.web.figures.coverage import Covered
from services.web.figures.period import Period, ZoneShare
from services.web.public.trend import LEAST_MONTHS, Month
from services.web.rendering.catalogue import Texts
from services.web.rendering.pdf import Bar, Column, Sheet
from services.web.rendering.words import Words

TAGS = re.compile(r"</?b>")


@dataclass(frozen=True)
class Report:
    """What a month's report is drawn of: all of it stands on the public page too."""

    city: City
    period: Period
    """With at least one day."""
    months: Sequence[Month]
    """Up to this one, the oldest first."""
    shares: Sequence[ZoneShare]
    covered: Covered | None
    """At the end of the month."""
    metered: Metered | None
    zone_names: Mapping[str, str]
    made_at: datetime
    """When the latest of its figures was computed."""

    @property
    def month(self) -> date:
        return self.period.month


def draw_report(report: Report, t: Texts, w: Words) -> Sheet:
    """Two or three pages."""
    city, period, month = report.city, report.period, w.month(report.month).capitalize()
    title = t("public.report_of", place=city.name)
    foot = " · ".join([title, month, t("public.report_made", moment=w.moment(report.made_at))])
    made = Sheet(f"{title} · {month}", language=t.language, foot=foot, made_at=report.made_at)
    days = t("public.days", n=len(period.days), count=len(period.days))
    made.title(title, above=" · ".join([month, days, t(f"trust.{period.trust}")]))
    made.paragraph(headline(period, city, t, w), bold=True)
    for text in _caveats(report, t, w):
        made.paragraph(text)
    _draw_numbers(made, report, t, w)
    _draw_trend(made, report.months, t, w)
    _draw_served(made, report, t, w)
    _draw_method(made, report, t, w)
    return made


def headline(period: Period, city: City, t: Texts, w: Words) -> str:
    """The public page's first sentence, with interval and period."""
    people, living = period.people
    sign = -1 if period.verdict == "lost" else 1
    values: dict[str, object] = {
        "place": city.name, "when": w.period(period.first, period.last), "people": w.number(people),
        "living": w.number(living), "interval": _between(period, t, w), "stops": w.number(period.driven.stops),
        "before": w.number(period.baseline.stops), "litres": w.litres(sign * period.fuel_saved_l),
        "co2e": w.kg(sign * period.co2e_saved_kg), "money": w.money(sign * period.money_saved, period.currency),
    }  # fmt: skip
    if period.verdict == "no_baseline":
        values |= {"litres": w.litres(period.fuel_l), "stops": w.number(period.stops)}
    return _plain(t(f"public.{period.verdict}", None, **values))


def _between(period: Period, t: Texts, w: Words) -> str:
    if period.savings is None:
        return ""
    low, high = period.savings.fuel_l.low, period.savings.fuel_l.high
    if period.verdict == "lost":
        low, high = -high, -low
    return t("savings.between", low=w.litres(low), high=w.litres(high))


def _caveats(report: Report, t: Texts, w: Words) -> list[str]:
    """All that is to be said before anybody quotes the figure."""
    period, savings = report.period, report.period.savings
    told = [t(f"public.method.{period.verdict}")]
    if period.verdict == "saved" and period.is_dearer_by_stop:
        told.insert(0, t("public.method.saved_by_leaving"))
    if not period.compared:
        return told
    if period.by_cause:
        cause = period.by_cause
        told.append(t("savings.by_cause", choice=w.litres(cause.choice_l), routing=w.litres(cause.routing_l)))
    if report.metered and report.metered.trucks:
        share, more = w.percent(report.metered.share), w.litres(report.metered.more_l)
        told.append(t("savings.pump", percent=share, more=more))
    if savings is None:
        return [*told, t("savings.no_interval")]
    if savings.is_provisional:
        reasons = (t(f"savings.provisional.{reason}") for reason in savings.provisional)
        told.append(" ".join([t("savings.provisional_figure"), *reasons]))
    if savings.not_counted_l >= 0.05:  # what would be told as 0.0
        zones = (
            f"{report.zone_names.get(row.zone, row.zone)}{t('savings.colon')}{w.litres(row.fuel_l)}"
            f" ({', '.join(t(f'savings.fell.{reason}') for reason in row.reasons)})"
            for row in savings.not_counted
        )
        told.append(f"{t('savings.not_counted', litres=w.litres(savings.not_counted_l))} {' · '.join(zones)}")
    return told


def _draw_numbers(made: Sheet, report: Report, t: Texts, w: Words) -> None:
    period, city = report.period, report.city
    if not period.compared:
        return
    stop, before = period.driven.fuel_l_per_stop, period.baseline.fuel_l_per_stop
    fuel, distance = period.fuel_saved_ratio, period.distance_saved_ratio
    rows = [
        [t("public.fuel"), w.litres(period.fuel_saved_l), _of_before(fuel, t, w)],
        [t("public.distance"), w.km(period.distance_saved_m), _of_before(distance, t, w)],
        [t("public.per_stop"), w.litres(stop) if stop is not None else "—",
         t("public.with_fixed", litres=w.litres(before)) if before is not None else ""],
        ["CO2e", w.kg(period.co2e_saved_kg), t("public.tailpipe")],
        [t("public.money"), w.money(period.money_saved, period.currency),
         t("public.fuel_only", price=w.money(city.prices.fuel_per_l, city.currency))],
    ]  # fmt: skip
    made.heading(t("public.report_numbers"))
    columns = (Column(t("public.col.measure"), 36), Column(t("public.col.value"), 26, "right"), Column("", 38))
    made.table(columns, rows)


def _of_before(ratio: float | None, t: Texts, w: Words) -> str:
    return t("public.of_before", percent=w.percent(ratio)) if ratio is not None else ""


def _draw_trend(made: Sheet, months: Sequence[Month], t: Texts, w: Words) -> None:
    if len(months) < LEAST_MONTHS:
        return
    made.heading(t("public.by_month"))
    bars = [Bar(w.month_initial(row.month), *_litres(row)) for row in months]
    made.bars(bars, lambda litres: f"{w.number(litres)} L")
    made.small(f"{t('public.key_saved')} · {t('public.key_interval')}")
    columns = (
        Column(t("public.col.month"), 30), Column(t("public.col.saved"), 22, "right"),
        Column(t("public.col.low"), 18, "right"), Column(t("public.col.high"), 18, "right"),
        Column(t("public.col.state"), 20),
    )  # fmt: skip
    rows = [
        [w.month(row.month), *(w.number(litres, 1) for litres in _litres(row)),
         t("public.provisional" if row.savings.is_provisional else "public.settled")]
        for row in months
    ]  # fmt: skip
    made.table(columns, rows)


def _litres(row: Month) -> tuple[float, float, float]:
    """What is counted, and the ends of its interval."""
    told = row.savings.fuel_l
    return told.value, told.low, told.high


def _draw_served(made: Sheet, report: Report, t: Texts, w: Words) -> None:
    made.heading(t("public.served"))
    unserved = [share for share in report.shares if share.state == "unserved"]
    people = w.number(sum(share.population for share in unserved))
    made.paragraph(
        t("public.unserved", n=len(unserved), count=len(unserved), people=people)
        if unserved
        else t("public.unserved_none")
    )
    columns = (
        Column(t("public.col.zone"), 50), Column(t("public.col.people"), 25, "right"),
        Column(t("public.col.served"), 25, "right"),
    )  # fmt: skip
    rows = [
        [share.name, w.number(share.population), w.percent(share.ratio) if share.known else t("public.zone.unknown")]
        for share in report.shares
    ]
    made.table(columns, rows)
    if report.covered is not None:
        _draw_walks(made, report.covered, t, w)


def _draw_walks(made: Sheet, covered: Covered, t: Texts, w: Words) -> None:
    told = covered.told
    made.heading(t("public.walks"))
    sentence = t(
        "coverage.sentence", n=told.times_a_week, day=w.day(told.day), people=w.number(told.served_people),
        living=w.number(told.population), percent=w.percent(covered.served_ratio), metres=w.number(told.walk_m),
        times=told.times_a_week,
    )  # fmt: skip
    made.paragraph(_plain(sentence))
    if covered.unserved:
        columns = (
            Column(t("coverage.col.zone"), 30), Column(t("coverage.col.people"), 20, "right"),
            Column(t("coverage.col.litres"), 16, "right"), Column(t("coverage.col.hours"), 14, "right"),
            Column(t("coverage.col.money"), 20, "right"),
        )  # fmt: skip
        made.paragraph(t("public.unserved_cost"))
        made.table(columns, [_cost_row(covered, zone, t, w) for zone in covered.unserved])
        made.small(t("coverage.cost_about"))


def _cost_row(covered: Covered, zone: ZoneCoverage, t: Texts, w: Words) -> list[str]:
    name, people = covered.name(zone.zone), w.number(zone.unserved_people)
    if zone.cost is None:
        return [f"{name} ({t('coverage.no_cost.' + (zone.no_cost or 'small'))})", people, "—", "—", "—"]
    cost = zone.cost
    return [name, people, w.litres(cost.fuel_l), w.hours(cost.crew_s), w.money(cost.money, covered.told.currency)]


def _draw_method(made: Sheet, report: Report, t: Texts, w: Words) -> None:
    city = report.city
    made.heading(t("public.how"))
    for part in ("baseline", "less", "fuel", "interval", "fell"):
        made.paragraph(t(f"public.how_{part}"))
    made.paragraph(t("public.how_co2e", factor=w.number(city.emissions.co2e_kg_per_l, 2)))
    period_days = city.service.period_days
    made.paragraph(t("public.how_served", n=period_days, times=city.service.min_emptyings, days=period_days))
    made.heading(t("public.uncertain"))
    known = [("measured", "public.is_measured"), ("estimated", "public.is_estimated")]
    for word, text in ([("simulated", "trust.simulated_help")] if city.simulated else []) + known:
        made.paragraph(f"{t('trust.' + word).capitalize()}. {t(text)}")
    if city.assumptions:
        made.paragraph(f"{t('trust.assumed')} {', '.join(city.assumptions)}.")
    made.small(t("public.licence"))


def _plain(text: str) -> str:
    return TAGS.sub("", text)
