"""Colours that can be read: contrasts computed from the style sheet, light and dark."""

import re

import pytest

from services.web.rendering import assets

CSS = (assets.WEB / "static/base.css").read_text(encoding="utf-8")
LIGHT, DARK = (dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", block)) for block in CSS.split("@media")[:2])
DARK = LIGHT | DARK


def _luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(a: str, b: str) -> float:
    bright, dim = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [("ink", "ground"), ("soft", "ground"), ("soft", "wash"), ("link", "ground"), ("now", "ground"), ("go-ink", "go"),
     ("go", "ground"), ("soft", "paper"), ("ink", "wash"), ("due-ink", "ground"), ("due-ink", "wash")],
)  # fmt: skip
def test_text_reaches_aa(theme: dict[str, str], ink: str, ground: str) -> None:
    """4.5 to 1 for every pair of ink and ground that carries text."""
    assert _contrast(theme[ink], theme[ground]) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("mark", [*(f"hue-{n}" for n in range(1, 13)), "low", "soon", "due", "overflow", "silent"])
def test_marks_reach_three_to_one_on_the_map(theme: dict[str, str], mark: str) -> None:
    """Circuits and fill marks stand out from the land (WCAG 1.4.11)."""
    assert _contrast(theme[mark], theme["land"]) >= 3


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_numbers_on_circuit_badges_can_be_read(theme: dict[str, str]) -> None:
    """A bold number on its circuit's colour: 3 to 1 would do for large type, ours is small."""
    assert min(_contrast(theme[f"hue-{n}"], theme["ground"]) for n in range(1, 13)) >= 4.5


def test_each_button_looks_like_one() -> None:
    """`button` alone has neither ground nor line: it says which it is, unless its own sheet dresses it."""
    pages = [page for page in assets.WEB.rglob("*.html") if "node_modules" not in page.parts]
    assert len(pages) > 50
    bare = [page.name for page in pages if re.search(r'class="button"', page.read_text(encoding="utf-8"))]
    assert bare == []
