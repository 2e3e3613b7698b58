"""Either stack by its name."""

from contextlib import AbstractContextManager
from pathlib import Path

from infra.stack.embedded import embedded_stack
from infra.stack.real import real_stack
from infra.stack.stack import Kind, Stack


def start_stack(kind: Kind, folder: Path | None = None) -> AbstractContextManager[Stack]:
    """The stack of this kind, its data in `folder` (a temporary one without it), stopped at the end.

    Raises:
        StackError: on entering, where a server is missing or does not start.
    """
    return real_stack(folder) if kind == "real" else embedded_stack(folder)
