"""What every service's main does: log, answer the technician, and end politely when asked to."""

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from prometheus_client.registry import Collector

from services.operations.lag import GroupLag
from services.operations.logs import start_logging
from services.operations.probe import Probe
from services.operations.questions import kafka_question, store_question
from services.settings import Settings

__all__ = ["Service", "Stopping", "running_service", "start_logging"]


class Stopping:
    """True once SIGTERM or SIGINT has come.

    Whoever waits for anything asks this again and again, so it is also the sign that a loop is alive: `turned` hears
    of every asking of the thread that made it, the main one; threads beside it may ask too, and do not pass for it.
    With `second_ends`, a second signal ends the process at once.
    """

    def __init__(self, turned: Callable[[], None] = lambda: None, *, second_ends: bool = False) -> None:
        self._event = threading.Event()
        self._turned = turned
        self._main = threading.get_ident()
        self._second_ends = second_ends
        signal.signal(signal.SIGTERM, self._ask)
        signal.signal(signal.SIGINT, self._ask)

    def __call__(self) -> bool:
        self._beat()
        return self._event.is_set()

    def wait(self, timeout_s: float) -> bool:
        """Sleep, but wake at once when asked to stop."""
        self._beat()
        return self._event.wait(timeout_s)

    def is_asked(self, within_s: float = 0) -> bool:
        """The same without being a sign of life, for a main thread that waits for another's work."""
        return self._event.wait(within_s)

    def _beat(self) -> None:
        if threading.get_ident() == self._main:
            self._turned()

    def _ask(self, number: int, _frame: FrameType | None) -> None:
        if self._second_ends and self._event.is_set():
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        self._event.set()


@dataclass
class Service:
    """A process of ours: when it is to end, and what it says of itself."""

    stopping: Stopping
    probe: Probe
    is_left_working: bool = False

    def leaves_working(self) -> None:
        """A thread is still in compiled code when the process is to end: it goes down with the process."""
        self.is_left_working = True


@contextmanager
def running_service(
    config: Settings,
    name: str,
    meter: Collector,
    *,
    group: str | None = None,
    needs_store: bool = True,
    asks_store: bool = True,
    asks_kafka: bool = True,
) -> Iterator[Service]:
    """Log, take signals, and answer at the probe's address, until the end of the block.

    Where work was left then (`Service.leaves_working`), the process ends with the block, in good order.

    `group`: the consumer group whose lag is told. `needs_store`: whether it is ready only while the store answers.
    `asks_store`, `asks_kafka`: False for a service that has no way into the store, or to Kafka.

    Raises:
        ProbePortTaken: the probe's address cannot be listened on.
    """
    start_logging(config.log_level, config.log_format, service=name, member=config.member, secrets=config.secrets())
    probe = Probe(name, config.member, meter, secrets=config.secrets())
    stopping = Stopping(probe.turned, second_ends=True)
    service = Service(stopping, probe)
    probe_asks = _Asks(needs_store=needs_store, store=asks_store, kafka=asks_kafka)
    with _answering(config, name, service, probe_asks, group=group):
        yield service
    if service.is_left_working:
        # Python waits for its threads, and cannot end around one that is in C++ or in compiled loops.
        logging.shutdown()
        os._exit(0)


@dataclass(frozen=True)
class _Asks:
    """Whom a service asks whether it is there."""

    needs_store: bool
    store: bool
    kafka: bool


@contextmanager
def _answering(config: Settings, name: str, service: Service, asks: _Asks, *, group: str | None) -> Iterator[None]:
    """The probe's address, where there is one."""
    probe = service.probe
    if config.probe_port is None:
        yield
        return
    if asks.store:
        question = store_question(config.database_url.get_secret_value(), name=name)
        probe.asks("store", question, needed=asks.needs_store)
    if asks.kafka:
        probe.asks("kafka", kafka_question(config.kafka_at))
    lag = GroupLag(config.kafka_at, group) if group else None
    if lag is not None:
        probe.registry.register(lag)
        lag.start()
    probe.start(config.probe_host, config.probe_port)
    try:
        yield
    finally:
        probe.stop()
        if lag is not None:
            lag.stop()
