"""The twin of `services.stream.mqtt.Subscriber`."""

import threading
from collections.abc import Callable, Iterable

from services.stream.mqtt import Arrival
from tests.twins.broker import MemoryBroker

RECONNECT_S = 0.02
STOP_PATIENCE_S = 5.0


class MemorySubscriber:
    """A persistent session on one topic filter. `on_arrivals` runs on a thread of its own, as the real one's does."""

    def __init__(self, broker: MemoryBroker, *, client_id: str) -> None:
        self._broker = broker
        self._client_id = client_id
        self._filter = ""
        self._on_arrivals: Callable[[list[Arrival]], None] = lambda _arrivals: None
        self._stopping = threading.Event()
        self._is_subscribed = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"memory-mqtt-{client_id}", daemon=True)
        self.on_connection_lost: Callable[[], None] = lambda: None

    @property
    def is_there(self) -> bool:
        """Whether messages can come just now."""
        return self._is_subscribed.is_set() and self._broker.is_there

    def when_arrived(self, on_arrivals: Callable[[list[Arrival]], None]) -> None:
        self._on_arrivals = on_arrivals

    def start(self, topic_filter: str) -> None:
        """Connect and subscribe in the background, again and again while the broker is away."""
        self._filter = topic_filter
        self._thread.start()

    def stop(self) -> None:
        """Disconnect; the broker keeps the session."""
        self._stopping.set()
        if self._is_subscribed.is_set():
            self._broker.cut(self._client_id)
        self._thread.join(STOP_PATIENCE_S)

    def acknowledge(self, message_ids: Iterable[int]) -> None:
        """Tell the broker that these are safe."""
        self._broker.acknowledge(self._client_id, message_ids)

    def _run(self) -> None:
        while not self._stopping.is_set():
            connection = self._broker.connect(self._client_id, self._filter)
            if connection is not None:
                self._is_subscribed.set()
                self._serve(connection)
                self._is_subscribed.clear()
                self.on_connection_lost()
            self._stopping.wait(RECONNECT_S)

    def _serve(self, connection: int) -> None:
        while not self._stopping.is_set():
            arrivals = self._broker.take(self._client_id, connection)
            if arrivals is None:
                return
            self._on_arrivals(arrivals)
