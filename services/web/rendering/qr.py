"""A link as a QR code: what the office shows on its screen, a phone's camera opens."""

import segno
from markupsafe import Markup

MODULE_PX = 5
"""Of a module: an invitation's link has some 41 of them a side, so that it is read from the screen at arm's length."""


def qr_code(link: str) -> Markup:
    """The link as an SVG within the page, dark on light whatever the page's colours; 15 % of it may be unreadable."""
    drawn = segno.make(link, error="m", micro=False)
    svg = drawn.svg_inline(scale=MODULE_PX, border=4, dark="#000", light="#fff", svgclass="qr", lineclass="")
    return Markup(svg)  # noqa: S704 - segno's own drawing: the link is in its modules, and nowhere as text
