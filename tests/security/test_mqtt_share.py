"""A sensor's password in other hands, at a real Mosquitto with production's configuration: nothing is swallowed."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from infra.doctor.mqtt import check_mqtt
from infra.stack.ports import LOOPBACK
from infra.stack.services import service
from infra.stack.stack import Stack
from services.bridge.guard import Guard
from services.bridge.wiring import session
from services.contracts.telemetry import MessageRejected
from services.contracts.topics import MQTT_SHARED, REJECTED
from services.operations.meters import BridgeMeter
from services.settings import Settings
from services.stream.kafka import EventConsumer
from services.stream.mqtt import Arrival, Subscriber
from services.stream.mqtt_admin import end_session
from tests.support.production_mqtt import BRIDGE_PASSWORD, Client, ProductionMqtt, eventually

OTHER_CITY = "tournee/v1/bamako/containers/B/reading"
COUNT = 400
PLAIN_OF_THAT_LENGTH = "tournee/v1/cotonou/trash/#"
assert len(PLAIN_OF_THAT_LENGTH) == len(MQTT_SHARED)

Login = tuple[str, str]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[ProductionMqtt]:
    """As it was installed before the journal refused anything."""
    broker = ProductionMqtt(tmp_path, reader="anybody")
    broker.server.start()
    yield broker
    broker.server.stop()


@pytest.fixture
def thief(broker: ProductionMqtt) -> Login:
    login = broker.add("cotonou", "containers", "STOLEN")
    broker.reload()
    return login


@pytest.fixture
def honest(broker: ProductionMqtt) -> Login:
    login = broker.add("bamako", "containers", "B")
    broker.reload()
    return login


def upgrade(broker: ProductionMqtt) -> None:
    """Stop, new configuration, start: a plugin is loaded at a start only."""
    broker.server.stop()
    broker.guard()
    broker.server.start()


def subscribed(broker: ProductionMqtt, login: Login, topic_filter: str) -> Client:
    """A device with a session that outlives its connection."""
    client = Client(broker, login, persistent=True)
    assert client.connect() == "Success"
    assert client.subscribe(topic_filter), "the broker of before grants it"
    return client


def put_share_into_database(broker: ProductionMqtt) -> None:
    """As a Mosquitto saves it that saves shared subscriptions: 2.0 does not, and reads them all the same."""
    database = broker.folder / "data" / "mosquitto.db"
    saved = database.read_bytes()
    assert saved.count(PLAIN_OF_THAT_LENGTH.encode()) == 1
    database.write_bytes(saved.replace(PLAIN_OF_THAT_LENGTH.encode(), MQTT_SHARED.encode()))


@pytest.fixture
def stranger(broker: ProductionMqtt, thief: Login) -> str:
    """The client id of a thief who is away, and is a member of the share by the database alone."""
    subscribed(broker, thief, PLAIN_OF_THAT_LENGTH).close()
    broker.server.stop()
    put_share_into_database(broker)
    broker.guard()
    broker.server.start()
    return thief[0]


class Bridge:
    """A bridge's session, without what comes after it."""

    def __init__(self, broker: ProductionMqtt, member: str = "1") -> None:
        self.came: list[int] = []
        self.config = Settings(
            database_url="postgresql://",
            mqtt_host=LOOPBACK,
            mqtt_port=broker.inner_port,
            mqtt_username="bridge",
            mqtt_password=BRIDGE_PASSWORD,
        )
        self.subscriber = session(Subscriber, self.config, member)
        self.subscriber.when_arrived(self._take)
        self.readers = self.subscriber.watch_readers()

    def __enter__(self) -> "Bridge":
        self.subscriber.start(MQTT_SHARED)
        eventually(lambda: self.subscriber.is_there)
        return self

    def __exit__(self, *_: object) -> None:
        self.subscriber.stop()

    def _take(self, arrivals: list[Arrival]) -> None:
        self.came += [int(arrival.payload) for arrival in arrivals]
        self.subscriber.acknowledge([arrival.message_id for arrival in arrivals])


def publish(broker: ProductionMqtt, login: Login, count: int = COUNT, *, first: int = 0) -> None:
    """Numbered messages of another city, all of them acknowledged."""
    device = Client(broker, login)
    assert device.connect() == "Success"
    sent = [device.paho.publish(OTHER_CITY, b"%d" % number, qos=1) for number in range(first, first + count)]
    eventually(lambda: all(message.is_published() for message in sent))
    device.close()


def test_before_the_guard_a_sensors_password_took_half(broker: ProductionMqtt, thief: Login, honest: Login) -> None:
    """What these tests attack is real: without the guard, the same broker gives a sensor every second message."""
    member = subscribed(broker, thief, MQTT_SHARED)
    with Bridge(broker) as bridge:
        publish(broker, honest)
        eventually(lambda: len(set(bridge.came)) >= COUNT // 2, told=broker.log)
        assert len(set(bridge.came)) < COUNT
    assert member.arrived == []  # mute, as its rights say
    member.close()


def test_nobody_but_a_bridge_gets_into_the_share(broker: ProductionMqtt, thief: Login, honest: Login) -> None:
    """Refused at SUBSCRIBE, whatever the protocol; the bridges' own login too, unless it comes as a bridge does."""
    upgrade(broker)
    login = ("bridge", BRIDGE_PASSWORD)
    clients = [
        Client(broker, thief),
        Client(broker, thief, persistent=True),
        Client(broker, thief, client_id="tournee-bridge-9", persistent=True),  # a device's name is its client id
        Client(broker, login, client_id="a-technician", tls=False),  # mosquitto_sub -u bridge
        Client(broker, login, client_id="tournee-bridge-9", tls=False, persistent=False),  # would lose at each break
        Client(broker, login, persistent=True),  # on the devices' listener
    ]
    with Bridge(broker) as bridge:
        for client in clients:
            assert client.connect() == "Success"
            assert not client.subscribe(MQTT_SHARED)
            assert not client.subscribe("tournee/v1/#")
        publish(broker, honest)
        eventually(lambda: len(bridge.came) >= COUNT, told=broker.log)
        assert bridge.came == list(range(COUNT))  # each once and in order: nothing had to be handed out again
    assert [client.arrived for client in clients] == [[]] * len(clients)
    for client in clients:
        client.close()


def test_device_does_not_come_under_a_bridges_client_id(broker: ProductionMqtt, thief: Login) -> None:
    """On a listener that takes client ids as they are given it would have the bridge's session, and all that waits."""
    upgrade(broker)
    with Bridge(broker):
        impostor = Client(broker, thief, client_id="tournee-bridge-1", tls=False)
        assert impostor.connect() == "Not authorized"
        impostor.close()
    assert "may not come as tournee-bridge-1" in broker.log()


def test_names_that_clients_choose_say_nothing_in_our_words(broker: ProductionMqtt, thief: Login) -> None:
    """Whoever reads the log after an attack must read what happened, and not what the attacker wrote."""
    upgrade(broker)
    wanted = "a/b : that is allowed, 100 % \u00e9t\u00e9"
    with Bridge(broker) as bridge:
        forger = Client(broker, thief)
        forger.connect()
        assert not forger.subscribe(wanted)
        forger.close()
        eventually(lambda: bridge.readers.refused == 1)
        assert bridge.readers.last_refused == (thief[0], wanted)
    assert "may not subscribe to a/b%20:%20that%20is%20allowed,%20100%20%25%20%C3%A9t%C3%A9: that" in broker.log()


def test_thief_of_before_the_upgrade_takes_nothing_after_it(
    broker: ProductionMqtt, thief: Login, honest: Login
) -> None:
    """Mosquitto 2.0 forgets shared subscriptions at a restart, without which no plugin is upgraded."""
    subscribed(broker, thief, MQTT_SHARED).close()
    subscribed(broker, thief, "tournee/v1/#").close()
    upgrade(broker)
    with Bridge(broker) as bridge:
        publish(broker, honest)
        eventually(lambda: len(bridge.came) >= COUNT, told=broker.log)
        assert bridge.came == list(range(COUNT))
        # What it had unshared is saved, hands it nothing, and is seen.
        eventually(lambda: bridge.readers.strangers == (thief[0],))


@pytest.mark.usefixtures("stranger")
def test_what_a_saved_share_takes_is_kept_until_the_thief_is_gone(
    broker: ProductionMqtt, honest: Login, thief: Login
) -> None:
    """A member that came out of the database is no subscription that could be refused: so its turns cost only time."""
    with Bridge(broker) as bridge:
        publish(broker, honest)
        readers = bridge.readers
        eventually(lambda: readers.strangers == (thief[0],), told=broker.log)
        eventually(lambda: len(set(bridge.came)) >= COUNT // 2)
        meter = BridgeMeter()
        Guard(readers, lambda client_id: end_session(bridge.config, client_id), meter).look()
        assert meter.strangers_ended == 1
        eventually(lambda: len(set(bridge.came)) == COUNT, told=broker.log)
        eventually(lambda: readers.strangers == ())
        before = len(bridge.came)
        publish(broker, honest)
        eventually(lambda: len(bridge.came) >= before + COUNT)
        assert bridge.came[before:] == list(range(COUNT))


def test_revoking_ends_a_saved_session_that_is_away_with_its_share(
    broker: ProductionMqtt, honest: Login, stranger: str
) -> None:
    """A revoked device that never comes back must not go on taking its turns; nor after the next restart."""
    assert f"{stranger} is revoked, its session is ended" in broker.ask_device("revoke", *stranger.split("/")).stderr
    with Bridge(broker) as bridge:
        publish(broker, honest)
        eventually(lambda: len(bridge.came) >= COUNT, told=broker.log)
        assert bridge.came == list(range(COUNT))
    broker.server.stop()
    broker.server.start()
    with Bridge(broker) as bridge:
        publish(broker, honest, first=COUNT)
        # Some of before the restart may come again: the journal cannot know that it was taken.
        eventually(lambda: set(range(COUNT, 2 * COUNT)) <= set(bridge.came), told=broker.log)
        assert bridge.readers.is_told
        assert bridge.readers.strangers == ()


@pytest.mark.usefixtures("stranger")
def test_doctor_and_metrics_tell_of_a_stranger_and_of_who_was_refused(
    broker: ProductionMqtt, thief: Login, honest: Login
) -> None:
    """What is taken away silently is found by nobody."""
    with Bridge(broker) as bridge:
        meter = BridgeMeter()
        meter.readers = bridge.readers
        publish(broker, honest, 20)
        eventually(lambda: meter.readers.strangers_count == 1)
        door, readers = check_mqtt(bridge.config)
        assert (door.status, readers.status) == ("ok", "fail")
        assert readers.detail == f"1 that are no bridges: {thief[0]}"
        told = {sample.name: sample.value for family in meter.collect() for sample in family.samples}
        assert (told["tournee_mqtt_guarded"], told["tournee_mqtt_strangers"]) == (1, 1)
        end_session(bridge.config, thief[0])
        eventually(lambda: meter.readers.strangers_count == 0)
        assert check_mqtt(bridge.config)[1].status == "ok"
        curious = Client(broker, thief)
        curious.connect()
        assert not curious.subscribe("$SYS/#")
        curious.close()
        eventually(lambda: meter.readers.refused == 1)
        readers = check_mqtt(bridge.config)[1]
        assert readers.status == "look"
        assert readers.detail.endswith(f"Refused to others: 1; the last was {thief[0]} for $SYS/#")


def test_a_running_bridge_ends_a_strangers_session_and_everything_reaches_the_stream(
    broker: ProductionMqtt, honest: Login, stranger: str, stack: Stack, database_url: str
) -> None:
    """Without anybody's help: the service as it is started in production."""
    environment = stack.environment() | broker.environment | {"TOURNEE_DATABASE_URL": database_url}
    environment |= {"TOURNEE_MQTT_SHARED": "true"}
    server = service("bridge", environment, broker.folder / "log")
    consumer = EventConsumer(stack.kafka, group=f"thief-{uuid4().hex[:8]}", subscribed=[REJECTED], member="test")
    came = set[bytes]()
    try:
        server.start()
        publish(broker, honest)

        def is_all_there() -> bool:
            records = [record for record in consumer.poll(0.2) if record.key == OTHER_CITY.encode()]
            came.update(MessageRejected.model_validate_json(record.value).payload for record in records)
            return len(came) == COUNT

        eventually(is_all_there, patience_s=60, told=lambda: server.log_tail(30) + broker.log())
    finally:
        server.stop()
        consumer.close()
    assert f"{stranger} was no bridge and read what devices send" in server.log_path.read_text()
