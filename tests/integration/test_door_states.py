"""What doors tell, before the technician's eyes and in the doctor's lines."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from infra.doctor.doors import check_doors
from services.contracts.doors import DoorHeard, UplinkReceived
from services.store.connection import connect
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
    section = page[page.index("Portes") :]
    assert ">200<" in section
    assert "24e124713c141234" in section
    assert "Refusés : 24e1 · time: missing; expected an instant" in section
    assert "Incomplets : 24e1 · object.battery: 255" in section
    assert "traccar-forward" in section


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
        store_door_states(
            connection, [*states, heard(13, "traccar-forward", city=city, last_at=NOW - timedelta(days=2))]
        )
        found = {f.what: f for f in check_doors(connection, NOW) if f.what.endswith(city)}
    assert found[f"door chirpstack of {city}"].status == "ok"
    assert found[f"door ttn of {city}"].status == "look"
    assert "50 of 100" in found[f"door ttn of {city}"].detail
    assert found[f"door traccar-forward of {city}"].status == "look"


def test_what_doors_told_long_ago_is_dropped(database_url: str) -> None:
    with connect(database_url, name="test") as connection:
        store_door_states(connection, [heard(21, "osmand", last_at=NOW - timedelta(days=40))])
        store_door_states(connection, [heard(22, "osmand")])
        rows = connection.execute("SELECT heard_id FROM door_heard WHERE door = 'osmand'").fetchall()
    assert [row["heard_id"] for row in rows] == [UUID(int=22)]
