"""A running stack of servers: where they are, and each of them by name."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from infra.stack.errors import StackError
from infra.stack.server import Server

Kind = Literal["embedded", "real"]
Key = Literal["mqtt", "kafka", "postgres"]


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

    def server(self, key: Key) -> Server:
        """One of the servers, to be held, killed and started again: on the same port, with the same data.

        Raises:
            StackError: this stack did not start it.
        """
        if key not in self.servers:
            raise StackError(f"this stack has no server {key!r}; it has {', '.join(self.servers) or 'none of its own'}")
        return self.servers[key]

    def environment(self) -> dict[str, str]:
        """The settings by which our services find the servers."""
        return {
            "TOURNEE_DATABASE_URL": self.database_url,
            "TOURNEE_KAFKA": self.kafka,
            "TOURNEE_MQTT_HOST": self.mqtt_host,
            "TOURNEE_MQTT_PORT": str(self.mqtt_port),
            "TOURNEE_MQTT_SHARED": str(self.kind == "real").lower(),
        }
