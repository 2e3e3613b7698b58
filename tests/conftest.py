"""Fixtures that start real servers: one embedded stack a test session, a fresh database a module."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from infra.migrate import migrate
from infra.stack.embedded import Stack, embedded_stack
from services.adapters.kafka import create_topics

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
"""Real data and independent tools, beside the checkout where they are at hand."""


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The embedded servers, with topics made."""
    with embedded_stack() as running:
        create_topics(running.kafka)
        yield running


@pytest.fixture(scope="module")
def fresh_stack() -> Iterator[Stack]:
    """Servers of this module's own, for tests that kill them or count everything in Kafka."""
    with embedded_stack() as running:
        create_topics(running.kafka)
        yield running


@pytest.fixture(scope="module")
def database_url(stack: Stack) -> Iterator[str]:
    """A migrated database of this module's own."""
    name = f"test_{uuid4().hex[:12]}"
    superuser = stack.superuser_url
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {} OWNER tournee").format(Identifier(name)))
    url = urlsplit(stack.database_url)._replace(path=f"/{name}").geturl()
    migrate(url)
    yield url
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared data and tools; tests that need it are skipped where it is missing."""
    if not SHARED.is_dir():
        pytest.skip("needs ../shared (real data and the independent plan checker), which is not here")
    return SHARED
