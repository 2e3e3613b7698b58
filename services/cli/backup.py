"""`tournee backup FILE` and `tournee restore FILE`: the store in one file, and back."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from infra.backup import restore_backup, take_backup
from infra.backup.archive import End
from services.errors import StreamAway
from services.operations.kafka_admin import GROUPS, KafkaAdmin
from services.settings import settings

console = Console(stderr=True, highlight=False, soft_wrap=True)

AFTER_RESTORING = """Next: tournee replay, then start the services. The writer then reads again what Kafka still holds;
what the store has already counts once. docs/operations.md says more."""
GROUP = "writer"
RUNNING_PATIENCE_S = 60.0
"""Kafka holds a stopped member for running until its session is over: 12 s, see `services.stream.kafka`."""
RETRY_S = 5.0


def backup_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file, like tournee-2026-11-22.backup.")],
) -> None:
    """Put the whole store into one file, as of one instant, while the services go on. Keep it safe: it holds logins."""
    with _progress("backing up") as on_progress:
        end = take_backup(settings().database_url.get_secret_value(), file, on_progress)
    typer.echo(f"{file}: {_summary(end)}, {file.stat().st_size / 1e6:,.1f} MB")


def restore_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `tournee backup` wrote.")],
) -> None:
    """Fill an empty store with a backup, of this Tournée or an earlier one. Stop the services first. All or nothing."""
    with _progress("restoring") as on_progress:
        end = restore_backup(settings().database_url.get_secret_value(), file, on_progress)
    typer.echo(f"restored and compared: {_summary(end)}")
    typer.echo(AFTER_RESTORING)


def replay_command() -> None:
    """Have the writer read again all that Kafka still holds, after a restore. Stop it first; nothing counts twice."""
    deadline_s = time.monotonic() + RUNNING_PATIENCE_S
    while True:
        try:
            with KafkaAdmin(settings().kafka_at, name="replay") as admin:
                events = admin.rewind(GROUP, GROUPS[GROUP])
        except StreamAway as away:
            if time.monotonic() > deadline_s:
                raise
            console.print(f"waiting: {away}. Is the writer stopped?")
            time.sleep(RETRY_S)
        else:
            typer.echo(f"the {GROUP} will read {events:,} events again")
            return


def _summary(end: End) -> str:
    rows = sum(table.rows for table in end.tables.values())
    return f"{rows:,} rows in {len(end.tables)} tables"


@contextmanager
def _progress(what: str) -> Iterator[Callable[[str, int], None]]:
    """One line that changes on a terminal; a line for each table elsewhere."""
    if not sys.stderr.isatty():
        done: dict[str, int] = {}
        yield done.__setitem__
        for table, rows in done.items():
            console.print(f"{what}: {table}, {rows:,} rows")
        return
    with console.status(what) as status:
        yield lambda table, rows: status.update(f"{what}: {table}, {rows:,} rows")
