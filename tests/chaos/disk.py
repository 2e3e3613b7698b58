"""A file system of limited size under PostgreSQL's data, that can be filled to the last byte and freed again."""

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CHUNK_BYTES = 1024 * 1024
PAGE_BYTES = 4096
SIZE_MB = 1024
"""Enough for some million readings with their write-ahead log."""


class DiskMissing(Exception):
    """No file system of our own can be had; the message says why."""


class LimitedDisk:
    """A tmpfs and the ballast in it."""

    def __init__(self, folder: Path) -> None:
        self._ballast = folder / "ballast"

    def fill(self) -> int:
        """Take all that is left; how many bytes that was."""
        with self._ballast.open("wb", buffering=0) as ballast:
            for size in (CHUNK_BYTES, PAGE_BYTES):
                _write_until_full(ballast.fileno(), bytes(size))
        return self._ballast.stat().st_size

    def used_bytes(self) -> int:
        """What is in it, without the ballast while that is there."""
        counted = os.statvfs(self._ballast.parent)
        used = (counted.f_blocks - counted.f_bfree) * counted.f_frsize
        return used - (self._ballast.stat().st_size if self._ballast.exists() else 0)

    def free(self) -> None:
        self._ballast.unlink(missing_ok=True)


def _write_until_full(file: int, chunk: bytes) -> None:
    while True:
        try:
            os.write(file, chunk)
        except OSError as error:
            if error.errno != errno.ENOSPC:  # what we came for
                raise
            return


@contextmanager
def limited_disk(folder: Path, size_mb: int = SIZE_MB) -> Iterator[LimitedDisk]:
    """Mount a tmpfs of so many MB on `folder`; everything in it is gone afterwards.

    Raises:
        DiskMissing: we may not mount.
    """
    if os.geteuid() != 0:
        raise DiskMissing("only root can mount a small file system under the database; run as root for a full disk")
    folder.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=0711", "tournee-chaos", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode != 0:
        raise DiskMissing(f"mounting a tmpfs on {folder} failed: {mounted.stderr.strip()}")
    try:
        yield LimitedDisk(folder)
    finally:
        # Lazily: a server that still ends may hold a file; the memory is given back when it has.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
