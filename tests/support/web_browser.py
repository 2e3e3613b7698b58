"""What the browser tests share: watching a page, logging in, where pictures go."""

from pathlib import Path
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import Page

from tests.support.web_seed import key_of
from tests.support.web_server import Running

SCREENSHOTS = Path(__file__).parents[2] / "var" / "screenshots"


class Watched:
    """What a page did behind its face: console errors and requests to anybody else."""

    def __init__(self, page: Page, own: str) -> None:
        self.errors: list[str] = []
        self.foreign: list[str] = []
        page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda r: None if r.url.startswith((own, "blob:", "data:")) else self.foreign.append(r.url))


def enrol(page: Page, url: str, truck: str) -> None:
    """Make this browser the truck's phone."""
    page.context.add_cookies([{"name": "tournee_phone", "value": key_of(truck), "url": url}])


def log_in(page: Page, web: Running, who: tuple[str, str], then: str) -> None:
    """By the form, as people do, past what their account has to tell; a driver on the truck's phone."""
    enrol(page, web.url, who[0])
    page.goto(f"{web.url}/connexion?{urlencode({'suite': then})}")
    page.fill("[name=login]", who[0])
    page.fill("[name=password]", who[1])
    page.click("button.go")
    path = then.split("?", maxsplit=1)[0]
    page.wait_for_url(lambda url: urlsplit(url).path in {path, "/compte"})
    if urlsplit(page.url).path != path:
        page.goto(f"{web.url}{then}")
