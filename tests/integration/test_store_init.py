"""What the store's image runs once: the services' own role, on a real PostgreSQL."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from infra.migrate import all_migrations, migrate
from infra.stack.stack import Stack
from tests.support.production_mqtt import needs

FOLDER = Path(__file__).parents[2] / "infra" / "compose" / "store"
PASSWORD = "the-role_s-own-password-1"


@dataclass
class Init:
    """The scripts under another name, since the cluster has a role `tournee` already."""

    superuser_url: str
    folder: Path
    name: str

    def run(self, script: str, password: str = PASSWORD) -> subprocess.CompletedProcess[str]:
        """As the image's entry point does: a shell script as it is, SQL by psql as the superuser."""
        path = self.folder / script
        path.write_text((FOLDER / script).read_text().replace("tournee", self.name))
        url = urlsplit(self.superuser_url)
        env = {
            "PATH": os.environ["PATH"],
            "PGHOST": str(url.hostname),
            "PGPORT": str(url.port),
            "PGPASSWORD": str(url.password),
            "POSTGRES_USER": str(url.username),
            "TOURNEE_DATABASE_PASSWORD": password,
        }
        by_psql = ["psql", "-v", "ON_ERROR_STOP=1", "-U", str(url.username), "-d", "postgres", "-f", path]
        command = ["sh", path] if script.endswith(".sh") else by_psql
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    def url(self, database: str) -> str:
        at = urlsplit(self.superuser_url)
        return f"postgresql://{self.name}:{PASSWORD}@{at.hostname}:{at.port}/{database}"


@pytest.fixture
def init(stack: Stack, tmp_path: Path) -> Iterator[Init]:
    """Runs the scripts; what they made is gone afterwards."""
    needs("psql", "apt install postgresql-client (15 or later)")
    init = Init(stack.superuser_url, tmp_path, f"init_{uuid4().hex[:12]}")
    yield init
    with psycopg.connect(stack.superuser_url, autocommit=True) as connection:
        connection.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(init.name)))
        connection.execute(SQL("DROP ROLE IF EXISTS {}").format(Identifier(init.name)))
        connection.execute("GRANT CONNECT, TEMPORARY ON DATABASE postgres TO PUBLIC")


def test_services_role_owns_its_database_and_nothing_else(init: Init) -> None:
    """A stolen service password opens one database: no superuser, no other database, no new roles."""
    told = init.run("100_tournee.sh")
    assert told.returncode == 0, told.stderr
    with psycopg.connect(init.url(init.name), autocommit=True) as connection:
        rights = connection.execute(
            "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        assert rights == (False, False, False)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE ROLE another")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(init.url("postgres"))


def test_services_role_can_migrate(init: Init, stack: Stack) -> None:
    """The role has what `tournee db migrate` needs; with TimescaleDB the extension is there before."""
    assert init.run("100_tournee.sh").returncode == 0
    with psycopg.connect(stack.superuser_url) as connection:
        has = connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'timescaledb'").fetchone()
    extension = init.run("110_timescaledb.sql")
    # On plain PostgreSQL the image's script would stop: production without TimescaleDB is a mistake.
    assert (extension.returncode == 0) == bool(has), extension.stderr
    assert migrate(init.url(init.name)) == [migration.name for migration in all_migrations()]


def test_script_is_run_and_not_read_in() -> None:
    """The image runs what is executable; the rest it reads into its own shell, which our `set -u` would upset."""
    assert os.access(FOLDER / "100_tournee.sh", os.X_OK)


def test_password_that_cannot_stand_in_a_url_is_refused(init: Init) -> None:
    """A password with an @ would make the services look for another server; it is told when the store is made."""
    told = init.run("100_tournee.sh", "p@ssword/with:signs")
    assert told.returncode == 1
    assert "letters, digits" in told.stderr
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(init.url(init.name))
