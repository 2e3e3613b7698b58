"""Operators at their desks: each looks at something of the day, thinks for some seconds, looks at something else.

Run as `python -m tests.benchmarks.console.operators`, with the orders as JSON on its input; prints JSON: how long each
answer took.
"""

import asyncio
import json
import random
import sys
import time
from typing import Any, NamedTuple

import httpx

THINKING_S = (2.0, 6.0)
"""Between two looks of one operator: quick hands."""
KEPT_S = 2.0
"""The server hangs up on a line that was silent for five seconds; a browser asks again, this client would fail."""


class Orders(NamedTuple):
    url: str
    cookies: dict[str, str]
    operators: int
    seconds: float
    looks: dict[str, list[str]]
    """Addresses by what is looked at; one of a kind is taken at random."""
    weights: dict[str, int]


class Took(NamedTuple):
    look: str
    status: int
    seconds: float
    read_bytes: int


async def _operator(orders: Orders, number: int, until: float) -> list[Took]:
    dice = random.Random(number)
    kinds, weights = list(orders.looks), [orders.weights[kind] for kind in orders.looks]
    took = []
    kept = httpx.Limits(keepalive_expiry=KEPT_S)
    async with httpx.AsyncClient(base_url=orders.url, cookies=orders.cookies, timeout=30, limits=kept) as client:
        await asyncio.sleep(dice.random() * THINKING_S[1])
        while time.monotonic() < until:
            kind = dice.choices(kinds, weights)[0]
            began_s = time.monotonic()
            answer = await client.get(dice.choice(orders.looks[kind]))
            took.append(Took(kind, answer.status_code, time.monotonic() - began_s, answer.num_bytes_downloaded))
            await asyncio.sleep(dice.uniform(*THINKING_S))
    return took


async def _all(orders: Orders) -> list[Took]:
    until = time.monotonic() + orders.seconds
    of_each = await asyncio.gather(*(_operator(orders, number, until) for number in range(orders.operators)))
    return [took for one in of_each for took in one]


def main() -> None:
    """Sit down, look, tell."""
    asked: Any = json.load(sys.stdin)
    json.dump([took._asdict() for took in asyncio.run(_all(Orders(**asked)))], sys.stdout)


if __name__ == "__main__":
    main()
