"""What the public page claims: sums, honesty, trust."""

from datetime import date

import pytest

from services.web.figures.period import Period, zone_share
from services.web.public.chart import BOTTOM, draw_chart
from tests.support.web_seed import november, savings_day

MONTH = date(2026, 11, 1)


def test_savings_are_summed_over_days_with_a_baseline() -> None:
    """A day without a baseline adds nothing to the claim, and its fuel is still shown."""
    days = [savings_day(date(2026, 11, 1)), savings_day(date(2026, 11, 2), baseline=False)]
    period = Period(MONTH, days)
    assert period.fuel_saved_l == pytest.approx(days[0].fuel_saved_l)
    assert period.fuel_l == pytest.approx(days[0].driven.fuel_l + days[1].driven.fuel_l)


def test_litres_for_each_container_and_tonne_stand_beside_the_total() -> None:
    """76 stops against 447: three quarters of the diesel saved, and each container emptied took half as much again."""
    day = savings_day(date(2026, 11, 1))
    assert day.baseline is not None
    few = day.model_copy(
        update={
            "driven": day.driven.model_copy(update={"stops": 76, "fuel_l": 100.0, "collected_kg": 8_000.0}),
            "baseline": day.baseline.model_copy(update={"stops": 447, "fuel_l": 400.0, "collected_kg": 20_000.0}),
            "fuel_saved_l": 300.0,
        }
    )
    period = Period(MONTH, [few])
    assert period.verdict == "saved"
    assert period.is_dearer_by_stop
    assert period.driven.fuel_l_per_stop == pytest.approx(100 / 76)
    assert period.baseline.fuel_l_per_stop == pytest.approx(400 / 447)
    assert (period.driven.fuel_l_per_t, period.baseline.fuel_l_per_t) == (12.5, 20.0)
    assert not Period(MONTH, november(1.6)).is_dearer_by_stop  # 96 L for 34 against 154 L for 50


def test_tonnes_are_told_only_where_every_day_counts_them() -> None:
    """A line of the former release says no kilos: the tonnes of the others are not those of its litres."""
    old = savings_day(date(2026, 11, 1))
    old = old.model_copy(update={"driven": old.driven.model_copy(update={"collected_kg": None})})
    period = Period(MONTH, [old, savings_day(date(2026, 11, 2))])
    assert period.driven.fuel_l_per_t is None
    assert period.driven.fuel_l_per_stop is not None


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
