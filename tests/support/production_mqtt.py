"""A real Mosquitto with the configuration of docker-compose.yml: its paths and ports moved, all else as it is."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import paho.mqtt.client as paho
import pytest
from click.testing import Result
from paho.mqtt.enums import CallbackAPIVersion
from typer.testing import CliRunner

from infra.mosquitto.build import journal_plugin
from infra.stack.errors import ServerMissing
from infra.stack.ports import LOOPBACK, answers, free_port
from infra.stack.server import Server
from services.cli.device import device_app
from tests.support.own_ports import moved

ROOT = Path(__file__).parents[2]
CONFIGURATION = ROOT / "infra" / "compose" / "mqtt"
BRIDGE_PASSWORD = "the-bridge-reads-all-of-it"


def needs(program: str, package: str) -> str:
    """The path of a program. A test whose program is missing fails on CI; elsewhere it is skipped with the reason."""
    beside_python = Path(sys.executable).parent  # what pip has installed, whoever's PATH it is
    path = f"{beside_python}:{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin"
    found = shutil.which(program, path=path)
    if found is None:
        _missing(f"needs {program}: {package}")
    return found


def _missing(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def _journal(mosquitto: str) -> Path:
    """The plugin that the image is built with, built for this machine's Mosquitto."""
    told = subprocess.run([mosquitto, "-h"], capture_output=True, text=True, check=False).stdout
    try:
        return journal_plugin(told.partition("\n")[0])
    except ServerMissing as missing:
        _missing(str(missing))


@dataclass
class ProductionMqtt:
    """The broker, its folder and its two listeners."""

    folder: Path
    tls_port: int = field(default_factory=free_port)
    inner_port: int = field(default_factory=free_port)
    reader: str = "bridge"
    """`anybody`: as before the journal refused subscriptions; `guard` brings it up to date."""

    def __post_init__(self) -> None:
        self._program = needs("mosquitto", "apt install mosquitto mosquitto-dev")
        self.folder.chmod(0o755)
        (self.folder / "data").mkdir()
        script = CONFIGURATION / "certificates.sh"
        subprocess.run(["sh", script, "--into", self.folder / "secrets", "localhost"], check=True, capture_output=True)
        self.server = Server(
            "Mosquitto",
            [self._program, "-c", str(self._configure())],
            self.folder / "mosquitto.log",
            ready=lambda: answers(self.tls_port) and answers(self.inner_port),
        )
        self.device("bridge", "--password", BRIDGE_PASSWORD)

    @property
    def passwords(self) -> Path:
        return self.folder / "devices.passwd"

    @property
    def authority(self) -> Path:
        return self.folder / "secrets" / "mqtt" / "ca.crt"

    def _configure(self) -> Path:
        """The file that production mounts, each place and port in it replaced exactly once."""
        text = (CONFIGURATION / "mosquitto.conf").read_text()
        moves = {
            "/mosquitto/passwords/devices.passwd": str(self.passwords),
            "/mosquitto/config/access.acl": str(CONFIGURATION / "access.acl"),
            "/mosquitto/certificates/ca.crt": str(self.authority),
            "/mosquitto/certificates/server.crt": str(self.authority.with_name("server.crt")),
            "/mosquitto/certificates/server.key": str(self.authority.with_name("server.key")),
            "persistence_location /mosquitto/data/\n": f"persistence_location {self.folder / 'data'}/\n",
            "/mosquitto/data/journal": str(self.folder / "data" / "journal"),
            "/mosquitto/data/mosquitto.db": str(self.folder / "data" / "mosquitto.db"),
            "/usr/lib/tournee_journal.so": str(_journal(self._program)),
            "plugin_opt_reader bridge\n": f"plugin_opt_reader {self.reader}\n",
            "listener 8883\n": f"listener {self.tls_port} {LOOPBACK}\n",
            "listener 1883\n": f"listener {self.inner_port} {LOOPBACK}\n",
            # Root passes through pytest's private folders; Debian's user `mosquitto` does not.
            "user mosquitto\n": "user root\n",
        }
        path = self.folder / "mosquitto.conf"
        path.write_text(moved(text, moves))
        return path

    def guard(self) -> None:
        """The configuration as production has it, from the next start on."""
        self.reader = "bridge"
        self._configure()

    @property
    def environment(self) -> dict[str, str]:
        """The settings of those that come as the bridges do, on the inner listener."""
        values = {"HOST": LOOPBACK, "PORT": self.inner_port, "USERNAME": "bridge", "PASSWORD": BRIDGE_PASSWORD}
        return {f"TOURNEE_MQTT_{name}": str(value) for name, value in values.items()}

    def ask_device(self, *arguments: str) -> Result:
        """`tournee device ...` on this broker and its password file."""
        command = [arguments[0], "--file", str(self.passwords), *arguments[1:]]
        return CliRunner().invoke(device_app, command, env=self.environment)

    def device(self, *arguments: str) -> str:
        """The same, which must succeed; what it wrote to standard output."""
        answer = self.ask_device(*arguments)
        assert answer.exit_code == 0, answer.output
        return answer.stdout

    def add(self, city: str, kind: str, device: str, *options: str) -> tuple[str, str]:
        """A device's username and password."""
        _, username, password = self.device("add", city, kind, device, *options).splitlines()[1].split(",")
        return username, password

    def reload(self) -> None:
        """Have the password file read again, and wait until it was: Mosquitto says so in its log."""
        told = self.log().count("Reloading config")
        assert self.server.pid is not None
        os.kill(self.server.pid, signal.SIGHUP)
        eventually(lambda: self.log().count("Reloading config") > told, told=self.log)
        time.sleep(0.1)

    def log(self) -> str:
        return self.server.log_path.read_text(errors="replace")


class Client:
    """A client that remembers what was answered and what came."""

    def __init__(
        self,
        broker: ProductionMqtt,
        login: tuple[str, str] | None,
        *,
        client_id: str = "",
        tls: bool = True,
        persistent: bool | None = None,
    ) -> None:
        self._broker = broker
        self.answers: list[str] = []
        self.arrived: list[tuple[str, bytes]] = []
        self.published: set[int] = set()
        self.subscribed: list[bool] = []
        self.lost = False
        # A bridge's session outlives its connection; a device's need not. TLS: those are devices.
        ends = tls if persistent is None else not persistent
        name = client_id or (login[0] if login and not ends else "")
        self.paho = paho.Client(CallbackAPIVersion.VERSION2, client_id=name, clean_session=ends)
        self._port = broker.tls_port if tls else broker.inner_port
        if tls:
            self.paho.tls_set(ca_certs=str(broker.authority))
        if login is not None:
            self.paho.username_pw_set(*login)
        self.paho.on_connect = lambda _c, _u, _f, reason, _p: self.answers.append(str(reason))
        self.paho.on_message = lambda _c, _u, message: self.arrived.append((message.topic, message.payload))
        self.paho.on_publish = lambda _c, _u, mid, _r, _p: self.published.add(mid)
        self.paho.on_subscribe = lambda _c, _u, _m, reasons, _p: self.subscribed.extend(r.is_failure for r in reasons)
        self.paho.on_disconnect = lambda *_: setattr(self, "lost", True)

    def connect(self) -> str:
        """Connect once; what the broker answered."""
        self.paho.reconnect_delay_set(min_delay=60, max_delay=60)
        self.paho.connect("localhost", self._port)
        self.paho.loop_start()
        eventually(lambda: bool(self.answers), told=self._broker.log)
        return self.answers[0]

    def publish(self, topic: str, payload: bytes) -> None:
        """Publish at QoS 1 and wait for the PUBACK, which Mosquitto gives to what it forbids too."""
        self.paho.publish(topic, payload, qos=1).wait_for_publish(10)

    def subscribe(self, topic_filter: str) -> bool:
        """Whether the subscription was accepted."""
        before = len(self.subscribed)
        self.paho.subscribe(topic_filter, 1)
        eventually(lambda: len(self.subscribed) > before, told=self._broker.log)
        return not self.subscribed[-1]

    def close(self) -> None:
        self.paho.disconnect()
        self.paho.loop_stop()


def eventually(check: Callable[[], bool], *, patience_s: float = 10, told: Callable[[], str] = str) -> None:
    deadline = time.monotonic() + patience_s
    while not check():
        assert time.monotonic() < deadline, f"not within {patience_s:.0f} s. {told()}"
        time.sleep(0.02)
