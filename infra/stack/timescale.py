"""PostgreSQL 17 with TimescaleDB, as Debian 13 (trixie) packages them, for any Debian."""

import hashlib
import re
import shutil
from pathlib import Path

from infra.stack.cache import cached
from infra.stack.debian import WRAPPER, unpack, wrap
from infra.stack.errors import ServerMissing
from infra.stack.postgres import Build, Postgres, reachable

SUITE = "trixie"
PACKAGES = ("postgresql-17", "postgresql-17-timescaledb")
_PROGRAMS = Path("usr/lib/postgresql/17/bin")
# The server and its libraries. Not Perl (Debian's own scripts), not LLVM (for JIT, which is off; 120 MB).
_WANTED = re.compile(r"postgresql-(client-)?17|zlib1g|lib(?!perl|llvm|z3).*(?<!-perl)$")
# Half of what is unpacked: messages in forty languages, manuals, and LLVM's copy of the server.
_WASTE = ("usr/share/locale", "usr/share/man", "usr/lib/postgresql/17/lib/bitcode")
_ZONES = Path("/usr/share/zoneinfo")

SETTINGS = {
    "shared_preload_libraries": "timescaledb",
    "timescaledb.telemetry_level": "off",
    # Its own jobs are refused by Debian's Apache edition, and would each minute say so in the log.
    "timescaledb.max_background_workers": "0",
    # Two cores and a disk that others use too. Durability stays as it is: synchronous_commit is on.
    "max_connections": "100",
    "shared_buffers": "512MB",
    "effective_cache_size": "2GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "lz4",  # whole pages after a checkpoint are most of the log, and they are mostly air
    "random_page_cost": "1.1",  # a solid-state disk
    "max_parallel_workers_per_gather": "1",
    "max_locks_per_transaction": "256",  # a query may touch every chunk and its indexes
    "jit": "off",
}


def timescale_postgres(folder: Path) -> Postgres:
    """The cluster in `folder/postgres`, with TimescaleDB in every database.

    Raises:
        ServerMissing: its packages cannot be had here; the message says why.
    """
    if not _ZONES.is_dir():
        raise ServerMissing(f"PostgreSQL reads time zones from {_ZONES}, which is not here: apt install tzdata")
    bundle = timescale_bundle()
    bundle = reachable(bundle, folder / "pg" / bundle.name)
    return Postgres(folder, Build(bundle / _PROGRAMS, SETTINGS, ("timescaledb",)))


def timescale_bundle() -> Path:
    """The unpacked programs in the cache, fetched from Debian where they are missing.

    Raises:
        ServerMissing: they cannot be had; the message says why.
    """
    recipe = f"{SUITE} {PACKAGES} {_WANTED.pattern} {_WASTE} {WRAPPER}"
    return cached(f"timescaledb-{hashlib.sha256(recipe.encode()).hexdigest()[:16]}", _build)


def _build(place: Path) -> None:
    unpack(place, SUITE, PACKAGES, _WANTED)
    for waste in _WASTE:
        shutil.rmtree(place / waste)
    wrap(place, _PROGRAMS)
