"""The settings of running services as a file that a shell reads: how another command reaches them."""

import shlex
from collections.abc import Mapping
from pathlib import Path


def write_environment(folder: Path, settings: Mapping[str, str]) -> Path:
    """Write `<folder>/environment`, for the owner's eyes alone: passwords are in it. Returns where it is."""
    file = folder / "environment"
    file.touch(mode=0o600)
    file.write_text("".join(f"export {name}={shlex.quote(value)}\n" for name, value in settings.items()))
    return file
