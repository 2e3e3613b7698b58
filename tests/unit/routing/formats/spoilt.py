"""What a reader says of a good file with something wrong in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from routing import Problem, ProblemError


def told_of_spoilt(read: Callable[[Path], Problem], good: Path, was: str, becomes: str) -> str:
    """Replace words of the file, which the reader must then refuse; what it says."""
    text = good.read_text()
    assert was in text
    good.write_text(text.replace(was, becomes))
    with pytest.raises(ProblemError) as caught:
        read(good)
    return str(caught.value)
