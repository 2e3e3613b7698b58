"""What containers take of the machine's memory."""

import re
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.compose.installed import SERVERS, SERVICES, Installed

LOOK_S = 1.0
UNITS = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


def taken_mb(city: Installed) -> dict[str, float]:
    """By service, in MB of 10^6 bytes, as `docker stats` counts: without the page cache that is not in use."""
    names = {row["Name"]: service for service, row in city.states().items()}
    told = city.engine.docker("stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}")
    return {names[line.split()[0]]: _mb(line.split()[1]) for line in told.splitlines() if line.split()[0] in names}


@contextmanager
def most_taken_mb(city: Installed) -> Iterator[Mapping[str, float]]:
    """The same, the most that was seen meanwhile; whole when it is over. `all`: the most of all together."""
    most: defaultdict[str, float] = defaultdict(float)
    over = threading.Event()

    def look() -> None:
        while not over.wait(LOOK_S):
            now = taken_mb(city)
            for service, mb in (now | {"all": sum(now.values())}).items():
                most[service] = max(most[service], mb)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield most
    finally:
        over.set()
        looking.join()


def memory_table(rest: Mapping[str, float], load: Mapping[str, float]) -> str:
    """A line a container, as in docs/deployment.md."""
    services = sorted({*SERVERS, *SERVICES} & rest.keys(), key=lambda name: -load[name])
    lines = [f"| {name} | {rest[name]:,.0f} | {load[name]:,.0f} |" for name in services]
    total = f"| all together | {sum(rest.values()):,.0f} | {load['all']:,.0f} |"
    return "\n".join(["| MB | at rest | at most |", "| --- | --- | --- |", *lines, total])


def _mb(text: str) -> float:
    found = re.fullmatch(r"([\d.]+)(\w+)", text)
    assert found, text
    return float(found[1]) * UNITS[found[2]] / 1e6
