"""What happened when, printed as it happens."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event, Thread

EVERY_S = 15.0


@dataclass
class Timeline:
    """Lines with the seconds since the start, and the time by which the same is found in the logs."""

    start_s: float = field(default_factory=time.monotonic)

    def say(self, text: str) -> None:
        elapsed_s = time.monotonic() - self.start_s
        sys.stdout.write(f"{elapsed_s:7.1f} s  {datetime.now(UTC):%H:%M:%S}Z  {text}\n")
        sys.stdout.flush()

    @contextmanager
    def waiting(self, told: Callable[[], str], every_s: float = EVERY_S) -> Iterator[None]:
        """Say what is waited for, now and then, until the end of the block: what is short says nothing."""
        over = Event()

        def run() -> None:
            while not over.wait(every_s):
                self.say(f"  {told()}")

        teller = Thread(target=run, name="timeline", daemon=True)
        teller.start()
        try:
            yield
        finally:
            over.set()
            teller.join()
