"""A service that was taken over has its login at Kafka: it cannot say what another's place is to say."""

import json
import ssl
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, LiteralString
from uuid import uuid4

import paho.mqtt.client as paho
import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    KafkaAdminClient,
    ResourcePattern,
    ResourceType,
    UserScramCredentialDeletion,
)
from kafka.errors import KafkaError, TopicAuthorizationFailedError
from paho.mqtt.enums import CallbackAPIVersion

from infra.accounts.local import account_passwords, kafka_as
from infra.accounts.stream import SCRAM, STREAM_RIGHTS, access_list, make_stream_accounts
from infra.doctor.stream import check_stream
from infra.stack.errors import ServerMissing
from services.contracts import topics
from services.errors import StreamAway
from services.operations.questions import kafka_question
from services.settings import KafkaServers
from services.store.connection import connect
from services.stream.kafka import EventConsumer, EventProducer
from services.stream.kafka_clients import open_client, reaching
from tests.support.example_town import FLEET_OF_TRUCK, LORRIES, two_fleet_town
from tests.support.guarded_stack import Guarded, guarded_stack
from tests.support.live_town import MORNING, eventually, live_town

DEVICE = "houeyogbe/containers/HOU-001"
DAY = MORNING.date().isoformat()
TOPICS = sorted(topics.ALL)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """Servers that let nobody in without an account."""
    try:
        with guarded_stack(tmp_path_factory.mktemp("guarded"), (DEVICE,)) as running:
            yield running
    except ServerMissing as missing:
        pytest.skip(f"the real stack cannot be had here: {missing}")


def may_write(kafka: KafkaServers, topic: str) -> bool:
    """Whether Kafka takes an event of this account on the topic."""
    producer = open_client(KafkaProducer, **reaching(kafka), acks="all", enable_idempotence=False, max_block_ms=4000)
    try:
        producer.send(topic, value=b"{}", key=b"nowhere/nothing", partition=0).get(timeout=5)
    except KafkaError as error:
        assert "Authorization" in type(error).__name__, error  # noqa: PT017 - it must be this refusal
        return False
    finally:
        producer.close(timeout=0)
    return True


@pytest.mark.parametrize("account", sorted(STREAM_RIGHTS))
def test_each_account_writes_its_own_topics_and_no_others(guarded: Guarded, account: str) -> None:
    """A worker cannot forge a dispatch, the pages no reading, the bridge no plan: Kafka is asked for each topic."""
    kafka = kafka_as(guarded.setup, account)
    assert {topic for topic in TOPICS if may_write(kafka, topic)} == set(STREAM_RIGHTS[account].writes)


@pytest.mark.parametrize("account", sorted(STREAM_RIGHTS))
def test_each_account_reads_its_own_topics_and_no_others(guarded: Guarded, account: str) -> None:
    """The writer's events are nobody's else; and no account makes a topic, another account, or a right."""
    kafka = kafka_as(guarded.setup, account)
    rights = STREAM_RIGHTS[account]
    with open_client(KafkaAdminClient, **reaching(kafka)) as admin:
        # Kafka says of each topic that it shows to this account what it lets it do there.
        allowed = {t["name"]: set(t["authorized_operations"]) for t in admin.describe_topics()}
        with pytest.raises(KafkaError, match="Authorization"):
            admin.create_topics({"stolen": {"num_partitions": 1, "replication_factor": 1}})
        with pytest.raises(KafkaError, match="Authorization"):
            admin.delete_topics([topics.READINGS])
        assert admin.create_acls(list(access_list())[:1])["succeeded"] == []
        refusal = admin.alter_user_scram_credentials([UserScramCredentialDeletion("web", SCRAM)])
        assert refusal["web"]
    allowed.pop("__consumer_offsets", None)
    if not rights.sees_topics:
        assert set(allowed) == {*rights.writes, *rights.reads}
    assert {topic for topic, may in allowed.items() if "READ" in may} == set(rights.reads)
    assert {topic for topic, may in allowed.items() if "WRITE" in may} == set(rights.writes)
    assert set().union(*allowed.values()) <= {"READ", "WRITE", "DESCRIBE"}


@pytest.mark.parametrize(
    ("account", "topic"),
    [("web", topics.REJECTED), ("bridge", topics.READINGS), ("edges", topics.UPLINKS), ("ledger", topics.LEDGER)],
)
def test_who_only_writes_a_topic_cannot_read_it(guarded: Guarded, account: str, topic: str) -> None:
    """What others said there is not theirs; the writer, asked in the same way, is given it."""
    assert may_write(guarded.setup, topic)
    assert events_of(kafka_as(guarded.setup, "writer"), topic) > 0
    assert events_of(kafka_as(guarded.setup, account), topic) == 0


def events_of(kafka: KafkaServers, topic: str) -> int:
    """How many events of a partition Kafka gives this account."""
    consumer = open_client(KafkaConsumer, **reaching(kafka), enable_auto_commit=False)
    place = TopicPartition(topic, 0)
    try:
        consumer.assign([place])
        consumer.seek(place, 0)
        deadline_s = time.monotonic() + 3
        while time.monotonic() < deadline_s:
            try:
                if found := consumer.poll(timeout_ms=500):
                    return sum(map(len, found.values()))
            except TopicAuthorizationFailedError:
                return 0
        return 0
    finally:
        consumer.close()


def test_nobody_takes_anothers_share(guarded: Guarded) -> None:
    """Who joined the writer's group would be given its events, and could move its offsets past them."""
    kafka = kafka_as(guarded.setup, "worker")
    thief = EventConsumer(kafka, group="writer", subscribed=[topics.DISTRICTS], member="9")
    with closing(thief), pytest.raises(StreamAway, match="Authorization"):
        thief.poll(5)


@pytest.mark.parametrize(
    ("username", "password"), [(None, ""), ("worker", "wrong"), ("nobody", "wrong"), ("setup", "wrong")]
)
def test_nobody_comes_without_a_right_login(guarded: Guarded, username: str | None, password: str) -> None:
    """No account, a wrong password, a name that is none: the door stays shut, and the refusal says why."""
    kafka = replace(guarded.setup, username=username, password=password, mechanism="SCRAM-SHA-512")
    with pytest.raises(StreamAway) as refusal:
        EventProducer(kafka, name="test")
    assert password == "" or password not in str(refusal.value)


def test_an_accounts_password_opens_no_other(guarded: Guarded) -> None:
    """One service's secret is worth one service."""
    stolen = replace(kafka_as(guarded.setup, "worker"), username="web")
    with pytest.raises(StreamAway):
        EventProducer(stolen, name="test")


def test_making_the_accounts_again_takes_back_what_is_too_much(guarded: Guarded) -> None:
    """What somebody allowed by hand goes at the next start: the table in the code is what holds."""
    web = kafka_as(guarded.setup, "web")
    surplus = ACL(
        "User:web", "*", ACLOperation.WRITE, ACLPermissionType.ALLOW, ResourcePattern(ResourceType.TOPIC, topics.LEDGER)
    )
    with open_client(KafkaAdminClient, **reaching(guarded.setup)) as admin:
        admin.create_acls([surplus])
    eventually(lambda: may_write(web, topics.LEDGER), "the right that was given by hand does nothing")
    make_stream_accounts(guarded.setup, account_passwords(guarded.setup.password))
    eventually(lambda: not may_write(web, topics.LEDGER), "the right stays")
    assert may_write(web, topics.DISPATCHES)


def test_kafka_is_reached_by_tls_where_it_is_asked_for(guarded: Guarded) -> None:
    """Password and events are sealed, and a server that our authority did not sign is not spoken to."""
    sealed = replace(kafka_as(guarded.setup, "web"), bootstrap=guarded.over_tls, ca=guarded.authority)
    assert may_write(sealed, topics.DISPATCHES)
    assert kafka_question(sealed)() is None
    assert kafka_question(replace(sealed, ca=Path(ssl.get_default_verify_paths().openssl_cafile or "")))() is not None
    with pytest.raises(StreamAway):
        EventProducer(replace(sealed, ca=None), name="test")


def test_technicians_account_sees_all_and_forges_nothing(guarded: Guarded) -> None:
    """`doctor` finds every topic and lag with it."""
    findings = check_stream(kafka_as(guarded.setup, "tool"))
    assert {finding.status for finding in findings} == {"ok"}, findings


def test_a_morning_goes_through_with_the_least_rights(guarded: Guarded, tmp_path: Path) -> None:
    """Reading, plan, sending, visit and ledger, each service with its own logins: they have what they need."""
    stack, town = guarded.stack, two_fleet_town()
    with live_town(stack, town, tmp_path, ("bridge", "writer", "planner", "ledger", "web")) as live:
        _publish(guarded, 0.75)
        with connect(stack.database_url, name="look") as store:

            def count(what: LiteralString) -> int:
                with store.transaction():
                    return len(store.execute(f"SELECT FROM {what}").fetchall())  # type: ignore[arg-type]

            eventually(lambda: count("reading") == 1, "the reading is not stored")
            eventually(lambda: count("plan") == 2, "the morning did not plan both fleets")
            state = live.office.get("/api/v1/state", params={"fleet": LORRIES, "day": DAY}).json()
            sent = live.office.post("/api/v1/dispatches", json={"plan_id": state["plan"]["plan_id"]})
            assert sent.status_code == 202, sent.text
            eventually(lambda: count("dispatch") == 1, "the plan is not sent")
            phone = live.phones[next(truck for truck, fleet in FLEET_OF_TRUCK.items() if fleet == LORRIES)]
            circuit = phone.find_circuit(MORNING.date())
            assert circuit is not None
            phone.send([report_of(circuit, visit) for visit in circuit["visits"] if visit["kind"] == "stop"])
            eventually(lambda: count("confirmation") > 0, "the visits are not stored")
            live.clock.hold(MORNING + timedelta(hours=22))
            eventually(lambda: count("savings_line") > 0, "the day is not in the ledger")


def _publish(guarded: Guarded, fill_ratio: float) -> None:
    """One reading, with the device's own login."""
    login = guarded.devices[DEVICE]
    device = paho.Client(CallbackAPIVersion.VERSION2, client_id=DEVICE)
    device.username_pw_set(login.username, login.password)
    device.connect(guarded.stack.mqtt_host, guarded.stack.mqtt_port)
    device.loop_start()
    said = json.dumps({"happened_at": MORNING.isoformat(), "fill_ratio": fill_ratio})
    device.publish(f"tournee/v1/{DEVICE}/reading", said, qos=1).wait_for_publish(10)
    device.disconnect()
    device.loop_stop()


def report_of(circuit: dict[str, Any], visit: dict[str, Any]) -> dict[str, Any]:
    """A crew that did what it was asked."""
    return {
        "id": str(uuid4()),
        "plan_id": circuit["plan_id"],
        "kind": visit["kind"],
        "place": visit["place"],
        "outcome": "done",
        "happened_at": MORNING.isoformat(),
    }
