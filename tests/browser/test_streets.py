"""A street closed in a browser: drawn on the operator's map, told and shown, opened again; and without a map."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from infra.stack.stack import Stack
from tests.support.axe import faults
from tests.support.registry_town import AWA, PASSWORD, registry_town
from tests.support.stored_reports import StoringStream
from tests.support.web_browser import Watched, log_in
from tests.support.web_server import Running


@pytest.fixture(scope="module")
def web(database_url: str, stack: Stack) -> Iterator[Running]:
    del stack
    with registry_town(database_url, StoringStream(database_url)) as running:
        yield running


def test_street_is_drawn_closed_and_opened_again(
    web: Running, open_context: Callable[..., BrowserContext], shoot: Callable[..., None]
) -> None:
    page = open_context(1366, 900, bypass_csp=True).new_page()
    watched = Watched(page, web.url)
    log_in(page, web, (AWA, PASSWORD), "/operateur")
    page.wait_for_selector("#map[data-live]", timeout=60_000)
    page.click("#draw-street")
    canvas = page.locator("#canvas")
    canvas.click(position={"x": 300, "y": 380})
    canvas.click(position={"x": 420, "y": 420})
    expect(page.locator("#closing-help")).to_contain_text("2 points")
    shoot(page, "streets-drawing")
    page.click("#closing-go")
    expect(page.locator(".close-form")).to_contain_text("2 points")
    page.fill("[name=name]", "Rue du Marché")
    page.fill("[name=reason]", "Travaux")
    shoot(page, "streets-draft")
    page.click("button.go")
    expect(page.locator(".notice.noted")).to_be_visible()
    expect(page.locator(".said").first).to_contain_text("awa")
    shoot(page, "streets-closed")
    assert faults(page) == []
    page.goto(f"{web.url}/operateur")
    page.wait_for_selector("#map[data-live]", timeout=60_000)
    shoot(page, "streets-map")
    assert (watched.errors, watched.foreign) == ([], [])
    page.goto(f"{web.url}/rues-fermees")
    page.get_by_role("button", name="Rouvrir Rue du Marché").click()
    expect(page.locator(".lead")).to_contain_text("Aucune rue")
