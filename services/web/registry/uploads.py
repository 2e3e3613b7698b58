"""Files that somebody gives to a page, as a city folder: bounded, and nothing but the files that a folder may have."""

import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from services.city.registry import Registry
from services.city.sheets import FILES, ROADS
from services.city.write import write_folder

TAKEN = tuple(name for name in FILES if name not in ROADS)
"""Streets come by the command: an extract is too large for a page, and needs building."""
MOST_BYTES = 60_000_000
"""Of all files of a zip, unpacked. The folder's own bounds hold for each besides."""
MOST_FILES = 200
"""Entries of a zip: folders that programs add are passed over, thousands are no city folder."""
MOST_RATIO = 200
"""Unpacked over packed. A table of rows alike comes to some 30."""
SMALL_BYTES = 1_000_000
"""Below this no ratio is looked at: a short file of spaces is no bomb."""
CHUNK = 256 * 1024


class UploadRefused(Exception):
    """Not taken at all. `code` names its text, under `registry.upload`."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


@dataclass(frozen=True)
class Upload:
    """A file as the browser gave it."""

    name: str
    file: IO[bytes]


@dataclass(frozen=True)
class Unpacked:
    """What was put into the folder, and what was passed over."""

    taken: tuple[str, ...]
    passed_over: tuple[str, ...]


def unpack(registry: Registry, uploads: Sequence[Upload], folder: Path) -> Unpacked:
    """Write the city as it is into `folder`, then what was given over it: what is not given stays as it is.

    Raises:
        UploadRefused: nothing of a city folder, too much of it, or a zip that is made to burst.
    """
    write_folder(registry, folder)
    taken: list[str] = []
    passed: list[str] = []
    room = MOST_BYTES
    for upload in uploads:
        upload.file.seek(0)
        if zipfile.is_zipfile(upload.file) and not upload.name.lower().endswith((".csv", ".xlsx", ".ods")):
            upload.file.seek(0)
            room -= _unzip(upload, folder, taken, passed, room)
        else:
            upload.file.seek(0)
            room -= _take(upload.name, upload.file, folder, taken, passed, room)
    if not taken:
        raise UploadRefused("nothing", files=", ".join(TAKEN))
    return Unpacked(tuple(taken), tuple(passed))


def _unzip(upload: Upload, folder: Path, taken: list[str], passed: list[str], room: int) -> int:
    """Sizes are counted as they come out: what a zip says of itself may be a lie."""
    try:
        with zipfile.ZipFile(upload.file) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if len(entries) > MOST_FILES:
                raise UploadRefused("too_many_files", limit=MOST_FILES)
            used = 0
            for entry in entries:
                if entry.flag_bits & 0x1:
                    raise UploadRefused("encrypted", name=entry.filename[:80])
                with archive.open(entry) as file:
                    used += _take(entry.filename, file, folder, taken, passed, room - used, entry.compress_size)
            return used
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, RuntimeError, ValueError) as error:
        raise UploadRefused("broken_zip", name=upload.name[:80]) from error


def _take(
    given: str, file: IO[bytes], folder: Path, taken: list[str], passed: list[str], room: int, packed: int | None = None
) -> int:
    """Only the last part of a path counts, and only a file that a folder may have: nothing leads out of it."""
    name = PurePosixPath(given.replace("\\", "/")).name.lower()
    if name not in TAKEN or "__MACOSX" in given:
        passed.append(given[:80])
        return 0
    if name in taken:
        raise UploadRefused("twice", name=name)
    size = 0
    with (folder / name).open("wb") as out:
        while chunk := file.read(CHUNK):
            size += len(chunk)
            if size > room:
                raise UploadRefused("too_large", limit_mb=MOST_BYTES // 1_000_000)
            if packed is not None and size > SMALL_BYTES and size > packed * MOST_RATIO:
                raise UploadRefused("bomb", name=name)
            out.write(chunk)
    taken.append(name)
    return size
