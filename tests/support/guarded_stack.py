"""The real servers as production has them: nobody comes without an account, and each may do its own work alone."""

import secrets
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from infra.accounts.local import account_passwords
from infra.accounts.stream import make_stream_accounts
from infra.stack.kafka import KafkaAccounts
from infra.stack.ports import LOOPBACK
from infra.stack.real import real_stack
from infra.stack.stack import MqttLogin, MqttLogins, Stack
from services.settings import KafkaServers
from services.stream.kafka import create_topics
from services.stream.mqtt_passwords import changing

CERTIFICATES = Path(__file__).parents[2] / "infra" / "compose" / "mqtt" / "certificates.sh"


class Guarded(NamedTuple):
    stack: Stack
    setup: KafkaServers
    """Kafka's account that makes the others."""
    over_tls: str
    """Kafka's address for who comes by TLS."""
    authority: Path
    """Signed its certificate."""
    devices: dict[str, MqttLogin]
    """By username."""


@contextmanager
def guarded_stack(folder: Path, devices: tuple[str, ...] = ()) -> Iterator[Guarded]:
    """Mosquitto with production's rights, Kafka with accounts and TLS, PostgreSQL with roles.

    Raises:
        ServerMissing: the real servers cannot be had here.
    """
    authority, keystore = _certificates(folder)
    accounts = KafkaAccounts(secrets.token_urlsafe(32), keystore)
    file, bridge = folder / "devices.passwd", secrets.token_urlsafe(32)
    with changing(file) as passwords:
        passwords.put("bridge", bridge)
        logins = {name: MqttLogin(name, passwords.add(name)) for name in devices}
    with ExitStack() as cleanup:
        mqtt = MqttLogins(file, MqttLogin("bridge", bridge))
        stack = cleanup.enter_context(real_stack(None, mqtt, accounts))
        setup = stack.kafka_setup
        assert setup is not None
        create_topics(setup)
        make_stream_accounts(setup, account_passwords(setup.password))
        yield Guarded(stack, setup, f"{LOOPBACK}:{accounts.tls_port}", authority, logins)


def _certificates(folder: Path) -> tuple[Path, Path]:
    """An authority's certificate, and a key with its certificate in one file, as Kafka wants them."""
    subprocess.run(["sh", CERTIFICATES, "--into", folder / "secrets", LOOPBACK], check=True, capture_output=True)
    made = folder / "secrets" / "mqtt"
    keystore = folder / "kafka.pem"
    keystore.touch(mode=0o600)
    keystore.write_text((made / "server.key").read_text() + (made / "server.crt").read_text())
    return made / "ca.crt", keystore
