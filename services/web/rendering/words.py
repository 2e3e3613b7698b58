"""Numbers, dates and units as the reader's language writes them."""

import re
from datetime import date, datetime, tzinfo
from functools import cache, lru_cache

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_precision, get_currency_symbol

from services.web.rendering.catalogue import Texts

NO_BREAK_SPACE = "\u00a0"
WHOLE_FROM = 100
"""Sums of this many units or more are told without cents."""


def price_digits(amount: float, currency: str) -> int:
    return int(_precision(currency)) if abs(amount) < WHOLE_FROM else 0


@lru_cache(maxsize=20_000)
def _decimal(value: float, digits: int, language: str) -> str:
    """Babel reads its pattern anew for each number; a list of a thousand stops has ten thousand, most of them alike."""
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return format_decimal(value, format=pattern, locale=language).replace("-", "\u2212")


@lru_cache(maxsize=5_000)
def _percent(ratio: float, pattern: str, language: str) -> str:
    return format_percent(ratio, format=pattern, locale=language)


_precision = cache(get_currency_precision)
_symbol = cache(get_currency_symbol)


class Words:
    """Formats for one language and one city's time zone. Days of another year than `today`'s say theirs."""

    def __init__(self, texts: Texts, zone: tzinfo, today: date | None = None) -> None:
        self._texts = texts
        self._locale = texts.locale
        self._zone = zone
        self._today = today

    def number(self, value: float, digits: int = 0) -> str:
        # Rounding first keeps a tiny negative from reading as "-0".
        return _decimal(round(value, digits) + 0.0, digits, self._texts.language)

    def signed(self, value: float) -> str:
        """A difference, whole: what is less than half a unit is none."""
        shown = round(value)
        return self.number(0) if shown == 0 else ("+" if shown > 0 else "−") + self.number(abs(shown))

    def km(self, metres: float) -> str:
        return f"{self.number(metres / 1000, 0 if abs(metres) >= 100_000 else 1)}{NO_BREAK_SPACE}km"

    def walk(self, metres: float) -> str:
        """A distance on foot: metres, and kilometres from one on."""
        return self.km(metres) if metres >= 1000 else f"{self.number(metres)}{NO_BREAK_SPACE}m"

    def litres(self, litres: float) -> str:
        return f"{self.number(litres, 0 if abs(litres) >= 100 else 1)}{NO_BREAK_SPACE}L"

    def kg(self, kg: float) -> str:
        """Kilograms, or tonnes once they are the shorter word."""
        if abs(kg) >= 1000:
            return f"{self.number(kg / 1000, 1)}{NO_BREAK_SPACE}t"
        return f"{self.number(kg)}{NO_BREAK_SPACE}kg"

    def money(self, amount: float, currency: str) -> str:
        whole = format_currency(
            round(amount), currency, format="#,##0\u00a0¤", locale=self._locale, currency_digits=False
        )
        return whole.replace("-", "\u2212")

    def price(self, amount: float, currency: str) -> str:
        """A small sum with the currency's own decimals (`0,35 €`, `350 F CFA`), from a hundred on without."""
        digits = price_digits(amount, currency)
        return f"{self.number(amount, digits)}{NO_BREAK_SPACE}{self.currency(currency)}"

    def is_nothing(self, amount: float, currency: str) -> bool:
        """Whether a sum is below the currency's smallest coin."""
        return round(amount, _precision(currency)) <= 0

    def currency(self, code: str) -> str:
        """`F CFA`, for scripts that write the number themselves."""
        return _symbol(code, locale=self._texts.language)

    def percent(self, ratio: float, *, signed: bool = False, digits: int = 0) -> str:
        digit = "." + "0" * digits if digits else ""
        shape = f"#,##0{digit}\u202f%" if self._french else f"#,##0{digit}%"
        text = _percent(abs(ratio), shape, self._texts.language)
        if round(ratio, 2 + digits) == 0:
            return text
        if ratio < 0:
            return f"\u2212{text}"
        return f"+{text}" if signed else text

    def hours(self, seconds: float) -> str:
        minutes = round(seconds / 60)
        return f"{minutes // 60}{NO_BREAK_SPACE}h{NO_BREAK_SPACE}{minutes % 60:02d}"

    def minutes(self, seconds: float) -> str:
        """`14 min`, and hours from an hour on. Whole minutes that have passed, so that no margin is made larger."""
        if seconds >= 3600:
            return self.hours(seconds // 60 * 60)
        return f"{self.number(seconds // 60)}{NO_BREAK_SPACE}min"

    def clock(self, instant: datetime) -> str:
        return f"{instant.astimezone(self._zone):%H:%M}"

    def day(self, day: date) -> str:
        """`lundi 23 novembre`, `vendredi 1er janvier 2027`."""
        return self._first(day, format_date(day, format=f"EEEE d MMMM{self._year(day)}", locale=self._locale))

    def short_day(self, day: date) -> str:
        """`22 nov.`, under a heading that says the year."""
        return self._first(day, format_date(day, format="d MMM", locale=self._locale))

    def period(self, first: date, last: date) -> str:
        """`Du 1er au 22 novembre 2026`, to begin a sentence. Both days are of one month."""
        end = format_date(last, format="d MMMM y", locale=self._locale)
        if self._french:
            end = f"1er{end[1:]}" if last.day == 1 else end
            return f"Le {end}" if first == last else f"Du {'1er' if first.day == 1 else first.day} au {end}"
        return f"On {end}" if first == last else f"From {first.day} to {end}"

    def month(self, day: date) -> str:
        return format_date(day, format="LLLL y", locale=self._locale)

    def month_initial(self, day: date) -> str:
        """A month under a bar: `J`, `F`; its year with January."""
        return format_date(day, format="LLLLL" if day.month > 1 else "LLLLL yy", locale=self._locale)

    def moment(self, instant: datetime) -> str:
        """`22 nov. 06:10`."""
        local = instant.astimezone(self._zone)
        pattern = f"d MMM{self._year(local.date())} HH:mm"
        return self._first(local.date(), format_datetime(local, format=pattern, locale=self._locale))

    def _year(self, day: date) -> str:
        return "" if self._today is None or day.year == self._today.year else " y"

    def _first(self, day: date, text: str) -> str:
        """The first of a month is an ordinal in French, as no other day is."""
        return re.sub(r"\b1\b", "1er", text, count=1) if day.day == 1 and self._french else text

    @property
    def _french(self) -> bool:
        return self._texts.language == "fr"
