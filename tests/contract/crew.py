"""Members of a consumer group, each on a thread of its own as it would be a process, and what each was given."""

import logging
import threading
import time
from collections.abc import Callable

from services.errors import StreamAway
from services.stream.kafka import Record
from services.stream.ports import EventSource
from tests.contract.waiting import eventually

log = logging.getLogger(__name__)

POLL_S = 0.05
END_S = 40.0


class Member:
    """Polls and commits, as the writer does, until it is told to leave."""

    def __init__(self, make: Callable[[], EventSource]) -> None:
        self.given: list[Record] = []
        self._make = make
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def leave(self) -> None:
        """Return when it has left the group."""
        self._leaving.set()
        self._thread.join(END_S)
        assert not self._thread.is_alive(), f"the member did not end within {END_S:.0f} s"

    def _work(self) -> None:
        consumer = self._make()
        while not self._leaving.is_set():
            try:
                records = consumer.poll(POLL_S)
                self.given += records
                if records:
                    consumer.commit()
            except StreamAway as away:  # the partitions are being dealt anew: what was not committed comes again
                log.info("a member goes on: %s", away)
        consumer.close()


class Crew:
    """Sends hundreds of events and sees who is given them."""

    def __init__(self, send: Callable[[range], None]) -> None:
        self.members: list[Member] = []
        self._send = send
        self._next = 0

    def seen(self) -> set[int]:
        """Of all members of all times."""
        return {int(record.value) for member in self.members for record in member.given}

    def round(self) -> list[list[Record]]:
        """Send a hundred and wait until they have come; what each member was given of them."""
        fresh = range(self._next, self._next + 100)
        self._next = fresh.stop
        self._send(fresh)
        eventually(lambda: self.seen() >= set(fresh), lambda: f"missing: {sorted(set(fresh) - self.seen())[:10]}")
        return [[record for record in member.given if int(record.value) in fresh] for member in self.members]

    def rounds_until(self, is_so: Callable[[list[list[Record]]], bool], patience_s: float) -> None:
        """Rounds until the partitions are dealt as they should be: a member learns of a change by its heartbeat."""
        deadline_s = time.monotonic() + patience_s
        while not is_so(given := self.round()):
            assert time.monotonic() < deadline_s, f"each member got {[len(records) for records in given]}"

    def leave(self) -> None:
        for member in self.members:
            member.leave()
