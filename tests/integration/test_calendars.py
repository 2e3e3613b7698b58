"""Calendars of collection days over HTTP, read by a library that is not the one which wrote them."""

from datetime import date, timedelta

import httpx
import pytest
from ical.calendar_stream import IcsCalendarStream
from ical.event import Event, EventStatus
from psycopg.types.json import Jsonb

from services.store.connection import connect
from tests.support.web_seed import CITY, DAY, containers, make_plan
from tests.support.web_server import Running

ZONE = "akpakpa"


@pytest.fixture(scope="module")
def fixed(web: Running, database_url: str) -> Running:
    """The seeded city with a fixed circuit of its first district: Mondays and Thursdays."""
    with connect(database_url, name="test") as connection:
        for position, row in enumerate(each for each in containers() if each["zone"] == ZONE):
            stop = {"circuit": "F1", "truck": "C-01", "weekdays": ["mon", "thu"], "position": position + 1,
                    "container": row["id"]}  # fmt: skip
            connection.execute(
                "INSERT INTO registry_entry VALUES (%s, 'baseline_stop', %s, %s, %s)",
                (CITY, f"F1/{position}", position, Jsonb(stop)),
            )
    return web


def address(zone: str = ZONE, more: str = "") -> str:
    return f"/api/v1/calendars/{CITY}/{zone}/residual.ics{more}"


def events_of(answer: httpx.Response) -> dict[date, Event]:
    assert answer.status_code == 200, answer.text
    calendar = IcsCalendarStream.calendar_from_ics(answer.text)
    return {event.start: event for event in calendar.events}  # type: ignore[misc]


def test_another_library_reads_the_days(fixed: Running) -> None:
    """23 November 2026 is a Monday whose circuits were sent: confirmed. The Thursday after it is as usual."""
    events = events_of(httpx.get(fixed.url + address()))
    today, thursday = events[DAY], events[DAY + timedelta(days=3)]
    assert today.status == EventStatus.CONFIRMED
    assert thursday.status == EventStatus.TENTATIVE
    assert today.summary == thursday.summary == "Ordures ménagères"
    assert today.end == DAY + timedelta(days=1)
    assert today.location == "Akpakpa-Nord, Port-Azur"
    theirs = {row["id"] for row in containers() if row["zone"] == ZONE}
    emptied = sum(stop.place in theirs for circuit in make_plan().circuits for stop in circuit.stops)
    assert today.description == f"{emptied} conteneurs du quartier sont vidés ce jour."
    assert len({event.uid for event in events.values()}) == len(events) == 18


def test_day_keeps_its_id_when_it_is_confirmed(fixed: Running) -> None:
    """Phones change the event that they have; a second one would say two collections."""
    now = fixed.clock.at
    try:
        fixed.clock.at = now - timedelta(days=3)
        later = events_of(httpx.get(fixed.url + address()))
    finally:
        fixed.clock.at = now
    assert later[DAY].uid == events_of(httpx.get(fixed.url + address()))[DAY].uid


def test_calendar_may_be_kept_and_is_not_sent_twice(fixed: Running) -> None:
    """Very many phones ask every hour: the same days are the same bytes."""
    first = httpx.get(fixed.url + address())
    assert first.headers["content-type"] == "text/calendar; charset=utf-8"
    assert first.headers["cache-control"] == "public, max-age=1800"
    assert "cookie" not in first.headers["vary"].lower()
    again = httpx.get(fixed.url + address(), headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "set-cookie" not in first.headers


def test_other_language_and_simulated_city_say_so(fixed: Running) -> None:
    answer = httpx.get(fixed.url + address(more="?langue=en"))
    assert events_of(answer)[DAY].summary == "Household waste"
    assert "simulat" in answer.text.replace("\r\n ", "")


def test_city_without_fixed_days_tells_what_was_sent_alone(fixed: Running) -> None:
    """`gbegamey` has no fixed circuit in this city: today, and no promise."""
    events = events_of(httpx.get(fixed.url + address("gbegamey")))
    assert set(events) == {DAY}


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/calendars/atlantis/akpakpa/residual.ics",
        f"/api/v1/calendars/{CITY}/nowhere/residual.ics",
        f"/api/v1/calendars/{CITY}/{ZONE}/gold.ics",
        f"/api/v1/calendars/{CITY}/pk6/residual.ics",  # a district without containers
    ],
)
def test_calendar_that_is_not_there_is_404(fixed: Running, path: str) -> None:
    assert httpx.get(fixed.url + path).status_code == 404


def test_page_leads_to_every_calendar(fixed: Running) -> None:
    """And the public page leads to it."""
    assert f"/calendrier?city={CITY}" in httpx.get(fixed.url).text
    page = httpx.get(f"{fixed.url}/calendrier?city={CITY}")
    assert page.status_code == 200
    zones = {row["zone"] for row in containers()}
    assert all(address(zone) in page.text for zone in zones)
    assert "lundi 23 novembre" in page.text
    assert httpx.get(f"{fixed.url}/calendrier?city=atlantis").status_code == 404
