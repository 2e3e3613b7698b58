"""What every service's main does: log, and end politely when asked to."""

import logging
import signal
import threading
from types import FrameType


class Stopping:
    """True once SIGTERM or SIGINT has come."""

    def __init__(self) -> None:
        self._event = threading.Event()
        signal.signal(signal.SIGTERM, self._ask)
        signal.signal(signal.SIGINT, self._ask)

    def __call__(self) -> bool:
        return self._event.is_set()

    def wait(self, timeout_s: float) -> bool:
        """Sleep, but wake at once when asked to stop."""
        return self._event.wait(timeout_s)

    def _ask(self, _signal: int, _frame: FrameType | None) -> None:
        self._event.set()


def start_logging(level: str) -> None:
    """One line an event on stderr, UTC."""
    logging.basicConfig(
        level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s", datefmt="%Y-%m-%dT%H:%M:%S%z"
    )
    logging.getLogger("kafka").setLevel(logging.WARNING)
    # Says each time that a large batch took a tenth of a second.
    logging.getLogger("kafka.net.selector").setLevel(logging.ERROR)
