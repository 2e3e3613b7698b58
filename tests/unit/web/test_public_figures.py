"""What the public page claims: sums, honesty, trust."""

from datetime import date

import pytest

from services.web.public.chart import BOTTOM, draw_chart
from services.web.public.period import Period, zone_share
from tests.support.web_seed import november, savings_day

MONTH = date(2026, 11, 1)


def test_savings_are_summed_over_days_with_a_baseline() -> None:
    """A day without a baseline adds nothing to the claim, and its fuel is still shown."""
    days = [savings_day(date(2026, 11, 1)), savings_day(date(2026, 11, 2), baseline=False)]
    period = Period(MONTH, days)
    assert period.fuel_saved_l == pytest.approx(days[0].fuel_saved_l)
    assert period.fuel_l == pytest.approx(days[0].driven.fuel_l + days[1].driven.fuel_l)


@pytest.mark.parametrize(
    ("days", "verdict"),
    [
        ([], "no_data"),
        (november(baseline=False), "no_baseline"),
        (november(1.3), "saved"),
        (november(1.0), "even"),
        (november(0.9), "lost"),
    ],
)
def test_verdict_is_honest(days: list[object], verdict: str) -> None:
    """Days that cost more are told as such, and nothing is claimed without a baseline."""
    assert Period(MONTH, days).verdict == verdict  # type: ignore[arg-type]


def test_trust_is_that_of_the_weakest_day() -> None:
    """One day from the plan makes the month estimated; a simulated city is simulated whatever its GPS says."""
    gps, plan = savings_day(date(2026, 11, 1), simulated=False), savings_day(date(2026, 11, 6), simulated=False)
    assert Period(MONTH, [gps]).trust == "measured"
    assert Period(MONTH, [gps, plan]).trust == "estimated"
    assert Period(MONTH, november()).trust == "simulated"


def test_zone_without_a_line_in_the_ledger_is_unknown_not_unserved() -> None:
    """A district that nobody has counted yet must not be shown as left out."""
    assert zone_share(1, "a", "A", 1000, None).state == "unknown"


def test_chart_starts_at_zero() -> None:
    """Bars stand on the zero line, so that a tenth less fuel looks a tenth lower."""
    chart = draw_chart(november())
    assert chart.ticks[0] == (BOTTOM, 0.0)
    assert all(bars.driven.y + bars.driven.height == pytest.approx(BOTTOM, abs=0.02) for bars in chart.days)


def test_chart_of_no_days_has_axes_and_no_bars() -> None:
    """An empty month is drawn, not an error."""
    chart = draw_chart([])
    assert chart.days == []
    assert len(chart.ticks) >= 2
