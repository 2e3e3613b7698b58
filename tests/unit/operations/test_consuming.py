"""The loop of every process that takes events: when an offset moves, and how it ends."""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from services.errors import StreamAway
from services.operations.consuming import Aside, consume
from services.operations.probe import Probe
from services.operations.service import Service, Stopping
from services.stream.kafka import Record
from tests.twins.consumer import MemoryConsumer
from tests.twins.log import MemoryLog
from tests.twins.producer import MemoryProducer

TOPIC = "orders"


@pytest.fixture
def service() -> Iterator[Service]:
    """Ends when the tests says so; the signals are put back."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    probe = Probe("tested")
    yield Service(Stopping(probe.turned), probe)
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.fixture
def stream() -> MemoryLog:
    log = MemoryLog()
    producer = MemoryProducer(log)
    for value in (b"first", b"second", b"third"):
        producer.confirm([producer.send(TOPIC, b"city", value)])
    return log


class Told:
    """A taker that answers what the test says, and ends the loop once it has nothing more to say."""

    def __init__(self, answers: Sequence[bool | Exception]) -> None:
        self._answers = list(answers)
        self.taken: list[list[bytes]] = []
        self.was_committed: list[list[bytes]] = []

    def take(self, records: Sequence[Record]) -> bool:
        self.taken.append([record.value for record in records])
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def committed(self, records: Sequence[Record]) -> None:
        self.was_committed.append([record.value for record in records])

    def between(self, taken: int) -> None:
        assert taken in {0, len(self.taken[-1])}
        if not self._answers:
            stop()


def stop() -> None:
    signal.raise_signal(signal.SIGTERM)


def left_over(log: MemoryLog) -> list[bytes]:
    """What the group's next member is given."""
    return [record.value for record in MemoryConsumer(log, group="g", subscribed=[TOPIC]).poll(0.1)]


ALL = [b"first", b"second", b"third"]


def test_offsets_move_once_the_records_are_settled(service: Service, stream: MemoryLog) -> None:
    taker = Told([True])
    consume(service, MemoryConsumer(stream, group="g", subscribed=[TOPIC]), taker)
    assert taker.taken == taker.was_committed == [ALL]
    assert left_over(stream) == []


def test_what_was_not_settled_comes_again_to_the_next_start(service: Service, stream: MemoryLog) -> None:
    """Told to stop amid its work, a process commits nothing of it."""
    taker = Told([False])
    consume(service, MemoryConsumer(stream, group="g", subscribed=[TOPIC]), taker)
    assert (taker.taken, taker.was_committed) == ([ALL], [])
    assert left_over(stream) == ALL


def test_kafka_away_amid_the_work_moves_no_offset(service: Service, stream: MemoryLog) -> None:
    taker = Told([StreamAway("Kafka did not confirm")])
    consume(service, MemoryConsumer(stream, group="g", subscribed=[TOPIC]), taker)
    assert taker.was_committed == []
    assert left_over(stream) == ALL


def test_aside_answers_what_the_work_does(service: Service) -> None:
    aside = Aside(service, "an order", left="nobody")
    assert aside.do(lambda: True)
    assert not aside.do(lambda: False)
    assert not service.is_left_working


def test_unforeseen_failure_is_told_and_does_not_hold_up_the_next(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    """The order of one city whose day overflows must neither come again for ever nor end the thread for the others."""

    def overflows() -> bool:
        raise OverflowError("date value out of range")

    aside = Aside(service, "an order", left="nobody")
    assert aside.do(overflows)
    assert "date value out of range" in caplog.text
    assert aside.do(lambda: True)


def test_told_to_stop_the_loop_does_not_wait_for_a_search(service: Service) -> None:
    """Compiled code cannot be interrupted: it is left, and the process is told that it must go down with it."""
    goes_on = threading.Event()
    aside = Aside(service, "a district", left="another worker carries it out")
    threading.Timer(0.2, stop).start()
    began_s = time.monotonic()
    assert not aside.do(searching(goes_on))
    assert time.monotonic() - began_s < 5
    assert aside.is_working
    assert service.is_left_working
    goes_on.set()


def searching(goes_on: threading.Event) -> Callable[[], bool]:
    return lambda: goes_on.wait(60)
