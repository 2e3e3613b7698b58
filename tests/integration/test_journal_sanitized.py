"""The journal under AddressSanitizer and UndefinedBehaviorSanitizer, in a real Mosquitto: no byte out of place."""

import os
import resource
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from infra.stack.mosquitto import takes_clients
from infra.stack.ports import LOOPBACK
from infra.stack.stack import MqttLogin
from services.contracts.topics import MQTT_SHARED
from services.settings import Settings
from services.stream.mqtt_admin import end_session, read_passwords
from tests.chaos.logins import make_logins
from tests.load import packets
from tests.support.journaled import SHARED, Broker, Device, Member, all_stored, running, until
from tests.support.sanitized import Sanitized, sanitized_plugin

LONGEST_ID = 60_000
PLAIN_OF_THAT_LENGTH = "tournee/v1/cotonou/trash/#"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Sanitized:
    return sanitized_plugin(tmp_path_factory.mktemp("sanitized"))


@pytest.fixture
def sanitized(built: Sanitized) -> Iterator[Sanitized]:
    """The plugin; what the sanitizers have found by the end of the test makes it fail."""
    yield built
    assert built.found() == []


def test_messages_are_kept_replayed_saved_and_refused(sanitized: Sanitized, tmp_path: Path) -> None:
    """The journal's whole life: before a bridge, with two, a kill, a torn record, saves, a disk that takes nothing."""
    options = {"segment_bytes": 20_000, "save_interval_ms": 3000, "max_bytes": 400_000, "sync_interval_ms": 20}
    with running(tmp_path, changed=sanitized.put_into, **options) as broker:
        first = Device(broker).send_all(0, 200)
        members = [Member(broker, SHARED, number) for number in (1, 2)]
        all_stored(first, *members)
        odd = Device(broker)
        for qos, payload in ((2, b"twice handed over"), (1, b""), (1, b"x" * 60_000)):
            odd._client.publish("tournee/v1/cotonou/containers/1/reading", payload, qos, retain=payload == b"")
        second = Device(broker).send_all(200, 300)
        all_stored(second, *members)
        until(lambda: not broker.segments(), "saves cover all of it")
        for member in members:
            member.leave()
        third = Device(broker).send_all(500, 50)  # some 12 kB: no save before the kill
        broker.server.kill()
        last = broker.segments()[-1]
        os.truncate(last, last.stat().st_size - 5)
        broker.server.start()
        member = Member(broker, SHARED, 1)
        until(lambda: "torn record" in broker.log(), "the torn record is met")
        until(lambda: len(third.acknowledged - set(member.stored)) == 1, "all is replayed but the record cut off")
        _fill_up(broker, member)
        member.leave()
        odd.leave()
        broker.server.stop()


def _fill_up(broker: Broker, member: Member) -> None:
    """Nothing may be written for a while; then everything goes on."""
    pid = broker.server.pid
    assert pid is not None
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    device = Device(broker)
    device.send(1000, 20)
    time.sleep(1)  # nor can the log be written
    assert device.count == 0
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
    until(lambda: device.count == 20, "acknowledged once the journal can be written")
    all_stored(device.leave(), member)


def test_journal_that_is_full_refuses(sanitized: Sanitized, tmp_path: Path) -> None:
    """No bridge comes: a limit is reached, and kept."""
    with running(tmp_path, changed=sanitized.put_into, max_bytes=30_000) as broker:
        device = Device(broker)
        device.send(0, 300)
        until(lambda: "the journal is full" in broker.log(), "messages are refused")
        until(lambda: device.count > 0, "those before are acknowledged")  # once they are synced, a little later
        assert device.count < 300
        device.leave()
        broker.server.stop()


def test_readers_are_refused_told_and_thrown_out(sanitized: Sanitized, tmp_path: Path) -> None:
    """Names as long and as odd as clients may choose them; more strangers than there are places for."""
    logins = make_logins(tmp_path)
    stolen, login = logins.stolen, logins.mqtt.bridge
    with running(tmp_path, logins=logins.mqtt, changed=sanitized.put_into) as broker:
        for name in ("a b%c", "\u00e9t\u00e9", "x" * LONGEST_ID):
            assert _subscribe(broker, stolen, name, MQTT_SHARED) == 0x80
            assert _subscribe(broker, stolen, name, "tournee/v1/" + "y" * 40_000 + "/#") == 0x80
        assert _subscribe(broker, stolen, "tournee-bridge-1", MQTT_SHARED) is None
        _let_strangers_in(broker, stolen, 40)
        config = Settings(
            database_url="postgresql://",
            mqtt_host=LOOPBACK,
            mqtt_port=broker.port,
            mqtt_username=login.username,
            mqtt_password=login.password,
        )
        bridge = paho.Client(CallbackAPIVersion.VERSION2, "tournee-bridge-1", clean_session=False)
        bridge.username_pw_set(login.username, login.password)
        bridge.connect(LOOPBACK, broker.port)
        bridge.subscribe(MQTT_SHARED, 1)
        bridge.loop_start()
        Device(broker, logins.devices).send_all(0, 400)
        until(lambda: broker.log().count("is no bridge") == 32, "as many strangers are told as have a place")
        for number in range(40):
            assert end_session(config, f"stranger-{number:02d}" + "z" * 200)
        read_passwords(config)
        bridge.disconnect()
        bridge.loop_stop()
        broker.server.stop()


def _subscribe(broker: Broker, login: MqttLogin, client_id: str, topic_filter: str) -> int | None:
    """What is answered to a SUBSCRIBE; None: it did not come so far."""
    with socket.create_connection((LOOPBACK, broker.port), timeout=10) as connection:
        connection.sendall(packets.connect(client_id, (login.username, login.password), keepalive_s=60))
        if connection.recv(4)[3:] != b"\x00":
            return None
        wanted = topic_filter.encode()
        body = b"\x00\x01" + len(wanted).to_bytes(2, "big") + wanted + b"\x01"
        connection.sendall(b"\x82" + packets.remaining_length(len(body)) + body)
        return connection.recv(5)[4]


def _let_strangers_in(broker: Broker, login: MqttLogin, count: int) -> None:
    """Members of the share, by a database that another Mosquitto might have saved."""
    config = Path(broker.server.command[-1])
    guarded = config.read_text()
    broker.server.stop()
    config.write_text(guarded.replace("plugin_opt_reader bridge", "plugin_opt_reader anybody"))
    broker.server.start()
    for number in range(count):
        assert _subscribe(broker, login, f"stranger-{number:02d}" + "z" * 200, PLAIN_OF_THAT_LENGTH) == 1
    broker.server.stop()
    config.write_text(guarded)
    database = broker.data / "mosquitto.db"
    database.write_bytes(database.read_bytes().replace(PLAIN_OF_THAT_LENGTH.encode(), MQTT_SHARED.encode()))
    broker.server.start()


@pytest.mark.parametrize(
    "option",
    [
        "segment_bytes x",
        "max_bytes -1",
        "max_bytes 99999999999999999999",
        "filter a/+/b",
        "unknown 1",
        "folder /proc/x",
    ],
)
def test_wrong_option_ends_the_start_and_nothing_else(sanitized: Sanitized, tmp_path: Path, option: str) -> None:
    """A slip of the pen is told, with what is expected."""
    with running(tmp_path, changed=sanitized.put_into) as broker:
        broker.server.stop()
        config = Path(broker.server.command[-1])
        config.write_text(f"{config.read_text()}plugin_opt_{option}\n")
        ended = subprocess.run(
            broker.server.command, env=broker.server.env, capture_output=True, text=True, timeout=30, check=False
        )
    assert ended.returncode != 0
    assert "tournee_journal: " in ended.stderr


BROKEN = r"""
#include <stdlib.h>
#include <string.h>
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>

#pragma GCC diagnostic ignored "-Wuse-after-free"
#define PUBLIC __attribute__((visibility("default")))

PUBLIC int mosquitto_plugin_version(int count, const int *versions)
{
	(void)count, (void)versions;
	return 5;
}

PUBLIC int mosquitto_plugin_init(mosquitto_plugin_id_t *id, void **data, struct mosquitto_opt *options, int count)
{
	volatile int shift = 40;
	volatile char *bytes = malloc((size_t)shift / 5);
	(void)id, (void)options, (void)count, (void)shift;
	*data = NULL;
	FAULT;
	return 0;
}

PUBLIC int mosquitto_plugin_cleanup(void *data, struct mosquitto_opt *options, int count)
{
	(void)data, (void)options, (void)count;
	return 0;
}
"""


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("bytes[shift / 5] = 1; free((void *)bytes)", "heap-buffer-overflow"),
        ("free((void *)bytes); bytes[0] = 1", "heap-use-after-free"),
        ("free((void *)bytes); *data = (void *)(long)(1 << shift)", "shift exponent 40 is too large"),
        ("bytes[0] = 1; bytes = NULL", "detected memory leaks"),
    ],
)
def test_such_a_fault_would_be_found(tmp_path: Path, fault: str, told: str) -> None:
    """Sanitizers that are not on, or whose reports nobody reads, find nothing either."""
    source = tmp_path / "broken.c"
    source.write_text(BROKEN.replace("FAULT", fault))
    broken = sanitized_plugin(tmp_path, [source])
    with running(tmp_path) as broker:
        broker.server.stop()
        broken.put_into(broker.server)
        config = Path(broker.server.command[-1])
        config.write_text("\n".join(ln for ln in config.read_text().splitlines() if not ln.startswith("plugin_opt_")))
        broker.server.launch()
        until(lambda: not broker.server.is_running or takes_clients(broker.port), "it has fallen, or has started")
        broker.server.stop()
    assert any(told in report for report in broken.found())
