"""Kafka's place in tests of residents' reports: what is sent is in the store at once, by the writer's own rights."""

from infra.accounts.local import as_role
from services.clock import SystemClock
from services.contracts import topics
from services.contracts.reports import ReportMade
from services.store.connection import connect
from services.stream.kafka import Delivery, Record
from services.writer.batch import Batch
from tests.twins.stream import MemoryStream


class StoringStream(MemoryStream):
    """With a writer behind it that is never late, unless it is told to be."""

    def __init__(self, database_url: str) -> None:
        super().__init__()
        self._url = as_role(database_url, "writer")
        self.is_late = False

    def send(self, topic: str, key: bytes, value: bytes) -> Delivery:
        delivery = super().send(topic, key, value)
        if topic in topics.STORED and not self.is_late and not self.away:
            batch = Batch([Record(topic, 0, len(self.sent), key, value)], SystemClock())
            with connect(self._url, name="writer") as connection:
                batch.store(connection)
            assert not batch.rejected
        return delivery

    @property
    def reports(self) -> list[ReportMade]:
        """All that were sent."""
        return [ReportMade.model_validate_json(value) for topic, _, value in self.sent if topic == topics.REPORTS]
