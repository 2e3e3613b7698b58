"""A long plan's list in a browser: what is opened comes then, and stays open; the menu above it is one line."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from services.web.operator import panel
from tests.support.web_browser import Watched, log_in
from tests.support.web_seed import OPERATOR
from tests.support.web_server import Running

Open = Callable[..., BrowserContext]
PATIENCE_MS = 30_000


def test_stops_and_ladder_come_when_they_are_opened(
    web: Running, open_context: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not before; a list that is drawn anew brings the circuit that is open; a stop in it can be chosen."""
    monkeypatch.setattr(panel, "MOST_STOPS_WHOLE", 0)
    page = open_context(1366, 768).new_page()
    watched = Watched(page, web.url)
    log_in(page, web, OPERATOR, "/operateur")
    page.wait_for_selector(".tabbed")
    assert page.locator("#circuits .stops").count() == 0
    page.click("[data-open='2']")
    expect(page.locator("#stops-2 .stops li").first).to_be_visible(timeout=PATIENCE_MS)
    page.click("#stops-2 li[data-container] >> nth=1")
    expect(page.locator("#stops-2 li.chosen")).to_have_count(1, timeout=PATIENCE_MS)
    page.evaluate("document.getElementById('list').dataset.old = 'true'")
    page.evaluate("document.dispatchEvent(new CustomEvent('tournee:changed'))")
    expect(page.locator("#list[data-old]")).to_have_count(0, timeout=PATIENCE_MS)
    expect(page.locator("#stops-2 .stops")).to_have_count(1, timeout=PATIENCE_MS)
    assert page.locator("#circuits .stops").count() == 1
    page.click(".tabs a[href='#ladder']")
    expect(page.locator("#ladder .ladder li")).to_have_count(4, timeout=PATIENCE_MS)
    assert watched.errors == []


def test_menu_of_the_office_is_one_line(web: Running, open_context: Open) -> None:
    """On a screen of 1366 pixels; what is not among its links opens below, by keyboard too."""
    page = open_context(1366, 768).new_page()
    log_in(page, web, OPERATOR, "/operateur")
    header = page.locator("header.top").bounding_box()
    assert header is not None
    assert header["height"] <= 48
    page.focus(".others summary")
    page.keyboard.press("Enter")
    expect(page.locator(".others a[href='/aide']")).to_be_visible(timeout=PATIENCE_MS)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.others nav') !== null")
