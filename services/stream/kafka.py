"""The event stream, through kafka-python. Its futures, records and errors stop here."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple, Protocol
from zlib import crc32

from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient
from kafka.errors import CommitFailedError, KafkaError
from kafka.structs import TopicPartition

from services.contracts import topics
from services.contracts.fields import Message
from services.errors import StreamAway
from services.settings import KafkaServers
from services.stream.kafka_clients import open_client, reaching

log = logging.getLogger(__name__)

DELIVERY_TIMEOUT_S = 10.0
CONFIRM_TIMEOUT_S = 15.0
RENEW_EVERY_S = 5.0
IDLE_S = 0.03
JOIN_EVERY_S = 2.0
JOIN_MS = 100
SILENT_S, SILENCE_IS_USUAL_S = 1.0, 30.0
COMMIT_TIMEOUT_MS = 8000
RECONNECT_MS = 1000
"""At most between two tries: the library's 30 s would keep a stream waiting long after its server is back."""
RETRY_S = 1.0
MAX_MESSAGE_BYTES = 8 * 1024 * 1024  # a plan of 10,000 containers is about 5 MB before compression
PARTITIONS = topics.USUAL_PARTITIONS
SHORT_BYTES = 256 * 1024
"""Up to this size nothing about an event has to be asked before it is handed over: far below every limit of Kafka's."""
NO_HEADERS: list[tuple[str, bytes]] = []


class Record(NamedTuple):
    """One event as Kafka holds it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes


class Delivery(Protocol):
    """What became of an event that was handed over."""

    @property
    def is_done(self) -> bool: ...
    @property
    def exception(self) -> BaseException | None: ...
    def get(self, timeout: float) -> object: ...


class EventProducer:
    """Puts events into Kafka; an event counts as sent when every in-sync replica has it.

    A lost answer may put an event there twice, and two in the wrong order: every event has its own key in the store, so
    neither counts. Kafka's idempotent producer is off for that reason, and because a broker that has lost its sequence
    numbers in a restart would stop it for good.
    """

    def __init__(self, kafka: str | KafkaServers, *, name: str) -> None:
        self._kafka = kafka
        self._name = name
        self._renewing = threading.Lock()
        self._is_stuck = False
        self._renewed_s = time.monotonic()
        self._producer = self._connect()
        self._places: tuple[KafkaProducer, dict[str, list[TopicPartition]]] = (self._producer, {})
        """Of each topic its partitions, as this connection was told: before it asks, it can send nothing there."""

    def send(self, topic: str, key: bytes, value: bytes) -> Delivery:
        """Hand one event to the producer; the answer says, in time, whether Kafka has it.

        Events of one key go to one partition, and so keep their order.

        Short ones go straight to where the library gathers batches: what its own `send` asks on the way (is this text,
        is there such a partition, how large is it, a line for a log that is off) costs as much as all the rest.

        Raises:
            StreamAway: not even taken for sending.
        """
        producer = self._producer
        try:
            place = self._place(producer, topic, key)
            if len(key) + len(value) > SHORT_BYTES:
                delivery: Delivery = producer.send(topic, value=value, key=key, partition=place.partition)
            else:
                delivery, is_full, is_new, _ = producer._accumulator.append(place, None, key, value, NO_HEADERS)
                if is_full or is_new:
                    producer._sender.wakeup()
        except (KafkaError, RuntimeError) as error:  # RuntimeError: made anew on another thread just now
            self._is_stuck = True
            raise StreamAway(f"Kafka takes nothing on {topic}: {error}") from error
        return delivery

    def publish(self, topic: str, key: bytes, message: Message) -> None:
        """Send one event and return when Kafka has confirmed it.

        Raises:
            StreamAway: not confirmed in time; it may or may not have arrived, so send it again with the same id.
        """
        self.renew_if_stuck()
        self.confirm([self.send(topic, key, message.to_bytes())])

    def confirm(self, deliveries: Iterable[Delivery]) -> None:
        """Return when Kafka has confirmed every one.

        Raises:
            StreamAway: not all in time; those may or may not have arrived, so send them again with the same ids.
        """
        deadline_s = time.monotonic() + CONFIRM_TIMEOUT_S
        for delivery in deliveries:
            try:
                delivery.get(timeout=max(0.0, deadline_s - time.monotonic()))
            except KafkaError as error:
                self.note_failure()
                raise StreamAway(f"Kafka did not confirm: {error}") from error

    def flush(self, timeout_s: float) -> None:
        """Wait until all that was handed over is decided, at most this long."""
        with suppress(KafkaError, RuntimeError):  # each delivery holds its own outcome
            self._producer.flush(timeout=timeout_s)

    def _place(self, producer: KafkaProducer, topic: str, key: bytes) -> TopicPartition:
        """A hash in C: the library's own, in pure Python, costs half as much as all the rest of sending."""
        asked, known = self._places
        if asked is not producer:
            asked, known = self._places = (producer, {})
        places = known.get(topic)
        if places is None:
            places = known[topic] = [TopicPartition(topic, n) for n in range(len(producer.partitions_for(topic)))]
        return places[crc32(key) % len(places)]

    def close(self) -> None:
        """Send what is left, waiting at most ten seconds."""
        self._producer.close(timeout=10)

    def _connect(self) -> KafkaProducer:
        try:
            return open_client(
                KafkaProducer,
                **reaching(self._kafka),
                client_id=f"tournee-{self._name}",
                acks="all",
                enable_idempotence=False,
                linger_ms=5,  # the embedded MQTT broker keeps 100 in flight: waiting longer here would cap the rate
                request_timeout_ms=int(DELIVERY_TIMEOUT_S * 800),
                delivery_timeout_ms=int(DELIVERY_TIMEOUT_S * 1000),
                bootstrap_timeout_ms=5000,
                max_block_ms=5000,
                reconnect_backoff_max_ms=RECONNECT_MS,
                metrics_enabled=False,
                batch_size=128 * 1024,
                compression_type="gzip" if self._name in {"planner", "web", "ledger", "worker"} else None,
                max_request_size=MAX_MESSAGE_BYTES,
            )
        except KafkaError as error:
            raise StreamAway(f"Kafka at {self._kafka} does not answer: {error}") from error

    def note_failure(self) -> None:
        """A delivery failed: connect anew before the next is sent."""
        self._is_stuck = True

    def renew_if_stuck(self) -> None:
        """After a failure, connect anew; takes a few seconds where Kafka is away.

        kafka-python 3.0 sometimes never reconnects when the broker went away while it was asking for metadata: what
        was handed to it then times out, and so would everything after it.
        """
        if not self._is_stuck or time.monotonic() - self._renewed_s < RENEW_EVERY_S:
            return
        with self._renewing:
            if not self._is_stuck:
                return
            self._renewed_s = time.monotonic()
            fresh, stale = self._connect(), self._producer
            self._producer, self._is_stuck = fresh, False
        threading.Thread(target=_close, args=(stale,), daemon=True).start()
        log.warning("connected to Kafka anew after a failure")


def _close(stale: KafkaProducer) -> None:
    """Give up a producer: what it still holds fails, and is sent again by whoever waits for it."""
    with suppress(KafkaError, RuntimeError):
        stale.close(timeout=0)


class EventConsumer:
    """Reads topics as a member of a consumer group; offsets move only when `commit` is called."""

    def __init__(
        self,
        kafka: str | KafkaServers,
        *,
        group: str,
        subscribed: Iterable[str],
        member: str | None = None,
        most_records: int = 5000,  # of a poll, all of which `commit` then means
        session_s: float = 12,  # how long a dead member's partitions stand still
    ) -> None:
        self._joined_s = self._came_s = 0.0
        self._owes_commit = False
        self._said: dict[Any, Any] = {}
        try:
            self._consumer = open_client(
                KafkaConsumer,
                *subscribed,
                **reaching(kafka),
                group_id=group,
                group_instance_id=member,
                client_id=f"{group}-{member or 'member'}",
                enable_auto_commit=False,
                metrics_enabled=False,
                session_timeout_ms=int(session_s * 1000),
                heartbeat_interval_ms=int(
                    session_s * 250
                ),  # in its answer a member learns that partitions are dealt anew
                reconnect_backoff_max_ms=RECONNECT_MS,
                # Fewer, larger batches: each costs a transaction. Waits at most 100 ms for them.
                fetch_min_bytes=64 * 1024,
                fetch_max_wait_ms=100,
                auto_offset_reset="earliest",
                max_poll_records=most_records,
                fetch_max_bytes=16 * 1024 * 1024,
                max_partition_fetch_bytes=MAX_MESSAGE_BYTES,
                # A plan may take an hour; the planner must not be thrown out of its group meanwhile.
                max_poll_interval_ms=2 * 3600 * 1000,
            )
        except KafkaError as error:
            raise StreamAway(f"Kafka at {kafka} does not answer: {error}") from error

    def poll(self, timeout_s: float) -> list[Record]:
        """What has come, in order within each partition; empty after `timeout_s` without news.

        The waiting is mostly ours: a broker that answers empty fetches at once (the embedded one does) would have
        kafka-python's own wait ask again and again, at the price of a core. But it joins its group only while it
        waits, so it is given the time now and then, as long as it has no partition, and when a stream falls silent:
        its server may have been started anew.
        """
        if self._owes_commit:
            self.commit()
        deadline_s = time.monotonic() + timeout_s
        while True:
            batches = self._poll_once()
            if batches:
                self._came_s = time.monotonic()
            if batches or time.monotonic() >= deadline_s:
                return [
                    Record(r.topic, r.partition, r.offset, r.key, r.value or b"")
                    for batch in batches.values()
                    for r in batch
                ]
            time.sleep(IDLE_S)

    def _poll_once(self) -> Mapping[Any, list[Any]]:
        now_s = time.monotonic()
        is_silent = SILENT_S < now_s - self._came_s < SILENCE_IS_USUAL_S
        joins = is_silent or now_s - self._joined_s > JOIN_EVERY_S or not self._consumer.assignment()
        if joins:
            self._joined_s = now_s
        self._finish_joining()
        try:
            batches: Mapping[Any, list[Any]] = self._consumer.poll(timeout_ms=JOIN_MS if joins else 0)
        except KafkaError as error:
            raise StreamAway(f"Kafka gives nothing: {error}") from error
        return batches

    def _finish_joining(self) -> None:
        """Have the library finish a join that an earlier poll began.

        kafka-python 3.0 forgets one that it began because a topic's partitions came to be known: past our short wait
        it takes the group for joined, never looks at the answer, and sits there without partitions for ever.
        """
        coordinator = self._consumer._coordinator
        if coordinator.rejoining:
            coordinator.request_rejoin()

    def commit(self) -> None:
        """Say that everything polled so far is safe. What Kafka does not take now is said again at the next poll.

        Raises:
            StreamAway: Kafka did not take it; should we die before it does, the records come again.
        """
        self._owes_commit = True
        moved = self._moved()
        try:
            if moved:
                self._consumer.commit(moved, timeout_ms=COMMIT_TIMEOUT_MS)
        except CommitFailedError as error:  # another member has our partitions, and with them our records
            self._owes_commit = False
            raise StreamAway(f"Kafka gave our records to another: {error}") from error
        except KafkaError as error:
            raise StreamAway(f"Kafka did not take the offset: {error}") from error
        self._said |= moved
        self._owes_commit = False

    def _moved(self) -> dict[Any, Any]:
        """The offsets that Kafka has not been told.

        The library tells those of all partitions each time, and Kafka writes each down: of a service that reads a
        dozen topics most stand still.
        """
        consumed = self._consumer._subscription.all_consumed_offsets()
        return {partition: at for partition, at in consumed.items() if self._said.get(partition) != at}

    def close(self) -> None:
        self._consumer.close()


def when_there[T](connect: Callable[[], T], *, stopping: Callable[[], bool]) -> T | None:
    """What `connect` makes, as soon as Kafka answers (one log line a wait). None only when told to stop meanwhile."""
    while not stopping():
        try:
            return connect()
        except StreamAway as away:
            log.warning("waiting for Kafka: %s", away)
            time.sleep(RETRY_S)
    return None


def create_topics(kafka: str | KafkaServers, *, patience_s: float = 60) -> None:
    """Make the topics that are missing, waiting for Kafka to come up.

    Raises:
        StreamAway: Kafka did not answer within `patience_s`.
    """
    deadline = time.monotonic() + patience_s
    while True:
        try:
            _create_missing_topics(kafka)
        except KafkaError as error:
            if time.monotonic() > deadline:
                raise StreamAway(f"Kafka at {kafka} did not come up in {patience_s:.0f} s: {error}") from error
            log.warning("waiting for Kafka: %s", error)
            time.sleep(1)
        else:
            return


def _create_missing_topics(kafka: str | KafkaServers) -> None:
    admin = open_client(KafkaAdminClient, **reaching(kafka), client_id="tournee-setup")
    with admin:
        missing = set(topics.ALL) - set(admin.list_topics())
        if missing:
            counts = {name: topics.PARTITIONS.get(name, PARTITIONS) for name in missing}
            admin.create_topics({n: {"num_partitions": count, "replication_factor": 1} for n, count in counts.items()})
