"""The embedded stack: MQTT (iotcore), Kafka (noida-db) and PostgreSQL, from pip alone, on loopback."""

import importlib.util
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from infra.stack.errors import ServerMissing
from infra.stack.ports import LOOPBACK, answers, free_port
from infra.stack.postgres import EmbeddedPostgres
from infra.stack.server import Server


@dataclass(frozen=True)
class Stack:
    """Where the servers are. `environment()` hands it to the services."""

    folder: Path
    database_url: str = field(repr=False)  # holds a password
    superuser_url: str = field(repr=False)
    kafka: str
    mqtt_host: str
    mqtt_port: int
    servers: tuple[Server, ...] = field(default=(), repr=False)

    def environment(self) -> dict[str, str]:
        return {
            "TOURNEE_DATABASE_URL": self.database_url,
            "TOURNEE_KAFKA": self.kafka,
            "TOURNEE_MQTT_HOST": self.mqtt_host,
            "TOURNEE_MQTT_PORT": str(self.mqtt_port),
        }


@contextmanager
def embedded_stack(folder: Path | None = None) -> Iterator[Stack]:
    """Start the three servers, hand over their addresses, stop them at the end.

    Without a folder everything lives in a temporary one and is gone afterwards.

    Raises:
        StackError: a server is missing or did not start; those already started are stopped again.
    """
    with ExitStack() as cleanup:
        if folder is None:
            folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="tournee-")))
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711)  # PostgreSQL's unprivileged user must pass through; it sees no names here
        postgres = EmbeddedPostgres(folder)
        cleanup.callback(postgres.stop)
        postgres.start()
        kafka, kafka_port = _kafka(folder)
        mqtt, mqtt_port = _mqtt(folder)
        for server in (kafka, mqtt):
            cleanup.callback(server.stop)
            server.start()
        yield Stack(
            folder,
            postgres.url,
            postgres.superuser_url,
            f"{LOOPBACK}:{kafka_port}",
            LOOPBACK,
            mqtt_port,
            (mqtt, kafka, postgres.server),
        )


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ServerMissing(f"the package {name.replace('_', '-')} is not installed: pip install 'tournee[demo]'")
    return Path(spec.origin).parent


def _kafka(folder: Path) -> tuple[Server, int]:
    port = free_port()
    command = [
        *(str(_package("noida_db") / "noida-db"), "start", "--only", "kafka", "--host", LOOPBACK),
        *("--kafka-port", str(port), "--data-dir", str(folder / "kafka")),
    ]
    return Server("Kafka (noida-db)", command, folder / "log" / "kafka.log", ready=lambda: answers(port)), port


def _mqtt(folder: Path) -> tuple[Server, int]:
    _package("iotcore")
    port = free_port()
    command = [sys.executable, "-m", "infra.stack.mqtt", str(port)]
    return Server("MQTT (iotcore)", command, folder / "log" / "mqtt.log", ready=lambda: answers(port)), port
