"""Releases of this repository: what is here, and one of before, from which a city upgrades."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Release:
    """`name`: the tag of its images. `commit`: what they are built from; None: what lies here, committed or not."""

    name: str
    commit: str | None = None

    @property
    def is_here(self) -> bool:
        """Whether git knows it: a clone may be shallow."""
        if self.commit is None:
            return True
        asked = ["git", "cat-file", "-e", f"{self.commit}^{{commit}}"]
        return subprocess.run(asked, cwd=ROOT, capture_output=True, check=False).returncode == 0

    def files(self) -> list[str]:
        """Names below the folder."""
        if self.commit is not None:
            return _git("ls-tree", "-r", "--name-only", self.commit).splitlines()
        listed = _git("ls-files", "--cached", "--others", "--exclude-standard").splitlines()
        return [name for name in listed if (ROOT / name).is_file()]

    def check_out(self, folder: Path, instead_of: "Release | None" = None) -> None:
        """As `git checkout` would: the other's files go, a machine's own (.env, secrets, cities, backups) stay."""
        for name in instead_of.files() if instead_of else ():
            (folder / name).unlink()
        folder.mkdir(parents=True, exist_ok=True)
        if self.commit is not None:
            with subprocess.Popen(["git", "archive", self.commit], cwd=ROOT, stdout=subprocess.PIPE) as archive:
                subprocess.run(["tar", "--extract", "--directory", str(folder)], stdin=archive.stdout, check=True)
            return
        for name in self.files():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)

    @contextmanager
    def checked_out(self) -> Iterator[Path]:
        """A folder with its files."""
        with TemporaryDirectory(prefix="tournee-release-") as name:
            self.check_out(Path(name))
            yield Path(name)


HERE = Release("here")
BEFORE = Release("before", "d2c9bc79e708d2e2a927ca32709757348a753e6f")
"""Its schema is older; its services come to the store as its owner, and to Kafka without a login."""


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout
