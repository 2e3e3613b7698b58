"""A container's page in a browser: its forecast comes by itself, it leads back to the plan, and nothing is at fault."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from services.store.connection import connect
from tests.support.axe import faults
from tests.support.container_seed import BUSY, SENSORLESS, STUCK, put_container_history
from tests.support.web_browser import Watched, log_in
from tests.support.web_seed import OPERATOR
from tests.support.web_server import Running, serve_city
from tests.twins.stream import MemoryStream

Open = Callable[..., BrowserContext]
Shoot = Callable[..., None]


@pytest.fixture(scope="module")
def web(database_url: str) -> Iterator[Running]:
    with serve_city(database_url, MemoryStream()) as running:
        with connect(database_url, name="seed") as connection:
            put_container_history(connection)
        yield running


def test_forecast_comes_by_itself_and_the_way_leads_back(web: Running, open_context: Open) -> None:
    """From the operator's list to the page, and from there to the plan with this container chosen."""
    page = open_context(1366, 768).new_page()
    watched = Watched(page, web.url)
    log_in(page, web, OPERATOR, "/operateur")
    page.goto(f"{web.url}/operateur#due")
    page.click(f"#due a[href='/bacs/{BUSY}']")
    expect(page.locator(".levels .median").first).to_be_attached(timeout=20_000)
    expect(page.locator(".level span")).to_contain_text(re.compile("quatre fois sur cinq|connu au pour-cent"))
    page.click("text=Plan du jour >> nth=-1")
    page.wait_for_selector("#list.tabbed")
    expect(page.locator(f"#list .chosen[data-container='{BUSY}']").first).to_be_visible()
    assert watched.errors == []
    assert watched.foreign == []


def test_page_works_without_scripts(web: Running, open_context: Open) -> None:
    """The forecast is a link away."""
    page = open_context(1366, 768, java_script_enabled=False).new_page()
    log_in(page, web, OPERATOR, "/operateur")
    page.goto(f"{web.url}/bacs/{BUSY}?jours=90&prevision=oui")
    assert page.locator(".levels .median").count() > 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080), (360, 640)])
def test_page_has_no_fault_that_axe_finds(
    web: Running, open_context: Open, shoot: Shoot, scheme: str, size: tuple[int, int]
) -> None:
    """A sound sensor, a stuck one, none at all."""
    page = open_context(*size, color_scheme=scheme, bypass_csp=True).new_page()
    log_in(page, web, OPERATOR, "/operateur")
    found = {}
    for name in (BUSY, STUCK, SENSORLESS):
        page.goto(f"{web.url}/bacs/{name}?prevision=oui")
        found[name] = faults(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        shoot(page, f"container-{name}-{size[0]}-{scheme}", whole=True)
    assert {where: what for where, what in found.items() if what} == {}
