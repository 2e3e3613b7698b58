"""What scales weigh and what is noted of devices: into the store once, and before the technician's eyes."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from services.contracts.telemetry import DeviceNoted, WeighingReceived
from services.store.connection import connect
from services.writer.devices import store_device_notes, store_weighings
from tests.support.web_seed import CITY, NOW, OPERATOR
from tests.support.web_server import LogIn, Running, serve_city
from tests.twins.stream import MemoryStream


@pytest.fixture(scope="module")
def web(database_url: str) -> Iterator[Running]:
    with serve_city(database_url, MemoryStream()) as running:
        yield running


def noted(number: int, messages: int, example: str) -> DeviceNoted:
    at = NOW - timedelta(minutes=10 - number)
    return DeviceNoted(
        id=UUID(int=number), city=CITY, kind="trucks", device="C-02", field="heading_deg", example=example,
        messages=messages, first_at=at, last_at=at,
    )  # fmt: skip


@pytest.mark.usefixtures("web")
def test_technician_sees_each_device_once_with_the_newest_example(database_url: str, log_in: LogIn) -> None:
    """Two notes of the bridge, one of them delivered twice: 300 + 12 messages, not 612."""
    first, second = noted(1, 300, "not -1"), noted(2, 12, "Input should be at least 0, not -7")
    with connect(database_url, name="test") as connection:
        store_device_notes(connection, [first, second])
        store_device_notes(connection, [first])
    page = log_in(OPERATOR).get("/technicien").text
    assert "<code>heading_deg</code>" in page
    assert "not -7" in page
    assert "not -1<" not in page
    assert ">312<" in page


@pytest.mark.usefixtures("web")
def test_sensor_that_tells_whole_numbers_only_is_told(database_url: str, log_in: LogIn) -> None:
    """0 and 1 for days is a sensor in percent, or a switch; one that told 0.3 in between is neither."""
    with connect(database_url, name="test") as connection:
        for container, middle in (("B-001", 1.0), ("B-002", 0.3)):
            for day in range(4):
                connection.execute(
                    "INSERT INTO reading_day (city_id, day, container_id, readings, min_fill_ratio, max_fill_ratio,"
                    " mean_fill_ratio, last_fill_ratio) VALUES (%s, %s, %s, 24, 0, %s, 0.5, %s)",
                    (CITY, NOW.date() - timedelta(days=day), container, middle, middle),
                )
    page = log_in(OPERATOR).get("/technicien").text
    assert "ne dit que 0 ou 1" in page
    devices = page[page.index('id="devices"') :]
    assert "B-001" in devices
    assert "B-002" not in devices


@pytest.mark.usefixtures("web")
def test_weighing_is_evidence_once_of_the_truck_or_the_site_it_belongs_to(database_url: str) -> None:
    """A truck's scale tells what a container gave, a site's what a truck left; said twice it counts once."""
    on_truck = WeighingReceived(
        city=CITY, scale="C-02", from_container="B-001", net_kg=180, happened_at=NOW, received_at=NOW
    )
    at_site = WeighingReceived(
        city=CITY, scale="centre", from_truck="C-02", net_kg=4380, happened_at=NOW, received_at=NOW
    )
    with connect(database_url, name="test") as connection:
        store_weighings(connection, [on_truck, at_site])
        store_weighings(connection, [at_site])
        rows = connection.execute(
            "SELECT container_id, truck_id, site_id, weight_kg, said_by FROM observation WHERE kind = 'weight'"
            " ORDER BY weight_kg"
        ).fetchall()
    assert [tuple(row.values()) for row in rows] == [
        ("B-001", "C-02", None, 180.0, "C-02"),
        (None, "C-02", "centre", 4380.0, "centre"),
    ]
