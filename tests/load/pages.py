"""Pages that stay open, as their browsers do: each holds a line of server-sent events and notes when it hears what.

Run as `python -m tests.load.pages`, with the orders as JSON on its input; prints what it heard as JSON.
"""

import asyncio
import json
import sys
import time
from typing import Any, NamedTuple


class Orders(NamedTuple):
    host: str
    port: int
    path: str
    cookie: str
    pages: int
    seconds: float


class Heard(NamedTuple):
    """Of one page."""

    events: list[tuple[float, str, str]]
    """Unix time, name and id of each."""
    read_bytes: int
    error: str | None


async def _page(orders: Orders, until: float) -> Heard:
    events: list[tuple[float, str, str]] = []
    read = 0
    try:
        reader, writer = await asyncio.open_connection(orders.host, orders.port, limit=2**22)
        ask = f"GET {orders.path} HTTP/1.1\r\nHost: {orders.host}:{orders.port}\r\nCookie: {orders.cookie}\r\n\r\n"
        writer.write(ask.encode())
        await writer.drain()
        status = (await reader.readline()).decode()
        if " 200 " not in status:
            return Heard(events, read, status.strip())
        name = id_ = ""
        while (left := until - time.time()) > 0:
            try:
                line = await asyncio.wait_for(reader.readline(), left)
            except TimeoutError:
                break
            read += len(line)
            text = line.decode()
            if text.startswith("id: "):
                id_ = text[4:].strip()
            elif text.startswith("event: "):
                name = text[7:].strip()
            elif text.startswith("data: "):
                events.append((time.time(), name, id_))
        writer.close()
    except OSError as error:
        return Heard(events, read, str(error))
    return Heard(events, read, None)


async def _all(orders: Orders) -> list[Heard]:
    until = time.time() + orders.seconds
    return await asyncio.gather(*(_page(orders, until) for _ in range(orders.pages)))


def main() -> None:
    """Open the pages, listen, tell."""
    asked: Any = json.load(sys.stdin)
    heard = asyncio.run(_all(Orders(**asked)))
    json.dump([one._asdict() for one in heard], sys.stdout)


if __name__ == "__main__":
    main()
