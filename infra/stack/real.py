"""The real stack, without Docker: Mosquitto, Apache Kafka and PostgreSQL with TimescaleDB, on loopback."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from infra.stack.kafka import apache_kafka, kafka_jars
from infra.stack.mosquitto import mosquitto
from infra.stack.ports import LOOPBACK
from infra.stack.stack import Stack
from infra.stack.timescale import timescale_bundle, timescale_postgres


@contextmanager
def real_stack(folder: Path | None = None) -> Iterator[Stack]:
    """Start the three servers, hand over their addresses, stop them at the end.

    What is not on this machine yet is downloaded into the cache first. Without a folder everything else lives in a
    temporary one and is gone afterwards.

    Raises:
        StackError: a server cannot be had or did not start; those already started are stopped again.
    """
    with ExitStack() as cleanup:
        if folder is None:
            folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="tournee-")))
        folder = folder.resolve()
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711)  # PostgreSQL's unprivileged user must pass through; it sees no names here
        mqtt, mqtt_port = mosquitto(folder)
        kafka, kafka_port = apache_kafka(folder)
        postgres = timescale_postgres(folder)
        for server in (postgres.server, kafka, mqtt):
            cleanup.callback(server.stop)
        kafka.launch()  # it takes the longest
        postgres.start()
        mqtt.start()
        kafka.wait_until_ready()
        yield Stack(
            "real",
            folder,
            postgres.url,
            postgres.superuser_url,
            f"{LOOPBACK}:{kafka_port}",
            LOOPBACK,
            mqtt_port,
            {"mqtt": mqtt, "kafka": kafka, "postgres": postgres.server},
        )


def fetch_real_stack() -> list[Path]:
    """Download ahead what `real_stack` would; where it is now.

    Raises:
        ServerMissing: something cannot be had; the message says what to install.
    """
    return [kafka_jars(), timescale_bundle()]
