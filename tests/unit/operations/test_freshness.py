"""How late a plan is, and how old, as Prometheus and the doctor are told."""

from datetime import UTC, date, datetime

import pytest

from services.contracts.fields import ONLY_FLEET
from services.planning.freshness import overdue_s
from services.planning.store import Freshness
from tests.support.example_town import example_town


@pytest.fixture(scope="module")
def fresh() -> Freshness:
    """The town of the documentation, planned yesterday."""
    registry = example_town()
    planned_at = datetime(2026, 11, 21, 4, tzinfo=UTC)
    return Freshness(registry.city, ONLY_FLEET, planned_at, date(2026, 11, 21), None)


def test_plan_is_late_from_the_citys_own_hour_on(fresh: Freshness) -> None:
    """The alert counts from the hour on the wall of the town hall, wherever the server stands."""
    # Houéyogbé is in Africa/Porto-Novo, UTC+1 all year.
    plan_at = fresh.city.planning.plan_at
    hour_utc = datetime(2026, 11, 22, plan_at.hour - 1, plan_at.minute, tzinfo=UTC)
    assert overdue_s(fresh, hour_utc) == 0
    assert overdue_s(fresh, hour_utc.replace(hour=hour_utc.hour + 2)) == 7200


def test_plan_for_today_is_never_late_and_none_at_all_is(fresh: Freshness) -> None:
    """Whoever planned in the night has planned; a city never planned waits like any other."""
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert overdue_s(fresh._replace(planned_day=date(2026, 11, 22)), noon) == 0
    assert overdue_s(fresh._replace(planned_day=None, planned_at=None), noon) == overdue_s(fresh, noon) > 0
