"""The real stack, without Docker: Mosquitto, Apache Kafka and PostgreSQL with TimescaleDB, on loopback."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from infra.stack.kafka import KafkaAccounts, apache_kafka, kafka_jars
from infra.stack.mosquitto import mosquitto
from infra.stack.stack import MqttLogins, Stack, stack_folder
from infra.stack.timescale import timescale_bundle, timescale_postgres


@contextmanager
def real_stack(
    folder: Path | None = None, logins: MqttLogins | None = None, kafka_accounts: KafkaAccounts | None = None
) -> Iterator[Stack]:
    """Start the three servers, hand over their addresses, stop them at the end.

    What is not on this machine yet is downloaded into the cache first. Without a folder everything else lives in a
    temporary one and is gone afterwards. `logins`: as `infra.stack.mosquitto.mosquitto` says. `kafka_accounts`: as
    `infra.stack.kafka.apache_kafka` says; the accounts themselves are made by `infra.accounts.stream`.

    Raises:
        StackError: a server cannot be had or did not start; those already started are stopped again.
    """
    with stack_folder(folder) as home, ExitStack() as cleanup:
        mqtt, mqtt_port = mosquitto(home, logins=logins)
        kafka, kafka_at = apache_kafka(home, kafka_accounts)
        postgres = timescale_postgres(home)
        for server in (postgres.server, kafka, mqtt):
            cleanup.callback(server.stop)
        kafka.launch()  # it takes the longest
        postgres.start()
        mqtt.start()
        kafka.wait_until_ready()
        stack = Stack.on_loopback("real", home, postgres, (kafka, kafka_at), (mqtt, mqtt_port))
        yield replace(stack, mqtt_logins=logins)


def fetch_real_stack() -> list[Path]:
    """Download ahead what `real_stack` would; where it is now.

    Raises:
        ServerMissing: something cannot be had; the message says what to install.
    """
    return [kafka_jars(), timescale_bundle()]
