"""How far our consumer groups are behind, as Kafka itself counts it."""

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from services.contracts import topics
from services.errors import StreamAway

GROUPS = {"writer": topics.STORED, "planner": (topics.ORDERS,)}
TIMEOUT_MS = 5000


def lag_of(bootstrap: str, group: str) -> int:
    """Events that the group has not committed yet.

    Raises:
        StreamAway: Kafka does not answer.
    """
    try:
        consumer = KafkaConsumer(
            bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False, client_id="chaos-lag",
            request_timeout_ms=TIMEOUT_MS + 5000, session_timeout_ms=TIMEOUT_MS,
        )  # fmt: skip
        try:
            return sum(_lag(consumer, topic) for topic in GROUPS[group])
        finally:
            consumer.close(autocommit=False)
    except KafkaError as error:
        raise StreamAway(f"Kafka at {bootstrap} does not tell the lag of {group}: {error}") from error


def _lag(consumer: KafkaConsumer, topic: str) -> int:
    partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
    ends = consumer.end_offsets(partitions, timeout_ms=TIMEOUT_MS)
    starts = consumer.beginning_offsets(partitions, timeout_ms=TIMEOUT_MS)
    done = (consumer.committed(p, timeout_ms=TIMEOUT_MS) for p in partitions)
    return sum(ends[p] - (at if at is not None else starts[p]) for p, at in zip(partitions, done, strict=True))
