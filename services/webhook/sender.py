"""The outbox emptied: each address has a lane of its own, in which one message follows the other.

At least once: a message whose answer was lost, or could not be recorded, is sent again with the same id.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from services.operations.meters import WebhookMeter
from services.store.connection import Connection, store_errors
from services.webhook.retrying import GIVEN_UP_AFTER, KEPT_FOR, rest_s, wait_after
from services.webhook.sending import Answer, Endpoint, Poster, body_of
from services.webhook.store import (
    Due,
    find_backlog,
    forget_overflows,
    keep_overflows,
    list_due,
    list_overflows,
    queue,
    record,
    tidy,
)
from services.webhook.telling import of_overflow

log = logging.getLogger(__name__)

LANES = 16
"""Addresses that are posted to at the same time."""
LANE_MESSAGES, LANE_S = 20, 30.0
"""Of one turn of a lane; its answers are recorded after it."""
RIM, ROOM = 1.0, 0.9
"""A container overflows from this fill on; below that one it has room again, and the next time is told."""
OVERFLOW_EVERY_S, TIDY_EVERY_S = 15.0, 600.0
LONGEST_LEFT_S = 3600.0
"""However long an address asks to be left alone: its messages have waits of their own."""


class Tried(NamedTuple):
    due: Due
    answer: Answer


class Sender:
    """Works on a connection for a turn at a time; what it does not know any more it finds in the store."""

    def __init__(self, poster: Poster, meter: WebhookMeter, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._poster = poster
        self._clock_s = clock_s
        self._meter = meter
        self._lanes = ThreadPoolExecutor(LANES, thread_name_prefix="lane")
        self._running: dict[Endpoint, Future[list[Tried]]] = {}
        self._failures: Counter[str] = Counter()
        self._rests_until_s: dict[str, float] = {}
        self._looked_s = self._tidied_s = float("-inf")
        self._ending = threading.Event()

    def turn(self, connection: Connection) -> None:
        """Record what came back, find what is due, and start a lane for each address that has something.

        Raises:
            StoreAway: what could not be recorded is recorded in a later turn.
        """
        self._record(connection)
        now_s = self._clock_s()
        if now_s - self._looked_s >= OVERFLOW_EVERY_S:
            self._look_for_overflows(connection)
            self._looked_s = now_s
        if now_s - self._tidied_s >= TIDY_EVERY_S:
            self._tidy(connection)
            self._tidied_s = now_s
        with store_errors(), connection.transaction():
            due = list_due(connection, self._left_alone(now_s), LANE_MESSAGES)
            self._meter.waiting, self._meter.oldest_s = find_backlog(connection)
        for endpoint, messages in due.items():
            self._running[endpoint] = self._lanes.submit(self._lane, messages)

    def close(self) -> None:
        """Begin nothing more, and wait for what is on its way."""
        self._ending.set()
        self._lanes.shutdown(wait=True, cancel_futures=True)

    def finish(self, connection: Connection) -> None:
        """The same, and record it."""
        self.close()
        self._record(connection)

    def _left_alone(self, now_s: float) -> list[str]:
        resting = [webhook for webhook, until_s in self._rests_until_s.items() if until_s > now_s]
        return [*resting, *(endpoint.webhook_id for endpoint in self._running)]

    def _lane(self, messages: Sequence[Due]) -> list[Tried]:
        """One after the other, until the address fails as such: the others would fail the same way."""
        tried: list[Tried] = []
        began_s = time.monotonic()
        for due in messages:
            body = body_of(due.event, due.happened_at, due.data)
            answer = self._post(due, body)
            tried.append(Tried(due, answer))
            is_over = self._ending.is_set() or time.monotonic() - began_s > LANE_S
            if answer.outcome != "delivered" or is_over:
                break
        return tried

    def _post(self, due: Due, body: bytes) -> Answer:
        """An address that breaks our own code is one that fails; the others' messages wait for nobody."""
        try:
            return self._poster.post(due.endpoint, due.message_id, body)
        except Exception as error:
            log.exception("webhook %s failed in a way nobody has foreseen", due.endpoint.webhook_id)
            return Answer("unreachable", f"{type(error).__name__}: see the log of the service webhook")

    def _record(self, connection: Connection) -> None:
        for endpoint, lane in list(self._running.items()):
            if not lane.done():
                continue
            if not lane.cancelled():
                tried = lane.result()
                with store_errors(), connection.transaction():
                    for each in tried:
                        wait = wait_after(each.due.tries + 1, each.answer)
                        record(connection, each.due, each.answer, wait)
                for each in tried:
                    self._note(each)
            del self._running[endpoint]

    def _note(self, tried: Tried) -> None:
        """What a try means for the address's next turn, for the counts and for the log."""
        due, answer, webhook = tried.due, tried.answer, tried.due.endpoint.webhook_id
        self._meter.tries[answer.outcome] += 1
        if answer.outcome == "delivered":
            self._failures.pop(webhook, None)
            self._rests_until_s.pop(webhook, None)
            return
        self._failures[webhook] += 1
        rest = max(rest_s(self._failures[webhook]), answer.retry_after_s or 0)
        self._rests_until_s[webhook] = self._clock_s() + min(rest, LONGEST_LEFT_S)
        ends = answer.outcome == "gone" or wait_after(due.tries + 1, answer) is None
        self._meter.given_up += ends
        what = "given up" if ends else "is tried again"
        log.warning(
            "webhook %s at %s: %s %s after try %d: %s",
            webhook, due.endpoint.shown, due.event, what, due.tries + 1, answer.said, extra={"trace": due.message_id},
        )  # fmt: skip

    def _look_for_overflows(self, connection: Connection) -> None:
        with store_errors(), connection.transaction():
            forget_overflows(connection, ROOM)
            rows = list_overflows(connection, RIM)
            queue(connection, map(of_overflow, rows))
            keep_overflows(connection, rows)

    def _tidy(self, connection: Connection) -> None:
        with store_errors(), connection.transaction():
            given_up = tidy(connection, GIVEN_UP_AFTER, KEPT_FOR)
        self._meter.given_up += given_up
        if given_up:
            log.warning("%d messages are given up: they waited for over %d days", given_up, GIVEN_UP_AFTER.days)
