"""The example town behind its registry's pages: two operators, a mayor, and a writer that is never late."""

import html
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import uuid4

import httpx

from services.city.registry import Registry
from services.city.store import find_registry, store_registry
from services.city.versions import find_version
from services.store.connection import connect
from services.web.entry.accounts import add_account
from tests.support.example_town import example_town
from tests.support.stored_reports import StoringStream
from tests.support.web_server import Running, serve

CITY = "houeyogbe"
PASSWORD = "une-longue-matinee"
AWA, KOSSI, MAYOR = "awa", "kossi", "mairie"
NOW = datetime(2026, 3, 2, 5, tzinfo=UTC)


@contextmanager
def registry_town(database_url: str, stream: StoringStream) -> Iterator[Running]:
    with connect(database_url, name="seed") as connection:
        store_registry(connection, example_town(), who="mairie", now=datetime(2026, 1, 1, tzinfo=UTC))
        for login in (AWA, KOSSI):
            add_account(connection, CITY, login, "operator", PASSWORD)
        add_account(connection, CITY, MAYOR, "municipality", PASSWORD)
    with serve(database_url, stream, NOW) as running:
        yield running


class Office:
    """Somebody of the office at the registry's pages, as a browser without scripts would."""

    def __init__(self, web: Running, login: str) -> None:
        self.client = httpx.Client(base_url=web.url, timeout=30)
        answer = self.client.post("/api/v1/session", json={"city": CITY, "login": login, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        self.csrf = answer.json()["csrf"]

    def form(self, address: str) -> dict[str, str]:
        """The fields of a row's form, as the page shows them."""
        return form_of(self.client.get(address).text)

    def save(self, slug: str, form: dict[str, str], **changes: str) -> httpx.Response:
        fields = {"action": "save"} | form | {name.replace("__", "."): value for name, value in changes.items()}
        return self.client.post(f"/registre/{slug}", data=fields)

    def give(self, *files: tuple[str, bytes]) -> str:
        """Files to the import page; the address of what comes of it, once it has been read."""
        answer = self.client.post(
            "/registre/importer", data={"csrf_token": self.csrf}, files=[("files", file) for file in files]
        )
        assert answer.status_code == 303, answer.text
        address = answer.headers["location"]
        self.settled(address)
        return str(address)

    def settled(self, address: str) -> str:
        """The page, once it does not come again by itself."""
        deadline_s = time.monotonic() + 60
        while "refresh" in (answer := self.client.get(address)).headers:
            assert time.monotonic() < deadline_s, "it never ends"
            time.sleep(0.1)
        return answer.text

    def act(self, address: str, action: str, reason: str = "") -> None:
        fields = {"csrf_token": self.csrf, "action": action, "reason": reason}
        assert self.client.post(address, data=fields).status_code == 303


def form_of(page: str) -> dict[str, str]:
    """Inputs, selects and text areas of the row's form."""
    form = page[page.index('id="row-form"') :]
    form = form[: form.index("</form>")]
    fields = {
        html.unescape(name): html.unescape(value)
        for name, value in re.findall(r'<input(?=[^>]*name="([^"]+)")(?=[^>]*value="([^"]*)")[^>]*>', form)
    }
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        fields[name] = html.unescape(chosen[1]) if chosen else ""
    return fields


def stored(database_url: str) -> tuple[Registry, int]:
    """What the store holds, and its version."""
    with connect(database_url, name="test") as connection:
        registry, version = find_registry(connection, CITY), find_version(connection, CITY)
    assert registry is not None
    assert version is not None
    return registry, version


def new_id() -> str:
    return str(uuid4())
