"""Two hundred pages of a day with a thousand trucks stay open on one web process, and hear what changes."""

import json
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from psycopg.types.json import Jsonb

from services.store.connection import connect
from tests.support.web_seed import CITY, DAY, NOW, OPERATOR, PLAN
from tests.support.web_server import Running, client_of, serve_city
from tests.twins.stream import MemoryStream

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
PAGES, TRUCKS, SECONDS = 200, 1000, 24.0
CHANGES = 5


@pytest.fixture(scope="module")
def web(database_url: str) -> Iterator[Running]:
    with serve_city(database_url, MemoryStream()) as running:
        with connect(database_url, name="seed") as connection:
            for n in range(TRUCKS - 5):
                document = {"id": f"X-{n}", "truck_class": "benne", "depot": "depot", "shift_from": "06:00",
                            "shift_to": "14:00"}  # fmt: skip
                connection.execute("INSERT INTO truck VALUES (%s, %s, %s)", (CITY, f"X-{n}", Jsonb(document)))
                connection.execute("INSERT INTO truck_state VALUES (%s, %s, %s, 2.4, 6.36)", (CITY, f"X-{n}", NOW))
        yield running


def drive(database_url: str, told: list[float], stop: threading.Event) -> None:
    """Each truck's position each half minute, as a thousand trackers send them; now and then a crew speaks."""
    with connect(database_url, name="drive") as connection:
        step = 0
        while not stop.wait(1.0):
            connection.execute(
                "UPDATE truck_state SET lon = lon + 0.00001 WHERE truck_id LIKE 'X-%%'"
                " AND substr(truck_id, 3)::integer %% 30 = %s", (step % 30,)
            )  # fmt: skip
            if step % 4 == 3 and len(told) < CHANGES:
                place = connection.execute(
                    "SELECT place FROM stop WHERE plan_id = %s AND kind = 'stop' AND number = 1 ORDER BY sequence"
                    " OFFSET %s LIMIT 1", (PLAN, len(told)),
                ).fetchone()  # fmt: skip
                assert place is not None
                connection.execute(
                    "INSERT INTO confirmation VALUES (%s, %s, 'C-01', %s, 'stop', %s, 'done', NULL,"
                    " NULL, %s, %s, 'C-01')",
                    (uuid4(), CITY, PLAN, place["place"], NOW, NOW),
                )
                told.append(time.time())
            connection.commit()
            step += 1


def test_pages_hear_what_changes_within_seconds_on_one_process(web: Running, database_url: str) -> None:
    """All of them the same events; the process has most of a core to spare; another page is answered meanwhile."""
    with closing(client_of(web, OPERATOR)) as client:
        figures = listened(web, database_url, client)
    print(json.dumps(figures))
    assert figures["pages"] == PAGES
    assert figures["delay_p95_s"] < 5.0
    assert figures["cpu_share"] < 0.9


def listened(web: Running, database_url: str, client: httpx.Client) -> dict[str, float]:
    """What the pages heard of some seconds of such a day, and what that cost."""
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    address = urlsplit(web.url)
    orders = {
        "host": address.hostname, "port": address.port, "path": f"/api/v1/live?day={DAY}", "cookie": cookie,
        "pages": PAGES, "seconds": SECONDS,
    }  # fmt: skip
    told: list[float] = []
    stop = threading.Event()
    driver = threading.Thread(target=drive, args=(database_url, told, stop))
    began_s, usage = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
    pages = subprocess.Popen(
        [sys.executable, "-m", "tests.load.pages"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    driver.start()
    took_s: list[float] = []

    def look() -> None:
        while not stop.wait(1.0):
            at = time.monotonic()
            assert client.get(f"/api/v1/state?day={DAY}").status_code == 200
            took_s.append(time.monotonic() - at)

    looker = threading.Thread(target=look)
    looker.start()
    output, _ = pages.communicate(json.dumps(orders), timeout=SECONDS + 60)
    stop.set()
    driver.join()
    looker.join()
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu_s = after.ru_utime + after.ru_stime - usage.ru_utime - usage.ru_stime
    heard = json.loads(output)
    assert [one["error"] for one in heard if one["error"]] == []
    first = {tuple(event[2] for event in one["events"]) for one in heard}
    longest = max(first, key=len)
    assert all(set(ids) <= set(longest) for ids in first)
    delays = sorted(
        next(at for at, name, _ in one["events"] if at > instant and name == "change") - instant
        for one in heard
        for instant in told[:CHANGES]
        if instant < one["events"][-1][0] - 4
    )
    share = cpu_s / (time.monotonic() - began_s)
    p50, p95 = delays[len(delays) // 2], delays[int(len(delays) * 0.95)]
    took_s.sort()
    return {
        "pages": len(heard), "trucks": TRUCKS, "events_a_page": len(longest), "delay_p50_s": round(p50, 2),
        "delay_p95_s": round(p95, 2), "cpu_share": round(share, 2),
        "kb_a_page_s": round(sum(one["read_bytes"] for one in heard) / len(heard) / SECONDS / 1000, 1),
        "state_p95_s": round(took_s[int(len(took_s) * 0.95)], 3),
    }  # fmt: skip
