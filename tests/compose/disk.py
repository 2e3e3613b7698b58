"""A disk of its own for the store, small enough to be filled to the last byte."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.disk import LimitedDisk


@dataclass(frozen=True)
class SmallDisk:
    """`data` goes to the store; the ballast lies beside it."""

    data: Path
    ballast: LimitedDisk


def small_disk(folder: Path, size_mb: int) -> SmallDisk:
    """An ext4 file system of so many MB, mounted on `folder`. Who unmounts what is mounted there ends it."""
    folder.mkdir()
    image = folder.with_suffix(".ext4")
    with image.open("wb") as file:
        file.truncate(size_mb * 1024 * 1024)
    for command in (
        ["mkfs.ext4", "-q", "-m", "0", str(image)],
        ["mount", "-o", "loop", str(image), str(folder)],
    ):
        subprocess.run(command, check=True, capture_output=True)
    data = folder / "data"
    data.mkdir()
    return SmallDisk(data, LimitedDisk(folder))
