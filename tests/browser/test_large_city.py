"""The operator's map of a city with thousands of containers: plainer than a town's, and whole where it matters."""

from collections.abc import Callable, Iterator
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page

from tests.benchmarks.console.large import NOW, put_large
from tests.support.web_browser import Watched, log_in
from tests.support.web_seed import OPERATOR
from tests.support.web_server import Running, serve
from tests.twins.stream import MemoryStream

Open = Callable[..., BrowserContext]
Shoot = Callable[..., None]
DARK = 50


@pytest.fixture(scope="module")
def web(database_url: str) -> Iterator[Running]:
    put_large(database_url, 6_000, 60)
    with serve(database_url, MemoryStream(), NOW) as running:
        yield running


def test_plates_make_room_and_a_chosen_circuit_is_drawn_in_full(web: Running, open_context: Open, shoot: Shoot) -> None:
    """Sixty plates one over the other were a black map; a choice fades what is not of it, and nothing complains."""
    page = open_context(1366, 768).new_page()
    watched = Watched(page, web.url)
    log_in(page, web, OPERATOR, "/operateur")
    page.wait_for_selector("#map[data-live]", timeout=90_000)
    shoot(page, "large-city")
    before = _inked(page)
    assert before < 0.05
    page.click("[data-open='30']")
    page.wait_for_timeout(3000)
    shoot(page, "large-city-circuit")
    assert _inked(page) < before / 2
    assert watched.errors == []


def _inked(page: Page) -> float:
    """How much of the map, as it is on the screen, has the ink of plates and trucks."""
    shot = Image.open(BytesIO(page.locator("#canvas").screenshot())).convert("L")
    return sum(shot.histogram()[:DARK]) / (shot.width * shot.height)
