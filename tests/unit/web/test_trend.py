"""The trend over months, the badge and the ladder's bar: what is drawn is what is said."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from services.city.registry import City
from services.ledger.errors import interval_of
from services.ledger.period import Savings
from services.web.figures.coverage import Covered
from services.web.figures.kept_months import KeptMonths, MonthStamp
from services.web.figures.period import Period
from services.web.public.badge import draw_badge
from services.web.public.trend import BOTTOM, Month, draw_trend
from services.web.rendering.catalogue import texts_in
from services.web.rendering.words import Words
from tests.support.web_seed import city_document, coverage, november

NOVEMBER = date(2026, 11, 1)


def month(number: int, litres: float, spread: float = 10) -> Month:
    fuel = interval_of(litres, spread)
    savings = Savings(fuel, fuel, fuel, fuel, fuel, 1000, 0, (), ())
    return Month(date(2026, number, 1), savings)


def test_one_month_is_no_trend() -> None:
    assert draw_trend([]) is None
    assert draw_trend([month(3, 100)]) is None


def test_bars_begin_at_zero_and_the_band_is_the_interval() -> None:
    """100 and 200 L, plus and minus 16.45: the second bar is twice as high, its band around its end."""
    trend = draw_trend([month(3, 100), month(4, 200)])
    assert trend is not None
    first, second = trend.months
    assert second.height == pytest.approx(2 * first.height, abs=0.02)
    assert first.zero == second.zero == BOTTOM
    assert second.high < second.value < second.low
    assert second.value - second.high == pytest.approx(second.low - second.value, abs=0.02)
    assert next(litres for _, litres in trend.ticks) == 0


def test_a_month_that_lost_hangs_below_zero() -> None:
    """A loss is not hidden: its bar goes down from zero."""
    trend = draw_trend([month(3, 100), month(4, -50)])
    assert trend is not None
    gained, lost = trend.months
    assert gained.value < gained.zero < lost.value
    assert lost.top == lost.zero
    assert min(litres for _, litres in trend.ticks) < 0


def test_a_month_is_computed_again_only_when_it_changed() -> None:
    kept, computed = KeptMonths(), []
    stamp = MonthStamp(NOVEMBER, 22, datetime(2026, 11, 23, tzinfo=UTC))
    for given in (stamp, stamp, MonthStamp(NOVEMBER, 23, stamp.computed_at), stamp):
        kept.get("port-azur", given, lambda: computed.append(1))
    assert len(computed) == 3


def test_the_badge_says_what_is_claimed_and_no_more() -> None:
    """The interval with the figure; a loss in words and grey; before anything is compared, nothing."""
    city = City.model_validate(city_document(name='Ville <b>"x"</b>'))
    texts, words = texts_in("fr"), Words(texts_in("fr"), ZoneInfo("UTC"))
    saved = draw_badge(city, Period(NOVEMBER, november()), texts, words)
    assert "économisés (" in saved
    assert "simulé" in saved
    assert "<b>" not in saved
    assert "#0b6b47" in saved
    lost = draw_badge(city, Period(NOVEMBER, november(0.9)), texts, words)
    assert "de plus" in lost
    assert "#0b6b47" not in lost
    assert "rien à comparer" in draw_badge(city, Period(NOVEMBER, ()), texts, words)


def test_the_ladders_bar_is_the_whole_city() -> None:
    """Its parts lie side by side and come to all; the districts with most people unserved come first."""
    covered = Covered(coverage(), {"vossa": "Vossa-Lagune"})
    shares = covered.steps
    assert sum(share.ratio for share in shares) == pytest.approx(1)
    assert shares[0].left == 0
    assert [share.step for share in shares] == ["full", "improved", "basic", "limited", "none"]
    assert [zone.zone for zone in covered.unserved][:2] == ["pk6", "vossa"]
    assert "dantokpa" not in {zone.zone for zone in covered.unserved}
    assert (covered.name("vossa"), covered.name("gone")) == ("Vossa-Lagune", "gone")
