"""The main pages in Firefox too, over WebDriver BiDi: they open, work, and say nothing wrong in the console.

Playwright's own Firefox is a build that it downloads; the one here is the system's, so it is driven by puppeteer-core.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.web_browser import SCREENSHOTS
from tests.support.web_seed import DRIVER, MAYOR, OPERATOR, key_of
from tests.support.web_server import Running

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parents[1] / "firefox"
FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
CREW = ("C-02", DRIVER[1])
DESK, PHONE = (1366, 768), (360, 740)
PATIENCE_S = 300


@pytest.fixture(scope="module")
def told(web: Running) -> dict[str, dict[str, Any]]:
    """What became of each page, by its name."""
    node = shutil.which("node") or shutil.which("node", path=str(Path(".venv/bin").absolute()))
    if FIREFOX is None or node is None or not (FOLDER / "node_modules" / "puppeteer-core").is_dir():
        pytest.skip("needs Firefox and what drives it: make test-firefox")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    orders = {"shots": str(SCREENSHOTS.absolute()), "pages": pages(web.url)}
    done = subprocess.run(
        [node, "look.mjs", FIREFOX], cwd=FOLDER, input=json.dumps(orders), capture_output=True, text=True,
        timeout=PATIENCE_S, check=False, env=os.environ | {"MOZ_HEADLESS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {row["name"]: row for row in map(json.loads, done.stdout.splitlines())}


def pages(url: str) -> list[dict[str, Any]]:
    """Each as somebody looks at it, in a profile of its own."""

    def page(name: str, path: str, size: tuple[int, int] = DESK, ready: str = "h1", **more: object) -> dict[str, Any]:
        return {"name": name, "address": url + path, "width": size[0], "height": size[1], "ready": ready, **more}

    def login(who: tuple[str, str]) -> dict[str, str]:
        return {"address": f"{url}/connexion", "login": who[0], "password": who[1]}

    phone = {"name": "tournee_phone", "value": key_of(CREW[0]), "domain": "127.0.0.1", "path": "/"}
    return [
        page("public", "/"),
        page("public-phone", "/", PHONE),
        page("login", "/connexion"),
        page("calendar", "/calendrier"),
        page("municipality", "/municipalite", login=login(MAYOR)),
        page("operator", "/operateur", login=login(OPERATOR), ready="#list.tabbed", clicks=[
            ["[data-open='2']", "tbody[data-circuit='2'] li[data-container]"],
            [".tabs a[href='#due']", "#due:not([hidden])"],
        ]),
        page("driver", "/chauffeur", PHONE, "#done", login=login(CREW), cookie=phone, clicks=[["#done", "#undo"]]),
    ]  # fmt: skip


SAYS = {
    "public": "Port-Azur a économisé",
    "public-phone": "Port-Azur a économisé",
    "login": "Mot de passe",
    "calendar": "Port-Azur",
    "municipality": "Du 1er au 22 novembre 2026, les camions de Port-Azur ont brûlé",
    "operator": "Envoyé à",
    "driver": "Noté : vidé",
}


@pytest.mark.parametrize("name", SAYS)
def test_page_opens_and_works_in_firefox(told: dict[str, dict[str, Any]], name: str) -> None:
    page = told[name]
    assert page["fault"] is None
    assert page["errors"] == []
    assert page["foreign"] == []
    assert SAYS[name] in page["text"]
