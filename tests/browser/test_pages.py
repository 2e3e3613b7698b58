"""Every page opens, in light and dark, on desk, phone and paper, with and without JavaScript."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from services.web.rendering.assets import Assets
from tests.support.web_browser import Watched, log_in
from tests.support.web_seed import DRIVER, MAYOR, NOW, OPERATOR
from tests.support.web_server import Running, serve
from tests.twins.stream import MemoryStream

Open = Callable[..., BrowserContext]
Shoot = Callable[..., None]

FACES = {
    "operator": (OPERATOR, "/operateur"),
    "driver": (("C-02", DRIVER[1]), "/chauffeur"),
    "municipality": (MAYOR, "/municipalite"),
    "public": (None, "/"),
}
TOLD = {
    "operator": "Envoyé à",
    "driver": "Circuit 2",
    "municipality": "Du 1er au 22 novembre 2026, les camions de Port-Azur ont brûlé",
    "public": "Port-Azur a économisé",
}
LABELLED = """() => [...document.querySelectorAll('input:not([type=hidden]), select, button, a[href]')]
  .filter((e) => e.checkVisibility())
  .filter((e) => !(e.labels?.length || e.textContent.trim() || e.getAttribute('aria-label')))
  .map((e) => e.outerHTML)"""
SMALL = """(least) => [...document.querySelectorAll('body *')]
  .filter((e) => e.checkVisibility() && !e.closest('svg, .hidden, script'))
  .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()))
  .filter((e) => parseFloat(getComputedStyle(e).fontSize) < least).map((e) => e.outerHTML.slice(0, 120))"""


def _open(context: BrowserContext, web: Running, face: str) -> tuple[Page, Watched]:
    page = context.new_page()
    watched = Watched(page, web.url)
    who, path = FACES[face]
    if who:
        log_in(page, web, who, path)
    page.goto(web.url + path)
    return page, watched


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("face", FACES)
def test_page_opens_without_errors_or_strangers(
    web: Running, open_context: Open, shoot: Shoot, face: str, scheme: str
) -> None:
    """No console error, no request to anybody else, every control named."""
    size = (360, 740) if face == "driver" else (1440, 900)
    page, watched = _open(open_context(*size, color_scheme=scheme), web, face)
    if face == "operator":
        page.wait_for_selector("#map[data-live]", timeout=60_000)
    if face == "driver":
        page.wait_for_selector("#done")
    shoot(page, f"{face}-{scheme}", whole=face in {"public", "municipality"})
    assert watched.errors == []
    assert watched.foreign == []
    assert page.evaluate(LABELLED) == []
    assert page.evaluate(SMALL, 18 if face == "driver" else 14) == []


@pytest.mark.parametrize("face", FACES)
def test_page_works_without_javascript(web: Running, open_context: Open, shoot: Shoot, face: str) -> None:
    """An old browser or a blocked script still shows the day."""
    size = (360, 740) if face == "driver" else (1440, 900)
    page, watched = _open(open_context(*size, java_script_enabled=False), web, face)
    shoot(page, f"{face}-without-javascript")
    assert watched.foreign == []
    text = page.locator("body").inner_text()
    assert TOLD[face] in text


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/connexion",
        "/nulle-part",
        "/chauffeur",
        "/operateur",
        "/telephones",
        "/telephone/K7QWM3XZP4HTD9RB",
        "/compte",
        "/technicien",
        "/municipalite",
        "/municipalite/journee?jour=2026-11-23",
        "/municipalite/odd",
        "/donnees",
    ],
)
def test_phone_needs_no_sideways_scroll(web: Running, open_context: Open, shoot: Shoot, path: str) -> None:
    """360 px is the screen that crews and residents have."""
    page = open_context(360, 740).new_page()
    offices = dict.fromkeys(("operateur", "telephones", "compte", "technicien"), OPERATOR)
    who = {"chauffeur": DRIVER, "municipalite": MAYOR, **offices}.get(path.split("?", maxsplit=1)[0].split("/")[1])
    if who:
        log_in(page, web, who, path)
    page.goto(web.url + path)
    shoot(page, f"phone-{path.strip('/').split('?')[0].replace('/', '-') or 'public'}", whole=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("who", [OPERATOR, MAYOR])
def test_every_page_of_the_office_leads_to_all_others(web: Running, open_context: Open, who: tuple[str, str]) -> None:
    """Whoever has to invite a phone at five must not have to know an address."""
    paths = {"/municipalite", "/technicien", "/compte"} | ({"/operateur", "/telephones"} if who == OPERATOR else set())
    page = open_context().new_page()
    log_in(page, web, who, "/compte")
    for path in paths:
        page.goto(web.url + path)
        found = page.locator("header.top a").evaluate_all("all => all.map((a) => a.getAttribute('href'))")
        assert paths - {path} <= set(found), path
        assert path not in found


def test_maps_own_controls_speak_the_readers_language(web: Running, open_context: Open) -> None:
    """The map's package brings English words: ours are put in their place, and the legend names every sign."""
    page, _ = _open(open_context(), web, "operator")
    page.wait_for_selector("#map[data-live]", timeout=60_000)
    assert page.locator(".maplibregl-canvas").get_attribute("aria-label") == "Carte"
    titles = page.locator(".maplibregl-ctrl button").evaluate_all("all => all.map((b) => b.title)")
    assert titles == ["Agrandir", "Réduire"]
    legend = page.locator(".legend").inner_text()
    assert {"plusieurs bacs", "camion", "dépôt", "décharge"} <= {line.strip() for line in legend.splitlines()}


def test_public_page_is_small(web: Running, open_context: Open) -> None:
    """Under 100 kB on a phone's data plan, fonts aside, and under 150 kB with them; coverage and all."""
    context = open_context(360, 740)
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    kinds: dict[str, str] = {}
    sizes: dict[str, float] = {}
    session.on("Network.responseReceived", lambda e: kinds.update({e["requestId"]: e["type"]}))
    session.on("Network.loadingFinished", lambda e: sizes.update({e["requestId"]: e["encodedDataLength"]}))
    page.goto(web.url, wait_until="networkidle")
    weight = sum(size for request, size in sizes.items() if kinds.get(request) != "Font")
    assert 1_000 < weight < 100_000
    assert sum(sizes.values()) < 150_000


def test_english_reader_gets_english(web: Running, open_context: Open, shoot: Shoot) -> None:
    """Donors and press read the same page in English."""
    page, _ = _open(open_context(locale="en-GB"), web, "public")
    shoot(page, "public-english")
    assert "Port-Azur saved" in page.inner_text("h1")
    page.click("text=Français")
    assert "a économisé" in page.inner_text("h1")


def test_missing_packages_leave_plain_pages(
    database_url: str, web: Running, open_context: Open, shoot: Shoot, tmp_path: Path
) -> None:
    """Before `npm ci` has run: the system's type, the drawn map, and not one error."""
    del web  # seeds the city
    with serve(database_url, MemoryStream(), NOW, Assets(node_modules=tmp_path)) as bare:
        page, watched = _open(open_context(), bare, "operator")
        page.wait_for_selector(".tabbed")
        shoot(page, "operator-without-packages")
        assert watched.errors == []
        assert page.locator("#drawn-map .badge").count() == 4


def test_list_and_map_choose_together(web: Running, open_context: Open, shoot: Shoot) -> None:
    """A circuit opened by keyboard shows its stops and stands out on the map; Escape lets go."""
    page, _ = _open(open_context(), web, "operator")
    page.wait_for_selector("#map[data-live]", timeout=60_000)
    page.focus("[data-open='2']")
    page.keyboard.press("Enter")
    assert page.locator("#stops-2 .stops li").first.is_visible()
    page.wait_for_timeout(1500)
    shoot(page, "operator-circuit")
    page.keyboard.press("Escape")
    assert not page.locator("#stops-2").is_visible()
    page.click(".tabs a[href='#due']")
    page.focus("#due tr[data-container] >> nth=2")
    page.keyboard.press("Enter")
    assert page.locator("#map-note").is_visible()
    page.wait_for_timeout(1500)
    shoot(page, "operator-due")
