"""How much residents may report."""

from datetime import UTC, datetime, timedelta

import pytest

from services.web.requests.report_limits import PHOTOS_OF_A_CITY, SAME_WITHIN, ReportLimits, TooManyReports

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def test_address_a_key_and_a_city_have_each_their_own_budget() -> None:
    """Two of an address, four of a key, five of a city; ten minutes later it may go on."""
    limits = ReportLimits(an_address=2, a_key=4, a_city=5)
    for _ in range(2):
        limits.spend("cotonou", "192.0.2.1", NOW, has_key=False)
    with pytest.raises(TooManyReports) as refused:
        limits.spend("cotonou", "192.0.2.1", NOW, has_key=False)
    assert refused.value.retry_after_s == 601
    for _ in range(3):
        limits.spend("cotonou", "192.0.2.1", NOW, has_key=True)
    with pytest.raises(TooManyReports):
        limits.spend("cotonou", "192.0.2.9", NOW, has_key=False)
    limits.spend("bamako", "192.0.2.9", NOW, has_key=False)
    limits.spend("cotonou", "192.0.2.1", NOW + timedelta(minutes=10), has_key=False)


def test_photos_run_out_before_reports_do() -> None:
    limits = ReportLimits()
    assert all(limits.has_room_for_photo("cotonou", NOW) for _ in range(PHOTOS_OF_A_CITY))
    assert not limits.has_room_for_photo("cotonou", NOW)
    limits.spend("cotonou", "192.0.2.1", NOW, has_key=False)


def test_same_of_the_same_is_the_report_made_before_for_an_hour() -> None:
    limits = ReportLimits()
    limits.keep(("cotonou", "C-1"), "0123456789", NOW)
    assert limits.find_same(("cotonou", "C-1"), NOW + SAME_WITHIN) == "0123456789"
    assert limits.find_same(("cotonou", "C-1"), NOW + SAME_WITHIN + timedelta(seconds=1)) is None
    assert limits.find_same(("cotonou", "C-2"), NOW) is None
