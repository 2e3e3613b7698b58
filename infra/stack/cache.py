"""What was downloaded once and is used again: built beside its place, then put there whole."""

import fcntl
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def cache_folder() -> Path:
    """`$XDG_CACHE_HOME/tournee`, `~/.cache/tournee` where that is not set."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "tournee"


def cached(name: str, build: Callable[[Path], None]) -> Path:
    """The folder `name` of the cache; where it is missing, `build` fills an empty one first.

    Two processes asking at once build it once; one that fails or is killed leaves nothing that looks complete.
    """
    place = cache_folder() / name
    if place.is_dir():
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    with _locked(place.with_name(f"{name}.lock")):
        if not place.is_dir():
            for stale in place.parent.glob(f"{name}.building-*"):
                shutil.rmtree(stale)
            beside = Path(tempfile.mkdtemp(prefix=f"{name}.building-", dir=place.parent))
            try:
                build(beside)
                beside.chmod(0o755)
                beside.rename(place)
            finally:
                shutil.rmtree(beside, ignore_errors=True)  # gone already where it was renamed
    return place


def tell(line: str) -> None:
    """One line of progress, for whoever waits for a download."""
    print(line, file=sys.stderr, flush=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
