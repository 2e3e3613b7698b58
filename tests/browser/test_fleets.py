"""An operator of two fleets: the choice is one click, and the page stays with it whatever is pressed."""

from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit
from uuid import uuid5

import pytest
from playwright.sync_api import BrowserContext, expect

from services.store.connection import connect
from tests.support.web_browser import Watched, log_in
from tests.support.web_seed import (
    DAY,
    NAMES,
    NOW,
    OPERATOR,
    plan_of_fleet,
    put_city,
    put_dispatch,
    put_fleets,
    put_plan,
)
from tests.support.web_server import Running, serve
from tests.twins.stream import MemoryStream


@pytest.fixture(scope="module")
def web(database_url: str) -> Iterator[Running]:
    """A city of two fleets, both planned; the east is sent, the west is not."""
    plans = [plan_of_fleet(fleet, uuid5(NAMES, f"plan of {fleet}")) for fleet in ("est", "ouest")]
    with connect(database_url, name="seed") as connection:
        put_city(connection)
        put_fleets(connection)
        for plan in plans:
            put_plan(connection, plan)
        put_dispatch(connection, plans[0])
    with serve(database_url, MemoryStream(), NOW) as running:
        yield running


def test_page_stays_with_the_fleet_that_was_chosen(
    web: Running, open_context: Callable[..., BrowserContext], shoot: Callable[..., None]
) -> None:
    """Days, language, the look before sending and the script's own questions: all of the same fleet."""
    page = open_context().new_page()
    watched = Watched(page, web.url)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    log_in(page, web, OPERATOR, f"/operateur?jour={DAY}")
    expect(page.locator(".fleets [aria-current]")).to_have_text("Lot Est")
    shoot(page, "fleets-first")
    page.click("text=Lot Ouest")
    expect(page.locator(".fleets [aria-current]")).to_have_text("Lot Ouest")
    asked.clear()  # what the page before still asked
    page.reload()
    expect(page.locator("tbody[data-circuit]")).to_have_count(2)
    page.wait_for_timeout(1500)  # the script follows the day, and the map asks for its containers
    shoot(page, "fleets-chosen")
    questions = [urlsplit(url) for url in asked if "/api/v1/live" in url or "/api/v1/containers" in url]
    assert {parse_qs(question.query)["fleet"][0] for question in questions} == {"ouest"}
    assert [question.path for question in questions if question.path.endswith("live")] == ["/api/v1/live"]
    for step in ('a[aria-label="Jour d\'après"]', 'a[aria-label="Jour d\'avant"]', "text=English", "text=Français"):
        page.click(step)
        expect(page.locator(".fleets [aria-current]")).to_have_text("Lot Ouest")
    page.click("text=Envoyer aux chauffeurs")
    expect(page.locator(".of-fleet")).to_have_text("Flotte Lot Ouest seule")
    shoot(page, "fleets-look")
    page.click("text=Revenir au plan")
    expect(page.locator(".fleets [aria-current]")).to_have_text("Lot Ouest")
    assert (watched.errors, watched.foreign) == ([], [])


def test_choice_fits_a_small_screen(
    web: Running, open_context: Callable[..., BrowserContext], shoot: Callable[..., None]
) -> None:
    """On a phone in the yard the fleets stand in a line of their own, and nothing is wider than the screen."""
    page = open_context(width=390, height=844).new_page()
    log_in(page, web, OPERATOR, f"/operateur?jour={DAY}&flotte=ouest")
    expect(page.locator(".fleets [aria-current]")).to_have_text("Lot Ouest")
    shoot(page, "fleets-phone")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
