"""What is built beside what is in use, and swapped when it is whole: road graphs, their bands, maps."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class InUse[M: BaseModel]:
    """The file whose document names what is in use; `find_document` tells of `broken` and `again`."""

    file: Path
    kind: type[M]
    broken: type[TourneeError]
    again: str

    def find(self) -> M | None:
        """What is in use; None where nothing was ever built.

        Raises:
            broken: nobody can read the file.
        """
        return find_document(self.file, self.kind, self.broken, self.again)

    def swap(self, document: M) -> tuple[M, ...]:
        """Use this from now on; returns the documents whose parts stay: this one and, if any, the one before.

        Whoever still reads the one before finds its parts; older ones can go.

        Raises:
            broken: nobody can read what was in use before; nothing is changed.
        """
        before = self.find()
        swap_document(self.file, document)
        return (document,) if before is None else (before, document)


def keep_folders(within: Path, names: set[str]) -> None:
    """Remove every other folder; `within` need not be there."""
    for folder in within.iterdir() if within.is_dir() else ():
        if folder.name not in names:
            shutil.rmtree(folder)


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
