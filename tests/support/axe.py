"""axe-core on a page: names, roles, order, contrast."""

import pytest
from playwright.sync_api import Page

from services.web.rendering.assets import NODE_MODULES

_AXE = NODE_MODULES / "axe-core" / "axe.min.js"
_RUN = """async () => (await axe.run(document, { resultTypes: ['violations'] })).violations
  .map((v) => `${v.id} (${v.impact}): ${v.nodes.map((n) => n.html.slice(0, 160)).join(' ; ')}`)"""


def faults(page: Page) -> list[str]:
    """What axe finds, with the elements; the test is skipped where axe-core is not installed."""
    if not _AXE.is_file():
        pytest.skip("axe-core is not installed: npm ci --prefix services/web")
    page.evaluate(_AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(_RUN)
    return found
