"""Maps made of a real extract, as operators and drivers see them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from services.roads.basemap.tiles import find_tilemaker
from tests.benchmarks.map_porto import DRIVER, EXTRACT, NOW, build_porto, plan_porto, porto, put_porto
from tests.support.web_browser import Watched, log_in
from tests.support.web_seed import OPERATOR
from tests.support.web_server import Running, serve
from tests.twins.stream import MemoryStream

pytest.importorskip("osrm", reason="no wheel of OSRM for this machine")
pytest.importorskip("osmium", reason="no wheel of osmium for this machine")
pytestmark = [
    pytest.mark.skipif(not EXTRACT.is_file(), reason=f"{EXTRACT}, a real extract, is not there"),
    pytest.mark.skipif(find_tilemaker() is None, reason="tilemaker is not installed: sh infra/install/map.sh"),
]

Open = Callable[..., BrowserContext]
Shoot = Callable[..., None]


@pytest.fixture(scope="module")
def web(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data, registry = tmp_path_factory.mktemp("data"), porto(500, trucks=10, with_lost=True)
    build_porto(registry, data)
    put_porto(database_url, registry, plan_porto(registry, data, seconds=6))
    with serve(database_url, MemoryStream(), NOW, data_folder=data) as running:
        yield running


def operators_map(web: Running, context: BrowserContext) -> tuple[Page, Watched]:
    """The operator's page once its map stands."""
    page = context.new_page()
    watched = Watched(page, web.url)
    log_in(page, web, OPERATOR, "/operateur")
    page.wait_for_selector("#map[data-live]", timeout=90_000)
    return page, watched


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_circuits_are_drawn_on_the_citys_own_tiles(web: Running, open_context: Open, shoot: Shoot, scheme: str) -> None:
    """Tiles come in parts of one file from this server, with no error and no request to anybody else."""
    page, watched = operators_map(web, open_context(color_scheme=scheme))
    shoot(page, f"porto-{scheme}")
    assert watched.errors == []
    assert watched.foreign == []
    asked = page.evaluate("performance.getEntriesByType('resource').filter(e => e.name.endsWith('.pmtiles')).length")
    assert asked > 1
    assert "OpenStreetMap" in page.inner_text("#credit")


def test_a_chosen_circuit_stands_out_and_can_be_taken_along(web: Running, open_context: Open, shoot: Shoot) -> None:
    """Its line, its stops, and its file for a navigator."""
    page, _ = operators_map(web, open_context())
    page.click("[data-open='1']")
    page.wait_for_timeout(2500)
    shoot(page, "porto-circuit")
    with page.expect_download() as started:
        page.click("#stops-1 a[href$='.gpx']")
    gpx = Path(started.value.path()).read_text(encoding="utf-8")
    assert gpx.count("<trkpt") > 3 * gpx.count("<rtept")


def test_a_container_that_no_street_leads_to_is_told_twice(web: Running, open_context: Open, shoot: Shoot) -> None:
    """In the plan with its reason, and on the technician's page with what to do; in both languages."""
    page, watched = operators_map(web, open_context())
    page.click(".tabs a[href='#left-out']")
    assert "Rua cortada" in page.inner_text("#left-out")
    assert "aucune rue pour y aller en camion" in page.inner_text("#left-out")
    shoot(page, "porto-left-out")
    for width, name in ((1440, "technician"), (390, "technician-phone")):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{web.url}/technicien")
        assert "Un bac ne peut pas être vidé" in page.inner_text("h1")
        assert "Rua cortada" in page.inner_text("tbody")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        shoot(page, name, whole=width < 500)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{web.url}/technicien?liste=walk")
    shoot(page, "technician-walk")
    page.click("a[lang='en']")
    assert "cannot be emptied" in page.inner_text("h1")
    shoot(page, "technician-english")
    assert watched.errors == []
    assert watched.foreign == []


def test_the_map_fits_a_phone(web: Running, open_context: Open, shoot: Shoot) -> None:
    """An operator on the way: no sideways scroll, the credit readable."""
    page, watched = operators_map(web, open_context(390, 844))
    page.locator("#map").scroll_into_view_if_needed()
    page.wait_for_timeout(1500)
    shoot(page, "porto-phone")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert watched.errors == []


def test_the_driver_sees_the_way_without_a_network(web: Running, open_context: Open, shoot: Shoot) -> None:
    """Streets and manoeuvres are on the phone once the circuit is: flight mode changes nothing."""
    context = open_context(360, 740)
    page = context.new_page()
    watched = Watched(page, web.url)
    log_in(page, web, DRIVER, "/chauffeur")
    with page.expect_response("**/driver/streets*"):
        page.goto(f"{web.url}/chauffeur")
    page.wait_for_selector("#to-way")
    page.wait_for_timeout(500)
    shoot(page, "porto-driver-stop")
    context.set_offline(True)
    page.click("#to-way")
    page.wait_for_timeout(300)
    shoot(page, "porto-driver-way")
    steps = page.locator("#way-steps li").all_inner_texts()
    assert len(steps) >= 2
    assert any("sur R" in step or "sur A" in step for step in steps)
    painted = """() => { const c = document.querySelector('.way-map'); const d = c.getContext('2d')
      .getImageData(0, 0, c.width, c.height).data; const seen = new Set();
      for (let i = 0; i < d.length; i += 4) seen.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]); return seen.size }"""
    assert page.evaluate(painted) > 4
    assert watched.foreign == []
