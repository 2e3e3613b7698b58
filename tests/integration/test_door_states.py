"""What doors tell, before the technician's eyes and in the doctor's lines."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from infra.doctor.doors import check_doors
from services.contracts.doors import DoorHeard, UplinkReceived
from services.store.connection import connect
from services.webhook.brokers import add_broker
from services.webhook.brokers import note as note_broker
from services.webhook.gateways import put_gateway
from services.webhook.store import add_webhook
from services.writer.doors import store_door_states, store_uplinks
from tests.support.web_seed import CITY, NOW, OPERATOR
from tests.support.web_server import LogIn, Running, serve_city
from tests.twins.stream import MemoryStream


@pytest.fixture(scope="module")
def web(database_url: str) -> Iterator[Running]:
    with serve_city(database_url, MemoryStream()) as running:
        yield running


def heard(number: int, door: str = "chirpstack", **changed: object) -> DoorHeard:
    plain = {"id": UUID(int=number), "city": CITY, "door": door, "messages": 100, "left_aside": 3, "rejected": 0,
             "last_at": NOW - timedelta(minutes=10 - number)}  # fmt: skip
    return DoorHeard.model_validate(plain | changed)


def uplink(minutes: int, **changed: object) -> UplinkReceived:
    at = NOW - timedelta(minutes=minutes)
    plain = {"city": CITY, "container": "B-001", "door": "chirpstack", "device": "24e124713c141234",
             "decoder": "em400-mud", "happened_at": at, "received_at": NOW, "distance_mm": 1400}  # fmt: skip
    return UplinkReceived.model_validate(plain | changed)


@pytest.mark.usefixtures("web")
def test_technician_sees_the_last_message_of_each_door_and_why_one_was_rejected(
    database_url: str, log_in: LogIn
) -> None:
    """Two events of one door, one of them twice: 200 messages, and the newest reason."""
    first = heard(1, last_rejected="24e1 · time: missing; expected an instant", rejected=2)
    second = heard(2, last_device="24e124713c141234", last_left_aside="24e1 · object.battery: 255; expected 0 to 100 %")
    with connect(database_url, name="test") as connection:
        store_door_states(connection, [first, second])
        store_door_states(connection, [first, heard(3, "traccar-forward", left_aside=0)])
    page = log_in(OPERATOR).get("/technicien").text
    section = page[page.index('id="doors"') :]
    assert ">200<" in section
    assert "24e124713c141234" in section
    assert "Refusé : 24e1 · time: missing; expected an instant" in section
    assert "Incomplet : 24e1 · object.battery: 255" in section
    assert "Serveur Traccar" in section


@pytest.mark.usefixtures("web")
def test_door_that_has_a_key_and_heard_nothing_is_told_and_so_are_silent_trackers(
    database_url: str, log_in: LogIn
) -> None:
    """The first fault of a newcomer: the key is made, and what is sent goes elsewhere. rFMS is told by its receipts."""
    with connect(database_url, name="test") as connection:
        for door, device in (("ttn", None), ("tracker", "T-0"), ("tracker", "T-1")):
            connection.execute(
                "INSERT INTO door_key VALUES (%s, %s, %s, %s, %s)",
                (f"{door}{device}".encode(), CITY, door, device, NOW - timedelta(days=1)),
            )
        connection.execute("DELETE FROM truck_state WHERE truck_id IN ('T-0', 'T-1')")
        connection.execute(
            "INSERT INTO truck_state (city_id, truck_id, happened_at, lon, lat) VALUES (%s, 'T-1', %s, 2.4, 6.4)",
            (CITY, NOW - timedelta(days=8)),
        )
        receipt = (CITY, "can-1", "T-1", NOW - timedelta(days=2), NOW - timedelta(days=1))
        connection.execute("INSERT INTO fuel_receipt VALUES (%s, %s, %s, %s, 40, NULL, 'can', %s, 'awa')", receipt)
    page = log_in(OPERATOR).get("/technicien").text
    section = page[page.index('id="doors"') :]
    row = section[section.index("The Things Stack") :].partition("</tr>")[0]
    assert "Sa clé est faite depuis le" in row
    assert "rien n'est venu" in row.replace("&#39;", "'").replace("’", "'")
    assert "rFMS" in section
    assert "T-0, T-1." in section


@pytest.mark.usefixtures("web")
def test_brokers_telephone_and_webhooks_tell_what_was_taken_what_waits_and_why(
    database_url: str, log_in: LogIn
) -> None:
    """Of each its host and its last answer; never the rest of an address, a login, a number or a resident's words."""
    soon = timedelta(hours=1)
    with connect(database_url, name="test") as connection:
        broker = add_broker(
            connection, CITY, "https://orion.example/secret-path", NOW, tenant=None, authorization="Bearer secret-key"
        )
        note_broker(connection, broker, wait=soon, failures=3, waiting=12, said="503")
        put_gateway(connection, CITY, "http://10.0.0.7:8080", "sms:secret-login", NOW)
        connection.execute(
            "INSERT INTO sms_reply (city_id, event_id, phone, reply) VALUES (%s, 'e1', '+22961000000', 'secret words')",
            (CITY,),
        )
        webhook, _ = add_webhook(connection, CITY, "https://hall.example/hook?token=secret", ("plan.made",), NOW)
        connection.execute(
            "INSERT INTO webhook_delivery (webhook_id, message_id, event, happened_at, data, state, settled_at,"
            " last_answer) VALUES (%s, 'm1', 'plan.made', %s, '{}', 'given_up', now(), '410: gone')",
            (webhook, NOW),
        )
        add_broker(connection, CITY, "https://idle.example", NOW + soon, tenant=None, authorization=None)
    page = log_in(OPERATOR).get("/technicien").text
    section = page[page.index('id="outgoing"') :].partition("</section>")[0]
    rows = {row.partition("<small>")[2].partition(" ")[0].partition("<")[0]: row for row in section.split("<tr>")[2:]}
    assert list(rows) == ["orion.example", "idle.example", "10.0.0.7:8080", "hall.example"]
    orion, idle, telephone, hook = rows.values()
    assert all(told in orion for told in (">12<", ">3<", ">503<", "rien encore"))
    assert "rien encore" in idle
    assert all(told in telephone for told in (">1 <small>depuis", "Téléphone"))
    assert all(told in hook for told in (webhook, "410: gone", '"n">1<'))
    assert "secret" not in page
    assert "61000000" not in page


@pytest.mark.usefixtures("web")
def test_alarm_of_a_sensor_is_told_and_its_distance_is_stored_once(database_url: str, log_in: LogIn) -> None:
    with connect(database_url, name="test") as connection:
        store_uplinks(connection, [uplink(1, alarms=("tilt",)), uplink(2), uplink(1)])
        rows = connection.execute("SELECT distance_mm, alarms FROM uplink ORDER BY happened_at").fetchall()
    assert [(row["distance_mm"], row["alarms"]) for row in rows] == [(1400, []), (1400, ["tilt"])]
    page = log_in(OPERATOR).get("/technicien").text
    assert "capteur penché" in page


def test_doctor_has_a_line_a_door_and_looks_at_silent_ones_and_those_that_reject(database_url: str) -> None:
    """100 messages with 50 rejected is over a fifth; 2 days are over one."""
    city = "elsewhere"
    with connect(database_url, name="test") as connection:
        states = [heard(11, city=city), heard(12, "ttn", city=city, rejected=50)]
        states.append(heard(14, "sms", city=city, rejected=100, last_at=NOW - timedelta(days=2)))
        store_door_states(
            connection, [*states, heard(13, "traccar-forward", city=city, last_at=NOW - timedelta(days=2))]
        )
        found = {f.what: f for f in check_doors(connection, NOW) if f.what.endswith(city)}
    assert found[f"door chirpstack of {city}"].status == "ok"
    assert found[f"door ttn of {city}"].status == "look"
    assert "50 of 100" in found[f"door ttn of {city}"].detail
    assert found[f"door traccar-forward of {city}"].status == "look"
    assert found[f"door sms of {city}"].status == "ok"  # people write when they have something to say


def test_what_doors_told_long_ago_is_dropped(database_url: str) -> None:
    with connect(database_url, name="test") as connection:
        store_door_states(connection, [heard(21, "osmand", last_at=NOW - timedelta(days=40))])
        store_door_states(connection, [heard(22, "osmand")])
        rows = connection.execute("SELECT heard_id FROM door_heard WHERE door = 'osmand'").fetchall()
    assert [row["heard_id"] for row in rows] == [UUID(int=22)]
