"""What tests of planning by district share: a city of 700 containers, its day, and workers without Kafka."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from services.city.folder import read_folder
from services.city.registry import Registry
from services.contracts.districts import DistrictOrdered, DistrictPlanned
from services.contracts.fields import Message
from services.contracts.planning import PlanDay
from services.contracts.topics import DISTRICTS
from services.operations.meters import WorkerMeter
from services.planning.district_worker import DistrictWorker
from services.planning.ended import EndedBy, nobody
from services.stream.kafka import Record
from simulators.city import write_city_folder

DAY = date(2026, 3, 3)  # a Tuesday


def drawn_city() -> Registry:
    """The simulated coastal city: 700 containers, 12 trucks of two kinds."""
    with TemporaryDirectory() as folder:
        write_city_folder(1, Path(folder))
        registry = read_folder(Path(folder)).registry
    assert registry is not None
    return registry


def order_of(registry: Registry, time_limit_s: float) -> PlanDay:
    at = datetime(2026, 3, 3, 3, 30, tzinfo=UTC)
    return PlanDay(
        request_id=uuid4(), city=registry.city.id, day=DAY, as_of=at, time_limit_s=time_limit_s,
        ordered_by="test", ordered_at=at,
    )  # fmt: skip


class HereAtOnce:
    """A `DistrictQueue` whose worker is real and sits in this process: each district is planned when asked for.

    Its clock stands still, so that nothing is late on a busy machine.
    """

    def __init__(self, workers: int = 1) -> None:
        self.workers = workers
        self.handed_out: list[DistrictOrdered] = []
        self.meter = WorkerMeter()
        self._waiting: list[DistrictOrdered] = []

    def count_workers(self) -> int:
        return self.workers

    def hand_out(self, orders: Sequence[DistrictOrdered]) -> None:
        self.handed_out += orders
        self._waiting = list(orders)

    def answers(
        self,
        until_s: float,  # noqa: ARG002 - the worker keeps the deadline
        ended_by: EndedBy = nobody,  # noqa: ARG002
    ) -> Iterator[DistrictPlanned]:
        at = datetime.now(UTC)
        for order in self._waiting:
            yield from carried_out(order.to_bytes(), self.meter, lambda: at)


class Kept:
    """A producer that keeps what is published."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def publish(self, topic: str, key: bytes, message: Message) -> None:  # noqa: ARG002
        self.messages.append(message)


def carried_out(
    value: bytes, meter: WorkerMeter | None = None, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> list[DistrictPlanned]:
    """What a worker answers to the message with these bytes: one answer or none."""
    kept = Kept()
    worker = DistrictWorker(kept, "here", Path("/nonexistent"), meter or WorkerMeter(), now)
    worker.carry_out(Record(DISTRICTS, 0, 0, b"", value))
    return [message for message in kept.messages if isinstance(message, DistrictPlanned)]
