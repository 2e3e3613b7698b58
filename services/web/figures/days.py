"""Which day the pages speak of."""

from datetime import date, datetime, timedelta

from services.city.registry import City

LAST_HOUR_FOR_TODAY = 12  # past noon nobody orders a round for the same day


def today_in(city: City, now: datetime) -> date:
    return now.astimezone(city.zone_info).date()


def next_service_day(city: City, now: datetime) -> date:
    """Today in the city's time zone until noon, else tomorrow."""
    local = now.astimezone(city.zone_info)
    return local.date() if local.hour < LAST_HOUR_FOR_TODAY else local.date() + timedelta(days=1)
