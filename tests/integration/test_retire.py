"""`tournee bridge retire` at a real Mosquitto with production's configuration: passwords, an access list, TLS."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from click.testing import Result
from kafka import KafkaConsumer, TopicPartition
from typer.testing import CliRunner

from infra.stack.ports import LOOPBACK, free_port
from infra.stack.stack import Stack
from services.bridge.wiring import session
from services.cli.app import app
from services.contracts.topics import MQTT_SHARED, READINGS
from services.errors import SettingMissing, StreamAway
from services.settings import Settings, settings
from services.stream.mqtt import Arrival, Subscriber
from services.stream.mqtt_leaver import NotRetired
from tests.support.production_mqtt import BRIDGE_PASSWORD, Client, ProductionMqtt, eventually

CITY, CONTAINER = "retireville", "A"
TOPIC = f"tournee/v1/{CITY}/containers/{CONTAINER}/reading"
WINDOW = 2000
"""`max_inflight_messages` of infra/compose/mqtt/mosquitto.conf: more wait than are handed out at once."""


@pytest.fixture(scope="module")
def tls_port() -> int:
    """A listener for bridges on another machine: TLS, and client ids as they are given."""
    return free_port()


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory, tls_port: int) -> Iterator[ProductionMqtt]:
    """Mosquitto, with a password for the container too."""
    broker = ProductionMqtt(tmp_path_factory.mktemp("mqtt"))
    certificates = broker.authority.parent
    with (broker.folder / "mosquitto.conf").open("a") as file:
        file.write(f"listener {tls_port} {LOOPBACK}\n")
        for option, name in (("cafile", "ca.crt"), ("certfile", "server.crt"), ("keyfile", "server.key")):
            file.write(f"{option} {certificates / name}\n")
    broker.server.start()
    yield broker
    broker.server.stop()


@pytest.fixture(scope="module")
def device(broker: ProductionMqtt) -> Iterator[Client]:
    """The container."""
    login = broker.add(CITY, "containers", CONTAINER)
    broker.reload()
    client = Client(broker, login)
    client.paho.max_inflight_messages_set(500)
    assert client.connect() == "Success"
    yield client
    client.close()


@pytest.fixture
def environment(
    broker: ProductionMqtt, tls_port: int, stack: Stack, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[pytest.MonkeyPatch]:
    """The settings of a bridge that comes over TLS; to be changed."""
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "INSERT INTO city VALUES (%s, 'Retireville', 'UTC', '{}', NULL, now()) ON CONFLICT DO NOTHING", (CITY,)
        )
        connection.execute("INSERT INTO zone VALUES (%s, 'z', 'Zone', 10, '{}') ON CONFLICT DO NOTHING", (CITY,))
        connection.execute(
            "INSERT INTO container VALUES (%s, %s, 'A', 2.4, 6.4, 'bin', 'z', 1100, true, '{}') ON CONFLICT DO NOTHING",
            (CITY, CONTAINER),
        )
    values = {
        "DATABASE_URL": database_url, "KAFKA": stack.kafka, "MQTT_HOST": "localhost", "MQTT_PORT": tls_port,
        "MQTT_USERNAME": "bridge", "MQTT_PASSWORD": BRIDGE_PASSWORD, "MQTT_CA": broker.authority,
    }  # fmt: skip
    for name, value in values.items():
        monkeypatch.setenv(f"TOURNEE_{name}", str(value))
    settings.cache_clear()
    yield monkeypatch
    settings.cache_clear()


@contextmanager
def member(name: str, *, acknowledges: bool = True) -> Iterator[list[bytes]]:
    """A bridge's own session, connected until the end of the block; the payloads that came."""
    came: list[bytes] = []
    subscriber = session(Subscriber, Settings(), name)

    def take(arrivals: list[Arrival]) -> None:
        came.extend(arrival.payload for arrival in arrivals)
        if acknowledges:
            subscriber.acknowledge([arrival.message_id for arrival in arrivals])

    subscriber.when_arrived(take)
    subscriber.start(MQTT_SHARED)
    eventually(lambda: subscriber.is_there)
    try:
        yield came
    finally:
        subscriber.stop()


def retire(name: str) -> Result:
    settings.cache_clear()
    return CliRunner().invoke(app, ["bridge", "retire", name])


def publish(device: Client, first: int, count: int) -> list[bytes]:
    """Readings a second apart, acknowledged."""
    start = datetime.now(UTC) - timedelta(hours=3)
    said = [
        json.dumps({"happened_at": (start + timedelta(seconds=first + n)).isoformat(), "fill_ratio": 0.5}).encode()
        for n in range(count)
    ]
    sent = [device.paho.publish(TOPIC, payload, qos=1) for payload in said]
    eventually(lambda: all(message.is_published() for message in sent), patience_s=30)
    return said


def instant(payload: bytes) -> str:
    return str(json.loads(payload)["happened_at"]).replace("+00:00", "Z")


def in_kafka(stack: Stack) -> list[str]:
    """When the readings of our container happened, as often as Kafka holds them."""
    consumer = KafkaConsumer(bootstrap_servers=stack.kafka, auto_offset_reset="earliest")
    places = [TopicPartition(READINGS, n) for n in sorted(consumer.partitions_for_topic(READINGS))]
    consumer.assign(places)
    ends, found = consumer.end_offsets(places), list[str]()
    while any(consumer.position(place) < end for place, end in ends.items()):
        for records in consumer.poll(timeout_ms=200, max_records=5000).values():
            found += [instant(record.value) for record in records if record.key == f"{CITY}/{CONTAINER}".encode()]
    consumer.close()
    return found


@pytest.mark.usefixtures("environment")
def test_what_waits_for_a_bridge_that_goes_is_in_kafka_and_nothing_waits_again(stack: Stack, device: Client) -> None:
    """Its share would wait in Mosquitto for ever. More than is handed out at once, some of it already held."""
    with member("1") as first, member("2", acknowledges=False) as held:
        before = publish(device, 0, 20)
        eventually(lambda: len(first) == len(held) == 10)  # in turn
    with member("1") as staying:
        before += publish(device, 20, 2 * WINDOW + 400)
        eventually(lambda: len(staying) == WINDOW + 200, patience_s=30)
        answer = retire("2")
        assert answer.exit_code == 0, answer.output
        assert f" {WINDOW + 210} messages" in answer.output  # those 10, and half of the 4,400
        after = publish(device, 10_000, 50)
        eventually(lambda: set(after) <= set(staying))
    assert sorted(in_kafka(stack)) == sorted(instant(payload) for payload in set(before) - set(first) - set(staying))


@pytest.mark.usefixtures("environment")
def test_bridge_that_still_runs_is_not_retired() -> None:
    """Its session would be made anew behind our back, and be thought gone."""
    with member("3"):
        answer = retire("3")
    assert isinstance(answer.exception, NotRetired)
    assert "does the bridge of tournee-bridge-3 still run?" in str(answer.exception)
    assert retire("3").exit_code == 0  # it was stopped, and its session was left as it was


@pytest.mark.usefixtures("environment")
def test_bridge_that_nobody_knows_is_told() -> None:
    """A slip of the pen must not pass for done."""
    answer = retire("22")
    assert isinstance(answer.exception, NotRetired)
    assert "holds no session of tournee-bridge-22" in str(answer.exception)
    assert isinstance(retire("22").exception, NotRetired)  # nor has asking made one


@pytest.mark.parametrize(
    ("setting", "value", "error", "told"),
    [
        ("MQTT_PASSWORD", "not the password of the bridge", NotRetired, "refuses us: Not authorized"),
        ("MQTT_PORT", str(free_port()), NotRetired, "Connection refused"),
        ("MQTT_HOST", LOOPBACK, NotRetired, "certificate verify failed"),  # the certificate is for localhost
        ("MQTT_CA", "/nowhere/ca.crt", SettingMissing, "TOURNEE_MQTT_CA: /nowhere/ca.crt: No such file"),
        ("KAFKA", f"{LOOPBACK}:{free_port()}", StreamAway, "does not answer"),
    ],
    ids=["password", "port", "certificate", "authority", "kafka"],
)
def test_what_keeps_it_from_being_retired_is_told(
    environment: pytest.MonkeyPatch, setting: str, value: str, error: type[Exception], told: str
) -> None:
    """One clear line, and not a traceback, for whoever stands before a broker that does not let him in."""
    environment.setenv(f"TOURNEE_{setting}", value)
    answer = retire("1")
    assert isinstance(answer.exception, error), answer.output
    assert told in str(answer.exception)
    assert BRIDGE_PASSWORD not in answer.output
