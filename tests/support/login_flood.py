"""A flood of logins from a process of its own, so that it costs the web service nothing but what it asks."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

FLOOD = """
import asyncio, collections, json, sys, time
import httpx

url, at_once, for_s = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
statuses = collections.Counter()


async def guess(client, number, until_s):
    order = {"city": "port-azur", "login": f"nobody{number}", "password": "wrong"}
    while time.monotonic() < until_s:
        answer = await client.post("/api/v1/session", json=order)
        statuses[answer.status_code] += 1
        refused = answer.status_code == 401 or int(answer.headers.get("retry-after", 0)) > 0
        assert refused, (answer.status_code, answer.text)
        await asyncio.sleep(0.2)


async def main():
    # The server hangs up on a connection that was silent for five seconds, and so does httpx by itself: used again at
    # that very moment it is gone, and the guess with it. Ours are given up long before.
    limits = httpx.Limits(max_connections=at_once, keepalive_expiry=1.0)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as client:
        print("begins", flush=True)
        until_s = time.monotonic() + for_s
        await asyncio.gather(*(guess(client, n, until_s) for n in range(at_once)))
    print(json.dumps(statuses))


asyncio.run(main())
"""


class Flood:
    def __init__(self, process: subprocess.Popen[str], said: IO[str]) -> None:
        self._process = process
        self._said = said

    def result(self) -> dict[str, int]:
        """How many answers of each status there were, once it is over; where it fell, what it said then."""
        told, _ = self._process.communicate(timeout=120)
        self._said.seek(0)
        assert self._process.returncode == 0, self._said.read()
        statuses: dict[str, int] = json.loads(told)
        return statuses


@contextmanager
def flooding(url: str, at_once: int, for_s: float) -> Iterator[Flood]:
    """So many guess at once, each again as soon as it is answered and a fifth of a second later."""
    arguments = [sys.executable, "-c", FLOOD, url, str(at_once), str(for_s)]
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=said, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "begins\n"
        yield Flood(process, said)
