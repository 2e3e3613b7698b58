"""A portal's broker is kept current: by a broker on a real socket that takes nothing but what the standard allows."""

from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from infra.accounts.local import as_role
from infra.doctor.brokers import check_brokers
from services.cli.app import app
from services.portals.context import MODELS
from services.portals.entities import as_key_values
from services.settings import settings
from services.store.connection import Connection, connect
from services.webhook.address import read_networks
from services.webhook.brokers import add_broker, list_brokers, remove_broker
from services.webhook.current import Current
from services.webhook.sending import Poster
from tests.contract.waiting import eventually
from tests.support.ngsi_broker import Broker, broker
from tests.support.waste_models import faults_of
from tests.support.web_seed import CITY, NOW, containers, put_city

LOOPBACK = "127.0.0.1/32"
ALL = len(containers())


def urn(container: str) -> str:
    return f"urn:ngsi-ld:WasteContainer:{CITY}:{container}"


@pytest.fixture(scope="module")
def city_url(database_url: str) -> str:
    with connect(database_url, name="seed") as connection:
        put_city(connection)
    return database_url


@pytest.fixture
def owner(city_url: str) -> Iterator[Connection]:
    with connect(city_url, name="test") as connection:
        yield connection
        connection.rollback()
        for row in list_brokers(connection):
            remove_broker(connection, row["broker_id"])


@pytest.fixture
def orion() -> Iterator[Broker]:
    with broker() as running:
        yield running


class Turning:
    """The service webhook turned by hand, with the role that it has in production."""

    def __init__(self, connection: Connection, owner: Connection) -> None:
        self.connection, self.owner = connection, owner
        self.current = Current(Poster(read_networks(LOOPBACK)))

    def at_once(self) -> str:
        """Each broker's time has come: one look at it, to its end; what was said last."""
        self.owner.execute("UPDATE portal_broker SET next_at = now(), last_answer = NULL")
        self.owner.commit()

        def is_told() -> bool:
            self.current.turn(self.connection)
            return all(row["last_answer"] is not None for row in list_brokers(self.owner))

        eventually(is_told)
        return str(list_brokers(self.owner)[0]["last_answer"])


@pytest.fixture
def service(city_url: str, owner: Connection) -> Iterator[Turning]:
    with connect(as_role(city_url, "webhook"), name="test") as connection:
        turning = Turning(connection, owner)
        yield turning
        turning.current.close()


def add(owner: Connection, orion: Broker) -> str:
    return add_broker(owner, CITY, orion.url, NOW, tenant=orion.tenant, authorization=orion.authorization)


def shortened(entity: dict[str, Any]) -> dict[str, Any]:
    return {name.removeprefix(MODELS): value for name, value in entity.items()} | {
        "type": entity["type"].removeprefix(MODELS)
    }


def test_everything_is_told_once_and_then_what_has_changed(owner: Connection, orion: Broker, service: Turning) -> None:
    """All entities by hundreds; then nothing; then the one container that was filled, and what is no more goes."""
    add(owner, orion)
    service.at_once()
    names = {urn(row["id"]) for row in containers()}
    assert names <= orion.entities.keys()
    faults = {name: faults_of(as_key_values(shortened(entity))) for name, entity in orion.entities.items()}
    assert {name: each for name, each in faults.items() if each} == {}
    assert all(count <= 100 for _, count in orion.requests)
    orion.requests.clear()
    assert service.at_once() == "0 entities told, 0 taken away"
    assert orion.requests == []
    owner.execute("UPDATE container_state SET fill_ratio = 0.42 WHERE container_id = 'B-003'")
    owner.commit()
    assert service.at_once() == "1 entities told, 0 taken away"
    assert orion.entities[urn("B-003")][f"{MODELS}fillingLevel"]["value"] == 0.42
    owner.execute("UPDATE container SET active = false WHERE container_id = 'B-004'")
    owner.commit()
    service.at_once()
    assert urn("B-004") not in orion.entities
    owner.execute("UPDATE container SET active = true WHERE container_id = 'B-004'")
    owner.commit()
    service.at_once()
    assert urn("B-004") in orion.entities
    (row,) = list_brokers(owner)
    assert (row["waiting"], row["failures"], row["entities"]) == (0, 0, len(orion.entities))
    assert [finding.status for finding in check_brokers(owner)] == ["ok"]


def test_what_the_portal_has_added_stays(owner: Connection, orion: Broker, service: Turning) -> None:
    add(owner, orion)
    service.at_once()
    orion.entities[urn("B-005")]["https://portail.example.org/comment"] = {"type": "Property", "value": "repeint"}
    owner.execute("UPDATE container_state SET fill_ratio = 0.31 WHERE container_id = 'B-005'")
    owner.commit()
    service.at_once()
    assert "https://portail.example.org/comment" in orion.entities[urn("B-005")]


def test_a_broker_that_is_away_is_told_later_and_ever_less_often(
    owner: Connection, orion: Broker, service: Turning
) -> None:
    """503 with Retry-After, 500: what is waited for grows, the technician is told, and nothing is lost."""
    add(owner, orion)
    orion.answers = [(503, {"Retry-After": "90"}), (500, {})]
    waits = []
    for _ in range(2):
        service.at_once()
        wait = owner.execute("SELECT extract(epoch FROM next_at - now())::float AS s FROM portal_broker").fetchone()
        owner.commit()
        assert wait is not None
        waits.append(wait["s"])
    assert 80 < waits[0] <= 90
    assert 5 < waits[1] <= 10
    (row,) = list_brokers(owner)
    assert (row["failures"], row["last_answer"], row["entities"]) == (2, "500", 0)
    (finding,) = check_brokers(owner)
    assert (finding.status, "nothing was taken yet" in finding.detail) == ("look", True)
    service.at_once()
    assert len(orion.entities) >= ALL
    assert list_brokers(owner)[0]["failures"] == 0


def test_one_entity_that_is_refused_costs_the_others_nothing(
    owner: Connection, orion: Broker, service: Turning
) -> None:
    add(owner, orion)
    orion.refuses = {urn("B-002")}
    told = service.at_once()
    assert told == f"1 entities are refused, as {urn('B-002')}: BadRequestData: the broker does not like it"
    (row,) = list_brokers(owner)
    assert (row["waiting"], row["failures"]) == (1, 1)
    assert len(orion.entities) == row["entities"] >= ALL - 1
    orion.refuses.clear()
    service.at_once()
    assert list_brokers(owner)[0]["waiting"] == 0


def test_a_wrong_login_is_said_and_never_shown(owner: Connection, orion: Broker, service: Turning) -> None:
    add_broker(owner, CITY, orion.url, NOW, tenant=orion.tenant, authorization="Bearer stolen-secret")
    assert service.at_once() == "401"
    assert orion.entities == {}
    assert "stolen" not in repr(list_brokers(owner)) + repr(check_brokers(owner))


@pytest.fixture
def command(city_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[CliRunner]:
    monkeypatch.setenv("TOURNEE_DATABASE_URL", city_url)
    monkeypatch.setenv("TOURNEE_WEBHOOK_NETWORKS", LOOPBACK)
    settings.cache_clear()
    yield CliRunner()
    settings.cache_clear()


def test_command_adds_lists_and_removes(command: CliRunner, owner: Connection, orion: Broker) -> None:
    """Without TLS to this machine alone; the login comes by a variable, and is in no list."""
    refused = command.invoke(app, ["portal", "add", CITY, "http://portail.example.org"])
    assert "without TLS" in str(refused.exception)
    login = {"TOURNEE_BROKER_AUTHORIZATION": "Bearer of-the-portal"}
    added = command.invoke(app, ["portal", "add", CITY, f"{orion.url}/", "--tenant", "ville"], env=login)
    assert added.exit_code == 0, added.output
    (row,) = list_brokers(owner)
    assert (row["url"], row["tenant"]) == (orion.url, "ville")
    again = command.invoke(app, ["portal", "add", CITY, orion.url, "--tenant", "ville"], env=login)
    assert "at this address already" in str(again.exception)
    listed = command.invoke(app, ["portal", "list", CITY, "--json"])
    assert row["broker_id"] in listed.output
    assert "of-the-portal" not in listed.output
    assert command.invoke(app, ["portal", "remove", row["broker_id"]]).exit_code == 0
    assert list_brokers(owner) == []
