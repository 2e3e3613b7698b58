"""Devices at a real Mosquitto with production's configuration, over TLS, each with its own password."""

import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as paho
import psycopg
import pytest
from click.testing import Result
from paho.mqtt.enums import CallbackAPIVersion
from typer.testing import CliRunner

from infra.stack.ports import free_port
from services.city.devices import UnknownCity
from services.cli.device import device_app
from services.contracts.topics import MQTT_SHARED
from services.errors import BrokerAway
from services.settings import settings
from services.stream.mqtt_passwords import PasswordsRefused
from tests.support.production_mqtt import BRIDGE_PASSWORD, Client, ProductionMqtt, eventually

A_TOPIC = "tournee/v1/cotonou/containers/A/reading"
B_TOPIC = "tournee/v1/cotonou/containers/B/reading"
BRIDGE = ("bridge", BRIDGE_PASSWORD)
WANTED = (
    MQTT_SHARED,
    "$share/of-their-own/tournee/v1/#",
    "$share/bridge/#",
    "$share/bridge/+/v1/+/containers/+/reading",
    "tournee/v1/#",
    "#",
    A_TOPIC,
    "tournee/v1/cotonou/trucks/THIEF/position",
    "$SYS/#",
    "$CONTROL/#",
    "elsewhere",
)
"""What a thief subscribes to with the password of one sensor."""

Connect = Callable[..., Client]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProductionMqtt]:
    """Mosquitto, and containers A and B with passwords."""
    broker = ProductionMqtt(tmp_path_factory.mktemp("mqtt"))
    broker.server.start()
    yield broker
    broker.server.stop()


@pytest.fixture(scope="module")
def a(broker: ProductionMqtt) -> tuple[str, str]:
    """Container A's login."""
    login = broker.add("cotonou", "containers", "A")
    broker.reload()
    return login


@pytest.fixture
def connect(broker: ProductionMqtt) -> Iterator[Connect]:
    """Makes clients, and closes them."""
    clients: list[Client] = []

    def make(login: tuple[str, str] | None, **options: object) -> Client:
        clients.append(Client(broker, login, **options))
        return clients[-1]

    yield make
    for client in clients:
        client.paho.disconnect()  # all of them first: each takes up to a second to end
    for client in clients:
        client.close()


@pytest.fixture
def bridge(connect: Connect) -> Client:
    """The bridge, on the inner listener, reading all."""
    client = connect(BRIDGE, client_id="tournee-bridge-1", tls=False)
    assert client.connect() == "Success"
    assert client.subscribe("tournee/v1/#")
    client.arrived.clear()
    return client


def test_device_publishes_its_own_topic_and_no_other(connect: Connect, bridge: Client, a: tuple[str, str]) -> None:
    """One stolen sensor must not be able to speak for another, for a truck, or for the services."""
    forbidden = (
        B_TOPIC,
        "tournee/v1/cotonou/trucks/A/position",
        "tournee/v1/bamako/containers/A/reading",
        "tournee/v1/cotonou/containers/A",
        "tournee/v1/cotonou/containers/A/reading/more",
        "elsewhere",
    )
    for topic in forbidden:
        # One connection each: with max_queued_messages 0, Mosquitto 2.0.11 hangs up on who publishes what is forbidden.
        thief = connect(a)
        assert thief.connect() == "Success"
        thief.publish(topic, b"stolen")
    device = connect(a)
    device.connect()
    device.publish(A_TOPIC, b"own")
    eventually(lambda: (A_TOPIC, b"own") in bridge.arrived)
    assert bridge.arrived == [(A_TOPIC, b"own")]


def test_network_publishes_the_events_of_its_devices_and_nothing_else(
    broker: ProductionMqtt, connect: Connect, bridge: Client
) -> None:
    """ChirpStack has one login for all of its devices: it may not speak for a device of ours, nor for another city."""
    login = broker.add("cotonou", "chirpstack", "main")
    broker.reload()
    for topic in (A_TOPIC, "tournee/v1/bamako/chirpstack/main/up"):
        thief = connect(login)
        assert thief.connect() == "Success"
        thief.publish(topic, b"stolen")
    network = connect(login)
    network.connect()
    network.publish("tournee/v1/cotonou/chirpstack/main/up", b"uplink")
    eventually(lambda: bridge.arrived != [])
    assert bridge.arrived == [("tournee/v1/cotonou/chirpstack/main/up", b"uplink")]


def test_device_reads_nothing_and_takes_nothing_away(
    broker: ProductionMqtt, connect: Connect, a: tuple[str, str]
) -> None:
    """Where bins and trucks are and how full is the city's business, and a share taken would be readings lost."""
    bridge = connect(BRIDGE, client_id="tournee-bridge-1", tls=False)
    assert bridge.connect() == "Success"
    assert bridge.subscribe(MQTT_SHARED)
    bridge.arrived.clear()
    thief = connect(broker.add("cotonou", "trucks", "THIEF"))
    broker.reload()
    assert thief.connect() == "Success"
    granted = [topic_filter for topic_filter in WANTED if thief.subscribe(topic_filter)]
    device = connect(a)
    device.connect()
    for number in range(20):
        device.publish(A_TOPIC, b"%d" % number)
    # Each once: nothing had to be handed out again because somebody else had had his turn.
    eventually(lambda: len(bridge.arrived) == 20, told=lambda: f"{len(bridge.arrived)} came. {broker.log()}")
    assert thief.arrived == []
    assert granted == []
    bridge.paho.unsubscribe(MQTT_SHARED)


def test_bridge_reads_shared_and_publishes_nothing(
    broker: ProductionMqtt, connect: Connect, a: tuple[str, str]
) -> None:
    """Two bridges share the work, and a bridge's password cannot forge a reading."""
    bridges = [connect(BRIDGE, client_id=f"tournee-bridge-shared-{n}", tls=False) for n in (1, 2)]
    for each in bridges:
        assert each.connect() == "Success"
        assert each.subscribe("$share/bridge/tournee/v1/#")
    for topic in (A_TOPIC, "tournee/v1/bridge/reading", "tournee/v1/bridge/position"):
        forger = connect(BRIDGE, client_id="forger", tls=False)
        forger.connect()
        forger.publish(topic, b"forged")
    device = connect(a)
    device.connect()
    for number in range(20):
        device.publish(A_TOPIC, b"%d" % number)
    eventually(lambda: sum(len(each.arrived) for each in bridges) == 20, told=broker.log)
    assert all(each.arrived for each in bridges)
    assert sorted(int(payload) for each in bridges for _, payload in each.arrived) == list(range(20))
    for each in bridges:
        each.paho.unsubscribe("$share/bridge/tournee/v1/#")


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("cotonou/containers/A", "not the password of this device"),
        ("cotonou/containers/A", ""),
        ("cotonou/containers/NOBODY", "any password of sufficient length"),
        ("bridge", "not the password of the bridge"),
    ],
)
@pytest.mark.usefixtures("a")
def test_wrong_password_is_refused(connect: Connect, username: str, password: str) -> None:
    """Nobody comes in by guessing a name."""
    assert connect((username, password)).connect() == "Not authorized"


def test_nobody_comes_in_without_a_password(connect: Connect) -> None:
    """No anonymous client, on either listener."""
    assert connect(None).connect() == "Not authorized"
    assert connect(None, client_id="anybody", tls=False).connect() == "Not authorized"


def test_devices_must_speak_tls(broker: ProductionMqtt, a: tuple[str, str]) -> None:
    """A password never travels readable: the devices' port answers nothing in the clear."""
    plain = paho.Client(CallbackAPIVersion.VERSION2)
    plain.username_pw_set(*a)
    connected: list[object] = []
    plain.on_connect = lambda *arguments: connected.append(arguments)
    plain.connect("localhost", broker.tls_port)
    for _ in range(5):
        if plain.loop(timeout=1) != paho.MQTT_ERR_SUCCESS:
            break
    else:
        pytest.fail("the connection was not ended")
    assert not connected


def test_another_authority_is_not_trusted(broker: ProductionMqtt, tmp_path: Path) -> None:
    """A device that carries the city's authority refuses an impostor, and another name, before it says its password."""
    impostor = ProductionMqtt(tmp_path)
    assert _greet(broker, broker.authority, "localhost") in {"TLSv1.2", "TLSv1.3"}
    with pytest.raises(ssl.SSLCertVerificationError):
        _greet(broker, impostor.authority, "localhost")
    with pytest.raises(ssl.SSLCertVerificationError):
        _greet(broker, broker.authority, "mqtt.elsewhere.org")


def _greet(broker: ProductionMqtt, authority: Path, name: str) -> str | None:
    """Shake hands as a device that knows this authority and asked for this name; the TLS version agreed upon."""
    context = ssl.create_default_context(cafile=str(authority))
    with (
        socket.create_connection(("localhost", broker.tls_port)) as raw,
        context.wrap_socket(raw, server_hostname=name) as wrapped,
    ):
        return wrapped.version()


def test_revoked_device_is_thrown_out_and_stays_out(broker: ProductionMqtt, connect: Connect, bridge: Client) -> None:
    """A stolen sensor is silenced by one command, though it is connected; others stay."""
    stolen = broker.add("cotonou", "containers", "STOLEN")
    kept = broker.add("cotonou", "containers", "KEPT")
    broker.reload()
    thief, neighbour = connect(stolen), connect(kept)
    assert thief.connect() == neighbour.connect() == "Success"
    assert not thief.lost
    broker.device("revoke", "cotonou", "containers", "STOLEN")
    eventually(lambda: thief.lost, told=broker.log)
    assert connect(stolen).connect() == "Not authorized"
    neighbour.publish("tournee/v1/cotonou/containers/KEPT/reading", b"still here")
    eventually(lambda: bool(bridge.arrived))
    assert not neighbour.lost
    assert not bridge.lost


def test_revoking_what_the_broker_is_not_told_of_is_an_error(broker: ProductionMqtt, connect: Connect) -> None:
    """A technician who goes home must know that the thief goes on; the same command does the rest later."""
    thief = connect(broker.add("cotonou", "trucks", "T9"), persistent=True)
    broker.reload()
    assert thief.connect() == "Success"
    command = ["revoke", "--file", str(broker.passwords), "cotonou", "trucks", "T9"]
    away = CliRunner().invoke(device_app, command, env=broker.environment | {"TOURNEE_MQTT_PORT": str(free_port())})
    assert isinstance(away.exception, BrokerAway)
    assert "but may go on until Mosquitto is told: no MQTT broker at" in str(away.exception)
    assert not thief.lost
    assert "its session is ended" in broker.ask_device("revoke", "cotonou", "trucks", "T9").stderr
    assert thief.lost
    again = broker.ask_device("revoke", "cotonou", "trucks", "T9")
    assert isinstance(again.exception, PasswordsRefused)
    assert "no session at the broker" in str(again.exception)


def test_new_password_ends_the_old(broker: ProductionMqtt, connect: Connect) -> None:
    """--renew after a leak: the old password is worth nothing."""
    old = broker.add("cotonou", "trucks", "T1")
    new = broker.add("cotonou", "trucks", "T1", "--renew")
    broker.reload()
    assert connect(old).connect() == "Not authorized"
    assert connect(new).connect() == "Success"


def test_device_cannot_take_over_a_bridges_session(
    connect: Connect, bridge: Client, broker: ProductionMqtt, a: tuple[str, str]
) -> None:
    """Whoever connects under a client id ends its session, and with it the messages that wait there: not ours."""
    assert connect(a, client_id="tournee-bridge-1").connect() == "Success"
    device = connect(broker.add("cotonou", "trucks", "T2"))
    broker.reload()
    device.connect()
    device.publish("tournee/v1/cotonou/trucks/T2/position", b"here")
    eventually(lambda: len(bridge.arrived) == 1)
    assert not bridge.lost


@pytest.mark.parametrize("event", ["reload", "restart", "kill"])
def test_what_waits_for_an_absent_bridge_is_kept(
    broker: ProductionMqtt, connect: Connect, a: tuple[str, str], event: str
) -> None:
    """Rights are asked again when a message is handed over: a reload or a restart must not make them forgotten."""
    bridge = connect(BRIDGE, client_id=f"tournee-bridge-away-{event}", tls=False)
    bridge.connect()
    bridge.subscribe("tournee/v1/#")
    bridge.close()
    device = connect(a)
    device.connect()
    sent = {f"{event} {number}".encode() for number in range(50)}
    for payload in sent:
        device.publish(A_TOPIC, payload)
    if event == "reload":
        broker.reload()
    else:
        broker.server.stop() if event == "restart" else broker.server.kill()
        broker.server.start()
    back = connect(BRIDGE, client_id=f"tournee-bridge-away-{event}", tls=False)
    assert back.connect() == "Success"
    assert back.subscribe("tournee/v1/#")  # as the bridge does at every connection
    # Some twice perhaps, and earlier ones too: the journal hands out again what it cannot know was taken.
    eventually(lambda: sent <= {payload for _, payload in back.arrived}, told=broker.log)


@pytest.fixture(scope="module")
def city(database_url: str) -> str:
    """Three containers, one without a sensor and one out of use, and a truck."""
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO city VALUES ('cotonou', 'Cotonou', 'UTC', '{}', NULL, now())")
        connection.execute("INSERT INTO zone VALUES ('cotonou', 'z', 'Zone', 10, '{}')")
        for name, sensor, active in (("C1", True, True), ("C2", False, True), ("C3", True, False)):
            connection.execute(
                "INSERT INTO container VALUES ('cotonou', %s, %s, 2.4, 6.4, 'bin', 'z', 1100, %s, '{}', %s)",
                (name, name, sensor, active),
            )
        connection.execute("INSERT INTO truck VALUES ('cotonou', 'T1', '{}')")
    return database_url


def test_all_devices_of_a_city_get_passwords_once(city: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A city starts with one command, and after an extension the same command leaves working devices alone."""
    monkeypatch.setenv("TOURNEE_DATABASE_URL", city)
    settings.cache_clear()
    file = tmp_path / "devices.passwd"

    def add_all(csv: str, name: str = "cotonou") -> Result:
        arguments = ["add", name, "--all", "--file", str(file), "--csv", str(tmp_path / csv)]
        return CliRunner().invoke(device_app, arguments)

    first = add_all("first.csv")
    assert first.exit_code == 0, first.output
    rows = [line.split(",")[:2] for line in (tmp_path / "first.csv").read_text().splitlines()]
    assert rows == [["id", "username"], ["C1", "cotonou/containers/C1"], ["T1", "cotonou/trucks/T1"]]
    with psycopg.connect(city) as connection:
        connection.execute("UPDATE container SET sensor = true WHERE container_id = 'C2'")
    before = file.read_text().splitlines()
    assert "1 of 3 devices" in add_all("second.csv").stderr
    assert set(before) < set(file.read_text().splitlines())
    assert [line.split(",")[0] for line in (tmp_path / "second.csv").read_text().splitlines()] == ["id", "C2"]
    assert isinstance(add_all("third.csv", "elsewhere").exception, UnknownCity)
    settings.cache_clear()
