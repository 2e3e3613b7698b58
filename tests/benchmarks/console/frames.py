"""How fluently a map moves in a browser: frames that were really drawn while it is dragged and zoomed."""

from itertools import pairwise
from typing import NamedTuple

from playwright.sync_api import Page

STEPS, STEP_MS = 60, 16
COUNT = """() => {
  const drawn = (window.drawnAt = []);
  const count = (now) => { drawn.push(now); window.counting = requestAnimationFrame(count); };
  window.counting = requestAnimationFrame(count);
}"""
STOP = "() => { cancelAnimationFrame(window.counting); return window.drawnAt; }"


class Moved(NamedTuple):
    """Of one gesture."""

    frames_per_s: float
    longest_frame_ms: float


def drag(page: Page) -> Moved:
    """The hand goes to and fro over the middle of the map for as long as sixty frames a second would take."""
    box = page.locator("#canvas").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate(COUNT)
    for step in range(STEPS):
        there = step if step < STEPS / 2 else STEPS - step
        page.mouse.move(x + 6 * there, y + 2 * there)
        page.wait_for_timeout(STEP_MS)
    drawn = page.evaluate(STOP)
    page.mouse.up()
    return _moved(drawn)


def zoom(page: Page, clicks: int) -> Moved:
    """The wheel, so many notches in (over 0) or out."""
    box = page.locator("#canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.evaluate(COUNT)
    for _ in range(abs(clicks)):
        page.mouse.wheel(0, -240 if clicks > 0 else 240)
        page.wait_for_timeout(250)
    return _moved(page.evaluate(STOP))


def _moved(drawn: list[float]) -> Moved:
    assert len(drawn) > 1, "the page drew nothing"
    between = [after - before for before, after in pairwise(drawn)]
    return Moved(round(1000 * len(between) / sum(between), 1), round(max(between), 1))
