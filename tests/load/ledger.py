"""What became of each message of the sensors, in a byte a message; in a file where another process wants to look."""

import mmap
import time
from collections.abc import Iterator
from pathlib import Path

WAITING, SENT, ACKNOWLEDGED = 0, 1, 2
"""Not sent yet; sent at least once and unacknowledged; the broker's PUBACK has come."""
STAMP_BYTES = 8


class Ledger:
    """Which messages were acknowledged, and with `stamps` when each was first sent (seconds since 1970).

    With a `file` the ledger lies there: whoever opens it with the same arguments sees it change.
    """

    def __init__(self, count: int, *, stamps: bool = False, file: Path | None = None) -> None:
        size = max(1, count) + (STAMP_BYTES * count if stamps else 0)
        self._map = _map(file, size)
        self._view = memoryview(self._map)
        self._count = count
        self.states = self._view[STAMP_BYTES * count if stamps else 0 :][:count]
        self.sent_at = self._view[: STAMP_BYTES * count].cast("d") if stamps else None
        self.acknowledged = 0
        self.sent_again = 0

    def note_sent(self, fresh: range) -> None:
        """These were handed to the network for the first time, now."""
        self.states[fresh.start : fresh.stop : fresh.step] = bytes([SENT]) * len(fresh)
        if self.sent_at is not None:
            now_s = time.time()
            for index in fresh:
                self.sent_at[index] = now_s

    def acknowledge(self, index: int) -> None:
        if self.states[index] != ACKNOWLEDGED:
            self.states[index] = ACKNOWLEDGED
            self.acknowledged += 1

    def count_acknowledged(self) -> int:
        """Counted in the bytes: right in whichever process looks."""
        return bytes(self.states).count(ACKNOWLEDGED)

    def iter_acknowledged(self) -> Iterator[int]:
        """Indices, rising, of this moment."""
        states = bytes(self.states)
        index = states.find(ACKNOWLEDGED)
        while index >= 0:
            yield index
            index = states.find(ACKNOWLEDGED, index + 1)


def _map(file: Path | None, size: int) -> mmap.mmap:
    if file is None:
        return mmap.mmap(-1, size)
    with file.open("r+b" if file.exists() else "w+b") as opened:
        opened.truncate(size)
        return mmap.mmap(opened.fileno(), size)
