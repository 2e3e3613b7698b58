"""Real data and independent tools in `../shared`, where they stand beside the checkout. Imports nothing of ours."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared"
EXTRACTS = SHARED / "data" / "osm"


def load_tool(name: str) -> ModuleType:
    """A script of `shared/tools` as a module; the test is skipped where it is not at hand."""
    file = SHARED / "tools" / f"{name}.py"
    if not file.is_file():
        pytest.skip(f"no shared/tools/{name}.py beside the checkout: it is not part of this project")
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
