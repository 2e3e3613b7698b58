"""One page in words, and the table: what each lever brings in this city. French and English."""

import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from babel.numbers import format_decimal, format_percent

from services.city.registry import Registry
from services.lab.policies import Rules
from services.lab.summary import TOGETHER, Estimate, Lever, Summary

type Language = Literal["fr", "en"]
LANGUAGES: tuple[Language, ...] = ("fr", "en")
LEAST_DAYS = 14
"""Of a run that tells what deciding days together brings: what is emptied early is paid now and repaid in a week."""
FAST_DAYS = 3.0
"""Where containers fill faster, a sensor is seldom worth its money (kiagram/waste-collection-regimes, 2026)."""


class _Words(NamedTuple):
    texts: dict[str, Any]
    language: Language
    currency: str

    def say(self, key: str, **values: object) -> str:
        table, name = key.split(".")
        text: str = self.texts[table][name]
        return text.format(**values)

    def number(self, value: float, digits: int = 0) -> str:
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        # Minus nothing is nothing.
        return str(format_decimal(round(value, digits) + 0.0, pattern, locale=self.language))

    def share(self, value: float) -> str:
        return str(format_percent(round(value, 3) + 0.0, "#,##0.0 %" if self.language == "fr" else "#,##0.0%",
                                  locale=self.language))  # fmt: skip

    def money(self, value: float) -> str:
        return f"{self.number(value, _digits(value))} {self.currency}"

    def estimate(self, found: Estimate, of: Callable[[float], str]) -> str:
        """A mean with its interval, where there is one."""
        return of(found.mean) if found.half is None else f"{of(found.mean)} ± {of(found.half)}"


def _digits(value: float) -> int:
    return 0 if abs(value) >= 10 else 2


@cache
def texts_of(language: Language) -> dict[str, Any]:
    """Of `fr.toml` or `en.toml`."""
    return tomllib.loads((Path(__file__).parent / f"{language}.toml").read_text(encoding="utf-8"))


def page(registry: Registry, rules: Rules, summary: Summary, language: Language) -> str:
    """Markdown."""
    words = _Words(texts_of(language), language, registry.city.currency)
    say = words.say
    assumed = registry.city.assumptions
    lines = [
        f"# {say('page.title', city=registry.city.name)}",
        "",
        say("page.simulated", days=summary.days, seeds=", ".join(map(str, summary.seeds))),
        say(f"rules.{rules}"),
        *([say("page.assumed", files=", ".join(assumed))] if assumed else []),
        "",
        f"## {say('page.regime')}",
        "",
        _regime(words, summary),
        "",
        *(f"- {_lever(words, lever, summary)}" for lever in summary.levers),
        "",
        _verdict(words, summary),
        "",
        *(
            line
            for lever in summary.levers
            if lever.name in TOGETHER
            for line in (_together(words, lever, summary.days), "")
        ),
        f"## {say('page.compared')}",
        "",
        *_table(words, summary),
        "",
        say("page.driven"),
    ]
    return "\n".join(lines) + "\n"


def _regime(words: _Words, summary: Summary) -> str:
    low, middle, high = (words.number(days, 1) for days in summary.days_to_full)
    told = words.say("page.days_to_full", low=low, middle=middle, high=high, spread=words.share(summary.day_spread))
    fast = "page.fast" if summary.days_to_full[1] < FAST_DAYS else "page.slow"
    return f"{told} {words.say(fast, days=words.number(FAST_DAYS))}"


def _lever(words: _Words, lever: Lever, summary: Summary) -> str:
    saved, before = lever.saved, summary.policies[lever.before]["litres"].mean
    told = words.say(
        f"levers.{lever.name}",
        litres=words.estimate(saved["litres"], lambda v: words.number(v, 1)),
        share=words.share(saved["litres"].mean / before if before else 0.0),
        money=words.estimate(saved["money"], words.money),
        overflow=words.estimate(saved["overflow_lh"], words.number),
        sensors=words.number(lever.sensors),
    )
    if lever.worth is None:
        return told
    pays = lever.worth.mean > 0 and (lever.worth.half is None or lever.worth.is_told_apart)
    return (
        f"{told} {words.say('page.pays' if pays else 'page.pays_not', worth=words.estimate(lever.worth, words.money))}"
    )


def _verdict(words: _Words, summary: Summary) -> str:
    worths = [lever.worth for lever in summary.levers if lever.worth is not None]
    if not worths:
        return words.say("page.no_sensors_tried")
    if all(worth.mean <= (worth.half or 0.0) for worth in worths):
        return f"**{words.say('page.sensors_do_not_pay')}**"
    best = max(worths, key=lambda worth: worth.mean)
    return f"**{words.say('page.sensors_pay', worth=words.money(best.mean))}**"


def _together(words: _Words, lever: Lever, days: int) -> str:
    """Whether deciding days together is worth it, by all that is paid and what lies beside containers."""
    saved = lever.saved["cost"]
    how = "pays" if saved.mean > 0 else "costs"
    if days < LEAST_DAYS or not saved.is_told_apart:
        how = "unsure"
    told = words.say(f"page.together_{how}", cost=words.money(abs(saved.mean) if how == "costs" else saved.mean))
    if how == "unsure":
        why = "few_days" if days < LEAST_DAYS else "one_seed" if saved.half is None else "within"
        told += " " + words.say(f"page.{why}", half=words.money(saved.half or 0.0), days=LEAST_DAYS)
    return f"**{words.say(f'levers_of.{lever.name}')}** {told}"


def _table(words: _Words, summary: Summary) -> list[str]:
    columns = ("policy", "litres", "fewer", "km", "stops", "money", "beside", "overflow", "people", "overtime")
    lines = [
        "| " + " | ".join(words.say(f"columns.{column}", currency=words.currency) for column in columns) + " |",
        "| --- |" + " ---: |" * (len(columns) - 1),
    ]
    fixed = summary.policies["fixed"]["litres"].mean
    for name, found in summary.policies.items():
        cells = (
            words.say(f"policies.{name}"),
            words.estimate(found["litres"], lambda v: words.number(v, 1)),
            words.share(1 - found["litres"].mean / fixed),
            words.number(found["km"].mean),
            words.number(found["stops"].mean),
            words.number(found["money"].mean, _digits(found["money"].mean)),
            words.number(found["beside_l"].mean),
            words.estimate(found["overflow_lh"], words.number),
            words.share(found["people_share"].mean),
            words.number(found["overtime_h"].mean, 1),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return lines
