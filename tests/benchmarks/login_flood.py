"""How quick pages stay while 200 guess at logins at once: `.venv/bin/python -m tests.benchmarks.login_flood`.

The flood is a process of its own, beside the web service on the same cores: what is measured is the worst of it.
"""

import statistics
import sys
import time
from contextlib import closing

from infra.migrate import migrate
from infra.stack.start import start_stack
from tests.support.databases import new_database
from tests.support.login_flood import flooding
from tests.support.web_seed import NOW, OPERATOR, put_everything
from tests.support.web_server import client_of, serve
from tests.twins.stream import MemoryStream

AT_ONCE, FOR_S, ASKED = 200, 20.0, 200
PAGES = ("/api/v1/state", "/operateur", "/")


def main() -> None:
    """A line for each page."""
    with start_stack("embedded") as stack, new_database(stack) as url:
        migrate(url)
        put_everything(url)
        with serve(url, MemoryStream(), NOW) as web, closing(client_of(web, OPERATOR)) as office:
            for page in PAGES:
                calm = _took_ms(office, page)
                with flooding(web.url, AT_ONCE, FOR_S) as flood:
                    flooded = _took_ms(office, page)
                    answers = flood.result()
                told = " ".join(f"{status}: {count}" for status, count in sorted(answers.items()))
                sys.stdout.write(
                    f"{page:16} p95 {_p95(calm):7.0f} ms calm {_p95(flooded):7.0f} ms flooded   answers {told}\n"
                )


def _took_ms(client: object, page: str) -> list[float]:
    took = []
    for _ in range(ASKED):
        began_s = time.monotonic()
        assert client.get(page).status_code == 200  # type: ignore[attr-defined]
        took.append((time.monotonic() - began_s) * 1000)
    return took


def _p95(took_ms: list[float]) -> float:
    return statistics.quantiles(took_ms, n=20)[18]


if __name__ == "__main__":
    main()
