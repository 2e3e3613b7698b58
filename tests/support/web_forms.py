"""Filling in our forms as a browser without scripts does, over real sockets."""

import re
from html import unescape

import httpx

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)"(?: autocomplete="[^"]*")? value="([^"]*)"')


def hidden_of(page: str) -> dict[str, str]:
    """What a page's forms hold beside what somebody fills in; the last of each name."""
    return {name: unescape(value) for name, value in HIDDEN.findall(page)}


def fill_in(browser: httpx.Client, path: str, **typed: str) -> httpx.Response:
    """Open a page and send its form."""
    page = browser.get(path)
    assert page.status_code == 200, page.text
    return browser.post(path, data=hidden_of(page.text) | typed)
