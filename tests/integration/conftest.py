"""The pages of a small city on a real socket, and sessions with them."""

from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from tests.support.web_server import LogIn, Running, client_of, serve_city
from tests.twins.stream import MemoryStream


@pytest.fixture(scope="module")
def web(database_url: str) -> Iterator[Running]:
    """The pages; what they send stays in memory. Modules that need more replace it."""
    with serve_city(database_url, MemoryStream()) as running:
        yield running


@pytest.fixture
def log_in(web: Running) -> Iterator[LogIn]:
    """Opens sessions and closes them after the test."""
    with ExitStack() as clients:
        yield lambda who, at=web: clients.enter_context(closing(client_of(at, who)))
