"""The town of the documentation, as its folder describes it."""

from pathlib import Path

from services.city.folder import read_folder
from services.city.registry import Registry

EXAMPLE = Path(__file__).parents[1] / "data" / "houeyogbe"


def example_town() -> Registry:
    """Read anew each time: tests may change what they were given."""
    reading = read_folder(EXAMPLE)
    assert reading.registry is not None, f"{EXAMPLE} has errors: {reading.errors}"
    return reading.registry
