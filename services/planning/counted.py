"""Counting what the planner publishes: what became of each order stands in its messages."""

from services.contracts.fields import Message
from services.contracts.planning import PlanMade, PlanningProgressed
from services.operations.meters import PlannerMeter
from services.planning.planner import Publishes


class Counted:
    """A producer that counts plans by their status, and failures, once Kafka has them."""

    def __init__(self, producer: Publishes, meter: PlannerMeter) -> None:
        self._producer = producer
        self._meter = meter

    def publish(self, topic: str, key: bytes, message: Message) -> None:
        self._producer.publish(topic, key, message)
        if isinstance(message, PlanMade):
            self._meter.orders[message.status] += 1
        elif isinstance(message, PlanningProgressed) and message.state == "failed":
            self._meter.orders["failed"] += 1
