"""The twin of `services.stream.kafka.EventProducer`."""

import time
from collections.abc import Iterable

from services.contracts.fields import Message
from services.errors import StreamAway
from services.stream.kafka import Delivery
from tests.twins.log import MemoryLog

CONFIRM_TIMEOUT_S = 0.5
"""Nothing here is slow: what is not confirmed by then waits for a test to say so."""


class MemoryProducer:
    """Puts events into a `MemoryLog`.

    Raises:
        StreamAway: on being made, while the log is held or gone.
    """

    def __init__(self, log: MemoryLog) -> None:
        if not log.is_there:
            raise StreamAway("the stream does not answer")
        self._log = log
        self._is_stuck = False

    def send(self, topic: str, key: bytes, value: bytes) -> Delivery:
        """Hand one event over; the answer says whether the log has it.

        Raises:
            StreamAway: not even taken for sending.
        """
        return self._log.append(topic, key, value)

    def publish(self, topic: str, key: bytes, message: Message) -> None:
        """Send one event and return when it is confirmed.

        Raises:
            StreamAway: not confirmed in time; it may or may not have arrived.
        """
        self.renew_if_stuck()
        self.confirm([self.send(topic, key, message.to_bytes())])

    def confirm(self, deliveries: Iterable[Delivery]) -> None:
        """Return when every one is confirmed.

        Raises:
            StreamAway: not all in time; those may or may not have arrived.
        """
        deadline_s = time.monotonic() + CONFIRM_TIMEOUT_S
        for delivery in deliveries:
            try:
                delivery.get(timeout=max(0.0, deadline_s - time.monotonic()))
            except StreamAway:
                self.note_failure()
                raise

    def flush(self, timeout_s: float) -> None:
        """Wait until all that was handed over is decided, at most this long."""
        self._log.wait_for_deliveries(timeout_s)

    def note_failure(self) -> None:
        self._is_stuck = True

    def renew_if_stuck(self) -> None:
        """After a failure, see whether the log answers.

        Raises:
            StreamAway: it does not.
        """
        if self._is_stuck and not self._log.is_there:
            raise StreamAway("the stream does not answer")
        self._is_stuck = False

    def close(self) -> None:
        """Nothing is held here."""
