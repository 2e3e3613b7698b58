"""The page behind a label as people use it: three taps, a photo made small, no script needed, light on a poor line."""

import gzip
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from PIL import Image
from playwright.sync_api import BrowserContext

from services.store.connection import connect
from services.writer.evidence import Observation, store_observations
from tests.support.axe import faults
from tests.support.stored_reports import StoringStream
from tests.support.web_browser import Watched, log_in
from tests.support.web_seed import CITY, NOW, OPERATOR, containers, make_plan
from tests.support.web_server import Running, serve_city

PLANNED = [stop.place for circuit in make_plan().circuits for stop in circuit.stops]
FREE = [row["id"] for row in containers() if row["id"] not in PLANNED]
SIZES = {"telephone": (360, 640), "desk": (1366, 768)}
MOST_KB = 8
"""Of the page with its style and script, as they travel: a second at 64 kbit/s. Photos come on top."""

type Open = Callable[..., BrowserContext]
type Shoot = Callable[..., None]


@pytest.fixture(scope="module")
def stream(database_url: str) -> StoringStream:
    return StoringStream(database_url)


@pytest.fixture(scope="module")
def web(database_url: str, stream: StoringStream) -> Iterator[Running]:
    with serve_city(database_url, stream) as running:
        yield running


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_two_taps_after_the_scan_and_the_answer_stands_there(
    web: Running, open_context: Open, shoot: Shoot, size: str, scheme: str
) -> None:
    """Nothing foreign, nothing that axe would fault, nothing wider than the screen."""
    width, height = SIZES[size]
    page = open_context(width, height, color_scheme=scheme).new_page()
    watched = Watched(page, web.url)
    page.goto(f"{web.url}/signaler/{CITY}/{FREE[0]}")
    shoot(page, f"report-{size}-{scheme}", whole=True)
    assert faults(page) == []
    page.click("text=Bac plein")
    page.click("button:has-text('Envoyer')")
    page.wait_for_url("**/signalement/*")
    shoot(page, f"followed-{size}-{scheme}", whole=True)
    assert "C'est noté" in page.inner_text("h1")
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert (watched.errors, watched.foreign) == ([], [])


def test_answer_of_a_container_that_is_emptied_today(web: Running, open_context: Open, shoot: Shoot) -> None:
    page = open_context(360, 640).new_page()
    page.goto(f"{web.url}/signaler/{CITY}/{PLANNED[0]}")
    page.click("text=Le camion n'est pas passé")
    page.click("button:has-text('Envoyer')")
    page.wait_for_url("**/signalement/*")
    shoot(page, "followed-today", whole=True)
    assert "passe aujourd'hui" in page.inner_text("h1")


def test_who_sees_it_full_all_the_same_says_so_with_one_tap(
    web: Running, open_context: Open, shoot: Shoot, database_url: str
) -> None:
    """Found by its number, emptied just before by the crew's word, and disputed."""
    emptied = Observation(
        id=uuid4(), city=CITY, kind="emptied", container=FREE[6], truck="C-01", site=None, happened_at=NOW,
        received_at=NOW, fill_ratio=None, weight_kg=None, reason=None, remark=None, said_by="C-01",
    )  # fmt: skip
    with connect(database_url, name="test") as connection:
        store_observations(connection, [emptied])
    page = open_context(360, 640).new_page()
    page.goto(f"{web.url}/signaler/{CITY}?bac=C-999")
    shoot(page, "report-by-number", whole=True)
    assert faults(page) == []
    page.fill("[name=bac]", FREE[6].lower())
    page.press("[name=bac]", "Enter")
    page.wait_for_url(f"**/{FREE[6]}")
    page.click("text=Bac plein")
    page.click("button:has-text('Envoyer')")
    page.wait_for_url("**/signalement/*")
    shoot(page, "followed-just-emptied", whole=True)
    assert "a vidé ce bac" in page.inner_text("h1")
    assert faults(page) == []
    page.click("button:has-text('Il est encore plein')")
    page.wait_for_selector("h1:has-text('noté')")


def test_photo_is_made_small_on_the_telephone(
    web: Running, open_context: Open, stream: StoringStream, tmp_path: Path
) -> None:
    """4,000 by 3,000 of noise has over 5 MB; the telephone sends some hundred kB."""
    large = tmp_path / "IMG_0001.jpg"
    Image.effect_noise((4000, 3000), 90).convert("RGB").resize((4000, 3000)).save(large, quality=92)
    assert large.stat().st_size > 5_000_000
    page = open_context(360, 640).new_page()
    page.goto(f"{web.url}/signaler/{CITY}/{FREE[1]}")
    page.click("text=Dépôt sauvage")
    page.set_input_files("input[type=file]", large)
    page.wait_for_selector("#photo-help:has-text('Photo prête')")
    size = page.evaluate("document.querySelector('input[type=file]').files[0].size")
    assert 0 < size < 1_000_000
    page.click("button:has-text('Envoyer')")
    page.wait_for_url("**/signalement/*")
    assert stream.reports[-1].photo


def test_without_scripts_it_works_all_the_same(web: Running, open_context: Open, stream: StoringStream) -> None:
    """The oldest telephone; by keyboard alone: choose with the arrows, send with Enter."""
    page = open_context(360, 640, java_script_enabled=False).new_page()
    page.goto(f"{web.url}/signaler/{CITY}/{FREE[2]}")
    page.focus("input[value=damaged]")
    page.keyboard.press("Space")
    page.focus("button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/signalement/*")
    assert stream.reports[-1].kind == "damaged"


def test_page_is_light(web: Running) -> None:
    """All that travels before somebody can tap: gzip where the server presses it, no font, no map."""
    page = httpx.get(f"{web.url}/signaler/{CITY}/{FREE[3]}")
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
    assert len(files) == 2
    size = sum(
        len(gzip.compress(body)) for body in (page.content, *(httpx.get(f"{web.url}{f}").content for f in files))
    )
    assert size <= MOST_KB * 1000


@pytest.mark.parametrize("size", SIZES)
def test_operator_sees_what_is_to_look_at(web: Running, open_context: Open, shoot: Shoot, size: str) -> None:
    for container, kind in ((FREE[4], "burning"), (FREE[5], "dump")):
        fields = {"seed": f"{size} {container}", "kind": kind}
        httpx.post(f"{web.url}/signaler/{CITY}/{container}", data=fields)
    page = open_context(*SIZES[size]).new_page()
    log_in(page, web, OPERATOR, "/operateur")
    page.wait_for_selector(".reports")
    shoot(page, f"operator-reports-{size}", whole=True)
    assert faults(page) == []
    page.click(".reports li.urgent button")
    page.wait_for_selector(".reports")
    assert page.query_selector("h1")
