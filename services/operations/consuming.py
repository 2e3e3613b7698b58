"""The one loop of every process that takes events: poll, take, commit, for ever; wait for Kafka; leave when told to."""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from services.errors import StreamAway
from services.operations.service import Service
from services.stream.kafka import Record
from services.stream.ports import EventSource

log = logging.getLogger(__name__)

POLL_S = 0.2
RETRY_S = 1.0
LOOK_S = 0.1


class Taker(Protocol):
    """What a process does with events. Everything else about taking them is the loop's."""

    def take(self, records: Sequence[Record], /) -> bool:
        """Settle these, waiting out whatever is away; False only when told to stop before all of them were.

        Raises:
            StreamAway: nothing is settled; the records come again once Kafka is back.
        """
        ...

    def committed(self, records: Sequence[Record], /) -> None:
        """Kafka knows that these are settled."""
        ...

    def between(self, taken: int, /) -> None:
        """After each turn, which brought `taken` records: what else there is to do, or a rest."""
        ...


def consume(service: Service, source: EventSource, taker: Taker) -> None:
    """Until told to stop. An offset moves only after its records were settled; the group is then left in good order."""
    while not service.stopping():
        taken = 0
        try:
            records = source.poll(POLL_S)
            if records and taker.take(records):
                source.commit()
                taker.committed(records)
                taken = len(records)
        except StreamAway as away:
            log.warning("waiting for Kafka: %s", away)
            service.stopping.wait(RETRY_S)
        taker.between(taken)
    source.close()


class Aside:
    """Long work on a thread of its own, so that the end is never held up: what is not done by then is left.

    Searches run in compiled code, which Python can neither interrupt nor end around: see `Service.leaves_working`.
    """

    def __init__(self, service: Service, what: str, *, left: str) -> None:
        """`what` with its article names the work; `left` tells, in the log, who does what is left of it."""
        self._service = service
        self._what = what
        self._left = left
        self._thread: threading.Thread | None = None

    @property
    def is_working(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def do(self, work: Callable[[], bool], *, at_most_s: float | None = None) -> bool:
        """What `work` answers; False when told to stop before it was done.

        Work that fails in a way nobody has foreseen is told with its trace and counts as settled: it would fail again,
        and meanwhile hold up everybody else's. `at_most_s`: for how long no sign of life is expected.
        """
        answers: list[bool] = []
        if at_most_s is not None:
            self._service.probe.turned(next_within_s=at_most_s)
        self._thread = threading.Thread(
            target=lambda: answers.append(_foreseen(work)), name=self._what.split()[-1], daemon=True
        )
        self._thread.start()
        while self.is_working and not self._service.stopping.is_asked():
            self._thread.join(LOOK_S)
        if self.is_working:
            log.info("stopped amid %s; %s", self._what, self._left)
            self._service.leaves_working()
        return answers == [True]


def _foreseen(work: Callable[[], bool]) -> bool:
    try:
        return work()
    except Exception:
        log.exception("failed in a way nobody has foreseen, and is left aside")
        return True
