"""A real Mosquitto from this machine, on loopback: with our journal it loses nothing it has acknowledged."""

import os
import shutil
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from infra.mosquitto.build import journal_plugin
from infra.stack.errors import ServerMissing
from infra.stack.ports import LOOPBACK, free_port
from infra.stack.server import Server
from infra.stack.stack import MqttLogins

# CONNECT of MQTT 3.1.1, section 3.1: clean session, keep-alive 10 s, no client id; and how its CONNACK begins, be it
# accepted or not.
CONNECT = bytes.fromhex("100c00044d5154540402000a0000")
CONNACK = bytes.fromhex("2002")

# The bridge takes 4096 bytes and tells what is larger as rejected. This only keeps a device from filling the memory;
# `max_packet_size`, not `message_size_limit`: the latter sends a 3.1.1 client its PUBACK and drops the message.
MAX_PACKET_BYTES = 64 * 1024 + 1024

PRODUCTION_RIGHTS = Path(__file__).parents[1] / "compose" / "mqtt" / "access.acl"
ALL_RIGHTS = "topic readwrite #\npattern readwrite #\n"


def mosquitto(
    folder: Path,
    *,
    with_journal: bool = True,
    journal_options: Mapping[str, int] = MappingProxyType({}),
    logins: MqttLogins | None = None,
) -> tuple[Server, int]:
    """A Mosquitto, not started, and its port, the same at each start; its data rests in `folder/mosquitto`.

    `journal_options` are the plugin's, such as `segment_bytes` (see docs/mosquitto.md). Without the journal a kill
    loses what was acknowledged since the last save: for comparisons only. With `logins` nobody else is let in, and
    production's rights hold.

    Raises:
        ServerMissing: Mosquitto, its plugin headers or a C compiler is not installed; the message says what to install.
        StackError: the journal plugin cannot be built.
    """
    program = _program()
    port = free_port()
    data = (folder / "mosquitto").resolve()
    data.mkdir(parents=True, exist_ok=True)
    lines = _configuration(port, data, logins)
    if with_journal:
        lines += _journal(data, journal_plugin(_version(program)), journal_options, logins)
    config = data / "mosquitto.conf"
    config.write_text("\n".join(lines) + "\n")
    server = Server(
        "MQTT (Mosquitto)",
        [program, "-c", str(config)],
        folder / "log" / "mosquitto.log",
        ready=lambda: takes_clients(port),
    )
    return server, port


def takes_clients(port: int) -> bool:
    """Whether an MQTT broker on this loopback port answers a CONNECT, if only that it wants a password."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1) as client:
            client.sendall(CONNECT)
            return client.recv(len(CONNACK)) == CONNACK
    except OSError:
        return False


def _program() -> str:
    # Debian puts it into /usr/sbin, which is not in every user's path.
    found = shutil.which("mosquitto", path=f"{os.environ.get('PATH', os.defpath)}:/usr/local/sbin:/usr/sbin")
    if found is None:
        raise ServerMissing("Mosquitto is not installed: apt-get install mosquitto mosquitto-dev")
    return found


def _version(program: str) -> str:
    # -h ends with status 1 and names the version in its first line.
    said = subprocess.run([program, "-h"], capture_output=True, text=True, check=False, timeout=10)
    return said.stdout.partition("\n")[0]


def _configuration(port: int, data: Path, logins: MqttLogins | None) -> list[str]:
    # The journal's plugin hears of subscriptions only where access is checked, and leaves the answer to this file.
    access = data / "access.acl"
    access.write_text(PRODUCTION_RIGHTS.read_text() + logins.more_rights if logins else ALL_RIGHTS)
    access.chmod(0o600)
    # Without logins on loopback only, for the local stack.
    doors = ["allow_anonymous false", f"password_file {logins.passwords}"] if logins else ["allow_anonymous true"]
    return [
        f"listener {port} {LOOPBACK}",
        *doors,
        f"acl_file {access}",
        "set_tcp_nodelay true",
        "persistence true",
        f"persistence_location {data}/",
        "autosave_interval 300",  # the journal asks for saves itself, more often
        "max_queued_messages 0",  # no limit: beyond one, messages are acknowledged and dropped
        "max_inflight_messages 2000",  # what a bridge may hold unacknowledged while Kafka confirms
        f"max_packet_size {MAX_PACKET_BYTES}",
        *("log_type error", "log_type warning", "log_type notice", "connection_messages false"),
        "log_timestamp_format %Y-%m-%dT%H:%M:%S",
        "log_dest stderr",  # stdout is written by the block: a kill would take the last lines along
        # Started by root it would drop to a user who cannot enter a test's folder.
        *(["user root"] if os.geteuid() == 0 else []),
    ]


def _journal(data: Path, plugin: Path, options: Mapping[str, int], logins: MqttLogins | None) -> list[str]:
    return [
        f"plugin {plugin}",
        f"plugin_opt_folder {data / 'journal'}",
        f"plugin_opt_database {data / 'mosquitto.db'}",
        # Where nobody has a login, nobody can be told from a bridge.
        f"plugin_opt_reader {logins.bridge.username if logins else 'anybody'}",
        *(f"plugin_opt_{name} {value}" for name, value in options.items()),
    ]
