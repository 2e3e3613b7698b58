"""A running stack of servers: where they are, and each of them by name."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Self

from infra.stack.errors import StackError
from infra.stack.ports import LOOPBACK
from infra.stack.postgres import Postgres
from infra.stack.server import Server
from services.settings import KafkaServers

Kind = Literal["embedded", "real"]
Key = Literal["mqtt", "kafka", "postgres"]


@dataclass(frozen=True)
class MqttLogin:
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class MqttLogins:
    """Who may come to Mosquitto; nobody else may."""

    passwords: Path
    """Mosquitto's password_file, with the bridges' login in it: `services.stream.mqtt_passwords` writes it."""
    bridge: MqttLogin
    more_rights: str = ""
    """Lines of an access list, after production's."""


@dataclass(frozen=True)
class Stack:
    """Where the servers are. `environment()` hands it to the services."""

    kind: Kind
    folder: Path
    database_url: str = field(repr=False)  # holds a password
    superuser_url: str = field(repr=False)
    kafka: str
    mqtt_host: str
    mqtt_port: int
    servers: dict[Key, Server] = field(default_factory=dict, repr=False)
    mqtt_logins: MqttLogins | None = None
    kafka_setup: KafkaServers | None = field(default=None, repr=False)
    """Where Kafka has accounts: by which it is set up. None: it lets anybody in."""

    @classmethod
    def on_loopback(
        cls, kind: Kind, folder: Path, postgres: Postgres, kafka: tuple[Server, KafkaServers], mqtt: tuple[Server, int]
    ) -> Self:
        """The three servers on this machine; Kafka with its address, MQTT with its port."""
        return cls(
            kind,
            folder,
            postgres.url,
            postgres.superuser_url,
            kafka[1].bootstrap,
            LOOPBACK,
            mqtt[1],
            {"mqtt": mqtt[0], "kafka": kafka[0], "postgres": postgres.server},
            kafka_setup=kafka[1] if kafka[1].username else None,
        )

    def server(self, key: Key) -> Server:
        """One of the servers, to be held, killed and started again: on the same port, with the same data.

        Raises:
            StackError: this stack did not start it.
        """
        if key not in self.servers:
            raise StackError(f"this stack has no server {key!r}; it has {', '.join(self.servers) or 'none of its own'}")
        return self.servers[key]

    def environment(self) -> dict[str, str]:
        """The settings by which our services find the servers, with the owner's logins.

        `infra.stack.services` gives each service its own in their place.
        """
        bridge = self.mqtt_logins.bridge if self.mqtt_logins else None
        setup = self.kafka_setup
        return {
            "TOURNEE_DATABASE_URL": self.database_url,
            "TOURNEE_KAFKA": self.kafka,
            **(
                {
                    "TOURNEE_KAFKA_USERNAME": str(setup.username),
                    "TOURNEE_KAFKA_PASSWORD": setup.password,
                    "TOURNEE_KAFKA_MECHANISM": setup.mechanism,
                }
                if setup
                else {}
            ),
            "TOURNEE_MQTT_HOST": self.mqtt_host,
            "TOURNEE_MQTT_PORT": str(self.mqtt_port),
            "TOURNEE_MQTT_SHARED": str(self.kind == "real").lower(),
            **({"TOURNEE_MQTT_USERNAME": bridge.username, "TOURNEE_MQTT_PASSWORD": bridge.password} if bridge else {}),
        }


@contextmanager
def stack_folder(folder: Path | None) -> Iterator[Path]:
    """Where a stack's servers keep their data; without a folder a temporary one, gone afterwards."""
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="tournee-") as temporary:
            yield _opened(Path(temporary))
    else:
        yield _opened(folder)


def _opened(folder: Path) -> Path:
    folder = folder.resolve()  # servers run elsewhere
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)  # PostgreSQL's unprivileged user must pass through; it sees no names here
    return folder
