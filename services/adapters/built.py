"""What is built beside what is in use, and swapped when it is whole: road graphs, their bands, maps."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, ValidationError

from services.errors import TourneeError

BUILDING = "building"


class BuildRunning(TourneeError):
    """Another process is building the same for this city."""


def find_document[M: BaseModel](file: Path, kind: type[M], broken: type[TourneeError], again: str) -> M | None:
    """What a file says is in use; None where there is no file.

    Raises:
        broken: nobody can read the file; `again` is the command that makes it anew.
    """
    try:
        return kind.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise broken(f"{file}: cannot be read ({error}); run `{again}` again") from error


def swap_document(file: Path, document: BaseModel) -> None:
    """Replace a file whole: who reads meanwhile has the old or the new one."""
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    beside.write_text(document.model_dump_json(indent=1, by_alias=True), encoding="utf-8")
    beside.replace(file)


@contextmanager
def building(folder: Path, what: str) -> Iterator[Path]:
    """A folder within, on the same disk, removed at the end; one build at a time. `what` is told to whoever waits.

    Raises:
        BuildRunning: another process builds.
    """
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / BUILDING
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            raise BuildRunning(f"{folder}: another process builds {what}; wait") from held
        shutil.rmtree(beside, ignore_errors=True)  # of a build that was killed
        beside.mkdir()
        try:
            yield beside
        finally:
            shutil.rmtree(beside)
