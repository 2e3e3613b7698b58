"""A resident's text by a telephone that answers: signed on its way in, sent once through its interface."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from infra.accounts.local import as_role
from infra.doctor.telephones import check_telephones
from services.cli.app import app
from services.settings import settings
from services.store.connection import Connection, connect
from services.webhook.address import read_networks
from services.webhook.gateways import list_gateways, put_gateway, remove_gateway
from services.webhook.sending import Poster
from services.webhook.texting import Texter
from tests.contract.waiting import eventually
from tests.support.stored_reports import StoringStream
from tests.support.telephone import Telephone, bring, telephone, text_received
from tests.support.web_seed import CITY, NOW, containers, make_plan
from tests.support.web_server import Running, serve_city

LOOPBACK = "127.0.0.1/32"
NUMBER = "+22961000000"
PLANNED = {stop.place for circuit in make_plan().circuits for stop in circuit.stops}
FREE = [row["id"] for row in containers() if row["id"] not in PLANNED]


@pytest.fixture(scope="module")
def stream(database_url: str) -> StoringStream:
    return StoringStream(database_url)


@pytest.fixture(scope="module")
def web(database_url: str, stream: StoringStream) -> Iterator[Running]:
    with serve_city(database_url, stream) as running:
        yield running


@pytest.fixture
def phone() -> Iterator[Telephone]:
    with telephone() as running:
        yield running


@pytest.fixture
def owner(web: Running, database_url: str) -> Iterator[Connection]:
    assert web
    with connect(database_url, name="test") as connection:
        yield connection
        connection.rollback()
        for row in list_gateways(connection):
            remove_gateway(connection, row["city_id"])


@pytest.fixture
def signing_key(owner: Connection, phone: Telephone) -> str:
    return put_gateway(owner, CITY, phone.url, phone.login, NOW)


@pytest.fixture
def texter(database_url: str) -> Iterator["Turning"]:
    with connect(as_role(database_url, "webhook"), name="test") as connection:
        turning = Turning(connection)
        yield turning
        turning.texter.close()


class Turning:
    """The sender, turned by hand, with the role that it has in production."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.texter = Texter(Poster(read_networks(LOOPBACK)))

    def until(self, owner: Connection, query: str) -> None:
        """Turn until this is true of the replies."""

        def is_so() -> bool:
            self.texter.turn(self.connection)
            with owner.transaction():
                row = owner.execute(f"SELECT bool_and({query}) AS so FROM sms_reply").fetchone()  # type: ignore[arg-type]
            return bool(row and row["so"])

        eventually(is_so)


def replies(owner: Connection) -> list[dict[str, Any]]:
    with owner.transaction():
        return owner.execute("SELECT * FROM sms_reply ORDER BY made_at").fetchall()


def test_text_is_answered_once_and_its_number_forgotten(
    web: Running, owner: Connection, phone: Telephone, signing_key: str, texter: Turning, stream: StoringStream
) -> None:
    """The report is made, the reply goes out by the telephone; the same text again makes neither."""
    url, body = f"{web.url}/sms/{CITY}/android", text_received(NUMBER, f"{FREE[0]} plein", "Ey6ECgOkVVFjz3CL48B8C")
    for _ in range(2):
        assert bring(url, signing_key, body).json() == {"answered": True}
    (kept,) = replies(owner)
    assert kept["phone"] == NUMBER
    texter.until(owner, "settled_at IS NOT NULL")
    assert bring(url, signing_key, body).status_code == 200
    texter.until(owner, "settled_at IS NOT NULL")
    ((number, words),) = phone.sent.values()
    assert number == NUMBER
    assert words.startswith(f"{FREE[0]} : C'est noté.")
    assert stream.reports[-1].id[:5] in words
    (kept,) = replies(owner)
    assert (kept["phone"], kept["reply"]) == (None, None)
    assert [finding.status for finding in check_telephones(owner)] == ["ok"]


def test_what_is_not_signed_or_not_fresh_does_not_come_in(
    web: Running, owner: Connection, signing_key: str, stream: StoringStream
) -> None:
    url, body = f"{web.url}/sms/{CITY}/android", text_received(NUMBER, f"{FREE[1]} plein", "one")
    before = len(stream.reports)
    assert bring(url, "another key", body).status_code == 401
    assert bring(url, signing_key, body, age_s=900).status_code == 401
    assert bring(url, signing_key, body, age_s=-900).status_code == 401
    assert httpx.post(url, content=body).status_code == 401
    odd = {"X-Timestamp": "\u00b2".encode(), "X-Signature": "\u00e9".encode()}
    assert httpx.post(url, content=body, headers=odd).status_code == 401
    assert (len(stream.reports), replies(owner)) == (before, [])


def test_machines_are_not_answered(web: Running, owner: Connection, signing_key: str) -> None:
    """An operator's name or short number: two machines that answer each other would never end."""
    url = f"{web.url}/sms/{CITY}/android"
    for n, sender in enumerate(("MTN", "7007", "", "+2")):
        told = bring(url, signing_key, text_received(sender, "Votre solde", f"m{n}"))
        assert told.json() == {"answered": False}
    assert bring(url, signing_key, b'{"event": "sms:sent", "payload": {}}').json() == {"answered": False}
    assert replies(owner) == []


def test_telephone_that_is_off_is_tried_again_and_one_that_refuses_is_not(
    web: Running, owner: Connection, phone: Telephone, signing_key: str, texter: Turning
) -> None:
    """503, then taken; a reply that it has already (409) is settled, one that it will not take (400) is given up."""
    url = f"{web.url}/sms/{CITY}/android"
    phone.answers = [503]
    bring(url, signing_key, text_received("+22962000001", "bonjour", "off"))
    texter.until(owner, "tries = 1")
    assert phone.sent == {}
    (finding,) = check_telephones(owner)
    owner.commit()  # what it has asked
    assert (finding.status, finding.next) == ("look", "the last answer was: 503")
    with owner.transaction():
        owner.execute("UPDATE sms_reply SET next_at = now()")
    texter.until(owner, "settled_at IS NOT NULL")
    assert [number for number, _ in phone.sent.values()] == ["+22962000001"]
    phone.answers = [409, 400]
    for n in (2, 3):
        bring(url, signing_key, text_received(f"+2296200000{n}", "bonjour", f"again{n}"))
        texter.until(owner, "settled_at IS NOT NULL")
    assert len(phone.sent) == 1


def test_reply_that_waited_for_an_hour_is_of_no_use(
    web: Running, owner: Connection, phone: Telephone, signing_key: str, texter: Turning
) -> None:
    bring(f"{web.url}/sms/{CITY}/android", signing_key, text_received("+22963000000", "bonjour", "late"))
    with owner.transaction():
        owner.execute("UPDATE sms_reply SET made_at = now() - interval '61 minutes'")
    texter.until(owner, "settled_at IS NOT NULL")
    assert phone.sent == {}


def test_command_shows_the_signing_key_once(
    owner: Connection, phone: Telephone, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOURNEE_DATABASE_URL", database_url)
    monkeypatch.setenv("TOURNEE_WEBHOOK_NETWORKS", LOOPBACK)
    settings.cache_clear()
    command, login = CliRunner(), {"TOURNEE_SMS_LOGIN": phone.login}
    assert "without TLS" in str(command.invoke(app, ["sms", "add", CITY, phone.url], env=login).exception)
    added = command.invoke(app, ["sms", "add", CITY, phone.url, "--http"], env=login)
    assert added.exit_code == 0, added.output
    key = added.stdout.strip()
    listed = command.invoke(app, ["sms", "list"])
    assert CITY in listed.output
    assert key not in listed.output
    assert phone.login not in listed.output + added.output
    with owner.transaction():
        (row,) = owner.execute("SELECT signing_key FROM sms_signing").fetchall()
    assert row["signing_key"] == key
    assert command.invoke(app, ["sms", "remove", CITY]).exit_code == 0
    assert list_gateways(owner) == []
    settings.cache_clear()
