"""`make bench-map`: the operator's page and map of a large city, on software rendering. Ends with a line of JSON.

Simulated: containers scattered evenly, circuits in strips, straight lines between stops.
"""

import argparse
import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from infra.migrate import migrate
from infra.stack.start import start_stack
from tests.benchmarks.console.frames import drag, zoom
from tests.benchmarks.console.large import NOW, put_large
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.support.web_browser import SCREENSHOTS, log_in
from tests.support.web_seed import OPERATOR
from tests.support.web_server import Running, serve
from tests.twins.stream import MemoryStream

GESTURES_TIMES = 3


def main() -> None:
    """Seed, open, move, tell."""
    parser = argparse.ArgumentParser(prog="make bench-map", description=__doc__)
    parser.add_argument("--containers", type=int, default=50_000)
    parser.add_argument("--circuits", type=int, default=200)
    asked = parser.parse_args()
    with TemporaryDirectory(prefix="console-") as folder, start_stack("embedded", Path(folder)) as stack:
        migrate(stack.database_url)
        put_large(stack.database_url, asked.containers, asked.circuits)
        with serve(stack.database_url, MemoryStream(), NOW) as web:
            print(json.dumps(asked.__dict__ | measured(web)))


def measured(web: Running) -> dict[str, float]:
    """The page's and the map's first seconds, then each gesture at three zooms; the slowest of each is told."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_context(viewport={"width": 1366, "height": 768}, locale="fr-FR").new_page()
        began_s = time.monotonic()
        log_in(page, web, OPERATOR, "/operateur")
        page.wait_for_selector("#list")
        listed_s = time.monotonic() - began_s
        page.wait_for_selector("#map[data-live]", timeout=120_000)
        page.wait_for_timeout(3000)
        standing_s = time.monotonic() - began_s - 3
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / "console-large.png")
        dragged, zoomed = [], []
        for _ in range(GESTURES_TIMES):
            dragged.append(drag(page))
            zoomed.append(zoom(page, 3))
            dragged.append(drag(page))
            zoomed.append(zoom(page, -3))
            print(dragged[-2:], zoomed[-2:], flush=True)
        page.screenshot(path=SCREENSHOTS / "console-large-moved.png")
        browser.close()
    return {
        "log_in_to_list_s": round(listed_s, 2), "log_in_to_map_s": round(standing_s, 2),
        "drag_frames_per_s": min(moved.frames_per_s for moved in dragged),
        "zoom_frames_per_s": min(moved.frames_per_s for moved in zoomed),
        "longest_frame_ms": max(moved.longest_frame_ms for moved in (*dragged, *zoomed)),
    }  # fmt: skip


if __name__ == "__main__":
    main()
