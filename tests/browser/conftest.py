"""A browser and a city in the middle of its day."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from infra.stack.stack import Stack
from services.web.requests.stream import KafkaStream
from tests.support.web_browser import SCREENSHOTS
from tests.support.web_server import Running, serve_city

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

PATIENCE_MS = 20_000
"""Playwright's own five seconds are too short on a machine that tests other files beside this one."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for each file: while Playwright is open its event loop runs, and nothing else can run one of its own."""
    if not CHROMIUM.exists() and os.environ.get("CI") != "true":
        pytest.skip("needs /usr/bin/chromium, which is not here")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def web(database_url: str, stack: Stack) -> Iterator[Running]:
    with closing(KafkaStream(stack.kafka, name="web")) as stream, serve_city(database_url, stream) as running:
        yield running


@pytest.fixture
def open_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Browser profiles that are closed after the test; French, 1440 by 900 unless told otherwise."""
    with ExitStack() as contexts:

        def make(width: int = 1440, height: int = 900, **options: object) -> BrowserContext:
            settings: dict[str, object] = {"viewport": {"width": width, "height": height}, "locale": "fr-FR"}
            context = browser.new_context(**(settings | options))  # type: ignore[arg-type]
            contexts.callback(context.close)
            return context

        yield make


@pytest.fixture
def shoot() -> Callable[..., None]:
    """Keep a picture of a page for people to look at."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)

    def save(page: Page, name: str, *, whole: bool = False) -> None:
        page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=whole)

    return save
