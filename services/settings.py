"""Every setting of the services, from `TOURNEE_*` environment variables. Nothing secret has a default."""

import os
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.errors import SettingMissing

Mechanism = Literal["SCRAM-SHA-512", "PLAIN"]
"""How a login is proved to Kafka. PLAIN sends the password itself: only for the account by which a new Kafka is set up,
which comes by the broker's own configuration."""


@dataclass(frozen=True)
class KafkaServers:
    """Where Kafka is, and how it lets us in. Its text is the addresses alone: it may stand in any message."""

    bootstrap: str
    """Comma-separated."""
    username: str | None = None
    """None: it lets anybody in."""
    password: str = field(default="", repr=False)
    mechanism: Mechanism = "SCRAM-SHA-512"
    ca: Path | None = None
    """Where it speaks TLS: the certificate (PEM) of the authority that signed its own."""

    def __str__(self) -> str:
        return self.bootstrap


class Settings(BaseSettings):
    """Addresses are loopback unless asked; a service asks only for what it uses."""

    # Hiding: pydantic's own message would show every value that was given, passwords too.
    model_config = SettingsConfigDict(env_prefix="TOURNEE_", frozen=True, hide_input_in_errors=True)

    database_url: SecretStr
    """`postgresql://user:password@host:port/database`."""
    kafka: str = "127.0.0.1:9092"
    """Bootstrap servers, comma-separated."""
    kafka_username: str | None = None
    """Its account; None where Kafka lets anybody in."""
    kafka_password: SecretStr | None = None
    kafka_mechanism: Mechanism = "SCRAM-SHA-512"
    kafka_ca: Path | None = None
    """Where Kafka speaks TLS: the certificate (PEM) of the authority that signed its own. (PostgreSQL: `sslmode` and
    `sslrootcert` in its URL.)"""
    mqtt_host: str = "127.0.0.1"
    mqtt_port: int = 1883
    mqtt_username: str | None = None
    mqtt_password: SecretStr | None = None
    mqtt_shared: bool = True
    """Whether bridges share the messages, each going to one of them. Off, this one takes everything: for the embedded
    broker, which loses a sharing bridge's unacknowledged messages when its connection drops."""
    mqtt_ca: Path | None = None
    """Where the broker speaks TLS: the certificate (PEM) of the authority that signed its own."""
    member: str = Field(default="1", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$")
    """The name of this process among others of its kind, kept over restarts: brokers hold its share of the work."""
    decoders: str = ""
    """Files with decoders of the city's own sensors (docs/devices.md), separated as in PATH."""
    edges_host: str = "127.0.0.1"
    edges_port: int = 8090
    """Where networks and trackers bring their messages by HTTP."""
    web_host: str = "127.0.0.1"
    web_port: int = 8080
    web_over_https: bool = False
    """True behind a TLS front: session cookies are then marked Secure."""
    web_operators_one_time: bool = False
    """True: operators log in with a one-time code beside the password, and not without (`tournee account one-time`)."""
    session_secret: SecretStr | None = None
    """Signs session cookies: at least 32 characters, the same on every web process."""
    oidc_issuer: str | None = None
    """An identity provider beside passwords, as its discovery names it (`https://...`); None: passwords alone."""
    oidc_client_id: str = "tournee"
    oidc_client_secret: SecretStr | None = None
    oidc_name: str = "OpenID Connect"
    """What people call the provider: on the button that leads to it."""
    webhook_networks: str = "none"
    """Networks of our own that webhooks may lead into, by commas, like 10.2.0.0/16; the outside they may anyway."""
    webhook_ca: Path | None = None
    """Where receivers' certificates are of a city's own authority: its certificate (PEM), beside the usual ones."""
    probe_host: str = "127.0.0.1"
    probe_port: int | None = None
    """Where a service answers `/health`, `/ready` and `/metrics`, for machines inside only; None: nowhere."""
    data_folder: Path = Path("var/data")
    """Where a city's road graphs and map lie: the same for the planner, the ledger, the web and the command."""
    plan_by_district_above: int = Field(default=3000, ge=1)
    """A day with more stops than this is planned by district, shared with the planner workers that run."""
    plan_district_stops: int = Field(default=1200, ge=50, le=2500)
    """At most about this many stops in a district. 1,200 are some 350 kB of message before compression."""
    plan_rounds: int = Field(default=3, ge=1, le=20)
    """How often a day is cut, each time along other lines, and put together again."""
    keep_readings_days: int = Field(default=730, ge=1, le=36_500)
    """Raw readings older than this are dropped; their hourly and daily rollups stay."""
    keep_positions_days: int = Field(default=90, ge=1, le=36_500)
    clock: str | None = None
    """For simulations only: see `services.clock`."""
    log_level: str = "INFO"
    log_format: Literal["text", "json"] = "text"

    @property
    def kafka_at(self) -> KafkaServers:
        password = self.kafka_password.get_secret_value() if self.kafka_password else ""
        return KafkaServers(self.kafka, self.kafka_username, password, self.kafka_mechanism, self.kafka_ca)

    @property
    def decoder_files(self) -> tuple[Path, ...]:
        return tuple(Path(name) for name in self.decoders.split(os.pathsep) if name)

    def secrets(self) -> tuple[str, ...]:
        """What must never be logged."""
        return tuple(value.get_secret_value() for _, value in self if isinstance(value, SecretStr))


class WorkerSettings(Settings):
    """A planner worker's: it needs Kafka and the roads, and is given no way into the store."""

    database_url: SecretStr = SecretStr("")


class BrokerSettings(Settings):
    """Of a command that asks something of the MQTT broker, and nothing of the store."""

    database_url: SecretStr = SecretStr("")


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process.

    Raises:
        SettingMissing: a variable is missing or unreadable; the message names each.
    """
    return _read(Settings)


def worker_settings() -> WorkerSettings:
    """The settings of a planner worker. Raises as `settings`."""
    return _read(WorkerSettings)


def broker_settings() -> BrokerSettings:
    """The settings by which the MQTT broker is found. Raises as `settings`."""
    return _read(BrokerSettings)


def _read[T: Settings](kind: type[T]) -> T:
    try:
        return kind()
    except ValidationError as error:
        faults = "; ".join(f"TOURNEE_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors())
        raise SettingMissing(f"{faults}. See .env.example for every setting.") from error
