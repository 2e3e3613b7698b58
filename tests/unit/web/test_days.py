"""Which day is planned, sent and shown."""

from datetime import UTC, date, datetime

import pytest

from services.city.registry import City
from services.web.figures.days import next_service_day
from tests.support.web_seed import city_document

CITY = City.model_validate(city_document())


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 11, 23, 4, 0, tzinfo=UTC), date(2026, 11, 23)),
        (datetime(2026, 11, 23, 10, 59, tzinfo=UTC), date(2026, 11, 23)),
        (datetime(2026, 11, 23, 11, 0, tzinfo=UTC), date(2026, 11, 24)),  # noon in Porto-Novo
        (datetime(2026, 11, 23, 23, 30, tzinfo=UTC), date(2026, 11, 24)),  # half past midnight there
    ],
)
def test_next_service_day_is_today_until_noon(now: datetime, day: date) -> None:
    """The morning's operator plans today; the evening's plans tomorrow, by the city's clock."""
    assert next_service_day(CITY, now) == day
