"""What the pages' tests put in Kafka's place."""

from services.errors import StreamAway
from services.stream.kafka import Delivery
from tests.twins.log import MemoryLog
from tests.twins.producer import MemoryProducer


class Delivered:
    """A delivery that is decided: it has arrived, or failed."""

    is_done = True

    def __init__(self, exception: StreamAway | None = None) -> None:
        self.exception = exception

    def get(self, timeout: float) -> object:  # noqa: ARG002
        if self.exception is not None:
            raise self.exception
        return None


class MemoryStream(MemoryProducer):
    """A producer on a log of its own: remembers what was sent, over all topics in order, and can be away."""

    def __init__(self) -> None:
        self._own = MemoryLog()
        super().__init__(self._own)
        self.sent: list[tuple[str, bytes, bytes]] = []

    @property
    def away(self) -> bool:
        return self._own.is_gone

    @away.setter
    def away(self, is_away: bool) -> None:
        if is_away:
            self._own.kill()
        else:
            self._own.start()

    def send(self, topic: str, key: bytes, value: bytes) -> Delivery:
        delivery = super().send(topic, key, value)
        self.sent.append((topic, key, value))
        return delivery

    def is_there(self) -> bool:
        return not self.away
