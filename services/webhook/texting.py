"""Replies to residents' texts, through the interface of SMS Gateway for Android."""

import base64
import json
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from uuid import NAMESPACE_URL, uuid5

from services.store.connection import Connection, store_errors
from services.webhook.gateways import Reply, list_due, record, tidy
from services.webhook.sending import Answer, Poster

log = logging.getLogger(__name__)

LANES, LANE_REPLIES = 4, 20
WAITS = tuple(timedelta(seconds=seconds) for seconds in (5, 20, 60, 300, 600, 1200))
"""A reply is of use for an hour: whoever has written stands beside the container."""
GIVEN_UP_AFTER = timedelta(hours=1)
KEPT_FOR = timedelta(days=4)
"""That a text was answered: the app brings one again for two days where we did not say that we have it."""
TIDY_EVERY_S = 60.0
THERE_ALREADY, WRONG = "409", "400"
"""It has the reply, by its id; it takes no such number or words, and would not the next time."""


class Texter:
    """Works on a connection for a turn at a time, as the sender of webhooks, and through the same poster."""

    def __init__(self, poster: Poster, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._poster = poster
        self._clock_s = clock_s
        self._lanes = ThreadPoolExecutor(LANES, thread_name_prefix="texts")
        self._running: dict[str, Future[list[tuple[Reply, Answer]]]] = {}
        self._tidied_s = float("-inf")

    def turn(self, connection: Connection) -> None:
        """Record what came back, and begin with each telephone that has something to send.

        Raises:
            StoreAway: what could not be recorded is sent again, with the same id.
        """
        self._record(connection)
        if self._clock_s() - self._tidied_s >= TIDY_EVERY_S:
            self._tidied_s = self._clock_s()
            with store_errors(), connection.transaction():
                given_up = tidy(connection, GIVEN_UP_AFTER, KEPT_FOR)
            if given_up:
                log.warning("%d replies are given up: they waited for over an hour", given_up)
        with store_errors(), connection.transaction():
            due = list_due(connection, list(self._running), LANE_REPLIES)
        for city in {reply.city_id for reply in due}:
            replies = [reply for reply in due if reply.city_id == city]
            self._running[city] = self._lanes.submit(self._lane, replies)

    def close(self) -> None:
        self._lanes.shutdown(wait=True, cancel_futures=True)

    def finish(self, connection: Connection) -> None:
        """Wait for what is on its way, and record it."""
        self.close()
        self._record(connection)

    def _lane(self, replies: Sequence[Reply]) -> list[tuple[Reply, Answer]]:
        """One after the other, until the telephone fails as such."""
        tried: list[tuple[Reply, Answer]] = []
        for reply in replies:
            answer = self._send(reply)
            tried.append((reply, answer))
            if answer.outcome != "delivered" and answer.said not in {THERE_ALREADY, WRONG}:
                break
        return tried

    def _send(self, reply: Reply) -> Answer:
        login = base64.b64encode(reply.login.encode()).decode()
        try:
            return self._poster.send(f"{reply.url}/messages", {"authorization": f"Basic {login}"}, body_of(reply))
        except Exception as error:
            log.exception("the telephone of %s failed in a way nobody has foreseen", reply.city_id)
            return Answer("unreachable", f"{type(error).__name__}: see the log of the service webhook")

    def _record(self, connection: Connection) -> None:
        for city, lane in list(self._running.items()):
            if not lane.done():
                continue
            if not lane.cancelled():
                with store_errors(), connection.transaction():
                    for reply, answer in lane.result():
                        _record(connection, reply, answer)
            del self._running[city]


def _record(connection: Connection, reply: Reply, answer: Answer) -> None:
    taken = answer.outcome == "delivered" or answer.said == THERE_ALREADY
    wait = None if taken or answer.said == WRONG or reply.tries >= len(WAITS) else WAITS[reply.tries]
    if not taken:
        what = "is given up" if wait is None else "is tried again"
        log.warning("a reply to a text in %s %s: %s", reply.city_id, what, answer.said)
    record(connection, reply, taken=taken, said=answer.said, wait=wait)


def body_of(reply: Reply) -> bytes:
    """As its manual says; with an id that is the same at every try, so that a reply is sent once."""
    told = {
        "id": uuid5(NAMESPACE_URL, f"tournee:sms:{reply.city_id}:{reply.event_id}").hex[:21],
        "textMessage": {"text": reply.reply},
        "phoneNumbers": [reply.phone],
        "ttl": int(GIVEN_UP_AFTER.total_seconds()),
        "withDeliveryReport": False,
    }
    return json.dumps(told, ensure_ascii=False).encode()
