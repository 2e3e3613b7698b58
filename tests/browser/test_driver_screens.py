"""The phone's screens as crews have them: small, on their side, with large letters, on a slow network."""

from collections.abc import Callable
from itertools import combinations

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from services.store.connection import connect
from tests.support.web_browser import enrol, log_in
from tests.support.web_phone import put_long_circuit
from tests.support.web_seed import DRIVER
from tests.support.web_server import Running

Open = Callable[..., BrowserContext]
Shoot = Callable[..., None]

LONG = ("C-03", DRIVER[1])
STOPS, DONE = 100, 90
SIZES = {"upright": (360, 640), "lying": (640, 360)}
BOXES = """() => [...document.querySelectorAll('#app button, #app a.button, #app h1')]
  .map((e) => [e.id || e.tagName, e.getBoundingClientRect()])
  .map(([name, b]) => [name, b.left, b.top, b.right, b.bottom])"""
CUT = """() => [...document.querySelectorAll('#app .button, #app h1')]
  .filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.outerHTML)"""


@pytest.fixture(scope="module")
def long_day(web: Running, database_url: str) -> Running:
    """A truck with a hundred stops, ninety of them behind it."""
    with connect(database_url, name="seed") as connection:
        put_long_circuit(connection, LONG[0], STOPS, DONE)
    return web


def _open(context: BrowserContext, web: Running, letters: int = 100) -> Page:
    page = context.new_page()
    log_in(page, web, LONG, "/chauffeur")
    page.wait_for_selector("#done")
    if letters != 100:
        # As a phone does whose owner asks for larger letters: every length in rem grows.
        page.evaluate(f"document.documentElement.style.fontSize = '{letters}%'")
    return page


def _height(page: Page) -> tuple[int, int]:
    """Of the document and of the screen."""
    return tuple(page.evaluate("[document.documentElement.scrollHeight, innerHeight]"))


@pytest.mark.parametrize("size", SIZES)
def test_list_opens_at_the_next_stop_and_ends_where_it_ends(
    long_day: Running, open_context: Open, shoot: Shoot, size: str
) -> None:
    """With ninety stops behind, the next one is on the screen at once, and nothing can be swiped into the blank."""
    page = _open(open_context(*SIZES[size]), long_day)
    assert _height(page)[0] == _height(page)[1]
    page.click("#to-list")
    expect(page.locator(".is-next")).to_contain_text(str(DONE + 1))
    expect(page.locator(".is-next")).to_be_in_viewport(ratio=1)
    assert page.locator(".is-next").get_attribute("aria-current") == "step"
    shoot(page, f"driver-list-{size}")
    assert _height(page)[0] == _height(page)[1]


def test_poll_moves_no_list_and_empties_no_field(long_day: Running, open_context: Open) -> None:
    """The phone redraws when the network comes and goes: a driver who reads further down stays there."""
    context = open_context(360, 640)
    page = _open(context, long_day)
    page.click("#to-list")
    page.evaluate("document.querySelector('.all').scrollTop = 1500")
    context.set_offline(True)
    expect(page.locator("#away")).to_be_visible()
    context.set_offline(False)
    expect(page.locator("#away")).to_be_hidden(timeout=20_000)
    assert page.evaluate("document.querySelector('.all').scrollTop") == 1500


@pytest.mark.parametrize("letters", [100, 200])
@pytest.mark.parametrize("size", SIZES)
def test_stop_has_its_name_and_buttons_apart(
    long_day: Running, open_context: Open, shoot: Shoot, size: str, letters: int
) -> None:
    """The name is read whole and no button lies on another, also with letters twice as large."""
    page = _open(open_context(*SIZES[size]), long_day, letters)
    shoot(page, f"driver-{size}-{letters}")
    expect(page.locator("h1")).to_be_in_viewport(ratio=1)
    for (one, *a), (other, *b) in combinations(page.evaluate(BOXES), 2):
        apart = a[2] <= b[0] + 1 or b[2] <= a[0] + 1 or a[3] <= b[1] + 1 or b[3] <= a[1] + 1
        assert apart, f"{one} {a} lies on {other} {b}"
    assert page.evaluate(CUT) == []
    for button in ("#done", "#skip", "#to-list"):
        page.locator(button).scroll_into_view_if_needed()
        expect(page.locator(button)).to_be_in_viewport(ratio=1)
    if letters == 100:
        page.evaluate("document.getElementById('app').scrollTop = 0")
        expect(page.locator("#skip")).to_be_in_viewport(ratio=1)


def test_slow_first_load_shows_no_endless_list(long_day: Running, open_context: Open, shoot: Shoot) -> None:
    """While the script is on its way a line says so; the list for browsers without it is 17,000 px long."""
    page = open_context(360, 640).new_page()
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    page.route("**/driver/app.js", hold)
    enrol(page, long_day.url, LONG[0])
    page.goto(f"{long_day.url}/connexion?suite=/chauffeur")
    page.fill("[name=login]", LONG[0])
    page.fill("[name=password]", LONG[1])
    page.click("button.go", no_wait_after=True)
    expect(page.locator(".opening-word")).to_be_visible()
    shoot(page, "driver-opening")
    assert _height(page)[0] == _height(page)[1]
    assert not page.locator("#plain").is_visible()
    for route in waiting:
        route.continue_()
    page.wait_for_selector("#done")
    assert not page.locator(".opening-word").is_visible()


def test_script_that_never_comes_gives_the_list_back(long_day: Running, open_context: Open) -> None:
    """A crew must not stand before an empty page."""
    page = open_context(360, 640).new_page()
    page.clock.install()
    page.route("**/driver/app.js", lambda route: route.abort())
    log_in(page, long_day, LONG, "/chauffeur")
    assert not page.locator("#plain").is_visible()
    page.clock.fast_forward(16_000)
    expect(page.locator("#plain h1")).to_be_visible()


def test_wrong_digits_say_how_long_the_account_rests(
    long_day: Running, database_url: str, open_context: Open, shoot: Shoot
) -> None:
    """After the fifth wrong try the right digits are refused too: the phone says why, for how long and who can help."""
    page = _open(open_context(360, 640), long_day)
    with connect(database_url, name="test") as connection:
        connection.execute("UPDATE account SET session_epoch = session_epoch + 1 WHERE login = %s", (LONG[0],))
    page.click("#done")
    page.click("#ask-pin", timeout=20_000)
    for _ in range(5):
        page.fill("#pin", "0000")
        page.click(".pin button.go")
        expect(page.locator("[role=alert]")).to_be_visible()
        page.wait_for_timeout(300)
    page.fill("#pin", LONG[1])
    page.click(".pin button.go")
    shoot(page, "driver-rests")
    expect(page.locator("[role=alert]")).to_contain_text("Réessayez dans 5 min, ou appelez l'exploitation")
