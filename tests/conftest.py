"""Fixtures that start servers: one stack of each kind a test session, a fresh database a module."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import cast

import hypothesis
import pytest

from infra.migrate import migrate
from infra.stack.errors import ServerMissing
from infra.stack.stack import Kind, Stack
from infra.stack.start import start_stack
from services.settings import settings
from services.stream.kafka import create_topics
from tests.support.beside import SHARED
from tests.support.databases import new_database

ROOT = Path(__file__).parents[1]

# How long an example takes says how busy the machine is: what has to be fast is measured where nothing else runs.
hypothesis.settings.register_profile("tournee", deadline=None)
hypothesis.settings.load_profile("tournee")


@pytest.fixture(autouse=True)
def _settings_of_this_test() -> None:
    """They are read once a process: a test must not go on with another's store."""
    settings.cache_clear()


def default_stack() -> Kind:
    """The stack of tests that do not choose: `TOURNEE_TEST_STACK`, embedded where it is not set."""
    kind = os.environ.get("TOURNEE_TEST_STACK", "embedded")
    if kind not in {"embedded", "real"}:
        pytest.exit(f"TOURNEE_TEST_STACK is {kind!r}; expected embedded or real", returncode=4)
    return cast("Kind", kind)


@contextmanager
def started(kind: Kind) -> Iterator[Stack]:
    """A stack of this kind with topics made. One that cannot be had fails on CI; elsewhere the test is skipped."""
    with ExitStack() as cleanup:
        try:
            running = cleanup.enter_context(start_stack(kind))
        except ServerMissing as missing:
            if os.environ.get("CI") == "true" or kind == "embedded":
                raise
            pytest.skip(f"the real stack cannot be had here: {missing}")
        create_topics(running.kafka)
        yield running


@pytest.fixture(scope="session")
def embedded_stack_running() -> Iterator[Stack]:
    """The embedded servers, one set for the whole session."""
    with started("embedded") as running:
        yield running


@pytest.fixture(scope="session")
def real_stack_running() -> Iterator[Stack]:
    """Mosquitto, Apache Kafka and TimescaleDB, one set for the whole session, whatever the default is."""
    with started("real") as running:
        yield running


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> Stack:
    """The servers of this session: of the default kind, or of the one the test is parametrised with (indirectly)."""
    kind = getattr(request, "param", None) or default_stack()
    return cast("Stack", request.getfixturevalue(f"{kind}_stack_running"))


@pytest.fixture(scope="module")
def fresh_stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """Servers of this module's own, for tests that kill them or count everything in Kafka."""
    with started(getattr(request, "param", None) or default_stack()) as running:
        yield running


@pytest.fixture(scope="module")
def database_url(stack: Stack) -> Iterator[str]:
    """A migrated database of this module's own."""
    with new_database(stack) as url:
        migrate(url)
        yield url


@pytest.fixture
def empty_url(stack: Stack) -> Iterator[str]:
    """A database with nothing in it, of one test's own."""
    with new_database(stack) as url:
        yield url


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared data and tools; tests that need it are skipped where it is missing."""
    if not SHARED.is_dir():
        pytest.skip("needs ../shared (real data and the independent plan checker), which is not here")
    return SHARED
