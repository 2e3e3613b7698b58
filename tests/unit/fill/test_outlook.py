"""What one container's page says ahead is what the planner reckons with."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.city.special_days import SpecialDays
from services.fill.belief import Belief, learn, start
from services.fill.due import forecasts_of_day
from services.fill.evidence import Evidence
from services.fill.outlook import Known, Outlook, is_told_by_sensor, some_of
from services.fill.prospects import service_instant
from tests.support.example_town import example_town

NOW = datetime(2026, 3, 2, 18, tzinfo=UTC)
DAY = date(2026, 3, 3)


def belief_of(level: float):  # type: ignore[no-untyped-def]
    """Emptied five days ago, since then filling to this level."""
    belief = learn(start(), Evidence("emptied", NOW - timedelta(days=5), NOW - timedelta(days=5)))
    for hours in range(120, 0, -1):
        at = NOW - timedelta(hours=hours)
        belief = learn(belief, Evidence("reading", at, at, level * (120 - hours) / 120))
    return belief


def test_it_is_the_planner_s_own_forecast() -> None:
    """The same containers, instant and evidence: median and band of the plan, to its last digit."""
    town = example_town()
    rates = {kind.id: kind.fill_per_day for kind in town.container_kinds}
    known = [Known(c.id, c.kind, c.stream, c.zone, rates[c.kind]) for c in town.containers]
    beliefs = {c.id: belief_of(0.2 + 0.05 * n) for n, c in enumerate(town.containers) if n % 2}
    outlook = Outlook(known, beliefs, NOW, timedelta(days=town.city.planning.max_days_between_emptyings))
    planned = forecasts_of_day(town, beliefs, DAY, NOW)
    at = service_instant(town, DAY)
    # Where nobody knows when it was empty, the planner counts back from its trucks, the page from now.
    for one, forecast in [(one, f) for one, f in zip(known, planned, strict=True) if one.container in beliefs]:
        (ahead,) = outlook.ahead(one, beliefs[one.container], NOW, [at])
        assert ahead.median == pytest.approx(forecast.fill_ratio, abs=1e-4)
        assert (ahead.low, ahead.high) == pytest.approx((forecast.fill_low, forecast.fill_high), abs=1e-3)


def lived_with_a_market(every: int) -> Belief:
    """Fifty days of 0.03, and of 0.2 on each market day, the last of which was so many days before `DAY`."""
    belief, level = start(), 0.0
    for hours in range(-50 * 24, 1, 3):
        at = NOW + timedelta(hours=hours)
        if 6 <= at.hour < 18:
            level += (0.2 if (DAY - at.date()).days % every == 0 else 0.03) / 4
        level = 0.0 if level > 0.9 else level
        belief = learn(belief, Evidence("reading", at, at, round(level, 3)))
    return belief


def test_plan_and_page_reckon_with_tomorrow_s_market() -> None:
    """When the trucks come a part of it is over, by the night the whole: more than twice what the mean day brings.

    A city that says nothing of its market may see the fifth day in its past; it is told less of it.
    """
    town = example_town()
    zone = town.containers[0].zone
    market = SpecialDays(market_every=(f"{zone}:5:{DAY}",))
    rates = {kind.id: kind.fill_per_day for kind in town.container_kinds}
    known = [Known(c.id, c.kind, c.stream, c.zone, rates[c.kind]) for c in town.containers if c.zone == zone]
    beliefs = {one.container: lived_with_a_market(5) for one in known}
    one, told = known[0], {}
    for special in (SpecialDays(), market):
        city = town.model_copy(update={"city": town.city.model_copy(update={"special_days": special})})
        planned = {forecast.container: forecast.fill_ratio for forecast in forecasts_of_day(city, beliefs, DAY, NOW)}
        instants = [service_instant(city, DAY), NOW + timedelta(hours=10), NOW + timedelta(hours=34)]
        outlook = Outlook(known, beliefs, NOW, timedelta(days=3), special)
        at_round, before, after = (row.median for row in outlook.ahead(one, beliefs[one.container], NOW, instants))
        assert at_round == pytest.approx(planned[one.container], abs=0.01)
        told[special] = at_round, after - before
    assert told[market][0] - beliefs[one.container].level > 0.03  # more than a usual day, whole, brings
    assert told[market][1] > 2 * (0.2 + 4 * 0.03) / 5
    assert told[market][1] > told[SpecialDays()][1]


def test_band_widens_and_overflow_becomes_likelier_with_the_days() -> None:
    known = Known("c", "bin", "residual", "z", 0.3)
    belief = belief_of(0.6)
    rows = Outlook([known], {"c": belief}, NOW, timedelta(days=3)).ahead(
        known, belief, NOW, [NOW + timedelta(days=n) for n in (0, 1, 4)]
    )
    assert is_told_by_sensor(belief, NOW)
    assert rows[0].low == pytest.approx(0.6, abs=0.05)
    assert rows[0].high - rows[0].low < rows[1].high - rows[1].low < rows[2].high - rows[2].low
    assert rows[0].overflow < rows[1].overflow < rows[2].overflow


def test_model_of_a_large_city_is_learned_from_some_of_all_its_districts() -> None:
    assert some_of([1, 2, 3], 5) == [1, 2, 3]
    assert some_of(range(10), 4) == [0, 2, 5, 7]
