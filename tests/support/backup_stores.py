"""Databases to back up and restore, what they hold, and files altered on purpose."""

import gzip
import os
import subprocess
import sys
import tarfile
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg.sql import SQL, Identifier

from tests.support.web_seed import CITY

Content = dict[str, list[tuple[object, ...]]]


def put_telemetry(url: str, days: int = 3) -> None:
    """Readings of some days, positions, and what was rejected, with every byte there is."""
    start = datetime(2026, 11, 19, tzinfo=UTC)
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO reading SELECT %s, 'B-00' || c, %s + n * interval '13 minutes',"
            " %s + n * interval '14 minutes', random(), 1 / 3.0, NULL"
            " FROM generate_series(1, 9) c, generate_series(1, %s) n",
            (CITY, start, start, days * 110),
        )
        connection.execute(
            "INSERT INTO position SELECT %s, 'C-02', %s + n * interval '10 seconds', now(), random(), random(), NULL,"
            " 1e-7, 12.5 FROM generate_series(1, 500) n",
            (CITY, start),
        )
        connection.execute(
            "INSERT INTO rejected VALUES (%s, %s, 'malformed', %s, 'tournee/v1/é\\N', %s)",
            (uuid4(), start + timedelta(seconds=1), 'tab\t, break\r\n, backslash \\ and "quotes"', bytes(range(256))),
        )
        for who in ("a", "b"):
            connection.execute(
                "INSERT INTO audit (city_id, happened_at, who, what, detail) VALUES (%s, now(), %s, 'x', '{}')",
                (CITY, who),
            )


def content(url: str) -> Content:
    """Every row of every table."""
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_migration'"
        ).fetchall()
        return {
            table: sorted(connection.execute(SQL("SELECT * FROM {}").format(Identifier(table))).fetchall(), key=repr)
            for (table,) in tables
        }


def repacked(backup: Path, to: Path, change: dict[bytes, bytes]) -> Path:
    """The same backup as whoever repairs gzip's and tar's own checksums would alter it."""
    with gzip.open(backup) as source, tarfile.open(fileobj=source, mode="r|") as tar:
        members = [(member, (tar.extractfile(member) or BytesIO()).read()) for member in tar]
    with gzip.open(to, "wb") as sink, tarfile.open(fileobj=sink, mode="w|") as tar:
        for member, body in members:
            for old, new in change.items():
                body = body.replace(old, new)  # noqa: PLW2901
            member.size = len(body)
            tar.addfile(member, BytesIO(body))
    return to


def tournee(url: str, kafka: str, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from services.cli import main; main()", *command],
        env=os.environ | {"TOURNEE_DATABASE_URL": url, "TOURNEE_KAFKA": kafka},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
