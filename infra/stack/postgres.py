"""PostgreSQL on loopback TCP, with a password of its own: what every build of it has in common."""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier

from infra.accounts.local import account_passwords
from infra.accounts.store import make_roles
from infra.stack.errors import ServerDidNotStart
from infra.stack.ports import LOOPBACK, free_port
from infra.stack.server import Server

UNPRIVILEGED = "nobody"
"""PostgreSQL refuses to run as root; as root it runs as this user, as any other user it runs as ourselves."""


@dataclass(frozen=True)
class Build:
    """A PostgreSQL: its programs, and what it is told that another is not."""

    bin: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    extensions: tuple[str, ...] = ()
    """Made by the superuser in every database: the services' own role may not."""


class Postgres:
    """A database cluster in `folder/postgres`, made at the first start."""

    def __init__(self, folder: Path, build: Build) -> None:
        self._build = build
        self._data = folder / "postgres"
        self._password_file = folder / "postgres.password"
        self._port = free_port()
        settings = {
            "listen_addresses": LOOPBACK,
            "unix_socket_directories": "",
            "password_encryption": "scram-sha-256",
            "timezone": "UTC",
            "max_connections": "50",
            "shared_buffers": "256MB",
            "max_wal_size": "2GB",
            **build.settings,
        }
        self.server = Server(
            "PostgreSQL",
            [
                *(str(build.bin / "postgres"), "-D", str(self._data), "-p", str(self._port)),
                *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
            ],
            folder / "log" / "postgres.log",
            user=UNPRIVILEGED,
            stop_signal=signal.SIGINT,  # "fast": ends sessions, loses nothing
            ready=self._is_ready,
            before=self._clear_stale_lock,
            patience_s=60,  # after a kill it first replays its log
        )

    @property
    def url(self) -> str:
        """As the owner of the services' database, and of nothing else: each service has a lesser role of its own."""
        return f"postgresql://tournee:{self._password_file.read_text()}@{LOOPBACK}:{self._port}/tournee"

    @property
    def superuser_url(self) -> str:
        """To make databases and extensions with; no service is given it."""
        return self._superuser_url("postgres")

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
            self._check_version()
            self.server.start()
        with psycopg.connect(self.superuser_url, autocommit=True) as connection:
            make_roles(connection, account_passwords(self._password_file.read_text()))

    def stop(self) -> None:
        self.server.stop()

    def _superuser_url(self, database: str) -> str:
        return f"postgresql://postgres:{self._password_file.read_text()}@{LOOPBACK}:{self._port}/{database}"

    def _init(self) -> None:
        self._data.mkdir(parents=True, exist_ok=True)
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(secrets.token_urlsafe(24))
        if os.geteuid() == 0:
            owner = pwd.getpwnam(UNPRIVILEGED)
            os.chown(self._data, owner.pw_uid, owner.pw_gid)
            os.chown(self._password_file, owner.pw_uid, owner.pw_gid)
        made = subprocess.run(
            [
                *(str(self._build.bin / "initdb"), "-D", str(self._data), "-U", "postgres", "--encoding=UTF8"),
                # PostgreSQL's own C.UTF-8 (17 and later) orders and folds alike whatever C library it runs on.
                *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                *("--auth=scram-sha-256", f"--pwfile={self._password_file}"),
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
        # A database made later is a copy of template1, and so has the extensions too.
        with psycopg.connect(self._superuser_url("template1"), autocommit=True) as template:
            for extension in self._build.extensions:
                template.execute(SQL("CREATE EXTENSION {}").format(Identifier(extension)))
        with psycopg.connect(self.superuser_url, autocommit=True) as connection:
            connection.execute(SQL("CREATE ROLE tournee LOGIN PASSWORD {}").format(password))
            connection.execute("CREATE DATABASE tournee OWNER tournee")

    def _check_version(self) -> None:
        """Refuse a cluster of another major version: each reads only its own files."""
        told = subprocess.run([str(self._build.bin / "postgres"), "-V"], capture_output=True, text=True, check=True)
        ours = told.stdout.split()[2].split(".")[0]
        found = (self._data / "PG_VERSION").read_text().strip()
        if found != ours:
            raise ServerDidNotStart(
                f"{self._data} was made by PostgreSQL {found} and this is {ours}: take another --folder for this stack"
            )

    def _clear_stale_lock(self) -> None:
        """Remove the lock file of a server that was killed, where its process id is another program's by now.

        PostgreSQL itself sees through a process that is gone, but not through one of the same user with that id.
        """
        lock = self._data / "postmaster.pid"
        pid = lock.read_text().split()[:1] if lock.exists() else []
        if pid and not _serves(int(pid[0]), self._data):
            lock.unlink()

    def _is_ready(self) -> bool:
        asked = subprocess.run(
            [str(self._build.bin / "pg_isready"), "-h", LOOPBACK, "-p", str(self._port), "-q"], check=False, timeout=5
        )
        return asked.returncode == 0


def _serves(pid: int, data: Path) -> bool:
    """Whether this process is a PostgreSQL on this data; taken for one where it cannot be told."""
    if not Path("/proc/self/cmdline").exists():
        return True
    try:
        return str(data).encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False


def reachable(programs: Path, copy: Path) -> Path:
    """A tree of programs where the unprivileged user can run it: itself where it can, else linked to `copy`."""
    if os.geteuid() != 0 or _open_to_all(programs):
        return programs
    if not copy.exists():
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(programs, copy, symlinks=True, copy_function=_link)
    return copy


def _link(source: str, target: str) -> None:
    """A hard link costs nothing; between two file systems it is a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _open_to_all(path: Path) -> bool:
    return all(step.stat().st_mode & 0o005 == 0o005 for step in (path, *path.parents))
