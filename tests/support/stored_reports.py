"""Kafka's place in tests of residents' reports: what is sent is in the store at once, by the writer's own rights."""

from infra.accounts.local import as_role
from services.contracts import topics
from services.contracts.reports import ReportMade
from services.store.connection import connect
from services.stream.kafka import Delivery
from services.writer.reports import store_reports
from tests.twins.stream import MemoryStream


class StoringStream(MemoryStream):
    """With a writer behind it that is never late, unless it is told to be."""

    def __init__(self, database_url: str) -> None:
        super().__init__()
        self._url = as_role(database_url, "writer")
        self.is_late = False

    def send(self, topic: str, key: bytes, value: bytes) -> Delivery:
        delivery = super().send(topic, key, value)
        if topic == topics.REPORTS and not self.is_late and not self.away:
            with connect(self._url, name="writer") as connection, connection.transaction():
                store_reports(connection, [ReportMade.model_validate_json(value)])
        return delivery

    @property
    def reports(self) -> list[ReportMade]:
        """All that were sent."""
        return [ReportMade.model_validate_json(value) for topic, _, value in self.sent if topic == topics.REPORTS]
