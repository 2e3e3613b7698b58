"""Databases of a test's own, on the PostgreSQL of a stack."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
from psycopg.sql import SQL, Identifier

from infra.stack.stack import Stack


@contextmanager
def new_database(stack: Stack) -> Iterator[str]:
    """The address of a database with nothing in it, gone afterwards."""
    name = f"test_{uuid4().hex[:12]}"
    with psycopg.connect(stack.superuser_url, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {} OWNER tournee").format(Identifier(name)))
    try:
        yield urlsplit(stack.database_url)._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(stack.superuser_url, autocommit=True) as connection:
            connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))
