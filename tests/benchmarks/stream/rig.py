"""A fresh real stack with a registered city, and our services on it as processes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from kafka import KafkaConsumer, TopicPartition
from psycopg.types.json import Jsonb

from infra.migrate import migrate
from infra.stack.real import real_stack
from infra.stack.stack import Stack
from services.contracts import topics
from services.stream.kafka import create_topics
from tests.load.messages import Messages
from tests.load.process import Orders, SensorsProcess
from tests.load.uplinks import KIND, Uplinks

CITY = "benchcity"
CONTAINERS = 5000
CONNECTIONS = 100
WINDOW = 50
"""Messages in flight of each of the sensors' connections."""


@dataclass(frozen=True)
class Rig:
    """A stack ready for a run, and what can be asked of it."""

    stack: Stack
    store: psycopg.Connection

    def messages(self, count: int) -> Messages:
        """Round after round of one reading a container, a second apart, the last of them an hour ago."""
        rounds = -(-count // CONTAINERS)
        return Messages(CITY, count, CONTAINERS, datetime.now(UTC) - timedelta(hours=1, seconds=rounds))

    def uplinks(self, count: int) -> Uplinks:
        """The same from behind a ChirpStack."""
        return Uplinks(CITY, count, CONTAINERS, self.messages(count).first_at)

    def sensors(self, plan: Messages, *, rate_per_s: float | None = None, stamps: bool = False) -> SensorsProcess:
        """Devices that publish `plan`, as a process of their own."""
        host, port, ledger = self.stack.mqtt_host, self.stack.mqtt_port, self.stack.folder / "sensors.ledger"
        orders = Orders(
            host, port, plan, ledger, connections=CONNECTIONS, window=WINDOW, stamps=stamps, rate_per_s=rate_per_s
        )
        return SensorsProcess(orders)

    def stored(self) -> int:
        """Readings committed: counted by the states, as counting a long table would disturb what is measured."""
        row = self.store.execute("SELECT coalesce(sum(readings), 0) FROM container_state").fetchone()
        return int(row[0]) if row else 0

    def in_kafka(self, topic: str = topics.READINGS) -> int:
        """Records ever put into a topic."""
        consumer = KafkaConsumer(bootstrap_servers=self.stack.kafka)
        partitions = [TopicPartition(topic, n) for n in sorted(consumer.partitions_for_topic(topic) or ())]
        ends = consumer.end_offsets(partitions)
        consumer.close()
        return sum(ends.values())

    @property
    def log_folder(self) -> Path:
        return self.stack.folder / "log"


@contextmanager
def fresh_rig(*, commit_times: bool = False) -> Iterator[Rig]:
    """A stack with nothing in it but topics, schema and `CONTAINERS` containers.

    With `commit_times` the store remembers when each transaction was committed.
    """
    with real_stack() as stack:
        if commit_times:
            _remember_commit_times(stack)
        migrate(stack.database_url)
        create_topics(stack.kafka)
        with psycopg.connect(stack.database_url, autocommit=True) as store:
            _register(store)
            yield Rig(stack, store)


def _remember_commit_times(stack: Stack) -> None:
    with psycopg.connect(stack.superuser_url, autocommit=True) as superuser:
        superuser.execute("ALTER SYSTEM SET track_commit_timestamp = on")
    stack.server("postgres").stop()
    stack.server("postgres").start()


def _register(store: psycopg.Connection) -> None:
    store.execute("INSERT INTO city VALUES (%s, 'Bench City', 'UTC', '{}', NULL, now())", (CITY,))
    store.execute("INSERT INTO registry_entry VALUES (%s, 'container_kind', 'bin', 0, %s)", (CITY, Jsonb(KIND)))
    store.execute("INSERT INTO zone VALUES (%s, 'z', 'Zone', 10, '{}')", (CITY,))
    store.execute(
        "INSERT INTO container SELECT %s, id, id, 2.4, 6.4, 'bin', 'z', 1100, true, '{}'"
        " FROM (SELECT 'L' || lpad(n::text, 5, '0') AS id FROM generate_series(0, %s) AS n)",
        (CITY, CONTAINERS - 1),
    )
