"""Numbers, dates and units as readers write them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from services.web.rendering.catalogue import texts_in
from services.web.rendering.words import Words

FRENCH = Words(texts_in("fr"), ZoneInfo("Africa/Porto-Novo"))
ENGLISH = Words(texts_in("en"), ZoneInfo("Africa/Porto-Novo"))


def test_french_numbers_have_narrow_spaces_and_decimal_commas() -> None:
    """1204.5 is `1 204,5` with a space that does not break."""
    assert FRENCH.number(1204.5, 1) == "1\u202f204,5"
    assert ENGLISH.number(1204.5, 1) == "1,204.5"


def test_large_amounts_lose_their_decimals() -> None:
    """A tenth of a kilometre says nothing of 486 km, and much of 9.4 km."""
    assert FRENCH.km(486_300) == "486\u00a0km"
    assert FRENCH.km(9_420) == "9,4\u00a0km"
    assert FRENCH.litres(1204.2) == "1\u202f204\u00a0L"


def test_change_shows_its_sign() -> None:
    """A saving reads as a true minus; nothing reads as minus zero."""
    assert FRENCH.percent(-0.232, signed=True) == "\u221223\u202f%"
    assert FRENCH.percent(0.08, signed=True) == "+8\u202f%"
    assert FRENCH.percent(-0.001, signed=True) == "0\u202f%"
    assert FRENCH.number(-0.2) == "0"


def test_tonnes_replace_kilograms_when_shorter() -> None:
    """3,310 kg of CO2e is `3,3 t`."""
    assert FRENCH.kg(3310) == "3,3\u00a0t"
    assert FRENCH.kg(842.4) == "842\u00a0kg"


def test_money_has_the_currency_of_the_city_and_no_cents() -> None:
    """XOF has no cents, and the figure is an estimate anyway."""
    assert FRENCH.money(812_000, "XOF").replace("\u202f", " ").replace("\u00a0", " ") == "812 000 F CFA"


def test_times_are_the_citys_own() -> None:
    """05:00 UTC is six in the morning in Porto-Novo."""
    assert FRENCH.clock(datetime(2026, 11, 23, 5, 0, tzinfo=UTC)) == "06:00"
    assert FRENCH.day(date(2026, 11, 23)) == "lundi 23 novembre"


def test_first_of_a_month_is_an_ordinal_in_french() -> None:
    """`1er janvier`, never `1 janvier`; the 11th, 21st and 31st are not, nor is anything in English."""
    assert FRENCH.day(date(2027, 1, 1)) == "vendredi 1er janvier"
    assert FRENCH.day(date(2026, 6, 11)) == "jeudi 11 juin"
    assert FRENCH.short_day(date(2026, 6, 1)) == "1er juin"
    assert FRENCH.moment(datetime(2026, 6, 1, 0, 10, tzinfo=UTC)) == "1er juin 01:10"
    assert ENGLISH.day(date(2027, 1, 1)) == "Friday 1 January"


def test_days_of_another_year_say_which() -> None:
    """On 23 November 2026, `lundi 23 novembre` is today; a year before it was a Sunday, and of 2025."""
    words = Words(texts_in("fr"), ZoneInfo("Africa/Porto-Novo"), today=date(2026, 11, 23))
    assert words.day(date(2026, 11, 23)) == "lundi 23 novembre"
    assert words.day(date(2025, 11, 23)) == "dimanche 23 novembre 2025"
    assert words.day(date(2027, 1, 1)) == "vendredi 1er janvier 2027"
    # Eleven at night in UTC is the next year in Porto-Novo.
    assert words.moment(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)) == "1er janv. 2027 00:30"


def test_hours_round_to_minutes() -> None:
    """7,650 s = 2 h 07 min 30 s, rounded to the even minute below or above, never `2 h 60`."""
    assert FRENCH.hours(7_650).replace("\u00a0", " ") in {"2 h 07", "2 h 08"}
    assert FRENCH.hours(7_199).replace("\u00a0", " ") == "2 h 00"


def test_small_prices_keep_the_coins_of_their_currency() -> None:
    """A container may cost 35 cents where the euro is paid; francs have no cents, and 480 euros need none."""
    assert FRENCH.price(0.351, "EUR") == "0,35\u00a0€"
    assert FRENCH.price(480.4, "EUR") == "480\u00a0€"
    assert FRENCH.price(35.4, "XOF") == "35\u00a0F\u202fCFA"
    assert [FRENCH.is_nothing(0.3, currency) for currency in ("EUR", "XOF")] == [False, True]


def test_minutes_are_those_that_have_passed() -> None:
    """A margin is never told larger than it is."""
    assert FRENCH.minutes(14 * 60 + 59) == "14\u00a0min"
    assert FRENCH.minutes(2 * 3600 + 359) == "2\u00a0h\u00a005"


def test_a_period_says_its_days() -> None:
    """Six days are not November; the first of a month is "1er" in French."""
    first, sixth = date(2026, 11, 1), date(2026, 11, 6)
    assert FRENCH.period(first, sixth) == "Du 1er au 6 novembre 2026"
    assert FRENCH.period(first, first) == "Le 1er novembre 2026"
    assert FRENCH.period(sixth, sixth) == "Le 6 novembre 2026"
    assert ENGLISH.period(first, sixth) == "From 1 to 6 November 2026"
    assert ENGLISH.period(sixth, sixth) == "On 6 November 2026"
