"""The example folder, whole and ready to be spoilt."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.example_town import EXAMPLE

type Edit = Callable[[str, str, str], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the example."""
    return Path(shutil.copytree(EXAMPLE, tmp_path / "houeyogbe"))


@pytest.fixture
def edit(folder: Path) -> Edit:
    """Replace a text that stands once in a file of the copy."""

    def change(name: str, old: str, new: str) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")

    return change
