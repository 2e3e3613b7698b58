"""From what the writer stores to a receiver on a real socket: once each, signed, again after a failure, visible."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege
from standardwebhooks import Webhook
from typer.testing import CliRunner

from infra.accounts.local import as_role
from infra.doctor.webhooks import check_webhooks
from infra.stack.services import service
from infra.stack.stack import Stack
from services.cli.app import app
from services.contracts.confirmations import VisitConfirmed
from services.contracts.planning import PlanDispatched, PlanMade
from services.operations.meters import WebhookMeter
from services.settings import settings
from services.store.connection import Connection, connect
from services.webhook.address import read_networks
from services.webhook.sender import Sender
from services.webhook.sending import Poster
from services.webhook.signing import secret_text
from services.webhook.store import add_webhook, list_webhooks, remove_webhook, try_again
from services.writer.day import store_confirmations, store_dispatches, store_plans
from tests.contract.waiting import eventually
from tests.support.receiver import Receiver, receiving
from tests.support.web_seed import CITY, DAY, make_plan, put_city

LOOPBACK = "127.0.0.1/32"
BEFORE = datetime(2026, 11, 1, tzinfo=UTC)
EVENTS = ("plan.made", "circuit.sent", "stop.confirmed", "container.overflowing")


@pytest.fixture(scope="module")
def city_url(database_url: str) -> str:
    """A city with containers and trucks; nothing planned."""
    with connect(database_url, name="seed") as connection:
        put_city(connection)
        connection.execute("UPDATE container_state SET fill_ratio = 0.5")
    return database_url


@pytest.fixture
def owner(city_url: str) -> Iterator[Connection]:
    """The owner's connection; what the test adds is taken away after it."""
    with connect(city_url, name="test") as connection:
        yield connection
        connection.rollback()
        for row in list_webhooks(connection):
            remove_webhook(connection, row["webhook_id"])


@pytest.fixture
def writer(city_url: str) -> Iterator[Connection]:
    """The store as the writer comes to it: with its role, which has to do."""
    with connect(as_role(city_url, "writer"), name="test") as connection:
        yield connection


@pytest.fixture
def sender(city_url: str) -> Iterator["Turning"]:
    with connect(as_role(city_url, "webhook"), name="test") as connection:
        turning = Turning(connection)
        yield turning
        turning.sender.close()


class Turning:
    """The sender, turned by hand, with the role that it has in production."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.meter = WebhookMeter()
        self.now_s = 1000.0
        self.sender = Sender(Poster(read_networks(LOOPBACK)), self.meter, lambda: self.now_s)

    def turn(self) -> None:
        self.sender.turn(self.connection)

    def until(self, receiver: Receiver, count: int) -> None:
        """Until so many came, and their answers are recorded."""

        def is_done() -> bool:
            self.turn()
            return receiver.took(count) and sum(self.meter.tries.values()) >= count

        eventually(is_done)

    def wait(self) -> None:
        """An hour goes by: no address rests any more, and overflows are looked for again."""
        self.now_s += 3600


def a_day() -> tuple[PlanMade, PlanDispatched, list[VisitConfirmed]]:
    """A plan, sent, and three words of the crew of its first circuit, one of them of a place that is not theirs."""
    plan = make_plan(uuid4(), uuid4())
    sent_at = plan.made_at + timedelta(minutes=4)
    sent = PlanDispatched(
        dispatch_id=uuid4(), plan_id=plan.plan_id, city=CITY, day=DAY, dispatched_by="awa", dispatched_at=sent_at
    )
    circuit, other = plan.circuits[:2]
    places = [circuit.stops[0], circuit.stops[1], other.stops[0]]
    said = [
        VisitConfirmed(
            id=uuid4(), plan_id=plan.plan_id, kind="stop", place=stop.place, outcome="done", happened_at=stop.leave_at,
            city=CITY, truck=circuit.truck, driver="C-01", received_at=stop.leave_at + timedelta(minutes=1),
        )
        for stop in places
    ]  # fmt: skip
    return plan, sent, said


def store_day(writer: Connection, plan: PlanMade, sent: PlanDispatched, said: list[VisitConfirmed]) -> None:
    with writer.transaction():
        store_plans(writer, [plan])
        store_dispatches(writer, [sent])
        store_confirmations(writer, said)


def test_a_day_is_told_once_each_and_signed(owner: Connection, writer: Connection, sender: Turning) -> None:
    """One plan, four circuits, two words that count: seven messages; what was set aside is told to nobody."""
    with receiving() as receiver:
        _, secret = add_webhook(owner, CITY, receiver.url, EVENTS, BEFORE)
        day = a_day()
        store_day(writer, *day)
        store_day(writer, *day)  # Kafka brings it again
        sender.until(receiver, 7)
        sender.turn()
    reader = Webhook(secret_text(secret))
    told = [reader.verify(message.body, message.headers) for message in receiver.received]
    assert sorted(message["type"] for message in told) == sorted(
        ["plan.made"] + ["circuit.sent"] * 4 + ["stop.confirmed"] * 2
    )
    plan, _, said = day
    assert {message["data"]["city"] for message in told} == {CITY}
    circuits = {m["data"]["truck"]: m["data"]["stops"] for m in told if m["type"] == "circuit.sent"}
    assert circuits == {circuit.truck: len(circuit.stops) for circuit in plan.circuits}
    confirmed = {m["data"]["container"] for m in told if m["type"] == "stop.confirmed"}
    assert confirmed == {said[0].place, said[1].place}
    assert len({message.headers["webhook-id"] for message in receiver.received}) == 7
    (row,) = list_webhooks(owner, CITY)
    assert (row["delivered"], row["waiting"], row["given_up"]) == (7, 0, 0)


def test_nothing_from_before_it_was_added_and_nothing_unasked_is_told(
    owner: Connection, writer: Connection, sender: Turning
) -> None:
    plan, sent, said = a_day()
    with receiving() as early, receiving() as late:
        add_webhook(owner, CITY, early.url, ("plan.made",), BEFORE)
        add_webhook(owner, CITY, late.url, EVENTS, plan.made_at + timedelta(seconds=1))
        store_day(writer, plan, sent, said)
        sender.until(late, 6)
        eventually(lambda: early.took(1))
    assert [json.loads(message.body)["type"] for message in early.received] == ["plan.made"]
    assert "plan.made" not in [json.loads(message.body)["type"] for message in late.received]


def test_failed_message_is_sent_again_with_the_same_id_and_body(
    owner: Connection, writer: Connection, sender: Turning
) -> None:
    """The signature is a new one, for its instant is."""
    with receiving() as receiver:
        receiver.answers = [(500, {})]
        webhook, _ = add_webhook(owner, CITY, receiver.url, ("plan.made",), BEFORE)
        store_day(writer, *a_day())
        sender.until(receiver, 1)
        (row,) = list_webhooks(owner)
        assert (row["waiting"], row["last_answer"]) == (1, "500")
        hurry(owner, webhook)
        sender.wait()
        sender.until(receiver, 2)
    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert sender.meter.tries["refused"] == sender.meter.tries["delivered"] == 1


def hurry(owner: Connection, webhook: str) -> None:
    owner.execute("UPDATE webhook_delivery SET next_at = now() WHERE webhook_id = %s", (webhook,))
    owner.commit()


def test_message_is_given_up_after_its_last_try_and_may_be_tried_anew(
    owner: Connection, writer: Connection, sender: Turning
) -> None:
    with receiving() as receiver:
        receiver.answers = [(500, {})]
        webhook, _ = add_webhook(owner, CITY, receiver.url, ("plan.made",), BEFORE)
        store_day(writer, *a_day())
        owner.execute("UPDATE webhook_delivery SET tries = 9 WHERE webhook_id = %s", (webhook,))
        owner.commit()
        sender.until(receiver, 1)
        (row,) = list_webhooks(owner)
        assert (row["waiting"], row["given_up"]) == (0, 1)
        assert sender.meter.given_up == 1
        (finding,) = check_webhooks(owner)
        assert finding.status == "look"
        assert f"tournee webhook again {webhook}" in finding.next
        owner.rollback()
        assert try_again(owner, webhook) == 1
        sender.wait()
        sender.until(receiver, 2)
    (finding,) = check_webhooks(owner)
    assert finding.status == "ok"


def test_address_that_is_gone_hears_nothing_more(owner: Connection, writer: Connection, sender: Turning) -> None:
    """410: seven messages wait, one is tried."""
    with receiving() as receiver:
        receiver.answers = [(410, {})]
        add_webhook(owner, CITY, receiver.url, EVENTS, BEFORE)
        store_day(writer, *a_day())
        sender.until(receiver, 1)
        store_day(writer, *a_day())
        sender.wait()
        sender.turn()
        assert len(receiver.received) == 1
    (row,) = list_webhooks(owner)
    assert row["stopped_at"] is not None
    assert row["waiting"] == 0
    (finding,) = check_webhooks(owner)
    assert finding.status == "look"
    assert "410" in finding.detail


def test_address_that_fails_holds_up_nobody(owner: Connection, writer: Connection, sender: Turning) -> None:
    """The first message of the broken one is tried, its others wait untried; the other address has all."""
    with receiving() as broken, receiving() as sound:
        broken.answers = [(500, {})] * 50
        add_webhook(owner, CITY, broken.url, EVENTS, BEFORE)
        add_webhook(owner, CITY, sound.url, EVENTS, BEFORE)
        store_day(writer, *a_day())
        sender.until(sound, 7)
    assert len(broken.received) == 1


def test_overflow_is_told_once_until_the_container_was_emptied(
    owner: Connection, writer: Connection, sender: Turning
) -> None:
    fill(writer, 1.05, "08:00")
    with receiving() as receiver:
        add_webhook(owner, CITY, receiver.url, ("container.overflowing",), BEFORE)
        sender.until(receiver, 1)
        fill(writer, 1.1, "09:00")
        sender.wait()
        sender.turn()
        fill(writer, 0.2, "10:00")
        sender.wait()
        sender.turn()
        fill(writer, 1.0, "18:00")
        sender.wait()
        sender.until(receiver, 2)
    told = [json.loads(message.body) for message in receiver.received]
    assert [message["timestamp"] for message in told] == ["2026-11-24T08:00:00Z", "2026-11-24T18:00:00Z"]
    assert told[0]["data"]["container"] == "B-001"
    assert told[0]["data"]["lon"] > 2


def fill(writer: Connection, ratio: float, at: str) -> None:
    writer.execute(
        "UPDATE container_state SET fill_ratio = %s, fill_at = %s WHERE container_id = 'B-001'",
        (ratio, f"2026-11-24 {at}+00"),
    )
    writer.commit()


def test_settled_messages_are_forgotten_in_time_and_old_ones_given_up(
    owner: Connection, writer: Connection, sender: Turning
) -> None:
    with receiving() as receiver:
        webhook, _ = add_webhook(owner, CITY, receiver.url, EVENTS, BEFORE)
        store_day(writer, *a_day())
        owner.execute("UPDATE webhook_delivery SET queued_at = now() - interval '5 days', next_at = now() + '1 day'")
        owner.execute(
            "UPDATE webhook_delivery SET state = 'delivered', settled_at = now() - interval '31 days'"
            " WHERE event = 'plan.made'"
        )
        owner.commit()
        sender.turn()
    states = owner.execute(
        "SELECT state, count(*) FROM webhook_delivery WHERE webhook_id = %s GROUP BY state", (webhook,)
    ).fetchall()
    assert states == [{"state": "given_up", "count": 6}]
    assert sender.meter.given_up == 6


def test_secrets_are_the_senders_alone(city_url: str) -> None:
    """Neither the pages nor Grafana nor any other service can sign in our name."""
    for account in ("web", "reader", "writer", "planner", "ledger", "bridge", "edges"):
        with psycopg.connect(as_role(city_url, account)) as connection, pytest.raises(InsufficientPrivilege):
            connection.execute("SELECT * FROM webhook_secret")


@pytest.fixture
def command(city_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[CliRunner]:
    monkeypatch.setenv("TOURNEE_DATABASE_URL", city_url)
    monkeypatch.setenv("TOURNEE_WEBHOOK_NETWORKS", LOOPBACK)
    settings.cache_clear()
    yield CliRunner()
    settings.cache_clear()


def test_command_adds_tries_lists_and_removes(command: CliRunner, owner: Connection) -> None:
    """The secret is shown once: by `add`, on standard output alone, and by nothing else."""
    with receiving() as receiver:
        refused = command.invoke(app, ["webhook", "add", CITY, receiver.url])
        assert "without TLS" in str(refused.exception)
        added = command.invoke(app, ["webhook", "add", CITY, receiver.url, "--http", "--event", "circuit.sent"])
        assert added.exit_code == 0, added.output
        secret = added.stdout.strip()
        assert secret.startswith("whsec_")
        (row,) = list_webhooks(owner, CITY)
        assert row["events"] == ["circuit.sent"]
        webhook = row["webhook_id"]
        tried = command.invoke(app, ["webhook", "try", webhook])
        assert tried.exit_code == 0, tried.output
        (message,) = receiver.received
        assert Webhook(secret).verify(message.body, message.headers)["type"] == "webhook.tried"
        receiver.answers = [(401, {})]
        failed = command.invoke(app, ["webhook", "try", webhook])
        assert failed.exit_code == 1
        assert "401" in failed.stdout
    listed = command.invoke(app, ["webhook", "list", CITY, "--json"])
    assert json.loads(listed.stdout)[0]["webhook_id"] == webhook
    assert secret[6:] not in listed.output + tried.output + failed.output
    assert command.invoke(app, ["webhook", "remove", webhook]).exit_code == 0
    assert list_webhooks(owner, CITY) == []
    assert "there is no webhook" in str(command.invoke(app, ["webhook", "try", webhook]).exception)


def test_command_says_which_events_and_cities_there_are(command: CliRunner, owner: Connection) -> None:
    assert owner is not None
    unknown = command.invoke(app, ["webhook", "add", CITY, "https://127.0.0.1/", "--event", "bin.sang"])
    assert unknown.exit_code == 2
    assert "circuit.sent" in unknown.output
    nowhere = command.invoke(app, ["webhook", "add", "atlantis", "https://127.0.0.1/"])
    assert "no city atlantis" in str(nowhere.exception)


def test_service_sends_what_waits_and_logs_no_secret(
    stack: Stack, city_url: str, owner: Connection, writer: Connection, tmp_path: Path
) -> None:
    """The process as it runs in production, with its own role; it ends in good order."""
    with receiving() as receiver:
        receiver.answers = [(500, {})]
        url = receiver.url + "/T0/path-that-is-a-key?token=also"
        _, secret = add_webhook(owner, CITY, url, EVENTS, BEFORE)
        store_day(writer, *a_day())
        environment = stack.environment() | {
            "TOURNEE_DATABASE_URL": city_url, "TOURNEE_WEBHOOK_NETWORKS": LOOPBACK, "TOURNEE_LOG_LEVEL": "DEBUG",
        }  # fmt: skip
        running = service("webhook", environment, tmp_path)
        running.launch()
        try:
            running.wait_until_ready()
            eventually(lambda: receiver.took(8), patience_s=60)  # all seven, one of them twice
        finally:
            running.stop()
    log = (tmp_path / "webhook.log").read_text()
    assert "is tried again after try 1: 500" in log
    assert secret_text(secret)[6:] not in log
    assert "path-that-is-a-key" not in log
    assert "token" not in log
