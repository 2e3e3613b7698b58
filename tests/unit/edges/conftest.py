"""The example folder, whole and ready to be spoilt."""

import shutil
from pathlib import Path

import pytest

from tests.support.example_town import EXAMPLE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the example."""
    return Path(shutil.copytree(EXAMPLE, tmp_path / "houeyogbe"))
