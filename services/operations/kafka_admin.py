"""Kafka seen from outside: its topics, and how far each consumer group of ours is behind."""

import time
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, NamedTuple, Self

from kafka import TopicPartition
from kafka.admin import KafkaAdminClient, OffsetSpec
from kafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    KafkaError,
    NoError,
    NotCoordinatorError,
)

from services.contracts import topics
from services.errors import StreamAway
from services.settings import KafkaServers
from services.stream.kafka_clients import open_client, reaching

PATIENCE_MS = 3000
COORDINATOR_PATIENCE_S = 6.0
RETRY_S = 0.3
COMING_UP = (CoordinatorNotAvailableError, NotCoordinatorError, CoordinatorLoadInProgressError)

GROUPS: Mapping[str, tuple[str, ...]] = {
    "writer": topics.STORED,
    "planner": (topics.ORDERS,),
    "worker": (topics.DISTRICTS,),
}
"""The consumer groups of ours, and what they read."""


class Place(NamedTuple):
    topic: str
    partition: int


class Partition(NamedTuple):
    place: Place
    leader: int
    """The broker that serves it; below 0: nobody does at this moment."""

    @property
    def has_leader(self) -> bool:
        return self.leader >= 0


class KafkaAdmin:
    """Each method raises StreamAway when Kafka does not answer within three seconds."""

    def __init__(self, kafka: str | KafkaServers, *, name: str) -> None:
        try:
            self._admin: Any = open_client(
                KafkaAdminClient,
                **reaching(kafka),
                client_id=f"tournee-{name}",
                bootstrap_timeout_ms=PATIENCE_MS,
                request_timeout_ms=PATIENCE_MS,
            )
        except (KafkaError, OSError) as error:
            raise StreamAway(f"Kafka at {kafka} does not answer: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None) -> None:
        self.close()

    def list_partitions(self) -> list[Partition]:
        """Every partition of every topic, those that nobody leads at this moment too."""
        try:
            described = self._admin.describe_topics()
        except (KafkaError, OSError) as error:
            raise StreamAway(f"Kafka does not tell its topics: {error}") from error
        return [
            Partition(Place(topic["name"], partition["partition_index"]), partition["leader_id"])
            for topic in described
            for partition in topic["partitions"]
        ]

    def lags(self, group: str, subscribed: Iterable[str]) -> dict[Place, int]:
        """Events that each partition holds and the group has not finished; where it never did any, all of them."""
        wanted = set(subscribed)
        places = [p.place for p in self.list_partitions() if p.place.topic in wanted and p.has_leader]
        asked = [TopicPartition(*place) for place in places]
        try:
            ends = self._admin.list_partition_offsets(dict.fromkeys(asked, OffsetSpec.LATEST))
            starts = self._admin.list_partition_offsets(dict.fromkeys(asked, OffsetSpec.EARLIEST))
            done = self._committed(group, asked)
        except (KafkaError, OSError) as error:
            raise StreamAway(f"Kafka does not tell the offsets of {group}: {error}") from error
        return {
            place: max(0, ends[at].offset - max(starts[at].offset, done[at].offset if at in done else 0))
            for place, at in zip(places, asked, strict=True)
        }

    def _committed(self, group: str, asked: list[TopicPartition]) -> Any:
        """The group's offsets. The first who asks a new Kafka for them makes it create their topic, and waits."""
        deadline_s = time.monotonic() + COORDINATOR_PATIENCE_S
        while True:
            try:
                return self._admin.list_group_offsets({group: asked})[group]
            except COMING_UP:
                if time.monotonic() > deadline_s:
                    raise
                time.sleep(RETRY_S)

    def count_members(self, group: str) -> int:
        """How many are in a consumer group now; one that died counts until its session has run out."""
        try:
            described = self._admin.describe_groups([group])
        except COMING_UP:  # a new Kafka that has not had a group yet
            return 0
        except (KafkaError, OSError) as error:
            raise StreamAway(f"Kafka does not tell who is in {group}: {error}") from error
        return len(described[group]["members"])

    def rewind(self, group: str, subscribed: Iterable[str]) -> int:
        """Have a group read all that Kafka still holds once more; how many events that is.

        Raises:
            StreamAway: Kafka does not answer, or a member of the group still counts as running; nothing has moved then.
        """
        wanted = set(subscribed)
        asked = [TopicPartition(*p.place) for p in self.list_partitions() if p.place.topic in wanted and p.has_leader]
        try:
            moved = self._admin.reset_group_offsets(group, dict.fromkeys(asked, OffsetSpec.EARLIEST))
        except (KafkaError, OSError) as error:
            raise StreamAway(f"Kafka does not set {group} back: {error}") from error
        if refused := {at: said["error"] for at, said in moved.items() if said["error"] is not NoError}:
            at, refusal = next(iter(refused.items()))
            raise StreamAway(f"Kafka does not set {group} back on {at.topic}/{at.partition}: {refusal.__name__}")
        return sum(self.lags(group, subscribed).values())

    def close(self) -> None:
        self._admin.close()
