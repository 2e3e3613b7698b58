"""The twin of `services.stream.kafka.EventConsumer`."""

import time
from collections.abc import Iterable
from uuid import uuid4

from services.errors import StreamAway
from services.stream.kafka import Record
from tests.twins.groups import Membership, Place
from tests.twins.log import MemoryLog

MOST_RECORDS = 5000
"""In one poll, as the real one is set."""


class MemoryConsumer:
    """Reads topics as a member of a group; offsets move only when `commit` is called.

    A named member keeps its partitions when it closes, for whoever comes back under the name.

    Raises:
        StreamAway: on being made, while the log is held or gone.
    """

    def __init__(self, log: MemoryLog, *, group: str, subscribed: Iterable[str], member: str | None = None) -> None:
        if not log.is_there:
            raise StreamAway("the stream does not answer")
        self._log = log
        self._group = log.group(group)
        self._keeps_seat = member is not None
        self._seat = Membership(member or f"member-{uuid4().hex}", log.places(subscribed))
        self._has_joined = False
        self._generation = -1
        self._next: dict[Place, int] = {}

    def poll(self, timeout_s: float) -> list[Record]:
        """What has come, in order within each partition; empty after `timeout_s` without news.

        Raises:
            StreamAway: another has taken this member's name.
        """
        deadline_s = time.monotonic() + timeout_s
        with self._log.changed:
            while True:
                records = self._take() if self._log.is_there else []
                left_s = deadline_s - time.monotonic()
                if records or left_s <= 0:
                    return records
                self._log.changed.wait(left_s)

    def commit(self) -> None:
        """Say that everything polled so far is safe.

        Raises:
            StreamAway: the log does not answer, or the partitions were dealt anew; the offsets stay.
        """
        with self._log.changed:
            if not self._log.is_there:
                raise StreamAway("the stream did not take the offset")
            if not self._group.has(self._seat) or self._generation != self._group.generation:
                raise StreamAway("the stream did not take the offset: the partitions are another's now")
            self._group.committed.update(self._next)

    def close(self) -> None:
        with self._log.changed:
            if not self._keeps_seat and self._group.has(self._seat):
                self._group.leave(self._seat.name)
            self._log.changed.notify_all()

    def _take(self) -> list[Record]:
        if not self._has_joined:
            self._group.join(self._seat)
            self._has_joined = True
            self._log.changed.notify_all()
        if not self._group.has(self._seat):
            raise StreamAway(f"another has taken the place of member {self._seat.name}")
        if not self._group.attend(self._seat):
            return []
        self._begin_generation()
        records: list[Record] = []
        for place, at in self._next.items():
            fresh = self._log.partitions(place.topic)[place.partition][at : at + MOST_RECORDS - len(records)]
            self._next[place] = at + len(fresh)
            records += fresh
        return records

    def _begin_generation(self) -> None:
        """New partitions are read from where they were committed, kept ones too: what was read since comes again."""
        if self._generation != self._group.generation:
            self._generation = self._group.generation
            self._next = {place: self._group.committed.get(place, 0) for place in self._seat.assigned}
            self._log.changed.notify_all()
